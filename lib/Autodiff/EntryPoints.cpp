//===- EntryPoints.cpp - One function for each thing a library does -------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Clones @model into @predict, @loss, @gradients, @train_step, @evaluate and the entry points
// of the file, each with the results that it is about. All but @gradients and @train_step are
// for inference: ops that behave otherwise in training (InferenceOpInterface) are replaced.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Statistics.h"
#include "lib/Autodiff/Functions.h"
#include "lib/Autodiff/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"

namespace symc {
#define GEN_PASS_DEF_ENTRYPOINTSPASS
#include "lib/Autodiff/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {
struct Clone {
  std::string name;
  bool training = false, updates = false;
  std::function<bool(unsigned result)> keeps;
  bool measures = false; // what parameters are filled with before training, in place of results of the model
};

/// Ops whose statistics are all kept are in training what they are in inference.
void keepStatistics(func::FuncOp function) {
  SmallVector<InferenceOpInterface> kept;
  function.walk([&](InferenceOpInterface op) {
    auto stateful = dyn_cast<StatefulOpInterface>(op.getOperation());
    if (stateful && llvm::all_of(changedOperands(stateful), [&](unsigned number) {
          BlockArgument argument = argumentBehind(op->getOperand(number));
          return argument && isKept(argument);
        }))
      kept.push_back(op);
  });
  for (InferenceOpInterface op : kept) {
    OpBuilder b(op);
    op->replaceAllUsesWith(op.buildInference(b));
    op->erase();
  }
}

/// Parameters that ops change become results; where several ops share one, their changes follow one another.
LogicalResult addUpdates(func::FuncOp function) {
  SmallVector<StatefulOpInterface> ops;
  function.walk([&](StatefulOpInterface op) { ops.push_back(op); });
  llvm::MapVector<Value, Value> changed;
  for (StatefulOpInterface op : ops) {
    if (op->getParentOp() != function)
      return op->emitError("S0906: training with '")
             << op->getName().stripDialect() << "' inside of a loop or branch is not available yet";
    OpBuilder b(op->getContext());
    b.setInsertionPointAfter(op);
    SmallVector<Value> operands(op->getOperands());
    for (Value &operand : operands)
      if (Value now = changed.lookup(operand))
        operand = now;
    for (auto [number, value] : op.buildUpdates(b, operands)) {
      auto argument = dyn_cast<BlockArgument>(op->getOperand(number));
      if (argument && roleOf(argument) == sym::Role::parameter && !isKept(argument))
        changed[argument] = value;
    }
  }
  SmallVector<FunctionResult> results = resultsOf(function);
  for (auto [argument, value] : changed) {
    StringRef name = nameOf(function, cast<BlockArgument>(argument).getArgNumber());
    results.push_back({value, named(function.getContext(), name, sym::Role::update)});
  }
  setResults(function, results);
  return success();
}

/// What the parameters that are measured are for the examples of a call, called like them. Of several ops with one of
/// them the first says what it is.
FailureOr<SmallVector<FunctionResult>> measures(func::FuncOp function) {
  llvm::StringSet<> measured;
  for (auto parameter : function->getParentOfType<ModuleOp>().getOps<sym::ParameterOp>())
    if (parameter.getMeasured())
      measured.insert(parameter.getSlot());
  auto isNested = [&](Operation *op) { return op->getParentOp() != function; };
  SmallVector<MeasuredOpInterface> ops;
  for (bool nested : {false, true}) // a body may read what an op of the function itself fills
    function.walk([&](MeasuredOpInterface op) {
      if (isNested(op) == nested)
        ops.push_back(op);
    });
  SmallVector<FunctionResult> results;
  for (MeasuredOpInterface op : ops) {
    OpBuilder b(op->getContext());
    b.setInsertionPointAfter(op);
    SmallVector<FunctionResult> found;
    bool all = true;
    for (auto [number, value] : op.buildMeasures(b)) {
      BlockArgument argument = argumentBehind(op->getOperand(number));
      StringRef name = argument && roleOf(argument) == sym::Role::parameter ? nameOf(function, argument.getArgNumber())
                                                                            : StringRef();
      found.push_back({value, named(function.getContext(), name, sym::Role::measure)});
      all &= measured.contains(name);
    }
    if (!all)
      continue;
    if (isNested(op))
      return op->emitError("S0906: '") << op->getName().stripDialect()
                                       << "' with parameters of its own inside of a loop or branch is not available "
                                          "yet for training",
             failure();
    for (const FunctionResult &result : found)
      measured.erase(cast<StringAttr>(result.attributes.get(kNameAttr)).getValue());
    llvm::append_range(results, found);
  }
  return results;
}

struct EntryPoints : symc::impl::EntryPointsPassBase<EntryPoints> {
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto model = module.lookupSymbol<func::FuncOp>("model");
    if (!model)
      return;
    if (failed(checkNames(module, model)))
      return signalPassFailure();
    for (const Clone &clone : clonesOf(module, model))
      if (functions.empty() || llvm::is_contained(functions, clone.name) ||
          (clone.measures && llvm::is_contained(functions, "train_step"))) // which training begins with
        if (failed(make(model, clone)))
          return signalPassFailure();
    model.erase();
  }

private:
  /// The one generated function that not every model has.
  static constexpr StringLiteral kStatistics = "statistics";
  static bool measuresParameters(ModuleOp module) {
    return !module.getOps<sym::TrainOp>().empty() &&
           llvm::any_of(module.getOps<sym::ParameterOp>(), [](sym::ParameterOp p) { return p.getMeasured(); });
  }
  static LogicalResult checkNames(ModuleOp module, func::FuncOp model) {
    if (!measuresParameters(module))
      return success();
    for (auto [i, value] : llvm::enumerate(model.getBody().front().getTerminator()->getOperands()))
      if (auto entry = model.getResultAttrOfType<StringAttr>(i, kEntryAttr); entry && entry.getValue() == kStatistics)
        return emitError(value.getLoc(), "S0225: the entry point '")
               << kStatistics << "' has the name of the function that measures the parameters of 'standardize'";
    return success();
  }

