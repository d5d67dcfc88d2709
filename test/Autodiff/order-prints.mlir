// RUN: symc-opt --sym-order-prints --cse %s | FileCheck %s
//
// Each print waits for the one before, also in and behind a loop. Equal ones stay two, and what prints nothing stays free.

// CHECK-LABEL: func.func @chain
// CHECK-SAME:    %[[X:[^:]*]]: tensor<4xf32>, %[[Y:[^:]*]]: tensor<4xf32>
// CHECK-NEXT:    %[[A:.*]] = sym.print %[[X]] {label = "x"}
// CHECK-NEXT:    %[[X2:.*]] = sym.after %[[X]], %[[A]]
// CHECK-NEXT:    %[[B:.*]] = sym.print %[[X2]] {label = "x"}
// CHECK-NEXT:    %[[E:.*]] = sym.exp %[[Y]]
// CHECK-NEXT:    %[[S:.*]] = sym.scan <4> carry(%[[E]] : tensor<4xf32>) with(%[[B]] : tensor<4xf32>)
// CHECK-NEXT:    ^bb0(%{{.*}}: tensor<i64>, %[[H:.*]]: tensor<4xf32>, %[[T:.*]]: tensor<4xf32>):
// CHECK-NEXT:      %[[H2:.*]] = sym.after %[[H]], %[[T]]
// CHECK-NEXT:      %[[P:.*]] = sym.print %[[H2]] {label = "h"}
// CHECK-NEXT:      %[[N:.*]] = sym.neg %[[P]]
// CHECK-NEXT:      %[[N2:.*]] = sym.after %[[N]], %[[P]]
// CHECK-NEXT:      %[[Q:.*]] = sym.print %[[N2]] {label = "n"}
// CHECK-NEXT:      sym.yield %[[Q]]
// CHECK:         %[[E2:.*]] = sym.after %[[E]], %[[S]]
// CHECK-NEXT:    %[[L:.*]] = sym.print %[[E2]]
// CHECK-NEXT:    return %[[A]], %[[B]], %[[S]], %[[L]]
func.func @chain(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %a = sym.print %x {label = "x"} : (tensor<4xf32>) -> tensor<4xf32>
  %b = sym.print %x {label = "x"} : (tensor<4xf32>) -> tensor<4xf32>
  %e = sym.exp %y : tensor<4xf32>
  %s = sym.scan <4> carry(%e : tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%i: tensor<i64>, %h: tensor<4xf32>):
    %p = sym.print %h {label = "h"} : (tensor<4xf32>) -> tensor<4xf32>
    %n = sym.neg %p : tensor<4xf32>
    %q = sym.print %n {label = "n"} : (tensor<4xf32>) -> tensor<4xf32>
    sym.yield %q : tensor<4xf32>
  }
  %l = sym.print %e : (tensor<4xf32>) -> tensor<4xf32>
  return %a, %b, %s, %l : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// One branch prints: the other one is given what to wait for, too.
// CHECK-LABEL: func.func @branch
// CHECK:         %[[A:.*]] = sym.print
// CHECK:         sym.cond %{{.*}} with(%{{.*}}, %[[A]] : tensor<4xf32>, tensor<4xf32>)
// CHECK-NEXT:    ^bb0(%{{.*}}: tensor<4xf32>, %[[T:.*]]: tensor<4xf32>):
// CHECK-NEXT:      sym.after %{{.*}}, %[[T]]
// CHECK:         } else {
// CHECK-NEXT:    ^bb0(%[[V:.*]]: tensor<4xf32>, %{{.*}}: tensor<4xf32>):
// CHECK-NEXT:      sym.yield %[[V]]
func.func @branch(%c: tensor<i1>, %x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %a = sym.print %x : (tensor<4xf32>) -> tensor<4xf32>
  %r = sym.cond %c : tensor<i1> with(%x : tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%v: tensor<4xf32>):
    %p = sym.print %v : (tensor<4xf32>) -> tensor<4xf32>
    sym.yield %p : tensor<4xf32>
  } else {
  ^bb0(%v: tensor<4xf32>):
    sym.yield %v : tensor<4xf32>
  }
  return %a, %r : tensor<4xf32>, tensor<4xf32>
}
