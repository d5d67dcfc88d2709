// RUN: symc-opt --sym-decompose --split-input-file --verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: @layer_norm
// CHECK: sym.sub
// CHECK: sym.square
// CHECK: sym.rsqrt
// CHECK: sym.mul
// CHECK: sym.add
// CHECK-NEXT: return
func.func @layer_norm(%x: tensor<?x4xf32, #sym.dims<batch, 4>>, %g: tensor<4xf32>, %b: tensor<4xf32>)
    -> tensor<?x4xf32, #sym.dims<batch, 4>> {
  %0 = sym.layer_norm %x, %g, %b : (tensor<?x4xf32, #sym.dims<batch, 4>>, tensor<4xf32>, tensor<4xf32>)
      -> tensor<?x4xf32, #sym.dims<batch, 4>>
  return %0 : tensor<?x4xf32, #sym.dims<batch, 4>>
}

// CHECK-LABEL: @group_norm
// CHECK: sym.reshape %{{.*}} {shape = #sym.dims<2, 3, 3, 2, 4>}
// CHECK: sym.sum %{{.*}} {axis = array<i64: 1, 2, 4>, keepdims = true}
func.func @group_norm(%x: tensor<2x3x3x8xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x3x3x8xf32> {
  %0 = sym.group_norm %x, %g, %b {groups = 2 : i64} : (tensor<2x3x3x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x3x3x8xf32>
  return %0 : tensor<2x3x3x8xf32>
}

// CHECK-LABEL: @standardize
// CHECK: %[[D:.*]] = sym.sub
// CHECK: sym.div %[[D]]
// CHECK-NEXT: return
func.func @standardize(%x: tensor<?x3x4xf32, #sym.dims<batch, 3, 4>>, %m: tensor<3xf32>, %d: tensor<3xf32>)
    -> tensor<?x3x4xf32, #sym.dims<batch, 3, 4>> {
  %0 = sym.standardize %x, %m, %d {axis = array<i64: 1>} : (tensor<?x3x4xf32, #sym.dims<batch, 3, 4>>, tensor<3xf32>, tensor<3xf32>)
      -> tensor<?x3x4xf32, #sym.dims<batch, 3, 4>>
  return %0 : tensor<?x3x4xf32, #sym.dims<batch, 3, 4>>
}

// -----

func.func @deviations(%x: tensor<2x4xf32>, %m: tensor<4xf32>, %d: tensor<2xf32>) {
  // expected-error @+2 {{S0301: deviation of standardize must be f32[4], not f32[2]}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = sym.standardize %x, %m, %d : (tensor<2x4xf32>, tensor<4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @scale(%x: tensor<2x4xf32>, %g: tensor<3xf32>) {
  // expected-error @+2 {{S0301: gamma of rms_norm must be f32[4], not f32[3]}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = sym.rms_norm %x, %g : (tensor<2x4xf32>, tensor<3xf32>) -> tensor<2x4xf32>
  return
}
