//===- Pipeline.cpp - The lowering for the CPU in order -------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Two parts, since something else happens around them: a module at stage `linalg` is copied for
// every CPU, and the model is described when its kernels are final and its programs are not
// yet code.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace symc;

void symc::buildKernelPipeline(OpPassManager &manager, StringRef cpu) {
  // Each takes the kernels of its kind, and leaves a declaration and an llvm.func of them; their order does not matter.
  manager.addPass(createContractionPass({cpu.str()}));
  manager.addPass(createVectorizePass({cpu.str()}));
  manager.addPass(createOpaquePass());
}

void symc::buildBodyPipeline(OpPassManager &manager, ArenaMode arena) {
  // No program, no declaration of a kernel and nothing of `sym` and `kernel` is left.
  manager.addPass(createBodiesPass({arena}));
  // After the bodies, which have loops and arithmetic too. A full conversion: what has no form in the LLVM dialect
  // fails.
  manager.addPass(createKernelsToLLVMPass());
}

namespace {
struct CpuOptions : PassPipelineOptions<CpuOptions> {
  Option<std::string> cpu{*this, "cpu", llvm::cl::desc("CPU or level that kernels are for, by LLVM's name")};
};
} // namespace

void symc::registerCpuLoweringPipelines() {
  PassPipelineRegistration<CpuOptions>(
      "sym-lower-kernels", "The lowering of kernels for a CPU",
      [](OpPassManager &manager, const CpuOptions &options) { buildKernelPipeline(manager, options.cpu); });
  PassPipelineRegistration<>("sym-lower-bodies", "The lowering of functions, and of everything to LLVM",
                             [](OpPassManager &manager) { buildBodyPipeline(manager); });
}
