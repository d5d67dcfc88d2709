// RUN: symc-opt %s --sym-loop-products --canonicalize | FileCheck %s
// RUN: symc-opt %s --sym-loop-products --canonicalize | FileCheck %s --check-prefix=BODY

// The product of a scanned row and a matrix comes first; what is added to a carry that nothing else reads is a product of all
// rows; so is the stack of products of what is stacked too.
func.func @products(%x: tensor<7x3x4xf32>, %w: tensor<4x5xf32>, %h0: tensor<3x5xf32>, %u: tensor<5x5xf32>, %sum: tensor<4x5xf32>)
    -> (tensor<3x5xf32>, tensor<4x5xf32>, tensor<7x3x5xf32>, tensor<7x3x5xf32>) {
  %r:4 = sym.scan <7> carry(%h0, %sum : tensor<3x5xf32>, tensor<4x5xf32>) over(%x : tensor<7x3x4xf32>)
      with(%w, %u : tensor<4x5xf32>, tensor<5x5xf32>)
      -> tensor<3x5xf32>, tensor<4x5xf32>, tensor<7x3x5xf32>, tensor<7x3x5xf32> {
  ^bb0(%i: tensor<i64>, %h: tensor<3x5xf32>, %s: tensor<4x5xf32>, %row: tensor<3x4xf32>, %a: tensor<4x5xf32>, %b: tensor<5x5xf32>):
    %p = sym.matmul %row, %a : (tensor<3x4xf32>, tensor<4x5xf32>) -> tensor<3x5xf32>
    %q = sym.matmul %h, %b : (tensor<3x5xf32>, tensor<5x5xf32>) -> tensor<3x5xf32>
    %n = sym.add %p, %q : tensor<3x5xf32>
    %g = sym.matmul %row, %n {transpose_a = true} : (tensor<3x4xf32>, tensor<3x5xf32>) -> tensor<4x5xf32>
    %t = sym.add %s, %g : tensor<4x5xf32>
    %d = sym.matmul %n, %b {transpose_b = true} : (tensor<3x5xf32>, tensor<5x5xf32>) -> tensor<3x5xf32>
    sym.yield %n, %t, %n, %d : tensor<3x5xf32>, tensor<4x5xf32>, tensor<3x5xf32>, tensor<3x5xf32>
  }
  return %r#0, %r#1, %r#2, %r#3 : tensor<3x5xf32>, tensor<4x5xf32>, tensor<7x3x5xf32>, tensor<7x3x5xf32>
}
// CHECK-LABEL: @products(%arg0: tensor<7x3x4xf32>, %arg1: tensor<4x5xf32>, %arg2: tensor<3x5xf32>, %arg3: tensor<5x5xf32>, %arg4: tensor<4x5xf32>)
// CHECK: %[[X:.*]] = sym.reshape %arg0 {shape = #sym.dims<21, 4>}
// CHECK: %[[P:.*]] = sym.matmul %[[X]], %arg1 {{.*}} -> tensor<21x5xf32>
// CHECK: %[[ROWS:.*]] = sym.reshape %[[P]] {{.*}} -> tensor<7x3x5xf32>
// CHECK: %[[R:.*]]:2 = sym.scan <7> carry(%arg2 : tensor<3x5xf32>) over(%[[ROWS]] : tensor<7x3x5xf32>) with(%arg3 : tensor<5x5xf32>)
// CHECK: %[[N:.*]] = sym.reshape %[[R]]#1 {shape = #sym.dims<21, 5>}
// CHECK: %[[G:.*]] = sym.matmul %{{.*}}, %[[N]] {transpose_a = true{{.*}}} : (tensor<21x4xf32>, tensor<21x5xf32>) -> tensor<4x5xf32>
// CHECK: %[[SUM:.*]] = sym.add %arg4, %[[G]] : tensor<4x5xf32>
// CHECK: %[[D:.*]] = sym.matmul %{{.*}}, %arg3 {transpose_b = true{{.*}}} : (tensor<21x5xf32>, tensor<5x5xf32>) -> tensor<21x5xf32>
// CHECK: %[[STACK:.*]] = sym.reshape %[[D]]
// CHECK: return %[[R]]#0, %[[SUM]], %[[R]]#1, %[[STACK]]

// One product is left in the body.
// BODY-LABEL: @products
// BODY: sym.scan
// BODY: ^bb0
// BODY-NEXT: sym.matmul %{{.*}} : (tensor<3x5xf32>, tensor<5x5xf32>) -> tensor<3x5xf32>
// BODY-NEXT: sym.add
// BODY-NEXT: sym.yield

