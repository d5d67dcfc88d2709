//===- Passes.h - Fusion of ops into kernels ----------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FUSION_PASSES_H
#define SYMC_FUSION_PASSES_H

#include "mlir/Pass/Pass.h"
#include <memory>

namespace symc {

/// Brings ops into the form that fuses best: transposes become flags of matrix products, reshapes leave the way.
std::unique_ptr<mlir::Pass> createPrepareFusionPass();
/// Puts every primitive op except constants and reshapes into a sym.fused region; without `fuse` into one of its own.
std::unique_ptr<mlir::Pass> createFormRegionsPass(bool fuse = true);
/// Checks that regions are legal (CostModel.h).
std::unique_ptr<mlir::Pass> createVerifyRegionsPass();

/// The whole stage. Legal before: func, primitive ops of sym. Legal after: func, sym.fused of primitive ops,
/// sym.constant, sym.reshape.
void buildFusionPipeline(mlir::OpPassManager &manager, bool fuse = true);

void registerFusionPasses();

} // namespace symc
#endif
