//===- Reduction.cpp - Reduction kernels ----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A reduction kernel is done in levels: the reductions of one level need the results of the
// levels before only. All reductions of a level over one shape share a nest, and so do the
// writes of one shape at the end. The leading axes that everything keeps are the kernel's
// outer loops.
//
// What costs much and would be computed by several nests is computed by one of its own, which
// stores it where a result of the same shape goes in the end.
//
// A large reduction over its leading axis has no outer loop. It is cut into partial results,
// of a number that sizes do not change, which a second kernel combines in order.
//
//===----------------------------------------------------------------------===//
#include "lib/Fusion/CostModel.h"
#include "lib/Kernel/Nests/NestLowering.h"

using namespace mlir;
using namespace symc;

namespace {

bool isReduced(ReductionOpInterface reduction, int64_t axis) {
  return llvm::is_contained(reduction.getReducedAxes(), axis);
}

/// Sizes of the axes that a reduction keeps.
Dims keptDims(ReductionOpInterface reduction) {
  Dims kept;
  for (auto [axis, size] : llvm::enumerate(dimsOf(reduction->getOperand(0))))
    if (!isReduced(reduction, axis))
      kept.push_back(size);
  return kept;
}

SmallVector<TypedAttr> neutralOf(ReductionOpInterface reduction) {
  Block scratch;
  OpBuilder b(reduction.getContext());
  b.setInsertionPointToStart(&scratch);
  SmallVector<TypedAttr> neutral;
  for (Value value : reduction.buildNeutral(b, reduction.getLoc()))
    neutral.push_back(value.getDefiningOp<arith::ConstantOp>().getValue());
  return neutral;
}

/// The accumulators of one element, whose `index` is that in the operand.
SmallVector<Value> liftedElement(Evaluator &evaluator, OpBuilder &b, Location loc, ReductionOpInterface reduction,
                                 ArrayRef<Index> index) {
  Value operand = reduction->getOperand(0), element = evaluator.element(operand, index);
  LinearForm position = LinearForm::size(constantDim(b.getContext(), 0)); // among the reduced axes
  for (auto [axis, size] : llvm::enumerate(dimsOf(operand)))
    if (isReduced(reduction, axis))
      position = position * size + *index[axis].form();
  Value number = arith::IndexCastOp::create(b, loc, b.getI64Type(), evaluator.materialize(position));
  return reduction.buildLift(b, loc, element, number);
}

/// Whether an element of the op's result takes a function of the math library.
bool isCostly(Operation *op) {
  auto scalar = dyn_cast<ScalarBodyOpInterface>(op);
  return scalar && OpCounts::of(scalar).mathFunctions > 0;
}

class ReductionLowering {
public:
  ReductionLowering(NestLowering &lowering, PartsChoice choice)
      : lowering(lowering), loc(lowering.loc), choice(choice) {
    for (Operation &op : lowering.kernel.getBody().front())
      if (auto reduction = dyn_cast<ReductionOpInterface>(op)) {
        reductions.push_back(reduction);
        unsigned l = 1 + levelOf(reduction->getOperand(0));
        level[reduction.getOperation()] = l;
        levels = std::max(levels, l);
      }
  }

  void run() {
    unsigned outer = commonAxes();
    if (outer == 0 && levels == 1 && !reductions.empty() && worthParts()) {
      lowerInParts();
      return;
    }
    OpBuilder b = NestLowering::atEnd(lowering.kernel);
    chooseKept(outer);
    for (unsigned l = 1; l <= levels; ++l) {
      for (Kept &value : kept)
        if (levelOf(value.value) + 1 == l)
          store(b, value);
      for (ArrayRef<ReductionOpInterface> group : groupsOf(l))
        emitGroup(b, group);
    }
    lowering.emitAllWrites(b, lowering.memory, remainingWrites());
    setOuter(lowering.kernel, outer);
  }

private:
  /// The most reductions that lie on a way from `value` to memory.
  unsigned levelOf(Value value) {
    auto known = depth.find(value);
    if (known != depth.end())
      return known->second;
    unsigned result = 0;
    Operation *op = value.getDefiningOp();
    if (isa<ReductionOpInterface>(op))
      result = level.at(op);
    else
      for (Value operand : op->getOperands())
        if (isa<RankedTensorType>(operand.getType()))
          result = std::max(result, levelOf(operand));
    return depth[value] = result;
  }