// A carry that is read stays one, and so does one of a loop that may end earlier than its rows do.
func.func @kept(%x: tensor<7x3x4xf32>, %y: tensor<7x3x5xf32>, %sum: tensor<4x5xf32>, %count: tensor<i64>)
    -> (tensor<4x5xf32>, tensor<7x4x5xf32>, tensor<4x5xf32>) {
  %r:2 = sym.scan <7> carry(%sum : tensor<4x5xf32>) over(%x, %y : tensor<7x3x4xf32>, tensor<7x3x5xf32>)
      -> tensor<4x5xf32>, tensor<7x4x5xf32> {
  ^bb0(%i: tensor<i64>, %s: tensor<4x5xf32>, %a: tensor<3x4xf32>, %b: tensor<3x5xf32>):
    %g = sym.matmul %a, %b {transpose_a = true} : (tensor<3x4xf32>, tensor<3x5xf32>) -> tensor<4x5xf32>
    %t = sym.add %s, %g : tensor<4x5xf32>
    sym.yield %t, %t : tensor<4x5xf32>, tensor<4x5xf32>
  }
  %q = sym.scan <7> carry(%sum : tensor<4x5xf32>) over(%x, %y : tensor<7x3x4xf32>, tensor<7x3x5xf32>)
      count(%count : tensor<i64>) -> tensor<4x5xf32> {
  ^bb0(%i: tensor<i64>, %s: tensor<4x5xf32>, %a: tensor<3x4xf32>, %b: tensor<3x5xf32>):
    %g = sym.matmul %a, %b {transpose_a = true} : (tensor<3x4xf32>, tensor<3x5xf32>) -> tensor<4x5xf32>
    %t = sym.add %s, %g : tensor<4x5xf32>
    sym.yield %t : tensor<4x5xf32>
  }
  return %r#0, %r#1, %q : tensor<4x5xf32>, tensor<7x4x5xf32>, tensor<4x5xf32>
}
// CHECK-LABEL: @kept
// CHECK: sym.scan
// CHECK: sym.matmul %{{.*}} -> tensor<4x5xf32>
// CHECK: sym.scan
// CHECK: sym.matmul %{{.*}} -> tensor<4x5xf32>
// CHECK-NOT: sym.matmul

// An invariant is transposed once for all products of it. What multiplies a narrow one reads its rows as they are.
func.func @turned(%h0: tensor<3x32xf32>, %w: tensor<32x32xf32>, %v: tensor<16x32xf32>, %u: tensor<16x32xf32>)
    -> (tensor<3x32xf32>) {
  %r = sym.scan <7> carry(%h0 : tensor<3x32xf32>)
      with(%w, %v, %u : tensor<32x32xf32>, tensor<16x32xf32>, tensor<16x32xf32>) -> tensor<3x32xf32> {
  ^bb0(%i: tensor<i64>, %h: tensor<3x32xf32>, %a: tensor<32x32xf32>, %b: tensor<16x32xf32>, %c: tensor<16x32xf32>):
    %p = sym.matmul %h, %a {transpose_b = true} : (tensor<3x32xf32>, tensor<32x32xf32>) -> tensor<3x32xf32>
    %q = sym.matmul %p, %a {transpose_b = true} : (tensor<3x32xf32>, tensor<32x32xf32>) -> tensor<3x32xf32>
    %n = sym.matmul %q, %b {transpose_b = true} : (tensor<3x32xf32>, tensor<16x32xf32>) -> tensor<3x16xf32>
    %o = sym.matmul %n, %c : (tensor<3x16xf32>, tensor<16x32xf32>) -> tensor<3x32xf32>
    sym.yield %o : tensor<3x32xf32>
  }
  return %r : tensor<3x32xf32>
}
// CHECK-LABEL: @turned
// CHECK: %[[T:.*]] = sym.transpose %arg1 {axes = array<i64: 1, 0>}
// CHECK-NOT: sym.transpose
// CHECK: sym.scan <7> carry(%arg0 : tensor<3x32xf32>) with(%arg2, %arg3, %[[T]] :
// CHECK-NEXT: ^bb0(%{{.*}}: tensor<i64>, %[[H:.*]]: tensor<3x32xf32>, %[[B:.*]]: tensor<16x32xf32>, %[[C:.*]]: tensor<16x32xf32>, %[[A:.*]]: tensor<32x32xf32>):
// CHECK-NEXT: %[[P:.*]] = sym.matmul %[[H]], %[[A]] :
// CHECK-NEXT: %[[Q:.*]] = sym.matmul %[[P]], %[[A]] :
// CHECK-NEXT: %[[N:.*]] = sym.matmul %[[Q]], %[[B]] {transpose_b = true}
// CHECK-NEXT: sym.matmul %[[N]], %[[C]] :
