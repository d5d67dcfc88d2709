// RUN: symc-opt --split-input-file --sym-outline %s | FileCheck %s
// RUN: symc-opt --split-input-file --sym-outline %s | symc-opt --split-input-file | FileCheck %s
//
// What a loop carries is written over itself where its kernel may do so: %sum. Where something reads it later, %h, it goes
// round through two buffers, from what the loop was given on. Rows are written and read where they stand.

// CHECK-LABEL: func.func @predict
// CHECK-SAME:    %[[X:[a-z0-9]+]]: memref<?x4xf32>
// CHECK-SAME:    %[[H:[a-z0-9]+]]: memref<4xf32>
// CHECK-SAME:    %[[LAST:[a-z0-9]+]]: memref<4xf32> {{{[^}]*}}sym.name = "last"
// CHECK-SAME:    %[[ROWS:[a-z0-9]+]]: memref<?x4xf32> {{{[^}]*}}sym.name = "rows"
// CHECK:         %[[A:.*]] = kernel.alloc <4>
// CHECK-NEXT:    %[[B:.*]] = kernel.alloc <4>
// CHECK-NEXT:    %[[SUM:.*]] = kernel.alloc <4>
// CHECK-NEXT:    call @[[COPY:.*]](%[[H]], %[[SUM]])
// CHECK-NEXT:    %{{.*}}, %[[OUTS:.*]]:3 = kernel.loop trips <t> carry(%[[H]], %[[A]], %[[B]] : {{.*}}) attributes {reverse = true}
// CHECK-NEXT:    ^bb0(%[[I:.*]]: index, %[[NOW:.*]]: memref<4xf32>, %[[NEXT:.*]]: memref<4xf32>, %[[SPARE:.*]]: memref<4xf32>):
// CHECK-NEXT:      %[[V:.*]] = kernel.row %[[X]][%[[I]]] <4>
// CHECK-NEXT:      %[[ROW:.*]] = kernel.row %[[ROWS]][%[[I]]] <4>
// CHECK-NEXT:      func.call @[[ADD:.*]](%[[NOW]], %[[V]], %[[NEXT]])
// CHECK-NEXT:      func.call @[[MUL:.*]](%[[NOW]], %[[NEXT]], %[[ROW]])
// CHECK-NEXT:      func.call @[[ADD]](%[[SUM]], %[[ROW]], %[[SUM]])
// CHECK-NEXT:      kernel.next %[[NEXT]], %[[SPARE]], %[[NEXT]]
// CHECK:         call @[[COPY]](%[[SUM]], %[[LAST]])
// CHECK-NEXT:    return
module @m attributes {sym.dim_bounds = [#sym.dim_bound<"t", min = 0, max = 100, multipleOf = 1>]} {
  func.func @predict(%x: tensor<?x4xf32, #sym.dims<t, 4>> {sym.name = "x", sym.role = #sym.role<input>},
      %h0: tensor<4xf32> {sym.name = "h0", sym.role = #sym.role<input>})
      -> (tensor<4xf32> {sym.name = "last", sym.role = #sym.role<output>}, tensor<?x4xf32, #sym.dims<t, 4>> {sym.name = "rows", sym.role = #sym.role<output>}) {
    %r:3 = sym.scan <t> carry(%h0, %h0 : tensor<4xf32>, tensor<4xf32>) over(%x : tensor<?x4xf32, #sym.dims<t, 4>>)
        attributes {reverse = true} -> tensor<4xf32>, tensor<4xf32>, tensor<?x4xf32, #sym.dims<t, 4>> {
    ^bb0(%i: tensor<i64>, %h: tensor<4xf32>, %sum: tensor<4xf32>, %v: tensor<4xf32>):
      %n = sym.fused "elementwise" (%a = %h : tensor<4xf32>, %b = %v : tensor<4xf32>) -> tensor<4xf32> {
        %0 = sym.add %a, %b : tensor<4xf32>
        sym.yield %0 : tensor<4xf32>
      }
      %p = sym.fused "elementwise" (%a = %h : tensor<4xf32>, %b = %n : tensor<4xf32>) -> tensor<4xf32> {
        %0 = sym.mul %a, %b : tensor<4xf32>
        sym.yield %0 : tensor<4xf32>
      }
      %s = sym.fused "elementwise" (%a = %sum : tensor<4xf32>, %b = %p : tensor<4xf32>) -> tensor<4xf32> {
        %0 = sym.add %a, %b : tensor<4xf32>
        sym.yield %0 : tensor<4xf32>
      }
      sym.yield %n, %s, %p : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
    }
    return %r#1, %r#2 : tensor<4xf32>, tensor<?x4xf32, #sym.dims<t, 4>>
  }
}

// -----

// A while leaves its loop where the condition says so; the number of its iterations is stored when something reads it. A
// branch writes its results to where they belong; what is undefined is not written.

// CHECK-LABEL: module @branches
// CHECK:       func.func @predict
// CHECK-SAME:    %[[P:[a-z0-9]+]]: memref<i1>
// CHECK-SAME:    %[[V:[a-z0-9]+]]: memref<f32>
// CHECK-SAME:    %[[OUT:[a-z0-9]+]]: memref<f32> {{{[^}]*}}sym.name = "out"
// CHECK-SAME:    %[[COUNT:[a-z0-9]+]]: memref<i64> {{{[^}]*}}sym.name = "count"
// CHECK:         %[[N:.*]], %[[W:.*]]:3 = kernel.loop trips <7> carry(%[[V]], %{{.*}}, %{{.*}} :
// CHECK-NEXT:    ^bb0(%{{.*}}: index, %[[NOW:.*]]: memref<f32>, %[[NEXT:.*]]: memref<f32>, %{{.*}}: memref<f32>):
// CHECK-NEXT:      %[[FLAG:.*]] = kernel.alloc <> : memref<i1>
// CHECK-NEXT:      func.call @[[TEST:.*]](%[[NOW]], %[[FLAG]])
// CHECK-NEXT:      kernel.leave_unless %[[FLAG]]
// CHECK-NEXT:      func.call @{{.*}}(%[[NOW]], %[[NEXT]])
// CHECK:         %[[ITERATIONS:.*]] = kernel.alloc <> : memref<i64>
// CHECK-NEXT:    kernel.store_index %[[N]], %[[ITERATIONS]]
// CHECK-NEXT:    kernel.if %[[P]]
// CHECK-NEXT:      func.call @{{.*}}(%[[W]]#0, %[[OUT]])
// CHECK-NEXT:    } else {
// CHECK-NEXT:    }
// CHECK-NEXT:    call @{{.*}}(%[[ITERATIONS]], %[[COUNT]])
// CHECK-NEXT:    return
module @branches {
  func.func @predict(%p: tensor<i1> {sym.name = "p", sym.role = #sym.role<input>}, %v: tensor<f32> {sym.name = "v", sym.role = #sym.role<input>})
      -> (tensor<f32> {sym.name = "out", sym.role = #sym.role<output>}, tensor<i64> {sym.name = "count", sym.role = #sym.role<output>}) {
    %r, %n = sym.while carry(%v : tensor<f32>) count : tensor<i64> attributes {max_iterations = 7 : i64} -> tensor<f32> {
    ^bb0(%i: tensor<i64>, %c: tensor<f32>):
      %t = sym.fused "elementwise" (%a = %c : tensor<f32>) -> tensor<i1> {
        %0 = sym.is_finite %a : tensor<f32> -> tensor<i1>
        sym.yield %0 : tensor<i1>
      }
      sym.yield %t : tensor<i1>
    } do {
    ^bb0(%i: tensor<i64>, %c: tensor<f32>):
      %e = sym.fused "reduction" (%a = %c : tensor<f32>) -> tensor<f32> {
        %0 = sym.sum %a : (tensor<f32>) -> tensor<f32>
        sym.yield %0 : tensor<f32>
      }
      sym.yield %e : tensor<f32>
    }
    %b = sym.cond %p : tensor<i1> with(%r : tensor<f32>) -> tensor<f32> {
    ^bb0(%c: tensor<f32>):
      %e = sym.fused "elementwise" (%a = %c : tensor<f32>) -> tensor<f32> {
        %0 = sym.exp %a : tensor<f32>
        sym.yield %0 : tensor<f32>
      }
      sym.yield %e : tensor<f32>
    } else {
    ^bb0(%c: tensor<f32>):
      %u = sym.undefined : tensor<f32>
      sym.yield %u : tensor<f32>
    }
    return %b, %n : tensor<f32>, tensor<i64>
  }
}

// -----

// A slot that takes what came in while its old contents are read: the new ones wait elsewhere until that is done.

// CHECK-LABEL: module @handed_on
// CHECK:       func.func @train_step(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: memref<4xf32> {{{[^}]*}}sym.name = "x"
// CHECK-SAME:    %[[LAST:[a-z0-9]+]]: memref<4xf32> {{{[^}]*}}sym.name = "last"
// CHECK-SAME:    %[[OUT:[a-z0-9]+]]: memref<4xf32> {{{[^}]*}}sym.name = "change"
// CHECK:         %[[PARKED:.*]] = kernel.alloc <4> : memref<4xf32>
// CHECK-NEXT:    call @[[COPY:.*]](%[[X]], %[[PARKED]])
// CHECK-NEXT:    call @{{.*}}(%[[X]], %[[LAST]], %[[OUT]])
// CHECK-NEXT:    call @[[COPY]](%[[PARKED]], %[[LAST]])
// CHECK-NEXT:    return
module @handed_on {
  sym.state @last : tensor<4xf32> init <zeros> {trainable = false}
  func.func @train_step(%x: tensor<4xf32> {sym.name = "x", sym.role = #sym.role<input>}, %l: tensor<4xf32> {sym.name = "last", sym.role = #sym.role<state>})
      -> (tensor<4xf32> {sym.name = "change", sym.role = #sym.role<output>}, tensor<4xf32> {sym.name = "last", sym.role = #sym.role<update>}) {
    %d = sym.fused "elementwise" (%a = %x : tensor<4xf32>, %b = %l : tensor<4xf32>) -> tensor<4xf32> {
      %0 = sym.sub %a, %b : tensor<4xf32>
      sym.yield %0 : tensor<4xf32>
    }
    return %d, %x : tensor<4xf32>, tensor<4xf32>
  }
}
