//===- Legality.cpp - What a fused region may be --------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Fusion/Legality.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace symc;

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

bool symc::isUnitReshape(Operation *op) {
  auto reshape = dyn_cast<sym::ReshapeOp>(op);
  if (!reshape)
    return false;
  auto withoutUnits = [](Value tensor) {
    Dims dims = dimsOf(tensor);
    llvm::erase_if(dims, isOne);
    return dims;
  };
  return sameDims(withoutUnits(reshape.getX()), withoutUnits(reshape.getOut()));
}

bool symc::isMove(Operation *op) {
  return isUnitReshape(op) || (isa<ElementOpInterface>(op) && !isa<ScalarBodyOpInterface, sym::ConstantOp>(op));
}

bool symc::isContraction(Operation *op) { return isa<ContractionOpInterface>(op); }

bool symc::isSplat(Value value) {
  auto constant = value.getDefiningOp<sym::ConstantOp>();
  return constant && isa<SplatElementsAttr>(constant.getValue());
}

bool symc::joinsComputed(Operation *op) {
  return isa<sym::ConcatOp>(op) && llvm::all_of(op->getOperands(), [](Value part) {
           return isa_and_nonnull<ScalarBodyOpInterface>(part.getDefiningOp());
         });
}

std::optional<unsigned> symc::rowAxes(ReductionOpInterface reduction) {
  SmallVector<int64_t> axes = reduction.getReducedAxes();
  int64_t rank = cast<RankedTensorType>(reduction->getOperand(0).getType()).getRank();
  if (axes.empty() || axes.front() == 0 || axes.front() + static_cast<int64_t>(axes.size()) != rank)
    return std::nullopt;
  return axes.front();
}

//===----------------------------------------------------------------------===//
// Sets of ops
//===----------------------------------------------------------------------===//

namespace {
/// `dims` without the axes, or with 1s for them.
bool isReducedForm(ArrayRef<Dim> dims, ArrayRef<Dim> space, ArrayRef<int64_t> axes) {
  if (dims.size() != space.size() && dims.size() + axes.size() != space.size())
    return false;
  bool keeps = dims.size() == space.size();
  size_t j = 0;
  for (size_t i = 0; i < space.size(); ++i) {
    bool reduced = llvm::is_contained(axes, static_cast<int64_t>(i));
    if (reduced && !keeps)
      continue;
    if (reduced ? !isOne(dims[j]) : dims[j] != space[i])
      return false;
    ++j;
  }
  return true;
}

class Classifier {
public:
  explicit Classifier(const OpSet &set) : set(set) {
    for (Operation *op : set.ops)
      inside.insert(op);
  }

  FailureOr<sym::FusionKind> run() {
    SmallVector<ReductionOpInterface> reductions;
    Operation *contraction = nullptr;
    for (Operation *op : set.ops) {
      if (isa<OpaqueKernelOpInterface>(op))
        return set.ops.size() == 1 ? FailureOr<sym::FusionKind>(sym::FusionKind::opaque)
                                   : reject(op, "an opaque op shares its region");
      if (auto reduction = dyn_cast<ReductionOpInterface>(op))
        reductions.push_back(reduction);
      else if (isContraction(op)) {
        if (contraction)
          return reject(op, "a region has two contractions");
        contraction = op;
      }
    }
    if (contraction && !reductions.empty())
      return reject(contraction, "a contraction shares its region with a reduction");
    if (contraction)
      return flat(dimsOf(contraction->getResult(0)), sym::FusionKind::contraction);
    if (reductions.empty())
      return flat(dimsOf(set.ops.front()->getResult(0)), sym::FusionKind::elementwise);
    for (ReductionOpInterface reduction : reductions)
      if (!sameDims(dimsOf(reduction->getOperand(0)), dimsOf(reductions.front()->getOperand(0))))
        return reject(reduction, "reductions of different spaces");
    std::optional<unsigned> outer = rowAxes(reductions.front());
    return outer ? rows(reductions, *outer) : columns(reductions);
  }

private:
  const OpSet &set;
  llvm::SmallDenseSet<Operation *, 16> inside;

  FailureOr<sym::FusionKind> reject(Operation *op, const Twine &reason) {
    if (set.diagnose)
      op->emitError("not legal in a fused region: ") << reason;
    return failure();
  }

  /// Reads of values that the set computes.
  SmallVector<Access> innerReads(Operation *op) {
    SmallVector<Access> reads = set.accesses.readsOf(op, [&](Value v) { return inMemory(v); });
    llvm::erase_if(reads, [&](const Access &a) { return !computed(a.value); });
    return reads;
  }
  bool computed(Value v) const { return v.getDefiningOp() && inside.contains(v.getDefiningOp()); }
  bool inMemory(Value v) const {
    return computed(v) || (set.isStored && v.getDefiningOp() && set.isStored(v.getDefiningOp()));
  }

