//===- Activity.cpp - Where derivatives flow ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Autodiff/Activity.h"
#include "dialects/sym/Bodies.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace symc;

namespace {
/// Walks along derivatives, over calls of functions whose own paths it knows.
class DerivativePaths {
public:
  /// Those of the module's functions, each of which stands behind what it calls.
  explicit DerivativePaths(ModuleOp module) {
    for (auto function : module.getOps<func::FuncOp>())
      if (function.isPrivate())
        addFunction(function);
  }

  /// Visits the values that derivatives of `result` lead back to, `result` included, until `stop` says so.
  bool visit(Value result, llvm::function_ref<bool(Value)> stop) const {
    llvm::DenseSet<Value> seen;
    SmallVector<Value> open{result};
    while (!open.empty()) {
      Value value = open.pop_back_val();
      if (!seen.insert(value).second)
        continue;
      if (stop(value))
        return true;
      addDerivativeSources(value, open);
    }
    return false;
  }

private:
  /// Of each result of a function: the arguments by which it has a derivative.
  llvm::StringMap<SmallVector<llvm::BitVector>> functions;

  void addFunction(func::FuncOp function) {
    SmallVector<llvm::BitVector> results;
    for (Value result : function.front().getTerminator()->getOperands()) {
      llvm::BitVector &arguments = results.emplace_back(function.getNumArguments());
      visit(result, [&](Value value) {
        if (auto argument = dyn_cast<BlockArgument>(value); argument && argument.getOwner() == &function.front())
          arguments.set(argument.getArgNumber());
        return false;
      });
    }
    functions[function.getSymName()] = std::move(results);
  }

  void addDerivativeSources(Value value, SmallVectorImpl<Value> &sources) const {
    Operation *op = value.getDefiningOp();
    if (!isa<FloatType>(getElementTypeOrSelf(value.getType())) || isa_and_nonnull<sym::StopGradientOp>(op))
      return;
    if (auto call = dyn_cast_if_present<func::CallOp>(op)) {
      for (unsigned i : functions.find(call.getCallee())->second[cast<OpResult>(value).getResultNumber()].set_bits())
        sources.push_back(call.getOperand(i));
    } else if (auto grad = dyn_cast_if_present<sym::GradOp>(op)) {
      sources.push_back(grad.getY()); // by second derivatives, which may all be 0
    } else if (!op || isa<DifferentiableOpInterface, DifferentiableRegionOpInterface, DecomposableOpInterface>(op)) {
      addSources(value, sources);
    }
  }
};
} // namespace

bool symc::derivativeReaches(Value result, ArrayRef<Value> values) {
  llvm::DenseSet<Value> wanted(values.begin(), values.end());
  auto module = result.getParentRegion()->getParentOfType<ModuleOp>();
  return DerivativePaths(module).visit(result, [&](Value value) { return wanted.contains(value); });
}