  static SmallVector<Clone> clonesOf(ModuleOp module, func::FuncOp model) {
    using sym::Role;
    auto roles = [model](std::vector<std::optional<Role>> roles) {
      return [=](unsigned i) { return llvm::is_contained(roles, resultRoleOf(model, i)); };
    };
    SmallVector<Clone> clones{{"predict", false, false, roles({Role::output})}};
    if (!module.getOps<sym::TrainOp>().empty()) {
      clones.push_back({"loss", false, false, roles({Role::loss})});
      clones.push_back({"gradients", true, false, roles({Role::loss})});
      clones.push_back({"train_step", true, true, roles({Role::loss, Role::metric, Role::totals, Role::update})});
      clones.push_back({"evaluate", false, false, roles({Role::loss, Role::metric, Role::totals})});
      if (measuresParameters(module))
        clones.push_back({kStatistics.str(), false, false, [](unsigned) { return false; }, /*measures=*/true});
    }
    auto entryOf = [model](unsigned i) mutable { return model.getResultAttrOfType<StringAttr>(i, kEntryAttr); };
    for (unsigned i = 0; i < model.getNumResults(); ++i) {
      StringAttr entry = entryOf(i);
      if (entry && llvm::none_of(clones, [&](const Clone &c) { return c.name == entry.getValue(); }))
        clones.push_back({entry.str(), false, false, [=](unsigned j) mutable { return entryOf(j) == entry; }});
    }
    return clones;
  }

  static LogicalResult make(func::FuncOp model, const Clone &clone) {
    func::FuncOp function = model.clone();
    function.setName(clone.name);
    model->getBlock()->getOperations().insert(model->getIterator(), function);
    SmallVector<FunctionResult> results;
    for (auto [i, result] : llvm::enumerate(resultsOf(function)))
      if (clone.keeps(i))
        results.push_back(result);
    if (clone.measures) {
      FailureOr<SmallVector<FunctionResult>> found = measures(function);
      if (failed(found))
        return failure();
      results = *found;
    }
    setResults(function, results);
    eraseDeadOps(function);
    if (clone.training)
      keepStatistics(function);
    if (clone.updates && failed(addUpdates(function)))
      return failure();
    if (clone.training)
      return success();
    SmallVector<InferenceOpInterface> ops;
    function.walk([&](InferenceOpInterface op) { ops.push_back(op); });
    for (InferenceOpInterface op : ops) {
      OpBuilder b(op);
      op->replaceAllUsesWith(op.buildInference(b));
      op->erase();
    }
    eraseDeadOps(function);
    return success();
  }
};
} // namespace
