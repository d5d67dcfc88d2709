//===- Passes.td - From regions to programs -------------------*- tablegen -*-===//
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

#endif // SYMC_KERNEL_PASSES_TD
