//===- Pipeline.cpp - The fusion stage in order ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Fusion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace symc;

void symc::buildFusionPipeline(OpPassManager &manager, const FusionCosts &costs, bool fuse) {
  OpPassManager &functions = manager.nest<func::FuncOp>();
  functions.addPass(createPrepareFusionPass());
  functions.addPass(createFormRegionsPass(costs, {fuse}));
  functions.addPass(createVerifyRegionsPass());
  // Moves were cloned for each reader; inside a region equal ones are one again.
  functions.addPass(createCSEPass());
}

void symc::registerFusionPipeline() {
  PassPipelineRegistration<>("sym-fuse", "The fusion stage",
                             [](OpPassManager &manager) { buildFusionPipeline(manager, FusionCosts()); });
}
