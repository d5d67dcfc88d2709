//===- TrainStep.cpp - The function @train_step ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Autodiff/TrainStep.h"
#include "dialects/sym/Build.h"
#include "lib/Autodiff/Functions.h"
#include "lib/Autodiff/Optimizers.h"
#include "lib/Autodiff/Passes.h"
#include "lib/Autodiff/Rematerialize.h"
#include "lib/Autodiff/ReverseMode.h"
#include "llvm/ADT/StringSet.h"

namespace symc {
#define GEN_PASS_DEF_TRAINSTEPPASS
#include "lib/Autodiff/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

FailureOr<SmallVector<ParameterGradient>> symc::parameterGradients(OpBuilder &b, func::FuncOp function) {
  SmallVector<FunctionResult> results = resultsOf(function);
  auto *loss = llvm::find_if(results, [&](const FunctionResult &r) { return roleIn(r.attributes) == sym::Role::loss; });
  if (loss == results.end())
    return function.emitError("S0001: @") << function.getName() << " has no loss", failure();
  auto module = function->getParentOfType<ModuleOp>();
  llvm::StringSet<> trainable;
  for (auto parameter : module.getOps<sym::ParameterOp>())
    if (parameter.getTrainable())
      trainable.insert(parameter.getSlot());
  SmallVector<ParameterGradient> parameters;
  SmallVector<Value> wrt;
  for (BlockArgument argument : argumentsWithRole(function, sym::Role::parameter)) {
    StringRef name = nameOf(function, argument.getArgNumber());
    if (!trainable.contains(name))
      continue;
    parameters.push_back({name.str(), argument, {}});
    wrt.push_back(argument);
  }
  Operation *border = sym::UndefinedOp::create(b, function.getLoc(), RankedTensorType::get({}, b.getI64Type()));
  auto found = [&] {
    DerivativeNote note(loss->value.getLoc(), "the loss depends on a trainable parameter through it");
    return gradients(b, loss->value, wrt);
  }();
  if (failed(found))
    return failure();
  rematerialize(border, &*b.getInsertionPoint());
  border->erase();
  if (llvm::none_of(*found, [](Value v) { return bool(v); }))
    return emitError(loss->value.getLoc(), "S0703: no trainable parameter has a path of derivatives to the loss"),
           failure();
  for (auto [parameter, gradient] : llvm::zip_equal(parameters, *found))
    parameter.gradient = gradient;
  return parameters;
}

namespace {
struct TrainStep : symc::impl::TrainStepPassBase<TrainStep> {
  void runOnOperation() override {
    auto function = getOperation().lookupSymbol<func::FuncOp>("train_step");
    if (!function)
      return;
    auto train = *getOperation().getOps<sym::TrainOp>().begin();
    const TrainMethod &method = methodOf(train.getOptimizer());
    OpBuilder b(function.front().getTerminator());
    FailureOr<SmallVector<ParameterGradient>> parameters = parameterGradients(b, function);
    if (failed(parameters))
      return signalPassFailure();

    UpdateScope scope(b, function, train.getAccumulateSteps());
    MethodOptions options(method, train.getOptions());
    std::unique_ptr<Optimizer> optimizer = createOptimizer(train.getOptimizer(), options);
    double decay = train.getWeightDecay().convertToDouble();
    llvm::StringSet<> moved; // by ops themselves
    for (unsigned i = 0; i < function.getNumResults(); ++i)
      if (resultRoleOf(function, i) == sym::Role::update)
        moved.insert(resultNameOf(function, i));
    llvm::erase_if(*parameters, [&](ParameterGradient &p) {
      if (moved.contains(p.name))
        return true;
      if (!p.gradient && (decay != 0 || optimizer->movesWithoutGradient()))
        p.gradient = splat(b, p.parameter.getLoc(), p.parameter.getType(), 0);
      return !p.gradient;
    });
    // State and updates are those of the type that f16 is computed in.
    for (ParameterGradient &p : *parameters)
      p.gradient = widened(Tensor{b, p.parameter.getLoc(), p.gradient}).value;
    accumulate(scope, *parameters, train.getAccumulateSteps());
    if (std::optional<APFloat> limit = train.getClipGlobalNorm())
      clip(scope, *parameters, limit->convertToDouble());
    StepScalar rate = learningRate(scope, options.number("learning_rate"), train.getSchedule(),
                                   train.getScheduleOptions().value_or(DictionaryAttr()));
    std::vector<TrainedParameter> trained;
    for (ParameterGradient &p : *parameters) {
      Tensor w = widened(Tensor{b, p.parameter.getLoc(), p.parameter}), g{b, w.loc, p.gradient};
      if (decay != 0)
        g.value = (g + decay * w).value;
      trained.push_back({p.name, w, g});
    }
    for (auto [p, next] : llvm::zip_equal(*parameters, optimizer->step(scope, rate, trained)))
      scope.update(Tensor{b, next.loc, p.parameter}, convert(next, elementOf(p.parameter)));
    SmallVector<FunctionResult> results = resultsOf(function);
    llvm::append_range(results, scope.results());
    setResults(function, results);
    eraseDeadOps(function);
  }

private:
  static Tensor widened(Tensor x) { return convert(x, arithmeticType(elementOf(x.value))); }

  /// Gradients become means over the last `period` steps; sums are kept in between.
  static void accumulate(UpdateScope &scope, MutableArrayRef<ParameterGradient> parameters, int64_t period) {
    if (period == 1)
      return;
    for (ParameterGradient &p : parameters) {
      std::string slot = "accumulate/" + p.name;
      Tensor kept = scope.state(slot, p.gradient.getType()), sum = kept + Tensor{scope.b, scope.loc, p.gradient};
      Tensor ends{scope.b, scope.loc, broadcastLike(scope.b, scope.loc, scope.updates()->value, p.gradient.getType())};
      scope.updateAlways(kept, where(ends, 0.0, sum));
      p.gradient = (sum / static_cast<double>(period)).value;
    }
  }

  /// g · c / max(‖g‖, c) with the norm over all gradients, in f64 from one parameter's sum on.
  static void clip(UpdateScope &scope, MutableArrayRef<ParameterGradient> parameters, double limit) {
    std::optional<Tensor> total;
    for (ParameterGradient &p : parameters) {
      Tensor g{scope.b, scope.loc, p.gradient};
      auto axes = llvm::to_vector(llvm::seq<int64_t>(cast<RankedTensorType>(p.gradient.getType()).getRank()));
      Tensor sum{scope.b, scope.loc, sumOver(scope.b, scope.loc, (g * g).value, axes, false)};
      sum.value = scope.spread(sum, scope.f64(0)).value;
      total.emplace(total ? *total + sum : sum);
    }
    StepScalar factor{std::nullopt, (limit / maximum(sqrt(*total), scope.f64(limit))).value};
    for (ParameterGradient &p : parameters)
      p.gradient = times(scope, factor, Tensor{scope.b, scope.loc, p.gradient}).value;
  }
};
} // namespace
