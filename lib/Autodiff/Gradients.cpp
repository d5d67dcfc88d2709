//===- Gradients.cpp - The function @gradients ----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "lib/Autodiff/Functions.h"
#include "lib/Autodiff/Passes.h"
#include "lib/Autodiff/TrainStep.h"

namespace symc {
#define GEN_PASS_DEF_GRADIENTSPASS
#include "lib/Autodiff/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {
struct Gradients : symc::impl::GradientsPassBase<Gradients> {
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
      results.push_back({value, named(b.getContext(), g.name, sym::Role::gradient)});
    }
    setResults(function, results);
    eraseDeadOps(function);
  }
};
} // namespace
