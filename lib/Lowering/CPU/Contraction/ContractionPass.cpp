//===- ContractionPass.cpp - Emits kernels of contractions ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Contraction/Contraction.h"
#include "lib/Lowering/CPU/Contraction/Problem.h"
#include "lib/Lowering/CPU/Kernels.h"
#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace symc;
using namespace symc::contraction;

namespace {

Schedule emit(Problem &problem) {
  std::optional<Schedule> schedule;
  if (problem.isFloat())
    switch (problem.op.getForm()) {
    case sym::ContractForm::matmul:
      schedule = emitMatmul(problem);
      break;
    case sym::ContractForm::conv2d:
      schedule = emitConv2d(problem);
      break;
    case sym::ContractForm::conv2d_input:
      schedule = emitConv2dInput(problem);
      break;
    case sym::ContractForm::conv2d_filter:
      break;
    }
  return schedule ? *schedule : emitLoops(problem);
}

struct ContractionPass : PassWrapper<ContractionPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ContractionPass)
  ContractionPass() = default;
  ContractionPass(const ContractionPass &other) : PassWrapper(other), isa(other.isa) {}
  explicit ContractionPass(const Isa &isa) : isa(isa) {}

  StringRef getArgument() const override { return "sym-contraction"; }
  StringRef getDescription() const override { return "Emit the kernels of matrix products and convolutions"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<arith::ArithDialect, LLVM::LLVMDialect, scf::SCFDialect, vector::VectorDialect>();
  }

  void runOnOperation() override {
    if (!cpu.empty())
      isa = isaOf(cpu);
    SmallVector<func::FuncOp> kernels;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (isKernel(function) && !function.isExternal() && !function.getBody().front().getOps<sym::ContractOp>().empty())
        kernels.push_back(function);
    for (func::FuncOp kernel : kernels) {
      auto contracts = kernel.getBody().front().getOps<sym::ContractOp>();
      if (!llvm::hasSingleElement(contracts) || !llvm::hasNItems(kernel.getBody().front(), 2)) {
        kernel.emitError("a kernel with a contraction holds one contraction and nothing else");
        return signalPassFailure();
      }
      OpBuilder b(kernel.getContext());
      KernelShell shell(kernel, b);
      Code code(b, kernel.getLoc());
      Problem problem(*contracts.begin(), kernel, shell, code, isa);
      Schedule schedule = emit(problem);
      kernel->setAttr(kExtentAttr, sym::DimsAttr::get(b.getContext(), {canonical(schedule.extent)}));
      kernel->setAttr(kGrainAttr, b.getI64IntegerAttr(schedule.grain));
      shell.finish();
    }
  }

  Isa isa;
  Option<std::string> cpu{*this, "cpu", llvm::cl::desc("CPU that the kernels are for, by its LLVM name")};
};

} // namespace

std::unique_ptr<Pass> symc::createContractionPass(const Isa &isa) { return std::make_unique<ContractionPass>(isa); }
void symc::registerContractionPass() { PassRegistration<ContractionPass>(); }
