// RUN: symc-opt --canonicalize %s | FileCheck %s
//
// A carry that neither a result nor the condition needs goes; the condition stays.

// CHECK-LABEL: func.func @count
// CHECK:         %[[N:.*]] = sym.while count : tensor<i64> attributes {max_iterations = 5 : i64} {
// CHECK-NEXT:    ^bb0(%[[I:.*]]: tensor<i64>):
// CHECK:           %[[C:.*]] = sym.less %[[I]]
// CHECK-NEXT:      sym.yield %[[C]] : tensor<i1>
// CHECK-NEXT:    } do {
// CHECK-NEXT:    ^bb0(%{{.*}}: tensor<i64>):
// CHECK-NEXT:      sym.yield
// CHECK-NEXT:    }
// CHECK-NEXT:    return %[[N]]
func.func @count(%a: tensor<f32>) -> tensor<i64> {
  %r, %n = sym.while carry(%a : tensor<f32>) count : tensor<i64> attributes {max_iterations = 5 : i64} -> tensor<f32> {
  ^bb0(%i: tensor<i64>, %v: tensor<f32>):
    %limit = sym.constant dense<3> : tensor<i64>
    %c = sym.less %i, %limit : tensor<i64> -> tensor<i1>
    sym.yield %c : tensor<i1>
  } do {
  ^bb0(%i: tensor<i64>, %v: tensor<f32>):
    %e = sym.exp %v : tensor<f32>
    sym.yield %e : tensor<f32>
  }
  return %n : tensor<i64>
}