  /// How many leading axes all reductions keep and all writes have in common.
  unsigned commonAxes() {
    Dims lead = dimsOf(reductions.front()->getOperand(0));
    unsigned common = lead.size();
    auto agree = [&](Dims dims, unsigned most) {
      common = std::min<unsigned>({common, most, static_cast<unsigned>(dims.size())});
      for (unsigned i = 0; i < common; ++i)
        if (dims[i] != lead[i])
          common = i;
    };
    for (ReductionOpInterface reduction : reductions)
      agree(dimsOf(reduction->getOperand(0)),
            reduction.getReducedAxes().empty() ? ~0u : reduction.getReducedAxes().front());
    for (kernel::WriteOp write : lowering.writes)
      agree(dimsOf(write.getValue()), ~0u);
    return common && readsAlongOuter(common) ? common : 0;
  }

  /// Whether no reduction's result is read across the outer loops (by a transpose, say): only then can the kernel be
  /// cut.
  bool readsAlongOuter(unsigned outer) {
    if (levels == 0)
      return true;
    for (Operation &op : lowering.kernel.getBody().front()) {
      bool moves = isa<ElementOpInterface>(op) && !isa<sym::BroadcastToOp>(op);
      bool fold = isa<sym::ReshapeOp>(op);
      if (!moves && !fold)
        continue;
      for (Value operand : op.getOperands())
        if (isa<RankedTensorType>(operand.getType()) && levelOf(operand) > 0 && (moves || !keepsLead(&op, outer)))
          return false;
    }
    // A broadcast may spread a result along the outer axes themselves.
    for (Operation &op : lowering.kernel.getBody().front())
      if (auto broadcast = dyn_cast<sym::BroadcastToOp>(op))
        if (levelOf(broadcast.getX()) > 0 && !keepsLead(broadcast, outer))
          return false;
    return true;
  }

  static bool keepsLead(Operation *op, unsigned outer) {
    Dims from = dimsOf(op->getOperand(0)), to = dimsOf(op->getResult(0));
    if (isa<sym::BroadcastToOp>(op) && from.size() != to.size())
      return false;
    return from.size() >= outer && to.size() >= outer &&
           sameDims(ArrayRef(from).take_front(outer), ArrayRef(to).take_front(outer));
  }

  SmallVector<SmallVector<ReductionOpInterface>> groupsOf(unsigned l) {
    SmallVector<SmallVector<ReductionOpInterface>> groups;
    for (ReductionOpInterface reduction : reductions) {
      if (level[reduction] != l)
        continue;
      auto *group = llvm::find_if(groups, [&](ArrayRef<ReductionOpInterface> g) {
        ReductionOpInterface first = g.front();
        return sameDims(dimsOf(first->getOperand(0)), dimsOf(reduction->getOperand(0))) &&
               first.getReducedAxes() == reduction.getReducedAxes();
      });
      if (group == groups.end())
        groups.push_back({reduction});
      else
        group->push_back(reduction);
    }
    return groups;
  }

  bool worthParts() {
    for (ReductionOpInterface reduction : reductions)
      if (reduction.getReducedAxes().empty() || reduction.getReducedAxes().front() != 0)
        return false;
    return groupsOf(1).size() == 1 &&
           estimateSize(elementCount(reductions.front()->getOperand(0).getType())) >= choice.leastElements;
  }

  //===--------------------------------------------------------------------===//
  // Values that are kept
  //===--------------------------------------------------------------------===//

  /// Rows that are no longer stay in registers.
  static constexpr int64_t kShortRow = 32;

  struct Kept {
    Value value;
    kernel::WriteOp write; // in whose memory
  };

  /// Whether nests would compute a value several times; not where any of them reads it at another place than its own.
  bool isWorthKeeping(Value value) {
    DenseSet<unsigned> atLevels; // of reductions; those of one share a nest, mostly
    bool written = false;
    DenseSet<Value> seen{value};
    SmallVector<Value> values{value};
    for (size_t i = 0; i < values.size(); ++i)
      for (Operation *user : values[i].getUsers()) {
        if (isa<ReductionOpInterface>(user))
          atLevels.insert(level.at(user));
        else if (isa<kernel::WriteOp>(user))
          written = true;
        else if (!isa<ScalarBodyOpInterface>(user))
          return false;
        else if (seen.insert(user->getResult(0)).second)
          values.push_back(user->getResult(0));
      }
    return atLevels.size() + written > 1;
  }

