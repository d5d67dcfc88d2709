//===- symc-opt.cpp - The pass driver for the sym dialect -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/kernel/KernelOps.h"
#include "lib/Autodiff/Passes.h"
#include "lib/Export/Passes.h"
#include "lib/Fusion/Passes.h"
#include "lib/Kernel/Passes.h"
#include "lib/Lowering/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry
      .insert<symc::sym::SymDialect, symc::kernel::KernelDialect, mlir::func::FuncDialect, mlir::memref::MemRefDialect,
              mlir::scf::SCFDialect, mlir::vector::VectorDialect, mlir::LLVM::LLVMDialect>();
  mlir::registerTransformsPasses();
  symc::registerAutodiffPasses();
  symc::registerAutodiffPipeline();
  symc::registerExportPasses();
  symc::registerFusionPasses();
  symc::registerFusionPipeline();
  symc::registerKernelPasses();
  symc::registerLoweringPasses();
  symc::registerLoweringPipelines();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "symc-opt: passes over the sym dialect\n", registry));
}
