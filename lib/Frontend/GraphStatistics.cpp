//===- GraphStatistics.cpp - Parameters that no gradient moves ------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/sym/Statistics.h"
#include "lib/Frontend/GraphParts.h"
#include "lib/Support/Pattern.h"

using namespace mlir;
using namespace symc;

namespace {
/// An operation of the model or of a function that it calls.
struct Use {
  Operation *op;
  bool isNested; // in a loop or branch
  llvm::function_ref<Value(Value)> inModel;

  /// The argument of the model that an operand is; null for anything else.
  Value operand(unsigned number) const { return inModel(op->getOperand(number)); }
};
} // namespace

/// Calls `visit` with what stands in the function, and what that calls each time that it does. `given`: what the
/// arguments of a called function are in the model.
static void forEachUse(func::FuncOp function, ArrayRef<Value> given, bool isNested,
                       llvm::function_ref<void(const Use &)> visit) {
  auto inModel = [&](Value value) -> Value {
    BlockArgument argument = argumentBehind(value);
    return !argument || given.empty() ? Value(argument) : given[argument.getArgNumber()];
  };
  function.walk([&](Operation *op) {
    bool nested = isNested || op->getParentOp() != function;
    visit({op, nested, inModel});
    if (auto call = dyn_cast<func::CallOp>(op))
      forEachUse(function->getParentOfType<ModuleOp>().lookupSymbol<func::FuncOp>(call.getCallee()),
                 llvm::map_to_vector(call.getOperands(), inModel), nested, visit);
  });
}

/// The initial values that the layer gives its operand `number` where it makes it.
static Attribute initialOf(Operation *op, unsigned number) {
  const OpSchema *schema = findOpSchema(op->getName().stripDialect());
  auto *layer = op->getName().getInterface<LayerOpInterface>();
  auto made = layer->getLayerParameters(op->getLoc(), op->getAttrDictionary(),
                                        cast<RankedTensorType>(op->getOperand(0).getType()));
  for (const LayerParameter &parameter : succeeded(made) ? *made : SmallVector<LayerParameter>())
    if (parameter.name == schema->operands[number].name)
      return parameter.init;
  return {};
}

/// What an op measures is filled together or not at all: where all of it is made by the layer, or declared without a
/// value and not to be trained, and `freeze` names none of it. Of several ops the first one settles it.
void ParameterTable::settleMeasured(Operation *op, bool isNested,
                                    ArrayRef<std::pair<unsigned, ParameterSlot *>> operands) {
  auto isOpen = [&](std::pair<unsigned, ParameterSlot *> operand) {
    ParameterSlot *slot = operand.second;
    // Declared ones come first, in the order of the file.
    bool declared = slot && size_t(slot - slots.data()) < graph.parameters.size();
    return declared && !slot->measured && !slot->trainable && !slot->frozen &&
           !graph.parameters[slot - slots.data()].init;
  };
  bool kept = llvm::any_of(operands, [](auto operand) { return operand.second && operand.second->kept; });
  if (!isNested && llvm::all_of(operands, isOpen))
    for (auto [number, slot] : operands) {
      slot->measured = true;
      if (Attribute init = initialOf(op, number))
        slot->init = init;
    }
  for (auto [number, slot] : operands)
    if (slot && kept)
      slot->measured = false;
}

void ParameterTable::settleStatistics() {
  auto module = parts.model->getParentOfType<ModuleOp>();
  WalkResult found = module.walk([](Operation *op) {
    return isa<StatefulOpInterface, MeasuredOpInterface>(op) ? WalkResult::interrupt() : WalkResult::advance();
  });
  if (!found.wasInterrupted())
    return;
  llvm::DenseMap<Value, ParameterSlot *> slotOf;
  for (ParameterSlot &slot : slots)
    slotOf[slot.argument] = &slot;
  llvm::SetVector<const ParameterSlot *> frozen, moving;
  forEachUse(parts.model, {}, false, [&](const Use &use) {
    if (auto op = dyn_cast<MeasuredOpInterface>(use.op))
      settleMeasured(op, use.isNested, llvm::map_to_vector(measuredOperands(op), [&](unsigned number) {
                       return std::pair(number, slotOf.lookup(use.operand(number)));
                     }));
    auto op = dyn_cast<StatefulOpInterface>(use.op);
    if (!op)
      return;
    SmallVector<unsigned> changed = changedOperands(op);
    SmallVector<const ParameterSlot *> weights, statistics;
    for (unsigned i = 0; i < use.op->getNumOperands(); ++i)
      if (const ParameterSlot *slot = slotOf.lookup(use.operand(i)))
        (llvm::is_contained(changed, i) ? statistics : weights).push_back(slot);
    if (weights.empty() || !llvm::all_of(weights, [](const ParameterSlot *slot) { return slot->frozen; }))
      return;
    for (const ParameterSlot *slot : statistics)
      if (!slot->kept) {
        frozen.insert(weights.begin(), weights.end());
        moving.insert(slot);
      }
  });
  if (!moving.empty())
    remarkMoving(*frozen.front(), moving.getArrayRef());
}

/// `weight` is one of those that a pattern froze.
void ParameterTable::remarkMoving(const ParameterSlot &weight, ArrayRef<const ParameterSlot *> moving) {
  constexpr size_t shown = 4;
  std::string names, patterns;
  for (const ParameterSlot *slot : moving.take_front(shown)) {
    names += (names.empty() ? "" : ", ") + quoted(StringRef(slot->name));
    patterns += (patterns.empty() ? "" : " and ") + quoted(StringRef(slot->name));
  }
  if (moving.size() > shown)
    names += " and " + std::to_string(moving.size() - shown) + " more";
  // What layers make is called after them.
  auto isMade = [](const ParameterSlot *slot) { return StringRef(slot->name).contains("/moving_"); };
  if (llvm::all_of(moving, isMade)) {
    StringRef first = StringRef(moving.front()->name), layer = first.substr(0, first.rfind('/') + 1);
    bool one =
        llvm::all_of(moving, [&](const ParameterSlot *slot) { return StringRef(slot->name).starts_with(layer); });
    patterns = quoted((one ? layer.str() : "*/") + "moving_*");
  }
  std::string message = "the weights are frozen, but not the statistics, which every training step moves: " + names;
  std::string hint = "with " + patterns + " among the patterns they stay, and training uses them as inference does";
  if (!parts.options.freeze.empty()) {
    Diagnostic remark = ofOption("freeze", code::MovingStatistics, std::move(message), std::move(hint));
    remark.severity = Severity::Remark;
    report.diagnostics.report(std::move(remark));
    return;
  }
  for (const JsonValue *pattern : graph.train->freeze)
    if (matchesPattern(weight.name, pattern->string())) {
      report.remark(pattern->range, code::MovingStatistics, std::move(message), {std::move(hint), "", {}});
      return;
    }
}
