// RUN: symc-opt --split-input-file --sym-gradients --canonicalize --cse %s | FileCheck %s
//
// The reverse of a loop is a scan from the last iteration to the first. What the derivative of a body needs of the body is
// stacked; carries that nothing active reaches, and what is dead without them, are not carried back.

module @m attributes {sym.dim_bounds = [#sym.dim_bound<"t", min = 0, max = 100, multipleOf = 1>]} {
  sym.parameter @a : tensor<4xf32> init <zeros>
  sym.train sgd {learning_rate = 1.0e-2 : f64}

  // CHECK-LABEL: func.func @gradients
  // CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<?x4xf32
  // CHECK-SAME:    %[[A:[a-z0-9]+]]: tensor<4xf32>
  // CHECK:         %[[FORWARD:.*]]:2 = sym.scan <t> carry(%{{.*}} : tensor<4xf32>) over(%[[X]] : {{.*}}) with(%[[A]] : tensor<4xf32>)
  // CHECK-NEXT:    ^bb0(%{{.*}}: tensor<i64>, %[[H:.*]]: tensor<4xf32>, %[[V:.*]]: tensor<4xf32>, %[[W:.*]]: tensor<4xf32>):
  // CHECK-NEXT:      %[[N:.*]] = sym.mul %[[W]], %[[H]]
  // CHECK-NEXT:      %[[S:.*]] = sym.add %[[N]], %[[V]]
  // CHECK-NEXT:      sym.yield %[[S]], %[[H]]
  // CHECK:         %[[BACK:.*]]:2 = sym.scan <t> carry(%{{.*}}, %{{.*}} : tensor<4xf32>, tensor<4xf32>) over(%[[FORWARD]]#1 : {{.*}}) with(%[[A]] : tensor<4xf32>) attributes {reverse = true}
  // CHECK-NEXT:    ^bb0(%{{.*}}: tensor<i64>, %[[DH:.*]]: tensor<4xf32>, %[[SUM:.*]]: tensor<4xf32>, %[[KEPT:.*]]: tensor<4xf32>, %[[WB:.*]]: tensor<4xf32>):
  // CHECK-DAG:       %[[DW:.*]] = sym.mul %[[DH]], %[[KEPT]]
  // CHECK-DAG:       %[[NEXT:.*]] = sym.mul %[[DH]], %[[WB]]
  // CHECK:           %[[TOTAL:.*]] = sym.add %[[SUM]], %[[DW]]
  // CHECK-NEXT:      sym.yield %[[NEXT]], %[[TOTAL]]
  // CHECK:         return %[[BACK]]#1
  func.func @gradients(%x: tensor<?x4xf32, #sym.dims<t, 4>> {sym.name = "x", sym.role = #sym.role<input>},
      %a: tensor<4xf32> {sym.name = "a", sym.role = #sym.role<parameter>}) -> (tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>}) {
    %one = sym.constant dense<1.0> : tensor<4xf32>
    %zero = sym.constant dense<0> : tensor<i32>
    %r:2 = sym.scan <t> carry(%one, %zero : tensor<4xf32>, tensor<i32>) over(%x : tensor<?x4xf32, #sym.dims<t, 4>>)
        with(%a : tensor<4xf32>) -> tensor<4xf32>, tensor<i32> {
    ^bb0(%i: tensor<i64>, %h: tensor<4xf32>, %count: tensor<i32>, %v: tensor<4xf32>, %w: tensor<4xf32>):
      %p = sym.mul %w, %h : tensor<4xf32>
      %n = sym.add %p, %v : tensor<4xf32>
      %k = sym.constant dense<1> : tensor<i32>
      %c = sym.add %count, %k : tensor<i32>
      sym.yield %n, %c : tensor<4xf32>, tensor<i32>
    }
    %l = sym.sum %r#0 : (tensor<4xf32>) -> tensor<f32>
    return %l : tensor<f32>
  }
}

// -----

// Branches share the places of what they keep; the one that was not taken leaves its own undefined.
module @branches {
  sym.parameter @a : tensor<4xf32> init <zeros>
  sym.train sgd {learning_rate = 1.0e-2 : f64}

  // CHECK-LABEL: module @branches
  // CHECK:         %[[KEPT:.*]] = sym.cond %[[P:.*]] : tensor<i1> with(%{{.*}} : tensor<4xf32>) -> tensor<4xf32>
  // CHECK:           %[[E:.*]] = sym.exp
  // CHECK-NEXT:      sym.yield %[[E]]
  // CHECK:         } else {
  // CHECK:           %[[U:.*]] = sym.undefined
  // CHECK-NEXT:      sym.yield %[[U]]
  // CHECK:         %[[D:.*]] = sym.cond %[[P]] : tensor<i1> with(%[[KEPT]] : tensor<4xf32>) -> tensor<4xf32>
  // CHECK-NEXT:    ^bb0(%[[K:.*]]: tensor<4xf32>):
  // CHECK-NEXT:      sym.yield %[[K]]
  // CHECK-NEXT:    } else {
  // CHECK:           sym.constant dense<-1.000000e+00>
  // CHECK:         return %[[D]]
  func.func @gradients(%p: tensor<i1> {sym.name = "p", sym.role = #sym.role<input>},
      %a: tensor<4xf32> {sym.name = "a", sym.role = #sym.role<parameter>}) -> (tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>}) {
    %r = sym.cond %p : tensor<i1> with(%a : tensor<4xf32>) -> tensor<4xf32> {
    ^bb0(%v: tensor<4xf32>):
      %e = sym.exp %v : tensor<4xf32>
      sym.yield %e : tensor<4xf32>
    } else {
    ^bb0(%v: tensor<4xf32>):
      %n = sym.neg %v : tensor<4xf32>
      sym.yield %n : tensor<4xf32>
    }
    %l = sym.sum %r : (tensor<4xf32>) -> tensor<f32>
    return %l : tensor<f32>
  }
}

// -----

// A bounded while counts its iterations; its reverse runs as many.
module @bounded {
  sym.parameter @a : tensor<f32> init <zeros>
  sym.train sgd {learning_rate = 1.0e-2 : f64}

  // CHECK-LABEL: module @bounded
  // CHECK:         %[[R:.*]]:2, %[[COUNT:.*]] = sym.while
  // CHECK:         sym.scan <9> carry({{.*}}) over(%[[R]]#1 : tensor<9xf32>) count(%[[COUNT]] : tensor<i64>) attributes {reverse = true}
  func.func @gradients(%a: tensor<f32> {sym.name = "a", sym.role = #sym.role<parameter>})
      -> (tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>}) {
    %r, %n = sym.while carry(%a : tensor<f32>) count : tensor<i64> attributes {max_iterations = 9 : i64} -> tensor<f32> {
    ^bb0(%i: tensor<i64>, %v: tensor<f32>):
      %limit = sym.constant dense<5.0> : tensor<f32>
      %c = sym.less %v, %limit : tensor<f32> -> tensor<i1>
      sym.yield %c : tensor<i1>
    } do {
    ^bb0(%i: tensor<i64>, %v: tensor<f32>):
      %q = sym.exp %v : tensor<f32>
      sym.yield %q : tensor<f32>
    }
    return %r : tensor<f32>
  }
}
