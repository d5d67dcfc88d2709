// RUN: symc-opt --sym-decompose --canonicalize --cse --split-input-file --verify-diagnostics %s | FileCheck %s

// Values are taken along the axis by the sorted indices, whose first k are kept.
// CHECK-LABEL: @largest
// CHECK-SAME: %[[X:[^:]*]]: tensor<3x5xf32>
// CHECK: %[[I:.*]], %{{.*}} = sym.argsort %[[X]] {axis = 1 : i64, descending = true, nan_first = true}
// CHECK: %[[K:.*]] = sym.crop %[[I]] {{{.*}}sizes = #sym.dims<3, 2>
// CHECK: %[[V:.*]] = sym.take_along_axis %[[X]], %[[K]] {axis = 1 : i64}
// CHECK: return %[[V]], %[[K]]
func.func @largest(%x: tensor<3x5xf32>) -> (tensor<3x2xf32>, tensor<3x2xi64>) {
  %0:2 = sym.top_k %x {k = 2 : i64} : (tensor<3x5xf32>) -> (tensor<3x2xf32>, tensor<3x2xi64>)
  return %0#0, %0#1 : tensor<3x2xf32>, tensor<3x2xi64>
}

// -----

func.func @many(%x: tensor<3x5xf32>) -> tensor<3x6xf32> {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{S0306: k is 6, but the last axis of f32[3, 5] has 5 elements}}
  %0:2 = sym.top_k %x {k = 6 : i64} : (tensor<3x5xf32>) -> (tensor<3x6xf32>, tensor<3x6xi64>)
  return %0#0 : tensor<3x6xf32>
}

// -----

func.func @starts(%x: tensor<3x5xf32>, %i: tensor<i32>) -> tensor<2x2xf32> {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{S0309: f32[3, 5] needs 2 starts, not 1}}
  %0 = sym.dynamic_slice %x, %i {sizes = #sym.dims<2, 2>} : (tensor<3x5xf32>, tensor<i32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
