//===- NotFinite.cpp - Where NaN and infinities come from -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Driver/NotFinite.h"
#include "dialects/sym/Roles.h"
#include "dialects/sym/SymOps.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

static llvm::BitVector notFiniteOf(const Array &array) {
  llvm::BitVector elements(static_cast<unsigned>(array.reals.size()));
  for (auto [i, x] : llvm::enumerate(array.reals))
    if (!std::isfinite(x))
      elements.set(static_cast<unsigned>(i));
  return elements;
}

NotFiniteValues::NotFiniteValues(func::FuncOp model, llvm::DenseMap<Value, const Array *> known)
    : model(model), values(std::move(known)) {
  for (auto [value, array] : values)
    if (llvm::BitVector elements = notFiniteOf(*array); elements.any()) {
      argumentsAreFinite &= !isa<BlockArgument>(value);
      notFinite[value] = std::move(elements);
    }
  Block &block = model.getBody().front();
  for (Value result : block.getTerminator()->getOperands())
    if (auto found = notFinite.find(result); found != notFinite.end())
      reaching[result] = found->second;
  for (Operation &op : llvm::reverse(block.without_terminator()))
    follow(&op);
}

/// Whether an element of the result is made of the elements of that place.
bool NotFiniteValues::isElementwise(Operation *op) const {
  if (!isa<ScalarBodyOpInterface>(op))
    return false;
  auto sizesOf = [&](Value value) {
    auto found = values.find(value);
    return found == values.end() ? nullptr : &found->second->sizes;
  };
  const Sizes *sizes = sizesOf(op->getResult(0));
  return sizes && llvm::all_of(op->getOperands(), [&](Value operand) {
           const Sizes *own = sizesOf(operand);
           return !own || *own == *sizes;
         });
}

/// From the results of an op to its operands.
void NotFiniteValues::follow(Operation *op) {
  if (llvm::none_of(op->getResults(), [&](Value result) { return reaching.count(result); }))
    return;
  bool isElementwise = this->isElementwise(op);
  const Array *condition =
      isElementwise && isa<sym::WhereOp, sym::SelectOp>(op) ? values.lookup(op->getOperand(0)) : nullptr;
  for (OpOperand &operand : op->getOpOperands()) {
    auto found = notFinite.find(operand.get());
    if (found == notFinite.end())
      continue;
    llvm::BitVector elements = found->second;
    if (isElementwise)
      elements &= reaching[op->getResult(0)];
    if (condition)
      for (unsigned i : found->second.set_bits())
        if ((condition->integers[i] != 0) != (operand.getOperandNumber() == 1))
          elements.reset(i);
    if (elements.none())
      continue;
    llvm::BitVector &all = reaching[operand.get()];
    all.resize(elements.size());
    all |= elements;
  }
}

/// The numbers that are not finite and that stand in the op itself, its bodies or the function that it calls.
static void findWrittenNumbers(Operation *op, SmallVectorImpl<double> &written) {
  auto add = [&](const APFloat &number) {
    bool ignored;
    APFloat wide = number;
    wide.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &ignored);
    if (!wide.isFinite())
      written.push_back(wide.convertToDouble());
  };
  op->walk([&](Operation *nested) {
    if (auto call = dyn_cast<func::CallOp>(nested))
      if (auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(call, call.getCalleeAttr()))
        findWrittenNumbers(callee, written);
    for (NamedAttribute attribute : nested->getAttrs())
      attribute.getValue().walk([&](Attribute part) {
        if (auto number = dyn_cast<FloatAttr>(part))
          add(number.getValue());
        else if (auto numbers = dyn_cast<DenseFPElementsAttr>(part); numbers && numbers.isSplat())
          add(numbers.getSplatValue<APFloat>());
        else if (numbers)
          llvm::for_each(numbers.getValues<APFloat>(), add);
      });
  });
}

/// What of a result is the op's own fault.
std::optional<NotFiniteValues::Made> NotFiniteValues::madeBy(OpResult result) const {
  auto found = notFinite.find(result);
  Operation *op = result.getOwner();
  if (found == notFinite.end() || op->hasTrait<OpTrait::ConstantLike>())
    return std::nullopt;
  Made made{result, found->second};
  const Array &array = *values.find(result)->second;
  SmallVector<double> written;
  findWrittenNumbers(op, written);
  for (double number : written)
    for (unsigned i : found->second.set_bits())
      if (std::isnan(number) ? std::isnan(array.reals[i]) : array.reals[i] == number)
        made.elements.reset(i);
  llvm::BitVector infinite(made.elements.size()); // an operand is
  bool isElementwise = this->isElementwise(op);
  for (Value operand : op->getOperands()) {
    auto given = notFinite.find(operand);
    if (given == notFinite.end())
      continue;
    const Array &operands = *values.find(operand)->second;
    auto isNaN = [&](unsigned i) { return std::isnan(operands.reals[i]); };
    if (isElementwise) {
      for (unsigned i : given->second.set_bits())
        if (isNaN(i))
          made.elements.reset(i);
      infinite |= given->second;
    } else if (llvm::any_of(given->second.set_bits(), isNaN)) {
      return std::nullopt;
    } else {
      infinite.set();
    }
  }
  // An infinity stays one. NaN of infinities is new, unless they are those of the data.
  llvm::BitVector ofFinite = made.elements;
  ofFinite.reset(infinite);
  if (ofFinite.any()) {
    made.elements = ofFinite;
    return made;
  }
  for (unsigned i : llvm::BitVector(made.elements).set_bits())
    if (!argumentsAreFinite || !std::isnan(array.reals[i]))
      made.elements.reset(i);
  made.ofInfinities = true;
  return made.elements.any() ? std::optional(made) : std::nullopt;
}

llvm::DenseSet<Operation *> NotFiniteValues::opsOfLoss() {
  Operation *terminator = model.getBody().front().getTerminator();
  llvm::DenseSet<Operation *> ops;
  for (auto [i, value] : llvm::enumerate(terminator->getOperands()))
    if (resultRoleOf(model, i) == sym::Role::loss)
      ops.insert(value.getDefiningOp());
  for (Operation &op : llvm::reverse(model.getBody().front().without_terminator()))
    if (ops.count(&op))
      for (Value operand : op.getOperands())
        ops.insert(operand.getDefiningOp());
  return ops;
}

std::optional<NotFiniteValues::Made> NotFiniteValues::first(bool gradientsAreNot) {
  llvm::DenseSet<Operation *> ofLoss = gradientsAreNot ? opsOfLoss() : llvm::DenseSet<Operation *>();
  std::optional<Made> masked;
  for (Operation &op : model.getBody().front().without_terminator())
    for (OpResult result : op.getResults()) {
      std::optional<Made> made = madeBy(result);
      if (!made)
        continue;
      if (auto elements = reaching.find(result);
          elements != reaching.end() && elements->second.anyCommon(made->elements)) {
        made->elements &= elements->second;
        return made;
      }
      made->reaches = gradientsAreNot;
      if (!masked && !made->ofInfinities && (!gradientsAreNot || ofLoss.count(&op)))
        masked = std::move(made);
    }
  return masked;
}
