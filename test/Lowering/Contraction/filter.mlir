// The gradient of a convolution's kernel takes two kernels: partial sums over images, and their sum in order.
// RUN: symc-opt %s --sym-contraction=cpu=x86-64-v4 | FileCheck %s

// CHECK: llvm.func internal @k.code({{.*}}sym.extent = #sym.dims<8>, sym.grain = #sym.dims<1, 1>
// CHECK: vector.fma
// CHECK: llvm.func internal @k_sum.code({{.*}}sym.extent = #sym.dims<1>
// CHECK-COUNT-7: arith.addf {{.*}} : vector<16xf32>
// CHECK-NOT: vector.fma

module attributes {sym.dim_bounds = [#sym.dim_bound<"n", min = 1, max = 4096, multipleOf = 1>]} {
  func.func private @k(%d: index {sym.dim = "n"}, %a: memref<?x28x28x1xf32> {sym.dims = #sym.dims<n, 28, 28, 1>},
                       %b: memref<?x28x28x16xf32> {sym.dims = #sym.dims<n, 28, 28, 16>},
                       %o: memref<5x5x1x16xf32> {sym.dims = #sym.dims<5, 5, 1, 16>}) attributes {sym.kernel} {
    kernel.contract conv2d_filter ins(%a, %b : memref<?x28x28x1xf32>, memref<?x28x28x16xf32>) outs(%o : memref<5x5x1x16xf32>)
        attributes {axes = [], dims = [#sym.dims<n, 28, 28, 1>, #sym.dims<n, 28, 28, 16>, #sym.dims<5, 5, 1, 16>],
                    strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padding = #sym.dims<2, 2, 2, 2>} {
    ^bb0(%sum: f32):
      kernel.yield %sum : f32
    }
    return
  }
}
