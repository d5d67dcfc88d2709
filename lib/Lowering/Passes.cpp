//===- Passes.cpp - Registration for symc-opt -----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/Passes.h"
#include "lib/Kernel/Passes.h"
#include "lib/Lowering/CPU/Isa.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassRegistry.h"

void symc::registerLoweringPasses() {
  mlir::registerPass(createOutlinePass);
  mlir::registerPass(createSymToLinalgPass);
  mlir::registerPass(createOpaquePass);
  mlir::registerPass([] { return createVectorizePass(Isa()); });
  mlir::registerPass(createKernelsToLLVMPass);
  mlir::registerPass([] { return createBodiesPass(); });
}