  void chooseKept(unsigned outer) {
    DenseSet<Operation *> taken;
    for (Operation &op : lowering.kernel.getBody().front()) {
      if (!isCostly(&op))
        continue;
      Value value = op.getResult(0);
      Dims dims = dimsOf(value);
      std::optional<int64_t> row = 1;
      for (Dim size : ArrayRef(dims).drop_front(std::min<size_t>(outer, dims.size())))
        row = row && constantValue(size) ? std::optional(*row * *constantValue(size)) : std::nullopt;
      if ((row && *row <= kShortRow) || !isWorthKeeping(value))
        continue;
      // Its own place, where it has one.
      SmallVector<kernel::WriteOp> places;
      for (kernel::WriteOp write : lowering.writes)
        if (write.getValue().getType() == value.getType() && !taken.contains(write))
          places.insert(write.getValue() == value ? places.begin() : places.end(), write);
      if (places.empty())
        continue;
      taken.insert(places.front());
      kept.push_back({value, places.front()});
    }
  }

  void store(OpBuilder &b, Kept &value) {
    NestBuilder nest(b, loc, lowering.memory);
    nest.addLoops(dimsOf(value.value));
    nest.addWrite(value.write.getBuffer(), nest.index());
    nest.create([&](Evaluator &evaluator, OpBuilder &, ArrayRef<Index> index) {
      return SmallVector<Value>{evaluator.element(value.value, index)};
    });
    lowering.memory.buffers[value.value] = value.write.getBuffer();
    if (value.write.getValue() == value.value)
      done.insert(value.write);
  }

  //===--------------------------------------------------------------------===//
  // Accumulators
  //===--------------------------------------------------------------------===//

  /// The write that a reduction's accumulator can serve as: same sizes, and nothing left to finish.
  kernel::WriteOp writeOf(ReductionOpInterface reduction, ArrayRef<TypedAttr> neutral) {
    if (neutral.size() != 1 || reduction.keepsAxes())
      return {};
    Block scratch;
    OpBuilder b(reduction.getContext());
    b.setInsertionPointToStart(&scratch);
    Value accumulator = scratch.addArgument(neutral[0].getType(), loc);
    if (reduction.buildFinish(b, loc, accumulator) != accumulator)
      return {};
    for (kernel::WriteOp write : lowering.writes)
      if (write.getValue() == reduction->getResult(0) && !done.contains(write))
        return write;
    return {};
  }

  SmallVector<kernel::WriteOp> remainingWrites() {
    SmallVector<kernel::WriteOp> rest;
    for (kernel::WriteOp write : lowering.writes)
      if (!done.contains(write))
        rest.push_back(write);
    return rest;
  }

  /// Buffers for the accumulators of a reduction, with `lead` sizes in front of the kept ones.
  SmallVector<Value> allocate(ReductionOpInterface reduction, ArrayRef<Dim> lead, bool mayWrite) {
    SmallVector<TypedAttr> neutral = neutralOf(reduction);
    if (kernel::WriteOp write = mayWrite ? writeOf(reduction, neutral) : kernel::WriteOp()) {
      done.insert(write);
      return {write.getBuffer()};
    }
    Dims dims(lead);
    llvm::append_range(dims, keptDims(reduction));
    SmallVector<Value> buffers;
    for (TypedAttr value : neutral)
      buffers.push_back(addScratch(lowering.kernel, tensorType(dims, value.getType())));
    return buffers;
  }

  //===--------------------------------------------------------------------===//
  // Nests
  //===--------------------------------------------------------------------===//

  /// The loops of the nest over what the reductions of a group have in common, from `axis` of their operands on.
  void addLoops(NestBuilder &nest, ReductionOpInterface reduction, unsigned axis = 0) {
    Dims sizes = dimsOf(reduction->getOperand(0));
    for (; axis < sizes.size(); ++axis)
      nest.addLoop(sizes[axis], isReduced(reduction, axis) ? kernel::Iterator::reduction : kernel::Iterator::parallel);
  }

  /// Lets the nest reduce into these buffers, which have its kept loops for axes.
  void addReduction(NestBuilder &nest, ReductionOpInterface reduction, ValueRange buffers) {
    for (Value buffer : buffers)
      nest.addWrite(buffer, nest.keptIndex());
    nest.addCombiner(neutralOf(reduction), [&](OpBuilder &inner, ValueRange accumulators, ValueRange elements) {
      return reduction.buildCombine(inner, loc, accumulators, elements);
    });
  }

