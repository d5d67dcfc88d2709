//===- Watch.cpp - What is looked at while a model trains -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Driver/Watch.h"
#include "dialects/sym/NodeNames.h"
#include "dialects/sym/Roles.h"
#include "lib/Autodiff/Functions.h"
#include "lib/Support/Suggest.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace symc;

namespace {
/// What of a graph can be shown as an image, by the names of the file.
struct Visible {
  llvm::MapVector<StringRef, Value> values;
  llvm::MapVector<StringRef, RankedTensorType> kernels; // parameters with four dimensions

  explicit Visible(func::FuncOp model) {
    for (BlockArgument argument : model.getArguments()) {
      StringRef name = nameOf(model, argument.getArgNumber());
      auto type = cast<RankedTensorType>(argument.getType());
      if (roleOf(argument) == sym::Role::input)
        values[name] = argument;
      else if (roleOf(argument) == sym::Role::parameter && type.getRank() == 4)
        kernels[name] = type;
    }
    // Of several ops of a node the last has its value.
    for (Operation &op : model.front().without_terminator())
      if (StringRef name = nodeName(op.getLoc()); !name.empty() && op.getNumResults() > 0)
        values[name] = op.getResult(0);
  }

  bool hasKernel(StringRef name) const {
    return llvm::any_of(kernels, [&](auto &kernel) {
      StringRef rest = kernel.first;
      return rest.consume_front(name) && (rest.empty() || rest.starts_with("/"));
    });
  }
};
} // namespace

static void reportWatched(Diagnostics &diagnostics, std::string message, std::string hint,
                          std::string suggestion = "") {
  symc::Diagnostic diagnostic;
  diagnostic.code = code::OptionValue;
  diagnostic.option = "watched";
  diagnostic.line = diagnostic.column = 0;
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  diagnostic.suggestion = std::move(suggestion);
  diagnostics.report(std::move(diagnostic));
}

/// Adds the calls in the body of a function that is called as `scope`. Functions of a file do not call themselves.
static void addCalls(func::FuncOp function, const std::string &scope, const SymbolTable &symbols,
                     CallResults &results) {
  for (auto call : function.front().getOps<func::CallOp>()) {
    auto callee = symbols.lookup<func::FuncOp>(call.getCallee());
    auto node = call->getAttrOfType<StringAttr>(kNodeAttr);
    if (!node || !callee || callee.getNumResults() == 0)
      continue;
    std::string name = scope + node.str();
    addCalls(callee, name + "/", symbols, results);
    Value value = callee.front().getTerminator()->getOperand(0);
    Operation *made = value.getDefiningOp(); // none: an operand of the call, which has its own name
    if (!made)
      continue;
    std::string inner = name + "/" + nodeName(made->getLoc()).str();
    auto deeper = results.find(inner);
    results[name] = deeper == results.end() ? inner : deeper->second;
  }
}

CallResults symc::callResults(ModuleOp module) {
  CallResults results;
  if (auto model = module.lookupSymbol<func::FuncOp>("model"))
    addCalls(model, "", SymbolTable(module), results);
  return results;
}

bool symc::watchValues(ModuleOp module, const std::vector<std::string> &names, const CallResults &calls,
                       Diagnostics &diagnostics) {
  auto model = module.lookupSymbol<func::FuncOp>("model");
  if (!model)
    return true;
  Visible visible(model);
  SmallVector<FunctionResult> results = resultsOf(model);
  bool good = true;
  for (const std::string &name : names) {
    auto call = calls.find(name);
    Value value = visible.values.lookup(call == calls.end() ? name : call->second);
    bool isKernel = visible.hasKernel(name);
    int64_t rank = value ? cast<RankedTensorType>(value.getType()).getRank() : 0;
    if (rank >= 2 && rank <= 4) {
      NamedAttrList attributes(named(module.getContext(), name, sym::Role::entry));
      attributes.set(kEntryAttr, StringAttr::get(module.getContext(), kWatched));
      results.push_back({value, attributes.getDictionary(module.getContext())});
    } else if (value && !isKernel) {
      reportWatched(diagnostics,
                    symc::quoted(name) + " is " + printType(value.getType()) + ", of which there is no image",
                    "images are made of values with two to four dimensions: [n, height, width, channels]");
      good = false;
    } else if (!isKernel) {
      Suggestion near(name);
      for (auto &[known, unused] : visible.values)
        near.consider(known);
      for (auto &[known, unused] : visible.kernels)
        near.consider(known);
      for (auto &[known, unused] : calls)
        near.consider(known);
      reportWatched(diagnostics, "the graph has no node, input or kernel " + symc::quoted(name),
                    near.best().empty()
                        ? "values in loops and branches, and results of a node behind its first, are not shown"
                        : "",
                    near.best());
      good = false;
    }
  }
  setResults(model, results);
  return good;
}
