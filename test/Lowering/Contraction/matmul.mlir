// A matrix product with a bias becomes one kernel whose outermost loop over row tiles can be cut.
// RUN: symc-opt %s --sym-contraction=cpu=x86-64-v4 | FileCheck %s
// RUN: symc-opt %s --sym-contraction=cpu=x86-64-v3 | FileCheck %s --check-prefix=AVX2

// CHECK: llvm.func internal @k.code(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64)
// CHECK-SAME: sym.extent = #sym.dims<(batch + {{[0-9]+}}) floordiv {{[0-9]+}}>
// CHECK-SAME: sym.grain = #sym.dims<{{[0-9]+, [0-9]+}}>
// CHECK-NOT: kernel.contract
// CHECK: vector.fma {{.*}} : vector<16xf32>
// CHECK: arith.maximumf {{.*}} : vector<16xf32>
// AVX2: vector.fma {{.*}} : vector<8xf32>

module attributes {sym.dim_bounds = [#sym.dim_bound<"batch", min = 1, max = 4096, multipleOf = 1>]} {
  func.func private @k(%d: index {sym.dim = "batch"}, %a: memref<?x20xf32> {sym.dims = #sym.dims<batch, 20>},
                       %b: memref<20x32xf32> {sym.dims = #sym.dims<20, 32>}, %x: memref<32xf32> {sym.dims = #sym.dims<32>},
                       %o: memref<?x32xf32> {sym.dims = #sym.dims<batch, 32>}) attributes {sym.kernel} {
    kernel.contract matmul ins(%a, %b : memref<?x20xf32>, memref<20x32xf32>) extras(%x : memref<32xf32>)
        outs(%o : memref<?x32xf32>)
        attributes {axes = [array<i64: 1>],
                    dims = [#sym.dims<batch, 20>, #sym.dims<20, 32>, #sym.dims<batch, 32>, #sym.dims<32>]} {
    ^bb0(%sum: f32, %bias: f32):
      %zero = arith.constant 0.0 : f32
      %t = arith.addf %sum, %bias : f32
      %r = arith.maximumf %t, %zero : f32
      kernel.yield %r : f32
    }
    return
  }
}
