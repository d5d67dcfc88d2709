//===- Formula.cpp - Derivatives as formulas ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Export/Formula.h"
#include "dialects/sym/Bodies.h"
#include "dialects/sym/Build.h"
#include "dialects/sym/NodeNames.h"
#include "lib/Autodiff/Functions.h"
#include "lib/Autodiff/ReverseMode.h"
#include "lib/Export/Formula/Notation.h"
#include "lib/Export/Formula/Reader.h"
#include "lib/Support/Diagnostics.h"
#include "lib/Support/Suggest.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace symc;
using namespace symc::formula;

namespace {
class GradientPrinter {
public:
  GradientPrinter(func::FuncOp model, const FormulaOptions &options)
      : model(model), options(options), end(model.front().getTerminator()), b(end) {}

  LogicalResult run(raw_ostream &os) {
    // What stands behind the mark are derivatives.
    mark = splat(b, model.getLoc(), RankedTensorType::get({}, b.getF32Type()), 0).getDefiningOp();
    Value of = options.of.empty() ? loss() : find(options.of);
    if (!of)
      return unknown(options.of);
    if (!isa<FloatType>(getElementTypeOrSelf(of.getType())))
      return wrong("S0702", "'" + options.of + "' is not floating");
    if (Operation *control = controlBehind(of))
      return control->emitError("S0906: this version of symc prints no formulas of '")
             << control->getName().stripDialect() << "', on which "
             << (options.of.empty() ? "the loss" : "'" + options.of + "'") << " depends";
    llvm::MapVector<StringRef, unsigned> orders; // name → how often to differentiate
    for (const std::string &name : options.wrt)
      ++orders[name];
    if (orders.empty())
      addTrainable(orders);

    SmallVector<Value> wrt, derivatives;
    for (auto &[name, order] : orders) {
      Value x = find(name);
      if (!x)
        return unknown(name);
      if (!isa<FloatType>(getElementTypeOrSelf(x.getType())))
        return wrong("S0711", ("'" + name + "' is not floating: it has no derivatives").str());
      wrt.push_back(x);
    }
    // The first derivatives of all in one walk; what was a node before may be its parts afterwards.
    FailureOr<SmallVector<Value>> first = gradients(b, of, wrt);
    if (failed(first))
      return failure();
    for (auto [i, entry] : llvm::enumerate(orders)) {
      Value derivative = (*first)[i];
      for (unsigned order = 1; order < entry.second && derivative; ++order) {
        Value x = find(entry.first);
        FailureOr<SmallVector<Value>> next = gradients(b, derivative, x);
        if (failed(next))
          return failure();
        derivative = next->front();
      }
      derivatives.push_back(derivative);
    }
    return print(orders, derivatives, os);
  }

private:
  func::FuncOp model;
  const FormulaOptions &options;
  Operation *end;
  OpBuilder b;
  Operation *mark = nullptr;

  /// Names of arguments and nodes, in the order of the graph. Of several ops of a node the last has its value.
  llvm::MapVector<StringRef, Value> namedValues() {
    llvm::MapVector<StringRef, Value> values;
    for (BlockArgument argument : model.getArguments())
      values[nameOf(model, argument.getArgNumber())] = argument;
    for (Operation *op = &model.front().front(); op != mark; op = op->getNextNode())
      if (StringRef name = nodeName(op->getLoc()); !name.empty() && op->getNumResults() == 1)
        values[name] = op->getResult(0);
    return values;
  }

  /// A loop or branch that the value depends on; null: none.
  static Operation *controlBehind(Value value) {
    SmallVector<Value> open{value};
    llvm::DenseSet<Operation *> seen;
    while (!open.empty()) {
      Operation *op = open.pop_back_val().getDefiningOp();
      if (!op || !seen.insert(op).second)
        continue;
      if (isControlFlow(op))
        return op;
      llvm::append_range(open, op->getOperands());
    }
    return nullptr;
  }

  Value loss() {
    for (unsigned i = 0; i < model.getNumResults(); ++i)
      if (resultRoleOf(model, i) == sym::Role::loss)
        return end->getOperand(i);
    return {};
  }

