// RUN: symc-opt --sym-outline %s | FileCheck %s
//
// A print is a step of the program on the memory of its operand, and nothing overwrites that before: the carry that is
// shown when the next one is there goes round through two buffers, the one that is shown before stays where it is.

// CHECK-LABEL: func.func @predict
// CHECK-SAME:    %[[X:[a-z0-9]+]]: memref<?x4xf32>
// CHECK:         kernel.print "x", %[[X]] as tensor<?x4xf32, #sym.dims<t, 4>> : memref<?x4xf32>
// CHECK:         kernel.loop trips <t> carry(%{{.*}}, %{{.*}}, %{{.*}} :
// CHECK-NEXT:    ^bb0(%{{.*}}: index, %[[NOW:.*]]: memref<4xf32>, %[[NEXT:.*]]: memref<4xf32>, %{{.*}}: memref<4xf32>):
// CHECK:           kernel.print "sum", %[[SUM:.*]] as tensor<4xf32> : memref<4xf32>
// CHECK-NEXT:      func.call @[[ADD:.*]](%[[SUM]], %[[V:.*]], %[[SUM]])
// CHECK-NEXT:      func.call @{{.*}}(%[[NOW]], %[[V]], %[[NEXT]])
// CHECK-NEXT:      kernel.print "late", %[[NOW]] as tensor<4xf32> : memref<4xf32>
module @m attributes {sym.dim_bounds = [#sym.dim_bound<"t", min = 0, max = 100, multipleOf = 1>]} {
  func.func @predict(%x: tensor<?x4xf32, #sym.dims<t, 4>> {sym.name = "x", sym.role = #sym.role<input>},
      %h0: tensor<4xf32> {sym.name = "h0", sym.role = #sym.role<input>})
      -> (tensor<4xf32> {sym.name = "a", sym.role = #sym.role<output>}, tensor<4xf32> {sym.name = "b", sym.role = #sym.role<output>}) {
    %shown = sym.print %x {label = "x"} : (tensor<?x4xf32, #sym.dims<t, 4>>) -> tensor<?x4xf32, #sym.dims<t, 4>>
    %r:2 = sym.scan <t> carry(%h0, %h0 : tensor<4xf32>, tensor<4xf32>) over(%shown : tensor<?x4xf32, #sym.dims<t, 4>>)
        -> tensor<4xf32>, tensor<4xf32> {
    ^bb0(%i: tensor<i64>, %h: tensor<4xf32>, %sum: tensor<4xf32>, %v: tensor<4xf32>):
      %early = sym.print %sum {label = "sum"} : (tensor<4xf32>) -> tensor<4xf32>
      %s = sym.fused "elementwise" (%a = %early : tensor<4xf32>, %b = %v : tensor<4xf32>) -> tensor<4xf32> {
        %0 = sym.add %a, %b : tensor<4xf32>
        sym.yield %0 : tensor<4xf32>
      }
      %n = sym.fused "elementwise" (%a = %h : tensor<4xf32>, %b = %v : tensor<4xf32>) -> tensor<4xf32> {
        %0 = sym.mul %a, %b : tensor<4xf32>
        sym.yield %0 : tensor<4xf32>
      }
      %late = sym.print %h {label = "late"} : (tensor<4xf32>) -> tensor<4xf32>
      sym.yield %n, %s : tensor<4xf32>, tensor<4xf32>
    }
    return %r#0, %r#1 : tensor<4xf32>, tensor<4xf32>
  }
}
