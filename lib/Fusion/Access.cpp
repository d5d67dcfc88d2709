//===- Access.cpp - Which elements an op reads ----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Fusion/Access.h"
#include "dialects/sym/Expr.h"
#include "lib/Fusion/Legality.h"

using namespace mlir;
using namespace symc;

Dims AccessMap::spaceOf(Operation *op) {
  return dimsOf(isa<ReductionOpInterface>(op) ? op->getOperand(0) : op->getResult(0));
}

/// Axes of the two shapes that hold the same index, where axes of size 1 do not count.
static SmallVector<int, 4> matchAxes(ArrayRef<Dim> from, ArrayRef<Dim> to) {
  SmallVector<int, 4> axes(from.size(), kOtherIndex);
  size_t j = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    if (isOne(from[i]))
      continue;
    while (j < to.size() && isOne(to[j]))
      ++j;
    axes[i] = j++;
  }
  return axes;
}

AccessMap::Move AccessMap::probe(Operation *move) {
  auto [it, isNew] = moves.try_emplace(move);
  Move &known = it->second;
  SmallVector<Read, 2> &reads = known.reads;
  if (!isNew)
    return known;
  if (isUnitReshape(move)) {
    reads.push_back({0, matchAxes(dimsOf(move->getOperand(0)), dimsOf(move->getResult(0)))});
    known.copies = true;
    return known;
  }
  MLIRContext *context = move->getContext();
  auto element = cast<ElementOpInterface>(move);
  Block scratch;
  OpBuilder b(context);
  b.setInsertionPointToStart(&scratch);
  Location loc = move->getLoc();
  Indices index;
  Value last;
  for (int64_t i = 0, rank = cast<RankedTensorType>(move->getResult(0).getType()).getRank(); i < rank; ++i)
    index.push_back(LinearForm::loop(context, i));
  ElementBuilder builder{b, loc,
                         [&](unsigned operand, ArrayRef<Index> at) -> Value {
                           Read read{operand, {}};
                           for (const Index &i : at) {
                             std::optional<unsigned> axis = i.asLoop();
                             read.axes.push_back(axis ? static_cast<int>(*axis) : kOtherIndex);
                           }
                           reads.push_back(read);
                           last = scratch.addArgument(bodyType(elementOf(move->getOperand(operand))), loc);
                           return last;
                         },
                         [&](const LinearForm &) -> Value { return scratch.addArgument(b.getIndexType(), loc); },
                         [&](Value, Value, Value, std::string) { known.checks = true; }};
  known.copies = element.buildElement(builder, index) == last && last;
  known.ops = OpCounts::of(scratch);
  scratch.dropAllReferences();
  scratch.clear();
  return known;
}

void AccessMap::follow(const Access &access, llvm::function_ref<bool(Value)> stops, SmallVectorImpl<Access> &results) {
  Operation *def = access.value.getDefiningOp();
  if (!def || !isMove(def) || stops(access.value)) {
    results.push_back(access);
    return;
  }
  for (const Read &read : probe(def).reads) {
    Access next{def->getOperand(read.operand), {}};
    for (int axis : read.axes)
      next.axes.push_back(axis == kOtherIndex ? kOtherIndex : access.axes[axis]);
    follow(next, stops, results);
  }
}

SmallVector<Access> AccessMap::readsOf(Operation *op, llvm::function_ref<bool(Value)> stops) {
  SmallVector<Access> results;
  if (isMove(op)) {
    Access self{op->getResult(0), {}};
    llvm::append_range(self.axes, llvm::seq<int>(spaceOf(op).size()));
    follow(self, [&](Value v) { return v != self.value && stops(v); }, results);
    return results;
  }
  bool sameIndex = isa<ScalarBodyOpInterface, ReductionOpInterface>(op);
  for (Value operand : op->getOperands()) {
    Access access{operand, {}};
    for (size_t i = 0; i < dimsOf(operand).size(); ++i)
      access.axes.push_back(sameIndex ? i : kOtherIndex);
    follow(access, stops, results);
  }
  return results;
}

unsigned AccessMap::costOfReads(Operation *op, const FusionCosts &costs, llvm::function_ref<bool(Value)> stops) {
  unsigned cost = 0;
  SmallVector<Operation *> stack{op};
  while (!stack.empty())
    for (Value operand : stack.pop_back_val()->getOperands())
      if (Operation *def = operand.getDefiningOp(); def && isMove(def) && !stops(operand)) {
        cost += probe(def).ops.cost(costs);
        stack.push_back(def);
      }
  return cost;
}

bool AccessMap::mayFail(Operation *op, llvm::function_ref<bool(Value)> stops) {
  SmallVector<Operation *> stack{op};
  while (!stack.empty()) {
    Operation *reader = stack.pop_back_val();
    if (isMove(reader) && probe(reader).checks)
      return true;
    for (Value operand : reader->getOperands())
      if (Operation *def = operand.getDefiningOp(); def && isMove(def) && !stops(operand))
        stack.push_back(def);
  }
  return false;
}

bool AccessMap::readsCopies(Operation *op, llvm::function_ref<bool(Value)> stops) {
  SmallVector<Operation *> stack{op};
  while (!stack.empty()) {
    Operation *reader = stack.pop_back_val();
    for (Value operand : reader->getOperands())
      if (Operation *def = operand.getDefiningOp(); def && isMove(def) && !stops(operand)) {
        if (!probe(def).copies)
          return false;
        stack.push_back(def);
      }
  }
  return llvm::all_of(readsOf(op, stops), [](const Access &access) {
    Dims dims = dimsOf(access.value);
    return llvm::all_of(llvm::enumerate(access.axes),
                        [&](auto axis) { return axis.value() != kOtherIndex || isOne(dims[axis.index()]); });
  });
}

bool symc::readsSameIndex(const Access &access, ArrayRef<Dim> space) {
  Dims dims = dimsOf(access.value);
  if (!sameDims(dims, space))
    return false;
  for (auto [i, axis] : llvm::enumerate(access.axes))
    if (!isOne(dims[i]) && axis != static_cast<int>(i))
      return false;
  return true;
}

bool symc::readsSameIndexUpToUnits(const Access &access, ArrayRef<Dim> space) {
  Dims dims = dimsOf(access.value);
  SmallVector<int, 4> expected;
  for (auto [i, size] : llvm::enumerate(space))
    if (!isOne(size))
      expected.push_back(i);
  size_t next = 0;
  for (auto [i, axis] : llvm::enumerate(access.axes)) {
    if (isOne(dims[i]))
      continue;
    if (next == expected.size() || axis != expected[next] || dims[i] != space[axis])
      return false;
    ++next;
  }
  return next == expected.size();
}

bool symc::keepsOuterIndex(const Access &access, ArrayRef<Dim> outer) {
  Dims dims = dimsOf(access.value);
  if (dims.size() < outer.size())
    return false;
  for (auto [i, size] : llvm::enumerate(outer))
    if (dims[i] != size || (!isOne(size) && access.axes[i] != static_cast<int>(i)))
      return false;
  return true;
}
