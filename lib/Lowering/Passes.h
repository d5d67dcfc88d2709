//===- Passes.h - From fused regions to a target's code ----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The passes are described in Passes.td, the parts of the stage in docs/ARCHITECTURE.md.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_PASSES_H
#define SYMC_LIB_LOWERING_PASSES_H

#include "lib/Kernel/Passes.h"
#include "mlir/Pass/Pass.h"
#include <memory>
#include <string>

namespace symc {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "lib/Lowering/Passes.h.inc"

/// Functions become programs of kernels. Legal before: func, sym.fused of primitive ops, sym.constant, ops that rename
/// memory, loops and branches. Legal after, and checked: programs of func.call and kernel; kernels of kernel.nest,
/// kernel.contract, kernel.library_call, memref.load, arith and math; kernel.global, sym.parameter, sym.state. It is
/// what every target is given. `parts`: how a target cuts large reductions.
void buildLinalgPipeline(mlir::OpPassManager &manager, const NestsPassOptions &parts = {});

/// `sym-lower-to-linalg`.
void registerLoweringPipelines();

} // namespace symc
#endif
