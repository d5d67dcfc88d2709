// RUN: symc-opt --sym-decompose --canonicalize --cse --split-input-file --verify-diagnostics %s | FileCheck %s

// The mean over a symbolic number of examples divides by its size; labels are checked before they choose.
// CHECK-LABEL: @sparse
// CHECK-DAG: %[[MAX:.*]] = sym.max %[[X:.*]] {axis = array<i64: 1>, keepdims = true}
// CHECK-DAG: %[[L:.*]] = sym.linear_index %{{.*}} {sizes = #sym.dims<10>, tuples = false, what = "label"}
// CHECK-DAG: sym.iota {axis = 1 : i64, dtype = i64, shape = #sym.dims<batch, 10>}
// CHECK: sym.where
// CHECK: sym.log
// CHECK: sym.size <batch> {dtype = f32}
// CHECK: sym.div
func.func @sparse(%x: tensor<?x10xf32, #sym.dims<batch, 10>>, %labels: tensor<?xi32, #sym.dims<batch>>) -> tensor<f32> {
  %0 = sym.sparse_softmax_cross_entropy %x, %labels
      : (tensor<?x10xf32, #sym.dims<batch, 10>>, tensor<?xi32, #sym.dims<batch>>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

// CHECK-LABEL: @squares
// CHECK: %[[D:.*]] = sym.sub
// CHECK: %[[S:.*]] = sym.square %[[D]]
// CHECK: %[[T:.*]] = sym.sum %[[S]]
// CHECK: sym.mul %[[T]], %{{.*}}
func.func @squares(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<f32> {
  %0 = sym.mse %x, %y : (tensor<8xf32>, tensor<8xf32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @sides(%x: tensor<?xf32, #sym.dims<batch>>, %y: tensor<?x1xf32, #sym.dims<batch, 1>>) -> tensor<f32> {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{S0301: the two sides of a loss differ: f32[batch] and f32[batch, 1]}}
  %0 = sym.mse %x, %y : (tensor<?xf32, #sym.dims<batch>>, tensor<?x1xf32, #sym.dims<batch, 1>>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @labels(%x: tensor<5x10xf32>, %labels: tensor<10xi32>) -> tensor<f32> {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{S0301: the labels of f32[5, 10] are i32[10], not i32[5]}}
  %0 = sym.sparse_softmax_cross_entropy %x, %labels : (tensor<5x10xf32>, tensor<10xi32>) -> tensor<f32>
  return %0 : tensor<f32>
}