  /// Values of the set side by side: each is written to its part of the memory.
  bool joins(Operation *op, const Dims &space) const {
    return joinsComputed(op) &&
           llvm::all_of(op->getOperands(), [&](Value part) { return computed(part) && sameDims(dimsOf(part), space); });
  }

  FailureOr<sym::FusionKind> flat(const Dims &space, sym::FusionKind kind) {
    for (Operation *op : set.ops) {
      if (kind == sym::FusionKind::elementwise && joins(op, space))
        continue;
      if (!sameDims(dimsOf(op->getResult(0)), space))
        return reject(op, "another index space");
      SmallVector<Access> reads = innerReads(op);
      bool compute = isa<ScalarBodyOpInterface>(op);
      if (!reads.empty() && !compute)
        return reject(op, "moves a computed value");
      if (kind == sym::FusionKind::contraction && !isContraction(op) &&
          (!compute || !set.accesses.readsCopies(op, [&](Value v) { return inMemory(v); })))
        return reject(op, "an epilogue reads more than elements at its own index");
      for (const Access &read : reads)
        if (!readsSameIndex(read, space))
          return reject(op, "reads a computed value at another index");
    }
    return kind;
  }

  FailureOr<sym::FusionKind> rows(ArrayRef<ReductionOpInterface> reductions, unsigned outer) {
    Dims space = dimsOf(reductions.front()->getOperand(0)), kept(ArrayRef(space).take_front(outer));
    auto axes = llvm::to_vector(llvm::seq<int64_t>(outer, space.size()));
    for (ReductionOpInterface reduction : reductions)
      if (rowAxes(reduction) != outer)
        return reject(reduction, "reductions of different axes");
    for (Operation *op : set.ops) {
      bool reduction = isa<ReductionOpInterface>(op);
      Dims dims = dimsOf(op->getResult(0));
      bool full = reduction || sameDims(dims, space);
      if (!full && !isReducedForm(dims, space, axes))
        return reject(op, "another index space");
      for (const Access &read : innerReads(op)) {
        Operation *def = read.value.getDefiningOp();
        bool readsFull = !isa<ReductionOpInterface>(def) && sameDims(dimsOf(read.value), space);
        if (readsFull ? !full || !readsSameIndex(read, space) : !keepsOuterIndex(read, kept))
          return reject(op, "reads a computed value of another row");
      }
    }
    return sym::FusionKind::reduction;
  }

  FailureOr<sym::FusionKind> columns(ArrayRef<ReductionOpInterface> reductions) {
    Dims space = dimsOf(reductions.front()->getOperand(0));
    SmallVector<int64_t> axes = ReductionOpInterface(reductions.front()).getReducedAxes();
    for (ReductionOpInterface reduction : reductions)
      if (reduction.getReducedAxes() != axes)
        return reject(reduction, "reductions of different axes");
    for (Operation *op : set.ops) {
      bool reduction = isa<ReductionOpInterface>(op), full = sameDims(AccessMap::spaceOf(op), space);
      if (!full && !isReducedForm(dimsOf(op->getResult(0)), space, axes))
        return reject(op, "another index space");
      if (full && !reduction && (isMove(op) || set.isResult(op)))
        return reject(op, "a value over the reduced axes leaves its region");
      for (const Access &read : innerReads(op)) {
        Operation *def = read.value.getDefiningOp();
        bool readsReduced = isa<ReductionOpInterface>(def) || !sameDims(dimsOf(read.value), space);
        if (full ? readsReduced || !readsSameIndex(read, space)
                 : !readsReduced || !readsSameIndexUpToUnits(read, dimsOf(op->getResult(0))))
          return reject(op, "depends on a reduction of its region");
      }
    }
    return sym::FusionKind::reduction;
  }
};
} // namespace

FailureOr<sym::FusionKind> symc::classify(const OpSet &set) { return Classifier(set).run(); }

LogicalResult symc::verifyRegion(sym::FusedOp region) {
  Block &body = region.getBody().front();
  Operation *yield = body.getTerminator();
  AccessMap accesses;
  auto isResult = [&](Operation *op) { return llvm::is_contained(op->getUsers(), yield); };
  OpSet set{accesses, {}, isResult, {}, /*diagnose=*/true};
  for (Operation &op : body.without_terminator()) {
    if (isSplat(op.getResult(0)) || (isMove(&op) && !isResult(&op)))
      continue;
    if (isa<sym::ConstantOp>(op) || (renamesMemory(&op) && !isUnitReshape(&op)))
      return op.emitError("not legal in a fused region: it is no computation");
    set.ops.push_back(&op);
  }
  if (set.ops.empty())
    return region.emitError("a fused region without computation");
  FailureOr<sym::FusionKind> kind = classify(set);
  if (failed(kind))
    return failure();
  if (*kind != region.getKind())
    return region.emitError("a region of kind ") << stringifyFusionKind(*kind);
  return success();
}
