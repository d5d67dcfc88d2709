//===- Nodes.cpp - What a manifest says of a graph ------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Export/Nodes.h"
#include "dialects/sym/Bodies.h"
#include "dialects/sym/NodeNames.h"
#include "lib/Autodiff/Functions.h"
#include "lib/Autodiff/Optimizers.h"
#include "lib/Export/Bodies.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace symc;

namespace {

class NodeLister {
public:
  explicit NodeLister(func::FuncOp model) : model(model) {}

  std::vector<NodeDescription> run() {
    model.walk([&](Operation *op) { last[nodeName(op->getLoc())] = op; }); // of the ops of a node
    for (BlockArgument argument : model.getArguments()) {
      unsigned number = argument.getArgNumber();
      StringRef what = sym::stringifyRole(roleOf(argument).value_or(sym::Role::input));
      add(free(nameOf(model, number)), what, ValueRange(argument));
    }
    addBlock(model.front());
    return std::move(nodes);
  }

private:
  /// A name that no node has yet.
  std::string free(StringRef wanted) {
    std::string name = wanted.empty() ? "node" : wanted.str(), stem = name;
    for (unsigned i = 1; !used.insert(name).second; ++i)
      name = stem + "_" + std::to_string(i);
    return name;
  }

  std::string nameOfOp(Operation &op, StringRef mnemonic) {
    StringRef name = nodeName(op.getLoc());
    return free(last.lookup(name) == &op ? name.str() : (name + "/" + mnemonic).str());
  }

  NodeDescription &add(std::string name, StringRef what, ValueRange results) {
    NodeDescription &node = nodes.emplace_back();
    node.op = what.str();
    for (auto [number, result] : llvm::enumerate(results)) {
      references[result] = number ? name + ":" + std::to_string(number) : name;
      ArgumentDescription &described = node.results.emplace_back();
      described.type = printType(result.getType());
      for (Dim dim : dimsOf(result))
        described.shape.push_back(constantValue(dim).value_or(-1));
    }
    node.name = std::move(name);
    return node;
  }

  void addBlock(Block &block) {
    for (Operation &op : block.without_terminator()) {
      if (isControlFlow(&op)) {
        addControl(op);
        continue;
      }
      StringRef mnemonic = op.getName().stripDialect();
      NodeDescription &node = add(nameOfOp(op, mnemonic), mnemonic, op.getResults());
      for (Value operand : op.getOperands())
        node.inputs.push_back(references.lookup(operand));
    }
  }

  /// What its bodies yield makes the results of a loop or branch; their ops stand in front of it, as in a graph without
  /// it.
  void addControl(Operation &op) {
    std::string name = nameOfOp(op, op.getName().stripDialect());
    for (Region &region : llvm::reverse(op.getRegions()))
      for (BlockArgument argument : region.getArguments())
        addArgument(argument);
    for (Region &region : op.getRegions())
      addBlock(region.front());
    Operation *yield = op.getRegions().back().front().getTerminator();
    NodeDescription &node = add(name, op.getName().stripDialect(), op.getResults().take_front(yield->getNumOperands()));
    // Numbers of iterations and the like, which no body yields.
    for (Value result : op.getResults().drop_front(node.results.size()))
      references[result] = name;
    for (Region &region : op.getRegions()) {
      OperandRange yielded = region.front().getTerminator()->getOperands();
      if (!cast<ControlFlowOpInterface>(op).yieldsResults(region.getRegionNumber()))
        node.control.push_back(nodeOf(yielded[0]));
      else
        for (Value value : yielded)
          node.inputs.push_back(references.lookup(value));
    }
    if (auto cond = dyn_cast<sym::CondOp>(op))
      node.control.push_back(nodeOf(cond.getPredicate()));
    for (unsigned i = 0; i < carryCount(&op); ++i) {
      std::string carry = references.lookup(op.getRegions().back().getArgument(1 + i));
      std::string next = nodeOf(yield->getOperand(i));
      for (NodeDescription &known : nodes)
        if (known.name == carry && next != carry)
          known.control.push_back(next);
    }
  }

  /// The name of the node without the number of its result.
  std::string nodeOf(Value value) { return StringRef(references.lookup(value)).split(':').first.str(); }

  void addArgument(BlockArgument argument) {
    std::optional<BodyArgument> stands = bodyArgument(argument);
    if (!stands)
      return;
    if (stands->what.empty()) {
      references[argument] = references.lookup(stands->value);
      return;
    }
    add(free(nodeName(argument.getLoc())), stands->what, ValueRange(argument))
        .inputs.push_back(references.lookup(stands->value));
  }

  func::FuncOp model;
  llvm::StringMap<Operation *> last;
  llvm::StringSet<> used;
  DenseMap<Value, std::string> references;
  std::vector<NodeDescription> nodes;
};

} // namespace

std::vector<NodeDescription> symc::describeNodes(ModuleOp module) {
  auto model = module.lookupSymbol<func::FuncOp>("model");
  return model ? NodeLister(model).run() : std::vector<NodeDescription>();
}

std::optional<TrainDescription> symc::describeTraining(ModuleOp module) {
  auto found = module.getOps<sym::TrainOp>();
  if (found.empty())
    return std::nullopt;
  sym::TrainOp train = *found.begin();
  const TrainMethod &schedule = methodOf(train.getSchedule());
  MethodOptions options(schedule, train.getScheduleOptions().value_or(DictionaryAttr()));
  TrainDescription description;
  description.optimizer = methodOf(train.getOptimizer()).name.str();
  description.learningRate = MethodOptions(methodOf(train.getOptimizer()), train.getOptions()).number("learning_rate");
  description.schedule = schedule.name.str();
  description.accumulateSteps = train.getAccumulateSteps();
  for (const TrainOption &option : schedule.options) {
    bool isList = option.kind == TrainOptionKind::Numbers || option.kind == TrainOptionKind::Integers;
    SmallVector<double> values =
        isList ? options.numbers(option.name) : SmallVector<double>{options.number(option.name)};
    description.scheduleOptions.push_back({option.name.str(), {values.begin(), values.end()}, isList});
  }
  return description;
}
