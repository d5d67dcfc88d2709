//===- symc-opt.cpp - The pass driver for the sym dialect -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Autodiff/Passes.h"
#include "lib/Driver/Build.h"
#include "lib/Export/Passes.h"
#include "lib/Fusion/Passes.h"
#include "lib/Kernel/Passes.h"
#include "lib/Lowering/Passes.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  symc::registerDialects(registry);
  mlir::registerTransformsPasses();
  symc::registerAutodiffPasses();
  symc::registerAutodiffPipeline();
  symc::registerExportPasses();
  symc::registerFusionPasses();
  symc::registerFusionPipeline();
  symc::registerKernelPasses();
  symc::registerLoweringPasses();
  symc::registerLoweringPipelines();
  for (const symc::Target *target : symc::targets())
    target->registerPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "symc-opt: passes over the sym dialect\n", registry));
}
