// RUN: symc-opt --sym-decompose --sym-fuse --split-input-file %s | symc-opt --pass-pipeline='builtin.module(func.func(sym-verify-regions))' --split-input-file | FileCheck %s

// Bias and activation are the epilogue of the product; what reads the same index elsewhere comes in beside it.

// CHECK-LABEL: @dense
// CHECK: %[[OUT:.*]]:2 = sym.fused "contraction" (%[[A:.*]] = %{{.*}}, %[[W:.*]] = %{{.*}}, %[[B:.*]] = %{{.*}}, %[[M:.*]] = %{{.*}})
// CHECK-NEXT: %[[P:.*]] = sym.matmul %[[A]], %[[W]] {transpose_b = true}
// CHECK-NEXT: %[[BB:.*]] = sym.broadcast_to %[[B]]
// CHECK-NEXT: %[[S:.*]] = sym.add %[[P]], %[[BB]]
// CHECK-NEXT: %[[T:.*]] = sym.tanh %[[S]]
// CHECK-NEXT: %[[R:.*]] = sym.mul %[[T]], %[[M]]
// CHECK-NEXT: sym.yield %[[T]], %[[R]]
// CHECK-NOT: sym.fused
// CHECK: return
func.func @dense(%x: tensor<?x8xf32, #sym.dims<batch, 8>>, %w: tensor<4x8xf32>, %b: tensor<4xf32>,
                 %m: tensor<?x4xf32, #sym.dims<batch, 4>>)
    -> (tensor<?x4xf32, #sym.dims<batch, 4>>, tensor<?x4xf32, #sym.dims<batch, 4>>) {
  %wt = sym.transpose %w : (tensor<4x8xf32>) -> tensor<8x4xf32>
  %p = sym.matmul %x, %wt : (tensor<?x8xf32, #sym.dims<batch, 8>>, tensor<8x4xf32>) -> tensor<?x4xf32, #sym.dims<batch, 4>>
  %bb = sym.broadcast_to %b {shape = #sym.dims<batch, 4>} : (tensor<4xf32>) -> tensor<?x4xf32, #sym.dims<batch, 4>>
  %s = sym.add %p, %bb : tensor<?x4xf32, #sym.dims<batch, 4>>
  %t = sym.tanh %s : tensor<?x4xf32, #sym.dims<batch, 4>>
  %r = sym.mul %t, %m : tensor<?x4xf32, #sym.dims<batch, 4>>
  return %t, %r : tensor<?x4xf32, #sym.dims<batch, 4>>, tensor<?x4xf32, #sym.dims<batch, 4>>
}

// -----

// A softmax is one region of rows. The sum over the batch that follows reads it from memory: it is a region of columns.

// CHECK-LABEL: @rows
// CHECK: %[[P:.*]] = sym.fused "reduction"
// CHECK: sym.max
// CHECK: sym.exp
// CHECK: sym.sum
// CHECK: sym.yield
// CHECK: %[[S:.*]] = sym.fused "reduction" (%{{.*}} = %[[P]]
// CHECK-NEXT: sym.sum
// CHECK-NEXT: sym.yield
// CHECK-NOT: sym.fused
// CHECK: return %[[P]], %[[S]]
func.func @rows(%x: tensor<?x8xf32, #sym.dims<batch, 8>>) -> (tensor<?x8xf32, #sym.dims<batch, 8>>, tensor<8xf32>) {
  %p = sym.softmax %x : (tensor<?x8xf32, #sym.dims<batch, 8>>) -> tensor<?x8xf32, #sym.dims<batch, 8>>
  %s = sym.sum %p {axis = array<i64: 0>} : (tensor<?x8xf32, #sym.dims<batch, 8>>) -> tensor<8xf32>
  return %p, %s : tensor<?x8xf32, #sym.dims<batch, 8>>, tensor<8xf32>
}

// -----

// What is cheap and reads memory only is computed again; the rest is a further result of one of its readers, where that
// makes no cycle.

// CHECK-LABEL: @shared
// CHECK: %[[F:.*]]:2 = sym.fused "elementwise"
// CHECK: sym.exp
// CHECK: sym.sub
// CHECK: sym.fused "reduction"
// CHECK: sym.sub
// CHECK: sym.square
// CHECK: sym.sum
// CHECK-NOT: sym.fused
// CHECK: return
func.func @shared(%x: tensor<?xf32, #sym.dims<n>>, %y: tensor<?xf32, #sym.dims<n>>)
    -> (tensor<?xf32, #sym.dims<n>>, tensor<f32>) {
  %e = sym.exp %x : tensor<?xf32, #sym.dims<n>>
  %d = sym.sub %e, %y : tensor<?xf32, #sym.dims<n>>
  %q = sym.square %d : tensor<?xf32, #sym.dims<n>>
  %s = sym.sum %q : (tensor<?xf32, #sym.dims<n>>) -> tensor<f32>
  %z = sym.mul %d, %e : tensor<?xf32, #sym.dims<n>>
  return %z, %s : tensor<?xf32, #sym.dims<n>>, tensor<f32>
}

// -----

// An update is written in place, which only an elementwise kernel can do.

// CHECK-LABEL: @train_step
// CHECK: sym.fused "contraction"
// CHECK-NEXT: sym.matmul
// CHECK-NEXT: sym.yield
// CHECK: sym.fused "elementwise"
// CHECK-NEXT: sym.sub
// CHECK: return
func.func @train_step(%x: tensor<4x8xf32> {sym.name = "x", sym.role = #sym.role<input>},
                      %g: tensor<4x2xf32> {sym.name = "g", sym.role = #sym.role<input>},
                      %w: tensor<8x2xf32> {sym.name = "w", sym.role = #sym.role<parameter>})
    -> (tensor<8x2xf32> {sym.name = "w", sym.role = #sym.role<update>}) {
  %d = sym.matmul %x, %g {transpose_a = true} : (tensor<4x8xf32>, tensor<4x2xf32>) -> tensor<8x2xf32>
  %n = sym.sub %w, %d : tensor<8x2xf32>
  return %n : tensor<8x2xf32>
}

// -----

// Data moves are read through, but never read a value computed in the same region; what a product reads is stored.

// CHECK-LABEL: @moves
// CHECK: %[[E:.*]] = sym.fused "elementwise" (%{{.*}} = %{{.*}} : tensor<4x8xf32>)
// CHECK-NEXT: sym.exp
// CHECK: %[[T:.*]] = sym.fused "elementwise"
// CHECK: sym.transpose
// CHECK: sym.add
// CHECK: return
func.func @moves(%x: tensor<4x8xf32>, %y: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %e = sym.exp %x : tensor<4x8xf32>
  %t = sym.transpose %e : (tensor<4x8xf32>) -> tensor<8x4xf32>
  %a = sym.add %t, %y : tensor<8x4xf32>
  return %a : tensor<8x4xf32>
}
