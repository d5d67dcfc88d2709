// RUN: symc-opt --sym-decompose --canonicalize --cse --split-input-file --verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: @lookups
// CHECK: sym.gather %{{.*}} : (tensor<5x3xf32>, tensor<?x7xi64, #sym.dims<batch, 7>>) -> tensor<?x7x3xf32, #sym.dims<batch, 7, 3>>
func.func @lookups(%table: tensor<5x3xf32>, %i: tensor<?x7xi64, #sym.dims<batch, 7>>) -> tensor<?x7x3xf32, #sym.dims<batch, 7, 3>> {
  %0 = sym.embedding %i, %table : (tensor<?x7xi64, #sym.dims<batch, 7>>, tensor<5x3xf32>) -> tensor<?x7x3xf32, #sym.dims<batch, 7, 3>>
  return %0 : tensor<?x7x3xf32, #sym.dims<batch, 7, 3>>
}

// -----

// CHECK-LABEL: @tuples
// CHECK: %[[X:.*]] = sym.reshape %{{.*}} {shape = #sym.dims<20, 3>}
// CHECK: %[[I:.*]] = sym.linear_index %{{.*}} {sizes = #sym.dims<4, 5>} : (tensor<7x2xi32>) -> tensor<7xi64>
// CHECK: sym.gather %[[X]], %[[I]]
func.func @tuples(%x: tensor<4x5x3xf32>, %i: tensor<7x2xi32>) -> tensor<7x3xf32> {
  %0 = sym.gather_nd %x, %i : (tensor<4x5x3xf32>, tensor<7x2xi32>) -> tensor<7x3xf32>
  return %0 : tensor<7x3xf32>
}

// -----

func.func @along(%x: tensor<4x5xf32>, %i: tensor<3x2xi32>) -> tensor<3x2xf32> {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{S0301: cannot take i32[3, 2] along axis 1 of f32[4, 5]}}
  %0 = sym.take_along_axis %x, %i {axis = 1 : i64} : (tensor<4x5xf32>, tensor<3x2xi32>) -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}
