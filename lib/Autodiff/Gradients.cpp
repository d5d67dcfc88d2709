//===- Gradients.cpp - The function @gradients ----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "lib/Autodiff/Functions.h"
#include "lib/Autodiff/Passes.h"
#include "lib/Autodiff/TrainStep.h"

using namespace mlir;
using namespace symc;

namespace {
struct Gradients : PassWrapper<Gradients, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(Gradients)
  StringRef getArgument() const override { return "sym-gradients"; }
  StringRef getDescription() const override { return "Makes @gradients return the gradients of its loss"; }

  void runOnOperation() override {
    auto function = getOperation().lookupSymbol<func::FuncOp>("gradients");
    if (!function)
      return;
    OpBuilder b(function.front().getTerminator());
    FailureOr<SmallVector<ParameterGradient>> gradients = parameterGradients(b, function);
    if (failed(gradients))
      return signalPassFailure();
    SmallVector<FunctionResult> results;
    for (ParameterGradient &g : *gradients) {
      Value value = g.gradient ? g.gradient : splat(b, g.parameter.getLoc(), g.parameter.getType(), 0.0);
      results.push_back({value, named(b.getContext(), g.name, "gradient")});
    }
    setResults(function, results);
    eraseDeadOps(function);
  }
};
} // namespace

std::unique_ptr<Pass> symc::createGradientsPass() { return std::make_unique<Gradients>(); }
