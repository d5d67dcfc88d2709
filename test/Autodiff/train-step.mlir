// RUN: symc-opt --sym-autodiff --split-input-file --verify-diagnostics %s | FileCheck %s

// Plain gradient descent: no state, a constant rate, the loss before the update.

module @descent {
  sym.parameter @w : tensor<4xf32> init #sym.init<zeros>
  sym.train sgd {learning_rate = 0.5 : f64}
  func.func @model(%x: tensor<4xf32> {sym.name = "x", sym.role = #sym.role<input>},
                   %w: tensor<4xf32> {sym.name = "w", sym.role = #sym.role<parameter>})
      -> (tensor<4xf32> {sym.name = "y", sym.role = #sym.role<output>}, tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>},
          tensor<f32> {sym.name = "size", sym.role = #sym.role<metric>}) {
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
// CHECK-SAME: %[[X:[^:]*]]: tensor<4xf32> {sym.name = "x", sym.role = #sym.role<input>},
// CHECK-SAME: %[[W:[^:]*]]: tensor<4xf32> {sym.name = "w", sym.role = #sym.role<parameter>}) ->
// CHECK-SAME: (tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>}, tensor<f32> {sym.name = "size", sym.role = #sym.role<metric>},
// CHECK-SAME: tensor<4xf32> {sym.name = "w", sym.role = #sym.role<update>})
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
  sym.train adam {} {schedule = #sym.schedule<cosine>, schedule_options = {decay_steps = 100 : i64}, clip_global_norm = 1.0 : f64,
                       weight_decay = 0.01 : f64, accumulate_steps = 4 : i64}
  func.func @model(%x: tensor<4xf32> {sym.name = "x", sym.role = #sym.role<input>},
                   %w: tensor<4xf32> {sym.name = "w", sym.role = #sym.role<parameter>})
      -> (tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>}) {
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
// CHECK-SAME: {sym.name = "w", sym.role = #sym.role<parameter>}, %[[SUM:[^:]*]]: tensor<4xf32> {sym.name = "accumulate/w", sym.role = #sym.role<state>},
// CHECK-SAME: {sym.name = "adam/m/w", sym.role = #sym.role<state>}, %{{[^:]*}}: tensor<4xf32> {sym.name = "adam/v/w", sym.role = #sym.role<state>},
// CHECK-SAME: %[[STEP:[^:]*]]: tensor<i64> {sym.name = "step", sym.role = #sym.role<step>})
// CHECK: %[[TOTAL:.*]] = sym.add %[[SUM]],
// CHECK: sym.add %[[STEP]],
// CHECK: sym.mod
// CHECK: sym.equal
// CHECK: %[[KEPT:.*]] = sym.where %{{.*}}, %{{.*}}, %[[TOTAL]]
// CHECK: sym.cos
// CHECK: sym.pow
// CHECK: return %{{.*}}, %[[KEPT]], %{{.*}}, %{{.*}}, %{{.*}} :

// -----

// L-BFGS keeps the last pairs, a row each, and goes over them twice.

module @pairs {
  sym.parameter @w : tensor<4xf32> init #sym.init<zeros>
  sym.train lbfgs {history = 3 : i64}
  func.func @model(%w: tensor<4xf32> {sym.name = "w", sym.role = #sym.role<parameter>})
      -> (tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>}) {
    %e = sym.exp %w : tensor<4xf32>
    %loss = sym.sum %e : (tensor<4xf32>) -> tensor<f32>
    return %loss : tensor<f32>
  }
}
// CHECK-LABEL: module @pairs
// CHECK-DAG: sym.state @"lbfgs/move/w" : tensor<4xf32> init <zeros>
// CHECK-DAG: sym.state @"lbfgs/g/w" : tensor<4xf32> init <zeros>
// CHECK-DAG: sym.state @"lbfgs/s/w" : tensor<3x4xf32> init <zeros>
// CHECK-DAG: sym.state @"lbfgs/y/w" : tensor<3x4xf32> init <zeros>
// CHECK-DAG: sym.state @"lbfgs/rho" : tensor<3xf64> init <zeros>
// CHECK-DAG: sym.state @"lbfgs/gamma" : tensor<f64> init <constant, 1.000000e+00, 0.000000e+00>
// CHECK: func.func @train_step(
// CHECK: sym.scan <3> carry
// CHECK-SAME: reverse = true
// CHECK: sym.scan <3> carry
// CHECK-NOT: reverse
