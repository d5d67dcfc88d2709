//===- Pipeline.cpp - The autodiff stage in order -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Autodiff/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace symc;

void symc::buildAutodiffPipeline(OpPassManager &manager, const std::vector<std::string> &functions) {
  manager.addPass(createPinVariablesPass());
  manager.addPass(createInlineCallsPass());
  manager.addPass(createEntryPointsPass({{functions.begin(), functions.end()}}));
  // Before derivatives, so that a composite is rounded once; again for what they and the updates are made of.
  manager.addPass(createWidenArithmeticPass());
  // What the graph says of derivatives is in the mode of the function by now.
  manager.addPass(createExpandGradientsPass());
  // Composites with a derivative of their own are differentiated whole, before they are taken apart.
  manager.addPass(createGradientsPass());
  manager.addPass(createTrainStepPass());
  manager.addPass(createWidenArithmeticPass());
  manager.addPass(createDecomposePass());
  manager.addPass(createStreamsPass());
  manager.addPass(createLoopProductsPass());
  manager.addPass(createCanonicalizerPass());
  // Of what is left of the prints, and before two equal ones become one.
  manager.addPass(createOrderPrintsPass());
  manager.addPass(createCSEPass());
  // Last: only now is it known which arguments are used.
  manager.addPass(createSignaturesPass());
}

void symc::registerAutodiffPipeline() {
  PassPipelineRegistration<>("sym-autodiff", "The autodiff stage",
                             [](OpPassManager &manager) { buildAutodiffPipeline(manager); });
}
