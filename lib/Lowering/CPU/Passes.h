//===- Passes.h - From programs and kernels to LLVM ---------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_PASSES_H
#define SYMC_LIB_LOWERING_CPU_PASSES_H

#include "lib/Lowering/ArenaMode.h"
#include "mlir/Pass/Pass.h"
#include <memory>
#include <string>

namespace symc {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "lib/Lowering/CPU/Passes.h.inc"

/// Kernels become code for `cpu` (a name of isaOf). Legal before: what buildLinalgPipeline leaves. Legal after: the
/// programs as they were; the kernels as declarations for them to call, and beside each an llvm.func (KernelShell.h) of
/// scf, arith, math, vector and llvm.
void buildKernelPipeline(mlir::OpPassManager &manager, llvm::StringRef cpu);

/// Programs become bodies, and everything the LLVM dialect. Before it describeModel reads the programs. Legal after:
/// llvm alone, in a module.
void buildBodyPipeline(mlir::OpPassManager &manager, ArenaMode arena = ArenaMode::Planned);

/// `sym-lower-kernels`, `sym-lower-bodies`.
void registerCpuLoweringPipelines();

} // namespace symc
#endif
