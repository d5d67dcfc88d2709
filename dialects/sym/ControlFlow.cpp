//===- ControlFlow.cpp - Loops and branches -------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Bodies.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

/// The arguments of a region are of these types, the number of the iteration in front where there is one.
static LogicalResult checkArguments(Operation *op, Region &region, bool iteration, ArrayRef<Type> types) {
  SmallVector<Type> expected;
  if (iteration)
    expected.push_back(RankedTensorType::get({}, IntegerType::get(op->getContext(), 64)));
  llvm::append_range(expected, types);
  if (region.getArgumentTypes() != TypeRange(expected))
    return op->emitOpError("region #") << region.getRegionNumber() << " takes other types than the operands give";
  return success();
}

static LogicalResult checkYield(Operation *op, Region &region, ArrayRef<Type> types) {
  auto yield = dyn_cast<YieldOp>(region.front().getTerminator());
  if (!yield || yield.getValues().getTypes() != TypeRange(types))
    return op->emitOpError("region #") << region.getRegionNumber() << " yields other types than the op's";
  return success();
}

/// What a loop's body yields: the carries, then rows of the other results.
static FailureOr<SmallVector<Type>> yieldedTypes(Operation *op, ValueRange inits, ValueRange outs, Dim trips) {
  if (outs.size() < inits.size() || outs.take_front(inits.size()).getTypes() != inits.getTypes())
    return op->emitOpError("results begin with other types than the carries"), failure();
  SmallVector<Type> types(inits.getTypes());
  for (Type type : outs.drop_front(inits.size()).getTypes()) {
    Dims dims = dimsOf(type);
    if (!trips || dims.empty() || dims.front() != trips)
      return op->emitOpError("stacks ") << printType(type) << ", which has not a row for each iteration", failure();
    types.push_back(rowType(type));
  }
  return types;
}

LogicalResult ScanOp::verify() {
  if (getTrips().getExprs().size() != 1)
    return emitOpError("has not one number of iterations");
  SmallVector<Type> arguments(getInits().getTypes());
  for (Type type : getXs().getTypes()) {
    Dims dims = dimsOf(type);
    if (dims.empty() || dims.front() != getTripCount())
      return emitOpError("runs over ") << printType(type) << ", which has not a row for each iteration";
    arguments.push_back(rowType(type));
  }
  llvm::append_range(arguments, getInvariants().getTypes());
  FailureOr<SmallVector<Type>> yielded = yieldedTypes(*this, getInits(), getOuts(), getTripCount());
  if (failed(yielded) || failed(checkArguments(*this, getBody(), true, arguments)))
    return failure();
  return checkYield(*this, getBody(), *yielded);
}

LogicalResult WhileOp::verify() {
  Dim trips = getMaxIterations() ? constantDim(getContext(), *getMaxIterations()) : Dim();
  SmallVector<Type> arguments(getInits().getTypes());
  llvm::append_range(arguments, getInvariants().getTypes());
  FailureOr<SmallVector<Type>> yielded = yieldedTypes(*this, getInits(), getOuts(), trips);
  if (failed(yielded))
    return failure();
  for (Region &region : (*this)->getRegions())
    if (failed(checkArguments(*this, region, true, arguments)))
      return failure();
  Type truth = RankedTensorType::get({}, IntegerType::get(getContext(), 1));
  return failure(failed(checkYield(*this, getCondition(), truth)) || failed(checkYield(*this, getBody(), *yielded)));
}

