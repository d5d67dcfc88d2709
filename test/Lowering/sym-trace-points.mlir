// RUN: symc-opt --sym-lower-to-linalg %s | FileCheck %s
// RUN: symc-opt --sym-lower-to-linalg --sym-contraction --sym-vectorize --sym-bodies %s | FileCheck %s --check-prefix=BODY
//
// In a module with sym.trace a call of a kernel says which nodes it computes, and what a run takes: bytes read and written,
// and operations. A product of batch by 8 by 4 is 64 for each of the batch; the sums and functions behind it are 2 for each
// element. What most of it is of comes first.

// CHECK-LABEL: func.func @layer(
// CHECK:         call @k0(
// CHECK-SAME:      sym.trace = "{\22kernel\22: \22k0\22, \22kind\22: \22contraction\22, \22nodes\22: [{\22node\22: \22fc\22, \22time\22: 0.9444, \22memory\22: 0}, {\22node\22: \22act\22, \22time\22: 0.0556, \22memory\22: 1}]}"
// CHECK-SAME:      sym.work = #sym.dims<32*batch + 144, 16*batch, 72*batch>
//
// The runtime calls it, in place of the body.
// BODY-LABEL: llvm.func @body_layer(
// BODY-NOT:     llvm.call @k0
// BODY:         llvm.call @symc_rt_traced(

module @m attributes {sym.dim_bounds = [#sym.dim_bound<"batch", min = 1, max = 4096, multipleOf = 1>], sym.trace} {
  func.func @layer(%x: tensor<?x8xf32, #sym.dims<batch, 8>> {sym.name = "x", sym.role = #sym.role<input>},
                   %w: tensor<8x4xf32> {sym.name = "w", sym.role = #sym.role<input>}, %b: tensor<4xf32> {sym.name = "b", sym.role = #sym.role<input>})
      -> (tensor<?x4xf32, #sym.dims<batch, 4>> {sym.name = "y", sym.role = #sym.role<output>}) {
    %y = sym.fused "contraction" (%p = %x : tensor<?x8xf32, #sym.dims<batch, 8>>, %q = %w : tensor<8x4xf32>, %r = %b : tensor<4xf32>)
        -> tensor<?x4xf32, #sym.dims<batch, 4>> {
      %0 = sym.matmul %p, %q : (tensor<?x8xf32, #sym.dims<batch, 8>>, tensor<8x4xf32>) -> tensor<?x4xf32, #sym.dims<batch, 4>> loc("fc")
      %1 = sym.broadcast_to %r {shape = #sym.dims<batch, 4>} : (tensor<4xf32>) -> tensor<?x4xf32, #sym.dims<batch, 4>> loc("fc")
      %2 = sym.add %0, %1 : tensor<?x4xf32, #sym.dims<batch, 4>> loc("fc")
      %3 = sym.tanh %2 : tensor<?x4xf32, #sym.dims<batch, 4>> loc("act")
      sym.yield %3 : tensor<?x4xf32, #sym.dims<batch, 4>>
    }
    return %y : tensor<?x4xf32, #sym.dims<batch, 4>>
  }
}
