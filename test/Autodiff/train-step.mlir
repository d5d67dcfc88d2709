// RUN: symc-opt --sym-autodiff --split-input-file --verify-diagnostics %s | FileCheck %s

// Plain gradient descent: no state, a constant rate, the loss before the update.

module @descent {
  sym.parameter @w : tensor<4xf32> init #sym.init<zeros>
  sym.train "sgd" {learning_rate = 0.5 : f64}
  func.func @model(%x: tensor<4xf32> {sym.name = "x", sym.kind = "input"},
                   %w: tensor<4xf32> {sym.name = "w", sym.kind = "parameter"})
      -> (tensor<4xf32> {sym.name = "y", sym.kind = "output"}, tensor<f32> {sym.name = "loss", sym.kind = "loss"},
          tensor<f32> {sym.name = "size", sym.kind = "metric"}) {
    %y = sym.mul %x, %w : tensor<4xf32>
    %loss = sym.sum %y : (tensor<4xf32>) -> tensor<f32>
    %size = sym.sum %w : (tensor<4xf32>) -> tensor<f32>
    return %y, %loss, %size : tensor<4xf32>, tensor<f32>, tensor<f32>
  }
}
// CHECK-LABEL: module @descent
// CHECK-NOT: sym.train
// CHECK-NOT: sym.state
// CHECK: func.func @train_step(
// CHECK-SAME: %[[X:[^:]*]]: tensor<4xf32> {sym.kind = "input", sym.name = "x"},
// CHECK-SAME: %[[W:[^:]*]]: tensor<4xf32> {sym.kind = "parameter", sym.name = "w"}) ->
// CHECK-SAME: (tensor<f32> {sym.kind = "loss", sym.name = "loss"}, tensor<f32> {sym.kind = "metric", sym.name = "size"},
// CHECK-SAME: tensor<4xf32> {sym.kind = "update", sym.name = "w"})
// CHECK-DAG: %[[RATE:.*]] = sym.constant dense<5.000000e-01> : tensor<4xf32>
// CHECK-DAG: %[[LOSS:.*]] = sym.sum %{{.*}} : (tensor<4xf32>) -> tensor<f32>
// CHECK: %[[D:.*]] = sym.mul %{{.*}}, %[[RATE]]
// CHECK: %[[NEXT:.*]] = sym.sub %[[W]], %[[D]]
// CHECK: return %[[LOSS]], %{{.*}}, %[[NEXT]]
// CHECK: func.func @evaluate(
// CHECK-SAME: "x"
// CHECK-SAME: "w"
// CHECK-SAME: "loss"
// CHECK-SAME: "size"

// -----

// Every option together: state before the step counter, gradients summed over four steps, updates selected.

module @all {
  sym.parameter @w : tensor<4xf32> init #sym.init<zeros>
  sym.train "adam" {} {schedule = "cosine", schedule_options = {decay_steps = 100 : i64}, clip_global_norm = 1.0 : f64,
                       weight_decay = 0.01 : f64, accumulate_steps = 4 : i64}
  func.func @model(%x: tensor<4xf32> {sym.name = "x", sym.kind = "input"},
                   %w: tensor<4xf32> {sym.name = "w", sym.kind = "parameter"})
      -> (tensor<f32> {sym.name = "loss", sym.kind = "loss"}) {
    %y = sym.mul %x, %w : tensor<4xf32>
    %loss = sym.sum %y : (tensor<4xf32>) -> tensor<f32>
    return %loss : tensor<f32>
  }
}
// CHECK-LABEL: module @all
// CHECK: sym.state @"accumulate/w" : tensor<4xf32> init <zeros>
// CHECK: sym.state @"adam/m/w" : tensor<4xf32> init <zeros>
// CHECK: sym.state @"adam/v/w" : tensor<4xf32> init <zeros>
// CHECK: func.func @train_step(
// CHECK-SAME: {sym.kind = "parameter", sym.name = "w"}, %[[SUM:[^:]*]]: tensor<4xf32> {sym.kind = "state", sym.name = "accumulate/w"},
// CHECK-SAME: {sym.kind = "state", sym.name = "adam/m/w"}, %{{[^:]*}}: tensor<4xf32> {sym.kind = "state", sym.name = "adam/v/w"},
// CHECK-SAME: %[[STEP:[^:]*]]: tensor<i64> {sym.kind = "step", sym.name = "step"})
// CHECK: %[[TOTAL:.*]] = sym.add %[[SUM]],
// CHECK: sym.add %[[STEP]],
// CHECK: sym.mod
// CHECK: sym.equal
// CHECK: %[[KEPT:.*]] = sym.where %{{.*}}, %{{.*}}, %[[TOTAL]]
// CHECK: sym.cos
// CHECK: sym.pow
// CHECK: return %{{.*}}, %[[KEPT]], %{{.*}}, %{{.*}}, %{{.*}} :

// -----

module @unavailable {
  sym.parameter @w : tensor<f32> init #sym.init<zeros>
  // expected-error @+1 {{S0906: optimizer 'lbfgs' is not available yet}}
  sym.train "lbfgs" {}
  func.func @model(%w: tensor<f32> {sym.name = "w", sym.kind = "parameter"})
      -> (tensor<f32> {sym.name = "loss", sym.kind = "loss"}) {
    %loss = sym.exp %w : tensor<f32>
    return %loss : tensor<f32>
  }
}
