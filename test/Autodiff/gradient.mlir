// RUN: symc-opt --sym-entry-points --sym-gradients --sym-signatures --split-input-file --verify-diagnostics %s | FileCheck %s

// Frozen parameters have no gradient, and inputs that only they need do not come in. The cotangent of a value that is
// used twice is the sum in the order of the backward walk.

module @chain {
  sym.parameter @w : tensor<4xf32> init #sym.init<zeros>
  sym.parameter @frozen : tensor<4xf32> init #sym.init<zeros> {trainable = false}
  sym.parameter @apart : tensor<2xf32> init #sym.init<zeros>
  sym.train sgd {}
  func.func @model(%x: tensor<4xf32> {sym.name = "x", sym.role = #sym.role<input>},
                   %z: tensor<4xf32> {sym.name = "z", sym.role = #sym.role<input>},
                   %w: tensor<4xf32> {sym.name = "w", sym.role = #sym.role<parameter>},
                   %frozen: tensor<4xf32> {sym.name = "frozen", sym.role = #sym.role<parameter>},
                   %apart: tensor<2xf32> {sym.name = "apart", sym.role = #sym.role<parameter>})
      -> (tensor<4xf32> {sym.name = "y", sym.role = #sym.role<output>}, tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>}) {
    %a = sym.mul %x, %w : tensor<4xf32>
    %b = sym.add %z, %frozen : tensor<4xf32>
    %e = sym.exp %a : tensor<4xf32>
    %t = sym.tanh %a : tensor<4xf32>
    %s = sym.add %e, %t : tensor<4xf32>
    %y = sym.add %s, %b : tensor<4xf32>
    %loss = sym.sum %y : (tensor<4xf32>) -> tensor<f32>
    return %y, %loss : tensor<4xf32>, tensor<f32>
  }
}
// CHECK-NOT: @model
// CHECK-LABEL: func.func @predict(
// CHECK-SAME: "x"
// CHECK-SAME: "z"
// CHECK-SAME: "w"
// CHECK-SAME: "frozen"
// CHECK-SAME: -> (tensor<4xf32> {sym.name = "y", sym.role = #sym.role<output>})
// CHECK-LABEL: func.func @loss(
// CHECK-SAME: -> (tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>})
// CHECK-LABEL: func.func @gradients(
// CHECK-SAME: %[[X:[^:]*]]: tensor<4xf32> {sym.name = "x", sym.role = #sym.role<input>},
// CHECK-SAME: %[[W:[^:]*]]: tensor<4xf32> {sym.name = "w", sym.role = #sym.role<parameter>})
// CHECK-SAME: -> (tensor<4xf32> {sym.name = "w", sym.role = #sym.role<gradient>}, tensor<2xf32> {sym.name = "apart", sym.role = #sym.role<gradient>})
// CHECK: %[[A:.*]] = sym.mul %[[X]], %[[W]]
// CHECK: %[[E:.*]] = sym.exp %[[A]]
// CHECK: %[[T:.*]] = sym.tanh %[[A]]
// CHECK: %[[G:.*]] = sym.broadcast_to
// CHECK: sym.square %[[T]]
// CHECK: %[[DT:.*]] = sym.mul %[[G]],
// CHECK: %[[DE:.*]] = sym.mul %[[G]], %[[E]]
// CHECK: %[[DA:.*]] = sym.add %[[DT]], %[[DE]]
// CHECK: %[[DW:.*]] = sym.mul %[[DA]], %[[X]]
// CHECK: %[[ZERO:.*]] = sym.constant dense<0.000000e+00> : tensor<2xf32>
// CHECK: return %[[DW]], %[[ZERO]]

// -----

module @unreached {
  sym.parameter @w : tensor<f32> init #sym.init<zeros>
  sym.train sgd {}
  func.func @model(%x: tensor<f32> {sym.name = "x", sym.role = #sym.role<input>},
                   %w: tensor<f32> {sym.name = "w", sym.role = #sym.role<parameter>})
      -> (tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>}) {
    // expected-error @+1 {{S0703: no trainable parameter has a path of derivatives to the loss}}
    %loss = sym.exp %x : tensor<f32>
    return %loss : tensor<f32>
  }
}
