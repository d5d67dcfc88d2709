// RUN: symc-opt --sym-outline --sym-nests %s | FileCheck %s
// RUN: symc-opt --sym-outline --sym-nests %s | symc-opt | FileCheck %s
// RUN: symc-opt --sym-outline '--sym-nests=parts=4 parts-from=1' %s | FileCheck %s --check-prefix=CUT

// Rows are the outer loop of both nests; the sum of a row stands in scratch memory.
// CHECK-LABEL: func.func @softmax
// CHECK:         %[[SUM:.*]] = kernel.alloc <batch> : memref<?xf32>
// CHECK:         call @k0(%{{.*}}, %{{.*}}, %{{.*}}, %[[SUM]])
//
// A sum over many rows goes through a fixed number of partial sums.
// CHECK-LABEL: func.func @total
// CHECK:         %[[PARTIAL:.*]] = kernel.alloc <8, 1000> : memref<8x1000xf32>
// CHECK:         call @k1(
// CHECK-NEXT:    call @k1_combine(
// CUT-LABEL: func.func @total
// CUT:         kernel.alloc <4, 1000> : memref<4x1000xf32>
//
// CHECK-LABEL: func.func private @k0
// CHECK-SAME:    sym.scratch
// CHECK-SAME:    attributes {sym.fusion_kind = #sym.fusion_kind<reduction>, {{.*}}sym.outer = 1 : i64}
// CHECK:         kernel.nest <batch, 10> [parallel, reduction] reads(%{{.*}}[10, 1] : memref<?x10xf32>) writes(%[[S:.*]][1, 0] : memref<?xf32>)
// CHECK-SAME:      neutral [0.000000e+00 : f32]
// CHECK-NEXT:    ^bb0(%{{.*}}: index, %{{.*}}: index, %[[X:.*]]: f32):
// CHECK-NEXT:      %[[E:.*]] = math.exp %[[X]]
// CHECK-NEXT:      kernel.yield %[[E]] : f32
// CHECK-NEXT:    } combine {
// CHECK-NEXT:    ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32):
// CHECK-NEXT:      arith.addf %[[A]], %[[B]]
// CHECK:         kernel.nest <batch, 10> [parallel, parallel] reads(%{{.*}}[10, 1] : memref<?x10xf32>, %[[S]][1, 0] : memref<?xf32>) writes(%{{.*}}[10, 1] : memref<?x10xf32>) {
// CHECK:           math.exp
// CHECK:           arith.divf
//
// The last part of a sum has fewer rows, or none.
// CHECK-LABEL: func.func private @k1(
// CHECK:         kernel.nest <8, (batch + 7) floordiv 8, 1000> [parallel, reduction, parallel]
// CHECK-SAME:      reads(%{{.*}}[1000*((batch + 7) floordiv 8), 1000, 1] : memref<?x1000xf32>)
// CHECK-SAME:      writes(%{{.*}}[1000, 0, 1] : memref<8x1000xf32>)
// CHECK-SAME:      bound <1, <[-1*((batch + 7) floordiv 8), 0, 0] + batch>>
// CHECK-LABEL: func.func private @k1_combine(
// CHECK:         kernel.nest <8, 1000> [reduction, parallel]
//
// The bias and the activation happen where the product's tile stands in registers.
// CHECK-LABEL: func.func private @k2
// CHECK:         kernel.contract matmul ins(
// CHECK-SAME:    extras(%{{.*}} : memref<4xf32>) outs(
// CHECK:         ^bb0(%[[ACC:.*]]: f32, %[[BIAS:.*]]: f32):
// CHECK-NEXT:      %[[SUM:.*]] = arith.addf %[[ACC]], %[[BIAS]]
// CHECK-NEXT:      %[[OUT:.*]] = math.tanh %[[SUM]]
// CHECK-NEXT:      kernel.yield %[[OUT]] : f32

module @m attributes {sym.dim_bounds = [#sym.dim_bound<"batch", min = 1, max = 4096, multipleOf = 1>]} {
  func.func @softmax(%x: tensor<?x10xf32, #sym.dims<batch, 10>> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<?x10xf32, #sym.dims<batch, 10>> {sym.name = "y", sym.role = #sym.role<output>}) {
    %y = sym.fused "reduction" (%a = %x : tensor<?x10xf32, #sym.dims<batch, 10>>) -> tensor<?x10xf32, #sym.dims<batch, 10>> {
      %e = sym.exp %a : tensor<?x10xf32, #sym.dims<batch, 10>>
      %s = sym.sum %e {axis = array<i64: 1>, keepdims = true} : (tensor<?x10xf32, #sym.dims<batch, 10>>) -> tensor<?x1xf32, #sym.dims<batch, 1>>
      %b = sym.broadcast_to %s {shape = #sym.dims<batch, 10>} : (tensor<?x1xf32, #sym.dims<batch, 1>>) -> tensor<?x10xf32, #sym.dims<batch, 10>>
      %d = sym.div %e, %b : tensor<?x10xf32, #sym.dims<batch, 10>>
      sym.yield %d : tensor<?x10xf32, #sym.dims<batch, 10>>
    }
    return %y : tensor<?x10xf32, #sym.dims<batch, 10>>
  }

  func.func @total(%x: tensor<?x1000xf32, #sym.dims<batch, 1000>> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<1000xf32> {sym.name = "y", sym.role = #sym.role<output>}) {
    %y = sym.fused "reduction" (%a = %x : tensor<?x1000xf32, #sym.dims<batch, 1000>>) -> tensor<1000xf32> {
      %s = sym.sum %a {axis = array<i64: 0>} : (tensor<?x1000xf32, #sym.dims<batch, 1000>>) -> tensor<1000xf32>
      sym.yield %s : tensor<1000xf32>
    }
    return %y : tensor<1000xf32>
  }

  func.func @layer(%x: tensor<?x8xf32, #sym.dims<batch, 8>> {sym.name = "x", sym.role = #sym.role<input>},
                   %w: tensor<8x4xf32> {sym.name = "w", sym.role = #sym.role<input>}, %b: tensor<4xf32> {sym.name = "b", sym.role = #sym.role<input>})
      -> (tensor<?x4xf32, #sym.dims<batch, 4>> {sym.name = "y", sym.role = #sym.role<output>}) {
    %y = sym.fused "contraction" (%p = %x : tensor<?x8xf32, #sym.dims<batch, 8>>, %q = %w : tensor<8x4xf32>, %r = %b : tensor<4xf32>)
        -> tensor<?x4xf32, #sym.dims<batch, 4>> {
      %0 = sym.matmul %p, %q : (tensor<?x8xf32, #sym.dims<batch, 8>>, tensor<8x4xf32>) -> tensor<?x4xf32, #sym.dims<batch, 4>>
      %1 = sym.broadcast_to %r {shape = #sym.dims<batch, 4>} : (tensor<4xf32>) -> tensor<?x4xf32, #sym.dims<batch, 4>>
      %2 = sym.add %0, %1 : tensor<?x4xf32, #sym.dims<batch, 4>>
      %3 = sym.tanh %2 : tensor<?x4xf32, #sym.dims<batch, 4>>
      sym.yield %3 : tensor<?x4xf32, #sym.dims<batch, 4>>
    }
    return %y : tensor<?x4xf32, #sym.dims<batch, 4>>
  }
}