  Value find(StringRef name) {
    llvm::MapVector<StringRef, Value> values = namedValues();
    auto it = values.find(name);
    if (it != values.end())
      return it->second;
    for (unsigned i = 0; i < model.getNumResults(); ++i)
      if (resultNameOf(model, i) == name)
        return end->getOperand(i);
    return {};
  }

  LogicalResult unknown(StringRef name) {
    if (name.empty())
      return wrong("S0502", "the graph has no loss: name a node with --of");
    Suggestion suggestion(std::string_view(name.data(), name.size()));
    for (auto &[candidate, value] : namedValues())
      suggestion.consider(std::string_view(candidate.data(), candidate.size()));
    return wrong("S0502", "the graph has no node, input or parameter " + quoted(std::string_view(name)),
                 suggestion.best());
  }

  LogicalResult wrong(StringRef code, std::string message, std::string suggestion = "") {
    if (options.wrongName) {
      options.wrongName(std::move(message), std::move(suggestion));
      return failure();
    }
    InFlightDiagnostic error = emitError(model.getLoc(), code) << ": " << message;
    if (!suggestion.empty())
      error << "; did you mean '" << suggestion << "'?";
    return error;
  }

  void addTrainable(llvm::MapVector<StringRef, unsigned> &orders) {
    auto module = model->getParentOfType<ModuleOp>();
    for (auto parameter : module.getOps<sym::ParameterOp>())
      if (parameter.getTrainable() && find(parameter.getSlot()))
        orders[parameter.getSlot()] = 1;
  }

  LogicalResult print(const llvm::MapVector<StringRef, unsigned> &orders, ArrayRef<Value> derivatives,
                      raw_ostream &os) {
    DenseMap<Value, std::string> names;
    llvm::MapVector<StringRef, Value> values = namedValues();
    for (auto &[name, value] : values) {
      // J/sub is a part of the expression of J.
      StringRef owner = name.rsplit('/').first;
      if (isa<BlockArgument>(value) || owner == name || !values.count(owner))
        names[value] = name.str();
    }
    Algebra algebra(model.getContext());
    GraphReader reader(algebra, names);
    for (auto &[name, order] : orders)
      reader.keepName(find(name));
    reader.read(model.front());
    SmallVector<Ex> results;
    for (auto [entry, derivative] : llvm::zip_equal(orders, derivatives))
      results.push_back(derivative ? reader.expressionOf(derivative)
                                   : algebra.broadcast(algebra.number(0), dimsOf(find(entry.first))));
    // Names of the graph are written as the notation can: all of them at once, so that each stays one of its own.
    std::vector<std::string> titles;
    for (auto &[name, value] : values)
      titles.push_back(name.str());
    auto definitions = reader.definitionsFor(results);
    SmallVector<Ex> formulas = results;
    for (auto &[name, e] : definitions) {
      formulas.push_back(e);
      titles.push_back(name);
    }
    std::unique_ptr<Notation> notation =
        options.latex ? latexNotation(formulas, titles) : numpyNotation(formulas, titles);
    for (auto &[name, e] : definitions)
      os << notation->name(name) << " = " << notation->write(e) << "\n";
    for (auto [entry, e] : llvm::zip_equal(orders, results)) {
      if (orders.size() > 1)
        os << (options.latex ? notation->name(entry.first) : entry.first.str()) << ": ";
      os << notation->write(e) << "\n";
    }
    return success();
  }
};
} // namespace

LogicalResult symc::printGradients(ModuleOp module, const FormulaOptions &options, raw_ostream &os) {
  auto model = module.lookupSymbol<func::FuncOp>("model");
  if (!model)
    return emitError(module.getLoc(), "S0001: the module has no @model");
  // Differentiation takes composite ops apart: it works on a copy beside the model.
  func::FuncOp copy = model.clone();
  copy.setName("model.derivatives");
  copy.setPrivate();
  model->getBlock()->getOperations().insert(std::next(model->getIterator()), copy);
  LogicalResult result = GradientPrinter(copy, options).run(os);
  copy.erase();
  return result;
}
