//===- Formula.cpp - Derivatives as formulas ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Export/Formula.h"
#include "dialects/sym/Bodies.h"
#include "dialects/sym/Build.h"
#include "dialects/sym/NodeNames.h"
#include "dialects/sym/Remat.h"
#include "lib/Autodiff/ExpandGradients.h"
#include "lib/Autodiff/Functions.h"
#include "lib/Autodiff/ReverseMode.h"
#include "lib/Export/Formula/Notation.h"
#include "lib/Export/Formula/Reader.h"
#include "lib/Support/Diagnostics.h"
#include "lib/Support/Suggest.h"
#include "mlir/IR/Iterators.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
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
    if (Operation *loop = numberedLoopBehind(of))
      return refuseNumbered(loop);
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
    // Those that layers turned out to be, too.
    for (Value derivative : derivatives)
      if (Operation *loop = derivative ? numberedLoopBehind(derivative) : nullptr)
        return refuseNumbered(loop);
    nameResults();
    wrt.clear();
    for (auto &entry : orders)
      wrt.push_back(find(entry.first));
    std::vector<std::string> known;
    for (auto &entry : namedValues())
      known.push_back(entry.first.str());
    simplify(wrt, derivatives);
    return print(orders, wrt, derivatives, known, os);
  }

private:
  func::FuncOp model;
  const FormulaOptions &options;
  Operation *end;
  OpBuilder b;
  Operation *mark = nullptr;
  bool namesStandBeside = false;

  static LogicalResult refuseNumbered(Operation *loop) {
    return loop->emitError("S0906: this version of symc prints no formulas of loops that read the number of their "
                           "iteration, as this '")
           << loop->getName().stripDialect() << "' does";
  }

  /// Names of arguments and nodes, in the order of the graph. Of several ops of a node the last has its value.
  llvm::MapVector<StringRef, Value> namedValues() {
    llvm::MapVector<StringRef, Value> values;
    for (BlockArgument argument : model.getArguments())
      values[nameOf(model, argument.getArgNumber())] = argument;
    for (Operation *op = &model.front().front(); op != mark; op = op->getNextNode())
      if (StringRef name = nodeName(op->getLoc()); !name.empty() && hasNamedResult(op))
        values[name] = op->getResult(0);
    return values;
  }

  /// Of a loop or branch the first result is named like the node, until `nameResults`.
  bool hasNamedResult(Operation *op) const {
    return isControlFlow(op) ? !namesStandBeside && op->getNumResults() > 0 : op->getNumResults() == 1;
  }

  /// As loops and branches will lose results, an op of its own behind each has its name from now on.
  void nameResults() {
    for (Operation *op = &model.front().front(); op != mark; op = op->getNextNode())
      op->walk([&](Operation *inner) {
        if (!isControlFlow(inner) || inner->getNumResults() == 0)
          return;
        Value first = inner->getResult(0);
        OpBuilder behind(inner->getContext());
        behind.setInsertionPointAfter(inner);
        auto name = sym::StopGradientOp::create(behind, inner->getLoc(), first);
        first.replaceAllUsesExcept(name, name);
      });
    namesStandBeside = true;
  }

  /// A loop, which the value depends on, with a body that asks for the number of the iteration; null: none. Graph files
  /// have no word for that.
  static Operation *numberedLoopBehind(Value value) {
    SmallVector<Value> open{value};
    llvm::DenseSet<Operation *> seen;
    while (!open.empty()) {
      Operation *op = open.pop_back_val().getDefiningOp();
      if (!op || !seen.insert(op).second)
        continue;
      llvm::append_range(open, op->getOperands());
      Operation *found = nullptr;
      op->walk([&](Operation *inner) {
        if (auto control = dyn_cast<ControlFlowOpInterface>(inner); control && control.isLoop())
          for (Region &body : inner->getRegions())
            if (!body.getArgument(0).use_empty())
              found = inner;
      });
      if (found)
        return found;
    }
    return nullptr;
  }

  /// In bodies too.
  void eraseDead() {
    model.walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
      if (isOpTriviallyDead(op))
        op->erase();
    });
  }

  /// Erases what the derivatives do not need, in bodies too. Values of the names in `known` stay while they are used.
  void simplify(SmallVectorImpl<Value> &wrt, SmallVectorImpl<Value> &derivatives) {
    SmallVector<Value> needed{mark->getResult(0)};
    llvm::append_range(needed, wrt);
    llvm::copy_if(derivatives, std::back_inserter(needed), [](Value v) { return bool(v); });
    end->setOperands(needed);
    eraseDead();
    RewritePatternSet patterns(model.getContext());
    sym::ScanOp::getCanonicalizationPatterns(patterns, model.getContext());
    sym::WhileOp::getCanonicalizationPatterns(patterns, model.getContext());
    sym::CondOp::getCanonicalizationPatterns(patterns, model.getContext());
    SmallVector<Operation *> control;
    model.walk([&](Operation *op) {
      if (isControlFlow(op))
        control.push_back(op);
    });
    GreedyRewriteConfig config;
    config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps).enableFolding(false);
    (void)applyOpPatternsGreedily(control, std::move(patterns), config);
    eraseDead();
    auto rest = end->getOperands().drop_front();
    for (Value &x : wrt)
      x = rest.front(), rest = rest.drop_front();
    for (Value &derivative : derivatives)
      if (derivative)
        derivative = rest.front(), rest = rest.drop_front();
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

  /// How values are called; `known`: all names of the graph, whether something still has them or not.
  ValueNames namesOf(ArrayRef<std::string> known) {
    ValueNames names;
    names.taken.insert(known.begin(), known.end());
    if (auto bounds = model->getParentOfType<ModuleOp>()->getAttrOfType<ArrayAttr>(kBoundsAttr))
      for (auto bound : bounds.getAsRange<sym::DimBoundAttr>())
        names.taken.insert(bound.getName());
    for (auto &[name, value] : namedValues()) {
      // J/sub is a part of the expression of J.
      StringRef owner = name.rsplit('/').first;
      if (isa<BlockArgument>(value) || owner == name || !names.taken.contains(owner))
        names.graph[value] = name.str();
    }
    for (Operation *op = &model.front().front(); op != mark; op = op->getNextNode())
      names.addLocal(op);
    return names;
  }

  LogicalResult print(const llvm::MapVector<StringRef, unsigned> &orders, ArrayRef<Value> wrt,
                      ArrayRef<Value> derivatives, ArrayRef<std::string> known, raw_ostream &os) {
    Algebra algebra(model.getContext());
    GraphReader reader(algebra, namesOf(known));
    for (Value x : wrt)
      reader.keepName(x);
    reader.read(model.front());
    SmallVector<Ex> results;
    for (auto [x, derivative] : llvm::zip_equal(wrt, derivatives))
      results.push_back(derivative ? reader.expressionOf(derivative) : algebra.broadcast(algebra.number(0), dimsOf(x)));
    // Names of the graph are written as the notation can: all of them at once, so that each stays one of its own.
    std::vector<std::string> titles(known);
    std::vector<Definition> definitions = reader.definitionsFor(results);
    SmallVector<Ex> formulas = results;
    collect(definitions, titles, formulas);
    std::unique_ptr<Notation> notation =
        options.latex ? latexNotation(formulas, titles) : numpyNotation(formulas, titles);
    notation->print(os, definitions);
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
  module->setAttr(kRepeatPartsAttr, UnitAttr::get(module.getContext()));
  LogicalResult result = expandGradients(copy);
  if (succeeded(result))
    result = GradientPrinter(copy, options).run(os);
  module->removeAttr(kRepeatPartsAttr);
  copy.erase();
  return result;
}
