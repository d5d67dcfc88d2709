// RUN: symc-opt --canonicalize --cse --split-input-file --verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: @shapes
// CHECK: sym.sum %{{.*}} {axis = array<i64: -1>} : (tensor<?x3xf32, #sym.dims<batch, 3>>) -> tensor<?xf32, #sym.dims<batch>>
// CHECK: sym.argmax %{{.*}} {axis = array<i64: 0>, keepdims = true} : (tensor<?x3xf32, #sym.dims<batch, 3>>) -> tensor<1x3xi64>
func.func @shapes(%x: tensor<?x3xf32, #sym.dims<batch, 3>>) -> (tensor<?xf32, #sym.dims<batch>>, tensor<1x3xi64>) {
  %0 = sym.sum %x {axis = array<i64: -1>} : (tensor<?x3xf32, #sym.dims<batch, 3>>) -> tensor<?xf32, #sym.dims<batch>>
  %1 = sym.argmax %x {axis = array<i64: 0>, keepdims = true} : (tensor<?x3xf32, #sym.dims<batch, 3>>) -> tensor<1x3xi64>
  return %0, %1 : tensor<?xf32, #sym.dims<batch>>, tensor<1x3xi64>
}

// -----

// Nothing is added over axes of size 1, and no axes are none at all.
// CHECK-LABEL: @units
// CHECK-SAME: %[[X:[^:]*]]: tensor<4x1xf32>
// CHECK-NEXT: %[[R:.*]] = sym.reshape %[[X]] {shape = #sym.dims<4>} : (tensor<4x1xf32>) -> tensor<4xf32>
// CHECK-NEXT: return %[[R]], %[[X]]
func.func @units(%x: tensor<4x1xf32>) -> (tensor<4xf32>, tensor<4x1xf32>) {
  %0 = sym.max %x {axis = array<i64: 1>} : (tensor<4x1xf32>) -> tensor<4xf32>
  %1 = sym.sum %x {axis = array<i64>} : (tensor<4x1xf32>) -> tensor<4x1xf32>
  return %0, %1 : tensor<4xf32>, tensor<4x1xf32>
}

// -----

func.func @range(%x: tensor<4x2xf32>) -> tensor<4xf32> {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{S0305: axis 2 is out of range for rank 2}}
  %0 = sym.sum %x {axis = array<i64: 2>} : (tensor<4x2xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @twice(%x: tensor<4x2xf32>) -> tensor<4xf32> {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{S0305: axis -1 is given twice}}
  %0 = sym.mean %x {axis = array<i64: 1, -1>} : (tensor<4x2xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @empty(%x: tensor<4x0xf32>) -> tensor<4xi64> {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{S0316: argmin of f32[4, 0] over axis 1, which is empty, has no value}}
  %0 = sym.argmin %x {axis = array<i64: 1>} : (tensor<4x0xf32>) -> tensor<4xi64>
  return %0 : tensor<4xi64>
}

// -----

// CHECK-LABEL: @flat
// CHECK: sym.cumsum %{{.*}} : (tensor<4x2xf32>) -> tensor<8xf32>
func.func @flat(%x: tensor<4x2xf32>) -> tensor<8xf32> {
  %0 = sym.cumsum %x : (tensor<4x2xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
