//===- Reduction.cpp - Reduction kernels ----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A reduction kernel is done in levels: the reductions of one level need the results of the
// levels before only. All reductions of a level over one shape share a generic, and so do
// the writes of one shape at the end. The leading axes that everything keeps are the
// kernel's outer loops.
//
// A large reduction over its leading axis has no outer loop. It is cut into kParts partial
// results, a number that depends on nothing, which a second kernel combines in order.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/SymToLinalg/KernelLowering.h"

using namespace mlir;
using namespace symc;
using Iterator = utils::IteratorType;

namespace {

constexpr int64_t kParts = 8;
constexpr int64_t kWorthParts = 1 << 16; // elements

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

/// The row-major position of an element among the reduced axes, as i64.
Value reducedPosition(OpBuilder &b, Location loc, Memory &memory, ReductionOpInterface reduction, ValueRange index) {
  Value position = arith::ConstantIndexOp::create(b, loc, 0);
  for (auto [axis, size] : llvm::enumerate(dimsOf(reduction->getOperand(0))))
    if (isReduced(reduction, axis)) {
      position = arith::MulIOp::create(b, loc, position, memory.size(loc, size));
      position = arith::AddIOp::create(b, loc, position, index[axis]);
    }
  return arith::IndexCastOp::create(b, loc, b.getI64Type(), position);
}

/// Whether the accumulators of a reduction have one type, so that Vectorize cannot tell which of them is which when it
/// combines two. Such reductions are exact in any order, but they keep others of their generic from lanes.
bool isSequential(ReductionOpInterface reduction) {
  Block scratch;
  OpBuilder b(reduction.getContext());
  b.setInsertionPointToStart(&scratch);
  SmallVector<Value> neutral = reduction.buildNeutral(b, reduction.getLoc());
  return neutral.size() > 1 && neutral[0].getType() == neutral[1].getType();
}

class ReductionLowering {
public:
  explicit ReductionLowering(KernelLowering &lowering) : lowering(lowering), loc(lowering.loc) {
    for (Operation &op : lowering.kernel.getBody().front())
      if (auto reduction = dyn_cast<ReductionOpInterface>(op)) {
        reductions.push_back(reduction);
        if (isSequential(reduction))
          sequential.insert(reduction);
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
    OpBuilder b = KernelLowering::atEnd(lowering.kernel);
    for (unsigned l = 1; l <= levels; ++l)
      for (ArrayRef<ReductionOpInterface> group : groupsOf(l))
        emitGroup(b, group);
    lowering.emitAllWrites(b, lowering.memory, remainingWrites());
    Dims domain = dimsOf(reductions.front()->getOperand(0));
    setSchedule(lowering.kernel, outer, domain);
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
        if (!sameDim(dims[i], lead[i]))
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
               first.getReducedAxes() == reduction.getReducedAxes() &&
               sequential.contains(first) == sequential.contains(reduction);
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
           estimate(elementCount(reductions.front()->getOperand(0).getType())) >= kWorthParts;
  }

  //===--------------------------------------------------------------------===//
  // Accumulators
  //===--------------------------------------------------------------------===//

  /// The write that a reduction's accumulator can serve as: same sizes, and nothing left to finish.
  kernel::WriteOp writeOf(ReductionOpInterface reduction, ArrayRef<Value> neutral) {
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

  /// Constants of the neutral element, emitted at `b`.
  SmallVector<Value> neutralOf(OpBuilder &b, ReductionOpInterface reduction) { return reduction.buildNeutral(b, loc); }

  /// Buffers for the accumulators of a reduction, with `lead` sizes in front of the kept ones.
  SmallVector<Value> allocate(OpBuilder &b, ReductionOpInterface reduction, ArrayRef<AffineExpr> lead, bool mayWrite) {
    SmallVector<Value> neutral = neutralOf(b, reduction), buffers;
    if (kernel::WriteOp write = mayWrite ? writeOf(reduction, neutral) : kernel::WriteOp()) {
      done.insert(write);
      return {write.getBuffer()};
    }
    Dims dims(lead);
    llvm::append_range(dims, keptDims(reduction));
    for (Value value : neutral)
      buffers.push_back(addScratch(lowering.kernel, tensorType(dims, value.getType())));
    return buffers;
  }

  /// Sets accumulators to their neutral elements.
  void fill(OpBuilder &b, Memory &memory, ReductionOpInterface reduction, ArrayRef<Value> buffers, Dims dims) {
    SmallVector<AffineMap> maps(buffers.size(), b.getMultiDimIdentityMap(dims.size()));
    SmallVector<Iterator> iterators(dims.size(), Iterator::parallel);
    SmallVector<Value> neutral = neutralOf(b, reduction);
    GenericBuilder::create(b, loc, memory, dims, iterators, buffers, maps,
                           [&](OpBuilder &inner, Evaluator &, ValueRange, ValueRange) { return neutral; });
  }

  void describe(linalg::GenericOp generic, ArrayRef<ReductionOpInterface> group) {
    OpBuilder b(generic);
    SmallVector<Attribute> neutral;
    bool ordered = false;
    for (ReductionOpInterface reduction : group) {
      SmallVector<Value> values = neutralOf(b, reduction);
      ordered |= values.size() > 1;
      for (Value value : values)
        neutral.push_back(value.getDefiningOp<arith::ConstantOp>().getValue());
    }
    generic->setAttr(kNeutralAttr, b.getArrayAttr(neutral));
    if (ordered)
      generic->setAttr(kOrderedAttr, b.getUnitAttr());
  }

  //===--------------------------------------------------------------------===//
  // Generics
  //===--------------------------------------------------------------------===//

  void emitGroup(OpBuilder &b, ArrayRef<ReductionOpInterface> group) {
    ReductionOpInterface first = group.front();
    Dims domain = dimsOf(first->getOperand(0));
    SmallVector<Iterator> iterators;
    SmallVector<AffineExpr> kept;
    for (unsigned axis = 0; axis < domain.size(); ++axis) {
      iterators.push_back(isReduced(first, axis) ? Iterator::reduction : Iterator::parallel);
      if (!isReduced(first, axis))
        kept.push_back(b.getAffineDimExpr(axis));
    }
    AffineMap map = AffineMap::get(domain.size(), 0, kept, b.getContext());
    SmallVector<Value> outs;
    for (ReductionOpInterface reduction : group) {
      SmallVector<Value> buffers = allocate(b, reduction, {}, /*mayWrite=*/true);
      fill(b, lowering.memory, reduction, buffers, keptDims(reduction));
      llvm::append_range(outs, buffers);
      pending[reduction] = buffers;
    }
    SmallVector<AffineMap> maps(outs.size(), map);
    auto generic = GenericBuilder::create(
        b, loc, lowering.memory, domain, iterators, outs, maps,
        [&](OpBuilder &inner, Evaluator &evaluator, ValueRange index, ValueRange accumulators) {
          SmallVector<Value> results;
          for (ReductionOpInterface reduction : group) {
            Value element = evaluator.element(reduction->getOperand(0), index);
            Value position = reducedPosition(inner, loc, lowering.memory, reduction, index);
            SmallVector<Value> lifted = reduction.buildLift(inner, loc, element, position);
            llvm::append_range(results,
                               reduction.buildCombine(inner, loc, accumulators.take_front(lifted.size()), lifted));
            accumulators = accumulators.drop_front(lifted.size());
          }
          return results;
        });
    describe(generic, group);
    for (ReductionOpInterface reduction : group)
      lowering.memory.accumulators[reduction] = pending[reduction];
  }

  /// Part p reduces the rows [p * chunk, (p + 1) * chunk) of the leading axis; the last ones may be short or empty.
  void lowerInParts() {
    func::FuncOp kernel = lowering.kernel;
    func::FuncOp second = splitKernel(kernel, "_combine");
    OpBuilder b = KernelLowering::atEnd(kernel);
    SmallVector<ReductionOpInterface> group = groupsOf(1).front();
    MLIRContext *context = b.getContext();
    Dims domain = dimsOf(group.front()->getOperand(0));
    AffineExpr parts = constantDim(context, kParts), rows = domain[0], chunk = canonical(rows.ceilDiv(parts));
    Dims cut = {parts, chunk};
    cut.append(domain.begin() + 1, domain.end());
    SmallVector<Iterator> iterators = {Iterator::parallel};
    SmallVector<AffineExpr> kept = {b.getAffineDimExpr(0)};
    for (unsigned axis = 0; axis < domain.size(); ++axis) {
      iterators.push_back(isReduced(group.front(), axis) ? Iterator::reduction : Iterator::parallel);
      if (!isReduced(group.front(), axis))
        kept.push_back(b.getAffineDimExpr(axis + 1));
    }
    AffineMap map = AffineMap::get(cut.size(), 0, kept, context);
    SmallVector<Value> outs;
    for (ReductionOpInterface reduction : group) {
      SmallVector<Value> buffers = allocate(b, reduction, {parts}, /*mayWrite=*/false);
      Dims dims = {parts};
      llvm::append_range(dims, keptDims(reduction));
      fill(b, lowering.memory, reduction, buffers, dims);
      llvm::append_range(outs, buffers);
      pending[reduction] = buffers;
    }
    SmallVector<AffineMap> maps(outs.size(), map);
    Value rowCount = lowering.memory.size(loc, rows), chunkSize = lowering.memory.size(loc, chunk);
    auto generic = GenericBuilder::create(
        b, loc, lowering.memory, cut, iterators, outs, maps,
        [&](OpBuilder &inner, Evaluator &evaluator, ValueRange index, ValueRange accumulators) {
          Value row = arith::MulIOp::create(inner, loc, index[0], chunkSize);
          row = arith::AddIOp::create(inner, loc, row, index[1]);
          Value inside = arith::CmpIOp::create(inner, loc, arith::CmpIPredicate::ult, row, rowCount);
          Value last = arith::SubIOp::create(inner, loc, rowCount, arith::ConstantIndexOp::create(inner, loc, 1));
          SmallVector<Value> at = {arith::MinUIOp::create(inner, loc, row, last)};
          llvm::append_range(at, index.drop_front(2));
          SmallVector<Value> results;
          for (ReductionOpInterface reduction : group) {
            Value element = evaluator.element(reduction->getOperand(0), at);
            Value position = reducedPosition(inner, loc, lowering.memory, reduction, at);
            SmallVector<Value> lifted = reduction.buildLift(inner, loc, element, position);
            SmallVector<Value> before(accumulators.take_front(lifted.size()));
            SmallVector<Value> after = reduction.buildCombine(inner, loc, before, lifted);
            for (auto [was, is] : llvm::zip_equal(before, after))
              results.push_back(arith::SelectOp::create(inner, loc, inside, is, was));
            accumulators = accumulators.drop_front(lifted.size());
          }
          return results;
        });
    describe(generic, group);
    setSchedule(kernel, 1, cut);
    kernel->setAttr(kGrainAttr, b.getI64IntegerAttr(1));
    combineParts(second, group, parts);
  }

  void combineParts(func::FuncOp second, ArrayRef<ReductionOpInterface> group, AffineExpr parts) {
    OpBuilder b = KernelLowering::atEnd(second);
    SmallVector<SmallVector<Value>> totals;
    for (ReductionOpInterface reduction : group)
      totals.push_back(allocate(b, reduction, {}, /*mayWrite=*/true));
    Memory memory = lowering.inSecondPart(second);
    for (size_t i = 0; i < group.size(); ++i) {
      ReductionOpInterface reduction = group[i];
      SmallVector<Value> &total = totals[i];
      for (Value &buffer : total)
        buffer = sameBuffer(second, buffer);
      Dims kept = keptDims(reduction), domain = {parts};
      llvm::append_range(domain, kept);
      fill(b, memory, reduction, total, kept);
      SmallVector<Iterator> iterators(domain.size(), Iterator::parallel);
      iterators[0] = Iterator::reduction;
      AffineMap map = b.getMultiDimIdentityMap(domain.size()).dropResult(0);
      SmallVector<AffineMap> maps(total.size(), map);
      auto generic = GenericBuilder::create(
          b, loc, memory, domain, iterators, total, maps,
          [&](OpBuilder &inner, Evaluator &evaluator, ValueRange index, ValueRange accumulators) {
            SmallVector<Value> part;
            for (Value buffer : pending[reduction])
              part.push_back(evaluator.load(sameBuffer(second, buffer), index));
            return reduction.buildCombine(inner, loc, accumulators, part);
          });
      describe(generic, reduction);
      memory.accumulators[reduction] = total;
    }
    lowering.emitAllWrites(b, memory, remainingWrites());
    setSchedule(second, 0, keptDims(group.front()));
  }

  KernelLowering &lowering;
  Location loc;
  SmallVector<ReductionOpInterface> reductions;
  DenseSet<Operation *> sequential;
  DenseMap<Operation *, unsigned> level;
  DenseMap<Value, unsigned> depth;
  DenseMap<Operation *, SmallVector<Value>> pending;
  DenseSet<Operation *> done;
  unsigned levels = 0;
};

} // namespace

void symc::lowerReduction(KernelLowering &lowering) { ReductionLowering(lowering).run(); }
