// RUN: symc-opt --sym-pin-variables --sym-expand-gradients --split-input-file --verify-diagnostics %s | FileCheck %s --implicit-check-not=sym.grad

// Inner derivatives first; what is new is named after the node.

module @twice {
  func.func @model(%x: tensor<4xf32> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<4xf32> {sym.name = "h", sym.role = #sym.role<output>}) {
    %y = sym.exp %x : tensor<4xf32> loc("y")
    %s = sym.sum %y : (tensor<4xf32>) -> tensor<f32> loc("s")
    %g = sym.grad %s, %x : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32> loc("g")
    %t = sym.sum %g : (tensor<4xf32>) -> tensor<f32> loc("t")
    %h = sym.grad %t, %x : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32> loc("h")
    return %h : tensor<4xf32>
  }
}
// CHECK-LABEL: module @twice
// CHECK-NOT: sym.reshape
// CHECK: %[[Y:.*]] = sym.exp
// CHECK: %[[G:.*]] = sym.mul %{{.*}}, %[[Y]]
// CHECK: sym.sum %[[G]]
// CHECK: %[[H:.*]] = sym.mul %{{.*}}, %[[Y]]
// CHECK: return %[[H]]

// -----

// No path: zeros.

module @zero {
  func.func @model(%x: tensor<4xf32> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<4xf32> {sym.name = "g", sym.role = #sym.role<output>}) {
    %c = sym.constant dense<1.0> : tensor<f32>
    %g = sym.grad %c, %x : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
    return %g : tensor<4xf32>
  }
}
// CHECK-LABEL: module @zero
// CHECK: %[[ZERO:.*]] = sym.constant dense<0.000000e+00> : tensor<4xf32>
// CHECK: return %[[ZERO]]

// -----

// What an input of a function and the result of a call are differentiated by stays apart from what is handed in.

module @pinned {
  func.func private @f(%a: tensor<f32>, %b: tensor<f32>) -> tensor<f32> {
    %y = sym.mul %a, %b : tensor<f32>
    %g = sym.grad %y, %b : (tensor<f32>, tensor<f32>) -> tensor<f32>
    return %g : tensor<f32>
  }
  func.func @model(%x: tensor<f32> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<f32> {sym.name = "h", sym.role = #sym.role<output>}) {
    %c = func.call @f(%x, %x) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %y = sym.mul %c, %x : tensor<f32>
    %h = sym.grad %y, %c : (tensor<f32>, tensor<f32>) -> tensor<f32>
    return %h : tensor<f32>
  }
}
// CHECK-LABEL: module @pinned
// CHECK: func.func private @f(%[[A:[^:]*]]: tensor<f32>, %[[B:[^:]*]]: tensor<f32>)
// CHECK: %[[PINNED:.*]] = sym.reshape %[[B]]
// CHECK: sym.mul %[[A]], %[[PINNED]]
// CHECK: func.func @model
// CHECK: %[[C:.*]] = call @f
// CHECK: sym.reshape %[[C]]

// -----

module @none {
  func.func @model(%x: tensor<f32> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<f32> {sym.name = "g", sym.role = #sym.role<output>}) {
    // expected-error @+1 {{S0711: 'while' has no derivative without max_iterations, but one is taken through it}}
    %y, %n = sym.while carry(%x : tensor<f32>) count : tensor<i64> -> tensor<f32> {
    ^bb0(%i: tensor<i64>, %v: tensor<f32>):
      %limit = sym.constant dense<1.0> : tensor<f32>
      %more = sym.less %v, %limit : tensor<f32> -> tensor<i1>
      sym.yield %more : tensor<i1>
    } do {
    ^bb0(%i: tensor<i64>, %v: tensor<f32>):
      %d = sym.add %v, %v : tensor<f32>
      sym.yield %d : tensor<f32>
    }
    // expected-note @+1 {{this 'grad' takes it}}
    %g = sym.grad %y, %x : (tensor<f32>, tensor<f32>) -> tensor<f32>
    return %g : tensor<f32>
  }
}
