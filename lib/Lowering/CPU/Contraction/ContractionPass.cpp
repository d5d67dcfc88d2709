//===- ContractionPass.cpp - Emits kernels of contractions ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/Kernels.h"
#include "lib/Lowering/CPU/Contraction/Epilogue.h"
#include "lib/Lowering/CPU/Contraction/Filter.h"
#include "lib/Lowering/CPU/Passes.h"
#include "mlir/IR/IRMapping.h"

namespace symc {
#define GEN_PASS_DEF_CONTRACTIONPASS
#include "lib/Lowering/CPU/Passes.h.inc"
} // namespace symc

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
      break; // takes two kernels, see emitFilter
    }
  return schedule ? *schedule : emitLoops(problem);
}

struct ContractionPass : symc::impl::ContractionPassBase<ContractionPass> {
  using Base::Base;

  void runOnOperation() override {
    target = isaOf(cpu);
    SmallVector<func::FuncOp> kernels;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (isKernel(function) && !function.isExternal() &&
          !function.getBody().front().getOps<kernel::ContractOp>().empty())
        kernels.push_back(function);
    for (func::FuncOp kernel : kernels) {
      if (!llvm::hasSingleElement(kernel.getBody().front().getOps<kernel::ContractOp>()) ||
          !llvm::hasNItems(kernel.getBody().front(), 2)) {
        kernel.emitError("a kernel with a contraction holds one contraction and nothing else");
        return signalPassFailure();
      }
      if (!emitFilter(kernel))
        emitKernel(kernel, emit);
    }
  }

private:
  static kernel::ContractOp contractOf(func::FuncOp kernel) {
    return *kernel.getBody().front().getOps<kernel::ContractOp>().begin();
  }

  void emitKernel(func::FuncOp kernel, llvm::function_ref<Schedule(Problem &)> emitter) {
    OpBuilder b(kernel.getContext());
    KernelShell shell(kernel, b);
    Code code(b, kernel.getLoc());
    Problem problem(contractOf(kernel), kernel, shell, code, target);
    Schedule schedule = emitter(problem);
    kernel->setAttr(kExtentAttr, sym::DimsAttr::get(b.getContext(), {schedule.extent}));
    kernel->setAttr(kGrainAttr, sym::DimsAttr::get(b.getContext(), {schedule.grain, schedule.grain}));
    if (failed(shell.finish()))
      signalPassFailure();
  }

  /// The gradient of a convolution's kernel on vectors; false when it takes another way.
  bool emitFilter(func::FuncOp kernel) {
    kernel::ContractOp op = contractOf(kernel);
    auto element = cast<MemRefType>(op.getA().getType()).getElementType();
    if (op.getForm() != sym::ContractForm::conv2d_filter || !isa<FloatType>(element) || !vectorizes(op))
      return false;
    std::optional<Window> window = windowOf(op);
    if (!window)
      return false;
    ArrayRef<Dim> image = cast<sym::DimsAttr>(op.getDims()[0]).getExprs();
    std::optional<FilterPlan> plan = planFilter(*window, target, target.lanes(element),
                                                element.getIntOrFloatBitWidth() / 8, constantValue(image[0]));
    if (!plan)
      return false;
    func::FuncOp second = splitKernel(kernel, "_sum");
    IRMapping mapping;
    mapping.map(kernel.getArguments(), second.getArguments());
    OpBuilder(second.getBody().front().getTerminator()).clone(*op, mapping);
    MLIRContext *context = kernel.getContext();
    Type scratch = tensorType(constantDim(context, plan->partials * plan->partialElements), element);
    addScratch(kernel, cast<RankedTensorType>(scratch));
    emitKernel(kernel, [&](Problem &p) { return emitFilterPartials(p, *plan, kernel.getArguments().back()); });
    emitKernel(second, [&](Problem &p) { return emitFilterSum(p, *plan, second.getArguments().back()); });
    return true;
  }

  Isa target;
};

} // namespace
