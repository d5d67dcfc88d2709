//===- Pipeline.cpp - The target-neutral lowering in order ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/Passes.h"
#include "lib/Lowering/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace symc;

void symc::buildLinalgPipeline(OpPassManager &manager, const NestsPassOptions &parts) {
  // Functions are programs, and kernels work on tensors between kernel.read and kernel.write.
  manager.addPass(createOutlinePass());
  // Kernels work on buffers alone.
  manager.addPass(createNestsPass(parts));
  // What a target is given is all that it must know.
  manager.addPass(createVerifyProgramsPass());
  // Of whole kernels, before targets take them apart.
  manager.addPass(createTracePointsPass());
}

void symc::registerLoweringPipelines() {
  PassPipelineRegistration<>("sym-lower-to-linalg", "The lowering up to programs and kernels on buffers",
                             [](OpPassManager &manager) { buildLinalgPipeline(manager); });
}
