//===- TrainStep.cpp - The function @train_step ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Autodiff/TrainStep.h"
#include "dialects/sym/SymOps.h"
#include "lib/Autodiff/Functions.h"
#include "lib/Autodiff/Gradient.h"
#include "lib/Autodiff/Passes.h"

using namespace mlir;
using namespace symc;

FailureOr<SmallVector<ParameterGradient>> symc::parameterGradients(OpBuilder &b, func::FuncOp function) {
  SmallVector<FunctionResult> results = resultsOf(function);
  auto *loss = llvm::find_if(results, [&](const FunctionResult &r) {
    return r.attributes && r.attributes.getAs<StringAttr>("sym.kind").getValue() == "loss";
  });
  if (loss == results.end())
    return function.emitError("S0001: @") << function.getName() << " has no loss", failure();
  auto module = function->getParentOfType<ModuleOp>();
  SmallVector<ParameterGradient> parameters;
  SmallVector<Value> wrt;
  for (BlockArgument argument : function.getArguments()) {
    if (argumentKind(function, argument.getArgNumber()) != "parameter")
      continue;
    StringRef name = argumentName(function, argument.getArgNumber());
    auto parameter = module.lookupSymbol<sym::ParameterOp>(name);
    if (!parameter || !parameter.getTrainable())
      continue;
    parameters.push_back({name.str(), argument, {}});
    wrt.push_back(argument);
  }
  FailureOr<SmallVector<Value>> found = gradients(b, loss->value, wrt);
  if (failed(found))
    return failure();
  if (llvm::none_of(*found, [](Value v) { return bool(v); }))
    return emitError(loss->value.getLoc(), "S0703: no trainable parameter has a path of derivatives to the loss"),
           failure();
  for (auto [parameter, gradient] : llvm::zip_equal(parameters, *found))
    parameter.gradient = gradient;
  return parameters;
}

namespace {
struct TrainStep : PassWrapper<TrainStep, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TrainStep)
  StringRef getArgument() const override { return "sym-train-step"; }
  StringRef getDescription() const override { return "Gives @train_step its updates"; }

  void runOnOperation() override {}
};
} // namespace

std::unique_ptr<Pass> symc::createTrainStepPass() { return std::make_unique<TrainStep>(); }
