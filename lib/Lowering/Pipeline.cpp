//===- Pipeline.cpp - The lowering in order -------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Three parts, since something else happens between them: a module at stage `linalg` is
// copied for every CPU, and the model is described when its kernels are final and its
// functions are not yet code.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/Passes.h"
#include "lib/Lowering/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace symc;

void symc::buildLinalgPipeline(OpPassManager &manager) {
  manager.addPass(createOutlinePass());
  manager.addPass(createNestsPass());
}

void symc::buildKernelPipeline(OpPassManager &manager, StringRef cpu) {
  // Each takes the kernels of its kind; their order does not matter.
  manager.addPass(createContractionPass({cpu.str()}));
  manager.addPass(createVectorizePass({cpu.str()}));
  manager.addPass(createOpaquePass());
}

void symc::buildBodyPipeline(OpPassManager &manager, ArenaMode arena) {
  manager.addPass(createBodiesPass({arena}));
  // After the bodies, which have loops and arithmetic too.
  manager.addPass(createKernelsToLLVMPass());
}

namespace {
struct CpuOptions : PassPipelineOptions<CpuOptions> {
  Option<std::string> cpu{*this, "cpu", llvm::cl::desc("CPU or level that kernels are for, by LLVM's name")};
};
} // namespace

void symc::registerLoweringPipelines() {
  PassPipelineRegistration<>("sym-lower-to-linalg", "The lowering up to linalg on buffers", buildLinalgPipeline);
  PassPipelineRegistration<CpuOptions>(
      "sym-lower-kernels", "The lowering of kernels for a CPU",
      [](OpPassManager &manager, const CpuOptions &options) { buildKernelPipeline(manager, options.cpu); });
  PassPipelineRegistration<>("sym-lower-bodies", "The lowering of functions, and of everything to LLVM",
                             [](OpPassManager &manager) { buildBodyPipeline(manager); });
}