LogicalResult CondOp::verify() {
  if (getPredicate().getType().getRank() != 0)
    return emitOpError("takes a scalar as its predicate");
  SmallVector<Type> arguments(getInputs().getTypes()), results(getOuts().getTypes());
  for (Region &region : (*this)->getRegions())
    if (failed(checkArguments(*this, region, false, arguments)) || failed(checkYield(*this, region, results)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Canonicalization
//===----------------------------------------------------------------------===//

/// Constants stand in the bodies, and no value is given twice. What is not used any more stays an operand.
static bool simplifyInvariants(Operation *op, PatternRewriter &rewriter) {
  bool changed = false;
  OperandRange invariants = invariantsOf(op);
  DenseMap<Value, unsigned> first;
  for (auto [index, value] : llvm::enumerate(invariants)) {
    auto known = first.try_emplace(value, index);
    for (Region &region : op->getRegions()) {
      BlockArgument argument = invariantArgument(region, invariants, index);
      if (argument.use_empty())
        continue;
      if (auto constant = value.getDefiningOp<ConstantOp>()) {
        rewriter.setInsertionPointToStart(&region.front());
        rewriter.replaceAllUsesWith(argument, rewriter.clone(*constant)->getResult(0));
        changed = true;
      } else if (!known.second) {
        rewriter.replaceAllUsesWith(argument, invariantArgument(region, invariants, known.first->second));
        changed = true;
      }
    }
  }
  return changed;
}

/// Carries that the body hands on as they are become invariants.
template <class Loop> static bool simplifyCarries(Loop loop, PatternRewriter &rewriter) {
  bool changed = false;
  for (unsigned i = 0; i < loop.getCarryCount(); ++i) {
    BlockArgument argument = loop.getBody().getArgument(1 + i);
    if (loop.getYield()->getOperand(i) != argument)
      continue;
    Value init = loop.getInits()[i], result = loop.getOuts()[i];
    bool read = llvm::any_of(loop->getRegions(), [&](Region &region) {
      return llvm::any_of(region.getArgument(1 + i).getUsers(), [&](Operation *u) { return u != loop.getYield(); });
    });
    if (result.use_empty() && !read)
      continue;
    rewriter.replaceAllUsesWith(result, init);
    if (read) {
      rewriter.modifyOpInPlace(loop, [&] { addInvariant(loop, init); });
      for (Region &region : loop->getRegions()) {
        BlockArgument other = region.getArguments().back();
        rewriter.replaceUsesWithIf(region.getArgument(1 + i), other,
                                   [&](OpOperand &use) { return use.getOwner() != loop.getYield(); });
      }
    }
    changed = true;
  }
  return changed;
}

namespace {
/// Which arguments of a loop's regions, without the iteration, and which of its results matter.
struct Liveness {
  llvm::BitVector arguments, results;
};
} // namespace

/// A carry matters when its result is used, or when it leads to something that matters.
template <class Loop> static Liveness liveParts(Loop loop) {
  unsigned count = loop.getBody().getNumArguments() - 1;
  Liveness live{llvm::BitVector(count), llvm::BitVector(loop.getOuts().size())};
  DenseSet<Value> seen;
  SmallVector<Value> stack;
  auto need = [&](Value v) {
    if (seen.insert(v).second)
      stack.push_back(v);
  };
  auto needResult = [&](unsigned i) {
    if (!live.results.test(i)) {
      live.results.set(i);
      need(loop.getYield()->getOperand(i));
    }
  };
  for (auto [i, result] : llvm::enumerate(loop.getOuts()))
    if (!result.use_empty())
      needResult(i);
  for (Region &region : loop->getRegions())
    if (&region != &loop.getBody())
      need(region.front().getTerminator()->getOperand(0));
  while (!stack.empty()) {
    Value v = stack.pop_back_val();
    if (Operation *def = v.getDefiningOp()) {
      for (Value operand : def->getOperands())
        need(operand);
      continue;
    }
    unsigned number = cast<BlockArgument>(v).getArgNumber();
    if (number == 0)
      continue;
    live.arguments.set(number - 1);
    if (number - 1 < loop.getCarryCount())
      needResult(number - 1);
  }
  return live;
}

static SmallVector<Value> select(ValueRange values, const llvm::BitVector &kept, unsigned offset = 0) {
  SmallVector<Value> result;
  for (auto [i, value] : llvm::enumerate(values))
    if (kept.test(offset + i))
      result.push_back(value);
  return result;
}

/// The regions of `from` without what does not matter become those of `to`, whose results replace those of `from`.
static void moveParts(Operation *from, Operation *to, unsigned firstArgument, const Liveness &live,
                      PatternRewriter &rewriter) {
  llvm::BitVector dead(firstArgument);
  for (unsigned i = 0; i < live.arguments.size(); ++i)
    dead.resize(dead.size() + 1, !live.arguments.test(i));
  for (auto [old, fresh] : llvm::zip(from->getRegions(), to->getRegions())) {
    Operation *yield = old.front().getTerminator();
    if (cast<ControlFlowOpInterface>(from).yieldsResults(old.getRegionNumber()))
      yield->setOperands(select(yield->getOperands(), live.results));
    // What is dead reads only dead things, from its end on.
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(old.front())))
      if (isOpTriviallyDead(&op))
        rewriter.eraseOp(&op);
    rewriter.inlineRegionBefore(old, fresh, fresh.end());
    fresh.front().eraseArguments(dead);
  }
  SmallVector<Value> results;
  unsigned next = 0;
  for (unsigned i = 0; i < live.results.size(); ++i)
    results.push_back(live.results.test(i) ? Value(to->getResult(next++)) : Value());
  for (unsigned i = live.results.size(); i < from->getNumResults(); ++i)
    results.push_back(to->getResult(next++));
  for (auto [result, value] : llvm::zip_equal(from->getResults(), results))
    if (value)
      rewriter.replaceAllUsesWith(result, value);
  rewriter.eraseOp(from);
}

/// The loop with the operands and results that matter, its regions still empty.
static ScanOp withParts(ScanOp scan, const Liveness &live, OpBuilder &b) {
  unsigned carries = scan.getCarryCount(), xs = scan.getXs().size();
  return ScanOp::create(b, scan.getLoc(), ValueRange(select(scan.getOuts(), live.results)).getTypes(),
                        scan.getTripsAttr(), scan.getReverseAttr(), select(scan.getInits(), live.arguments),
                        select(scan.getXs(), live.arguments, carries), scan.getCount(),
                        select(scan.getInvariants(), live.arguments, carries + xs), scan.getRecomputeAttr());
}
static WhileOp withParts(WhileOp loop, const Liveness &live, OpBuilder &b) {
  return WhileOp::create(b, loop.getLoc(), ValueRange(select(loop.getOuts(), live.results)).getTypes(),
                         loop.getCount().getType(), loop.getMaxIterationsAttr(),
                         select(loop.getInits(), live.arguments),
                         select(loop.getInvariants(), live.arguments, loop.getCarryCount()));
}

namespace {
template <class Loop> struct SimplifyLoop : OpRewritePattern<Loop> {
  using OpRewritePattern<Loop>::OpRewritePattern;

  LogicalResult matchAndRewrite(Loop loop, PatternRewriter &rewriter) const override {
    bool changed = simplifyInvariants(loop, rewriter);
    changed |= simplifyCarries(loop, rewriter);
    Liveness live = liveParts(loop);
    // A carry stays or goes as an argument and a result.
    for (unsigned i = 0; i < loop.getCarryCount(); ++i)
      live.arguments[i] = live.results[i];
    if (live.arguments.all() && live.results.all())
      return success(changed);
    rewriter.setInsertionPoint(loop);
    moveParts(loop, withParts(loop, live, rewriter), 1, live, rewriter);
    return success();
  }
};

struct SimplifyCond : OpRewritePattern<CondOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(CondOp cond, PatternRewriter &rewriter) const override {
    DenseElementsAttr chosen;
    if (matchPattern(cond.getPredicate(), m_Constant(&chosen))) {
      inlineBranch(cond, chosen.getSplatValue<bool>() ? cond.getTrueBranch() : cond.getFalseBranch(), rewriter);
      return success();
    }
    bool changed = simplifyInvariants(cond, rewriter);
    Liveness live{llvm::BitVector(cond.getInputs().size()), llvm::BitVector(cond.getOuts().size())};
    for (auto [i, result] : llvm::enumerate(cond.getOuts()))
      live.results[i] = !result.use_empty();
    for (Region &region : cond->getRegions())
      for (BlockArgument argument : region.getArguments())
        if (!argument.use_empty())
          live.arguments.set(argument.getArgNumber());
    if (live.arguments.all() && live.results.all())
      return success(changed);
    // What only results read that go is found unused when the pattern runs again.
    if (!live.results.all())
      live.arguments.set();
    rewriter.setInsertionPoint(cond);
    auto fresh = CondOp::create(rewriter, cond.getLoc(), ValueRange(select(cond.getOuts(), live.results)).getTypes(),
                                cond.getPredicate(), select(cond.getInputs(), live.arguments));
    moveParts(cond, fresh, 0, live, rewriter);
    return success();
  }

private:
  static void inlineBranch(CondOp cond, Region &branch, PatternRewriter &rewriter) {
    Operation *yield = branch.front().getTerminator();
    SmallVector<Value> results(yield->getOperands());
    for (Value &result : results)
      if (auto argument = dyn_cast<BlockArgument>(result))
        result = cond.getInputs()[argument.getArgNumber()];
    rewriter.inlineBlockBefore(&branch.front(), cond, cond.getInputs());
    rewriter.eraseOp(yield);
    rewriter.replaceOp(cond, results);
  }
};
} // namespace

void ScanOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<SimplifyLoop<ScanOp>>(context);
}
void WhileOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<SimplifyLoop<WhileOp>>(context);
}
void CondOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<SimplifyCond>(context);
}

#define GET_OP_CLASSES
#include "dialects/sym/ControlFlow.cpp.inc"
