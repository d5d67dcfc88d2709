//===- Passes.td - From regions to programs ----------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_KERNEL_PASSES_TD
#define SYMC_KERNEL_PASSES_TD

include "mlir/Pass/PassBase.td"

def OutlinePass : Pass<"sym-outline", "mlir::ModuleOp"> {
  let summary = "Turns functions into programs of kernels on buffers";
  let description = [{
    Regions of equal structure share a kernel, across functions. A function becomes the calls of its kernels, with
    kernel.loop and kernel.if around those of loops and branches, on buffers of its own.
  }];
  let dependentDialects = ["symc::kernel::KernelDialect"];
}

def NestsPass : Pass<"sym-nests", "mlir::ModuleOp"> {
  let summary = "Turns what kernels do with tensors into loops over elements of their buffers";
  let description = [{
    A body becomes kernel.nests that run in order inside of common outer loops; a matrix product or a convolution
    becomes kernel.contract, a function of the kernel library kernel.library_call.
  }];
  let options = [Option<"parts", "parts", "int64_t", /*default=*/"8",
                        "Into how many partial results a large reduction of its leading axis is cut">,
                 Option<"partsFrom", "parts-from", "int64_t", /*default=*/"1 << 16",
                        "From how many elements on, where symbolic dimensions count as 128">];
  let dependentDialects = ["symc::kernel::KernelDialect", "mlir::memref::MemRefDialect", "mlir::arith::ArithDialect",
                           "mlir::math::MathDialect"];
}

#endif // SYMC_KERNEL_PASSES_TD
