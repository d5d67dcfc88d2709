//===- Passes.h - Fusion of ops into kernels ----------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FUSION_PASSES_H
#define SYMC_FUSION_PASSES_H

#include "lib/Fusion/Costs.h"
#include "mlir/Pass/Pass.h"
#include <memory>

namespace symc {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "lib/Fusion/Passes.h.inc"

/// The pass for a machine that costs this.
std::unique_ptr<mlir::Pass> createFormRegionsPass(const FusionCosts &costs, FormRegionsPassOptions options);

/// The whole stage. Legal before: func, primitive ops of sym. Legal after: func, sym.fused of primitive ops,
/// sym.constant, ops that rename memory.
void buildFusionPipeline(mlir::OpPassManager &manager, const FusionCosts &costs, bool fuse = true);

/// `sym-fuse`.
void registerFusionPipeline();

} // namespace symc
#endif