  void emitGroup(OpBuilder &b, ArrayRef<ReductionOpInterface> group) {
    NestBuilder nest(b, loc, lowering.memory);
    addLoops(nest, group.front());
    for (ReductionOpInterface reduction : group) {
      pending[reduction] = allocate(reduction, {}, /*mayWrite=*/true);
      addReduction(nest, reduction, pending[reduction]);
    }
    nest.create([&](Evaluator &evaluator, OpBuilder &inner, ArrayRef<Index> index) {
      SmallVector<Value> elements;
      for (ReductionOpInterface reduction : group)
        llvm::append_range(elements, liftedElement(evaluator, inner, loc, reduction, index));
      return elements;
    });
    for (ReductionOpInterface reduction : group)
      lowering.memory.accumulators[reduction] = pending[reduction];
  }

  /// Part p reduces the rows [p * chunk, (p + 1) * chunk) of the leading axis; the last ones may be short or empty.
  void lowerInParts() {
    func::FuncOp kernel = lowering.kernel;
    func::FuncOp second = splitKernel(kernel, "_combine");
    OpBuilder b = NestLowering::atEnd(kernel);
    SmallVector<ReductionOpInterface> group = groupsOf(1).front();
    Dim parts = constantDim(b.getContext(), choice.parts), rows = dimOf(group.front()->getOperand(0).getType(), 0),
        chunk = rows.ceilDiv(parts);
    NestBuilder nest(b, loc, lowering.memory);
    nest.addLoop(parts);
    nest.addLoop(chunk, kernel::Iterator::reduction);
    addLoops(nest, group.front(), 1);
    LinearForm first = LinearForm::loop(b.getContext(), 0) * chunk;
    nest.setBound(1, LinearForm::size(rows) - first);
    for (ReductionOpInterface reduction : group) {
      pending[reduction] = allocate(reduction, {parts}, /*mayWrite=*/false);
      addReduction(nest, reduction, pending[reduction]);
    }
    nest.create([&](Evaluator &evaluator, OpBuilder &inner, ArrayRef<Index> index) {
      Indices at{first + *index[1].form()};
      llvm::append_range(at, index.drop_front(2));
      SmallVector<Value> elements;
      for (ReductionOpInterface reduction : group)
        llvm::append_range(elements, liftedElement(evaluator, inner, loc, reduction, at));
      return elements;
    });
    setOuter(kernel, 1);
    combineParts(second, group, parts);
  }

  void combineParts(func::FuncOp second, ArrayRef<ReductionOpInterface> group, Dim parts) {
    OpBuilder b = NestLowering::atEnd(second);
    // All buffers before the memory of the second part is known.
    SmallVector<SmallVector<Value>> totals;
    for (ReductionOpInterface reduction : group)
      totals.push_back(allocate(reduction, {}, /*mayWrite=*/true));
    Memory memory = lowering.inSecondPart(second);
    for (auto pair : llvm::zip_equal(group, totals)) {
      ReductionOpInterface reduction = std::get<0>(pair);
      auto &total = std::get<1>(pair);
      for (Value &buffer : total)
        buffer = sameBuffer(second, buffer);
      NestBuilder nest(b, loc, memory);
      nest.addLoop(parts, kernel::Iterator::reduction);
      nest.addLoops(keptDims(reduction));
      addReduction(nest, reduction, total);
      nest.create([&](Evaluator &evaluator, OpBuilder &, ArrayRef<Index> index) {
        SmallVector<Value> part;
        for (Value buffer : pending[reduction])
          part.push_back(evaluator.load(sameBuffer(second, buffer), index));
        return part;
      });
      memory.accumulators[reduction] = total;
    }
    lowering.emitAllWrites(b, memory, remainingWrites());
    setOuter(second, 0);
  }

  NestLowering &lowering;
  Location loc;
  PartsChoice choice;
  SmallVector<ReductionOpInterface> reductions;
  DenseMap<Operation *, unsigned> level;
  DenseMap<Value, unsigned> depth;
  DenseMap<Operation *, SmallVector<Value>> pending;
  DenseSet<Operation *> done;
  SmallVector<Kept> kept;
  unsigned levels = 0;
};

} // namespace

void symc::lowerReduction(NestLowering &lowering, PartsChoice choice) { ReductionLowering(lowering, choice).run(); }
