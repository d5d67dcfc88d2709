// RUN: symc-opt --sym-decompose --cse %s | FileCheck %s

// CHECK-LABEL: @solve
// CHECK: %[[LU:.*]], %[[P:.*]] = sym.lu
// CHECK: sym.lu_solve %[[LU]], %[[P]], %{{.*}} {transpose = false} : (tensor<5x3x3xf64>, tensor<5x3xi64>, tensor<5x3x2xf64>)
func.func @solve(%a: tensor<3x3xf64>, %b: tensor<5x3x2xf64>) -> tensor<5x3x2xf64> {
  %0 = sym.solve %a, %b : (tensor<3x3xf64>, tensor<5x3x2xf64>) -> tensor<5x3x2xf64>
  return %0 : tensor<5x3x2xf64>
}

// CHECK-LABEL: @lstsq
// CHECK: sym.qr_factor {{.*}} -> (tensor<?x3xf64, #sym.dims<batch, 3>>, tensor<3x3xf64>, tensor<?x3xf64, #sym.dims<batch + 2, 3>>)
// CHECK: sym.matmul {{.*}} {transpose_a = true}
// CHECK: sym.triangular_substitute {{.*}} {lower = false, transpose = false, unit_diagonal = false}
func.func @lstsq(%a: tensor<?x3xf64, #sym.dims<batch, 3>>, %b: tensor<?xf64, #sym.dims<batch>>) -> tensor<3xf64> {
  %0 = sym.lstsq %a, %b : (tensor<?x3xf64, #sym.dims<batch, 3>>, tensor<?xf64, #sym.dims<batch>>) -> tensor<3xf64>
  return %0 : tensor<3xf64>
}

// CHECK-LABEL: @trace
// CHECK: sym.diagonal
// CHECK: sym.sum
func.func @trace(%a: tensor<4x3x3xf64>) -> tensor<4xf64> {
  %0 = sym.trace %a : (tensor<4x3x3xf64>) -> tensor<4xf64>
  return %0 : tensor<4xf64>
}

// Nothing is inverted: the matrix may be singular.
// CHECK-LABEL: @second_derivative_of_det
// CHECK-NOT: sym.lu
// CHECK: %[[OUT:.*]], %{{.*}} = sym.second_minors %arg0, %arg1 : {{.*}} -> (tensor<?x3x3xf64, #sym.dims<batch, 3, 3>>, tensor<?x7x3xf64, #sym.dims<batch, 7, 3>>)
// CHECK: return %[[OUT]]
func.func @second_derivative_of_det(%a: tensor<?x3x3xf64, #sym.dims<batch, 3, 3>>, %g: tensor<?x3x3xf64, #sym.dims<batch, 3, 3>>) -> tensor<?x3x3xf64, #sym.dims<batch, 3, 3>> {
  %0 = sym.cofactors_grad %a, %g : tensor<?x3x3xf64, #sym.dims<batch, 3, 3>>
  return %0 : tensor<?x3x3xf64, #sym.dims<batch, 3, 3>>
}
