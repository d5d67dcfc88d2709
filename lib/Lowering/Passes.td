//===- Passes.td - Passes of the lowering ------------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What all targets share; those of a target are in its directory. Passes.h says what is legal
// after them.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LOWERING_PASSES_TD
#define SYMC_LOWERING_PASSES_TD

include "mlir/Pass/PassBase.td"

def VerifyProgramsPass : Pass<"sym-verify-programs", "mlir::ModuleOp"> {
  let summary = "Checks that programs and kernels are made of nothing but what targets know";
  let description = [{
    Programs are steps and buffers; kernels are arith, math, loads and the ops of kernel that are for them.
  }];
}

def TracePointsPass : Pass<"sym-trace-points", "mlir::ModuleOp"> {
  let summary = "Says of every call of a kernel what a trace tells of it";
  let description = [{
    In modules with the attribute sym.trace: calls get sym.trace, which names the kernel and its nodes, and sym.work, the
    bytes and operations of a run. A target's code calls such kernels through the runtime's symc_rt_traced.
  }];
}

#endif // SYMC_LOWERING_PASSES_TD
