//===- VerifyPrograms.cpp - What a target is given ------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/Kernels.h"
#include "lib/Lowering/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Transforms/DialectConversion.h"

namespace symc {
#define GEN_PASS_DEF_VERIFYPROGRAMSPASS
#include "lib/Lowering/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {

template <typename... Ops> struct OpList {
  static void allow(ConversionTarget &target) { target.addLegalOp<Ops...>(); }
  static void forbid(ConversionTarget &target) { target.addIllegalOp<Ops...>(); }
};
/// What a program says with, beside calls.
using Steps = OpList<kernel::AllocOp, kernel::ViewOp, kernel::RowOp, kernel::GetGlobalOp, kernel::LoopOp,
                     kernel::NextOp, kernel::LeaveUnlessOp, kernel::IfOp, kernel::StoreIndexOp, kernel::PrintOp>;

struct VerifyPrograms : symc::impl::VerifyProgramsPassBase<VerifyPrograms> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    ConversionTarget top(*context), programs(*context), kernels(*context);
    top.addLegalOp<func::FuncOp, kernel::GlobalOp, sym::ParameterOp, sym::StateOp>();
    programs.addLegalOp<func::CallOp, func::ReturnOp>();
    Steps::allow(programs);
    kernels.addLegalDialect<kernel::KernelDialect, arith::ArithDialect, math::MathDialect>();
    kernels.addLegalOp<func::ReturnOp, memref::LoadOp>();
    Steps::forbid(kernels);
    kernels.addIllegalOp<kernel::GlobalOp, kernel::ReadOp, kernel::WriteOp>(); // tensors are gone
    for (Operation &op : *getOperation().getBody()) {
      verify(&op, top, "at the top of a module of programs and kernels");
      if (auto function = dyn_cast<func::FuncOp>(op))
        for (Block &block : function.getBody())
          for (Operation &step : block)
            step.walk([&](Operation *inner) {
              isKernel(function) ? verify(inner, kernels, "in a kernel") : verify(inner, programs, "in a program");
            });
    }
  }

private:
  void verify(Operation *op, const ConversionTarget &legal, StringRef where) {
    if (legal.isLegal(op))
      return;
    op->emitError("'") << op->getName() << "' is not legal " << where;
    signalPassFailure();
  }
};

} // namespace
