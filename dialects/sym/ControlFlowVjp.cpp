//===- ControlFlowVjp.cpp - Derivatives of loops and branches -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The derivative of a body is built behind the body itself, then the two are cut apart: the
// ops of the derivative go to a body of their own. What they need of the first is either
// computed again, where that costs next to nothing, or a residual: the first yields it, in a
// loop as one more stack, and the second reads it, in a loop row by row from the other end.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/SymOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

/// A builder at the end of a block that is in no region yet.
static OpBuilder atEnd(MLIRContext *context, Block &block) {
  OpBuilder b(context);
  b.setInsertionPointToEnd(&block);
  return b;
}

static bool isFloatTensor(Value v) { return isa<FloatType>(getElementTypeOrSelf(v.getType())); }

namespace {

/// A body and its derivative, which stands behind it until it is moved away.
class DerivedBody {
public:
  explicit DerivedBody(Block &block) : block(block) {}

  /// Builds the derivative of what the block yields by `wrt`, arguments of the block. `seeded`: for each yielded value
  /// whether it has a cotangent.
  LogicalResult build(const llvm::BitVector &seeded, ArrayRef<Value> wrt, Differentiator differentiate) {
    Operation *yield = block.getTerminator();
    SmallVector<Value> outputs(yield->getOperands());
    for (auto [i, output] : llvm::enumerate(outputs))
      seeds.push_back(seeded.test(i) ? Value(block.addArgument(output.getType(), output.getLoc())) : Value());
    OpBuilder b(yield);
    Operation *border = UndefinedOp::create(b, yield->getLoc(), RankedTensorType::get({}, b.getI64Type()));
    FailureOr<SmallVector<Value>> found = differentiate(b, outputs, seeds, wrt);
    if (failed(found))
      return failure();
    cotangents = *found;
    for (Operation *op = border->getNextNode(); op != yield; op = op->getNextNode())
      ops.push_back(op);
    border->erase();
    collect();
    return success();
  }

  /// Moves the derivative to the end of `to`. `map` has the values of `to` for seeds, residuals and arguments.
  void move(Block &to, IRMapping &map) {
    OpBuilder b = atEnd(block.getParentOp()->getContext(), to);
    for (Operation *op : repeated)
      b.clone(*op, map);
    for (Operation *op : ops) {
      op->moveBefore(&to, to.end());
      for (OpOperand &operand : op->getOpOperands())
        operand.set(map.lookupOrDefault(operand.get()));
    }
    for (Value &cotangent : cotangents)
      if (cotangent)
        cotangent = map.lookupOrDefault(cotangent);
    block.eraseArguments([&](BlockArgument argument) { return llvm::is_contained(seeds, Value(argument)); });
  }

  SmallVector<Value> seeds;             // one a yielded value, null for none
  SmallVector<Value> cotangents;        // one for each of `wrt`, null for none
  llvm::SetVector<Value> residuals;     // results of ops of the block
  llvm::SetVector<Value> usedArguments; // of the block, without seeds

private:
  Block &block;
  SmallVector<Operation *> ops;          // of the derivative
  llvm::SetVector<Operation *> repeated; // of the block, computed again

  void collect() {
    llvm::DenseSet<Operation *> own(ops.begin(), ops.end());
    for (Operation *op : ops)
      for (Value operand : op->getOperands())
        if (!own.contains(operand.getDefiningOp()))
          need(operand);
    for (Value cotangent : cotangents)
      if (cotangent && !own.contains(cotangent.getDefiningOp()))
        need(cotangent);
  }

  void need(Value v) {
    if (llvm::is_contained(seeds, v))
      return;
    Operation *def = v.getDefiningOp();
    if (!def) {
      usedArguments.insert(v);
    } else if (def->getNumOperands() == 0 || isa<BroadcastToOp, ReshapeOp>(def)) {
      for (Value operand : def->getOperands())
        need(operand);
      repeated.insert(def);
    } else {
      residuals.insert(v);
    }
  }
};

/// Which of a loop's carries depend on active arguments. `arguments` has a bit an argument of the body, and in the end
/// those of the carries as well, which stand behind the iteration's.
llvm::BitVector activeCarries(Block &body, unsigned carries, llvm::BitVector &arguments) {
  llvm::BitVector active(carries);
  for (bool changed = true; changed;) {
    changed = false;
    llvm::DenseSet<Value> values;
    for (BlockArgument argument : body.getArguments())
      if (arguments.test(argument.getArgNumber()))
        values.insert(argument);
    for (Operation &op : body.without_terminator())
      if (llvm::any_of(op.getOperands(), [&](Value v) { return values.contains(v); }))
        for (Value result : op.getResults())
          if (isFloatTensor(result))
            values.insert(result);
    for (unsigned i = 0; i < carries; ++i)
      if (!active.test(i) && (arguments.test(1 + i) || values.contains(body.getTerminator()->getOperand(i)))) {
        active.set(i);
        arguments.set(1 + i);
        changed = true;
      }
  }
  return active;
}

/// The reverse of a loop: a scan from the last iteration to the first. Its carries are the cotangents of the carries,
/// and sums of those of the invariants.
class LoopVjp {
public:
  LoopVjp(Operation *loop, Region &region, unsigned carries, ValueRange xs, OperandRange invariants, AffineExpr trips)
      : loop(loop), body(region.front()), carries(carries), xs(xs), invariants(invariants.begin(), invariants.end()),
        trips(trips) {}

  /// The derivative of the body, cut out of it; residuals are yielded by the body then. `cotangents`: of the carries
  /// and stacks; `active`: of carries, xs, invariants.
  LogicalResult derive(ValueRange cotangents, const llvm::BitVector &active, Differentiator differentiate) {
    llvm::BitVector arguments(1);
    for (unsigned i = 0; i < active.size(); ++i)
      arguments.resize(arguments.size() + 1, active.test(i) && isFloatTensor(body.getArgument(1 + i)));
    activeCarry = activeCarries(body, carries, arguments);
    this->active = arguments;
    SmallVector<Value> wrt;
    for (BlockArgument argument : body.getArguments())
      if (arguments.test(argument.getArgNumber()))
        wrt.push_back(argument);
    Operation *yield = body.getTerminator();
    llvm::BitVector seeded(yield->getNumOperands());
    for (unsigned i = 0; i < seeded.size(); ++i)
      seeded[i] = i < carries ? activeCarry.test(i) : bool(cotangents[i]) && isFloatTensor(yield->getOperand(i));
    derived.emplace(body);
    if (failed(derived->build(seeded, wrt, differentiate)))
      return failure();
    // A carry that the derivative reads is kept like a residual.
    for (Value argument : derived->usedArguments)
      if (unsigned number = cast<BlockArgument>(argument).getArgNumber(); number >= 1 && number <= carries)
        kept.insert(argument);
    for (Value residual : derived->residuals)
      kept.insert(residual);
    return success();
  }

  /// Values that the forward loop is to stack, behind what it yields.
  ArrayRef<Value> keptValues() const { return kept.getArrayRef(); }

  /// Builds the reverse loop; `stacks` are those of the kept values. Answers with a cotangent for each of carries, xs
  /// and invariants, null for none.
  SmallVector<Value> build(OpBuilder &b, ValueRange cotangents, ValueRange stacks, bool reverse, Value count) {
    Location loc = loop->getLoc();
    SmallVector<Value> inits, rows, fixed;
    SmallVector<Value> initSources, rowSources, fixedSources; // what stands for them in the derivative
    unsigned next = 0;
    SmallVector<Value> byArgument(body.getNumArguments());
    for (unsigned i = 0; i < active.size(); ++i)
      if (active.test(i))
        byArgument[i] = derived->cotangents[next++];
    for (unsigned i = 0; i < carries; ++i)
      if (activeCarry.test(i)) {
        Type type = body.getArgument(1 + i).getType();
        inits.push_back(cotangents[i] ? cotangents[i] : splat(b, loc, type, 0));
        initSources.push_back(derived->seeds[i]);
      }
    unsigned firstInvariant = 1 + carries + xs.size();
    SmallVector<unsigned> summed; // arguments
    for (unsigned i = firstInvariant; i < active.size(); ++i)
      if (byArgument[i]) {
        summed.push_back(i);
        inits.push_back(splat(b, loc, body.getArgument(i).getType(), 0));
        initSources.push_back({});
      }
    for (auto [value, stack] : llvm::zip_equal(kept, stacks)) {
      rows.push_back(stack);
      rowSources.push_back(value);
    }
    for (Value argument : derived->usedArguments) {
      unsigned number = cast<BlockArgument>(argument).getArgNumber();
      if (number >= firstInvariant) {
        fixed.push_back(invariants[number - firstInvariant]);
        fixedSources.push_back(argument);
      } else if (number > carries) {
        rows.push_back(xs[number - 1 - carries]);
        rowSources.push_back(argument);
      }
    }
    for (unsigned i = carries; i < derived->seeds.size(); ++i)
      if (derived->seeds[i]) {
        rows.push_back(cotangents[i]);
        rowSources.push_back(derived->seeds[i]);
      }

    // The body.
    Block *block = new Block();
    IRMapping map;
    map.map(body.getArgument(0), block->addArgument(body.getArgument(0).getType(), loc));
    auto add = [&](ArrayRef<Value> operands, ArrayRef<Value> sources, bool row) {
      for (auto [operand, source] : llvm::zip_equal(operands, sources)) {
        BlockArgument argument = block->addArgument(row ? rowType(operand.getType()) : operand.getType(), loc);
        if (source)
          map.map(source, argument);
      }
    };
    add(inits, initSources, false);
    add(rows, rowSources, true);
    add(fixed, fixedSources, false);
    derived->move(*block, map);
    next = 0;
    for (unsigned i = 0; i < active.size(); ++i)
      if (active.test(i))
        byArgument[i] = derived->cotangents[next++];
    OpBuilder inner = atEnd(b.getContext(), *block);
    SmallVector<Value> yielded;
    SmallVector<Type> types(ValueRange(inits).getTypes());
    for (unsigned i = 0; i < carries; ++i)
      if (activeCarry.test(i))
        yielded.push_back(byArgument[1 + i] ? byArgument[1 + i]
                                            : splat(inner, loc, body.getArgument(1 + i).getType(), 0));
    for (auto [position, i] : llvm::enumerate(summed))
      yielded.push_back(
          AddOp::create(inner, loc, block->getArgument(1 + activeCarry.count() + position), byArgument[i]));
    for (unsigned i = 1 + carries; i < firstInvariant; ++i)
      if (byArgument[i]) {
        yielded.push_back(byArgument[i]);
        types.push_back(stackedType(trips, byArgument[i].getType()));
      }
    YieldOp::create(inner, loc, yielded);
    auto scan = ScanOp::create(b, loc, types, DimsAttr::get(b.getContext(), trips), b.getBoolAttr(reverse), inits, rows,
                               count, fixed);
    scan.getBody().push_back(block);

    SmallVector<Value> results;
    unsigned carry = 0, sum = activeCarry.count(), stack = inits.size();
    for (unsigned i = 1; i < active.size(); ++i) {
      bool isCarry = i <= carries;
      if (isCarry ? !activeCarry.test(i - 1) : !byArgument[i])
        results.push_back({});
      else
        results.push_back(scan.getResult(isCarry ? carry++ : i < firstInvariant ? stack++ : sum++));
    }
    return results;
  }

private:
  Operation *loop;
  Block &body;
  unsigned carries;
  ValueRange xs;
  SmallVector<Value> invariants;
  AffineExpr trips;
  std::optional<DerivedBody> derived;
  llvm::BitVector active, activeCarry; // of the body's arguments; of the carries
  llvm::SetVector<Value> kept;
};

/// Adds what is kept to the values that the block yields, and its stacks to `types`.
void yieldMore(Block &block, ArrayRef<Value> values, AffineExpr trips, SmallVectorImpl<Type> &types) {
  Operation *yield = block.getTerminator();
  SmallVector<Value> yielded(yield->getOperands());
  llvm::append_range(yielded, values);
  yield->setOperands(yielded);
  for (Value value : values)
    types.push_back(stackedType(trips, value.getType()));
}

} // namespace

FailureOr<RegionVjp> ScanOp::buildRegionVjp(OpBuilder &b, ValueRange cotangents, const llvm::BitVector &active,
                                            Differentiator differentiate) {
  unsigned carries = getCarryCount(), xs = getXs().size();
  llvm::BitVector parts; // without count
  for (OpOperand &operand : (*this)->getOpOperands())
    if (!getCount() || operand.get() != getCount() || operand.getOperandNumber() != carries + xs)
      parts.resize(parts.size() + 1, active.test(operand.getOperandNumber()));
  LoopVjp vjp(*this, getBody(), carries, getXs(), getInvariants(), getTripCount());
  if (failed(vjp.derive(cotangents, parts, differentiate)))
    return failure();

  SmallVector<Type> types(getOuts().getTypes());
  OpBuilder front(*this);
  yieldMore(getBody().front(), vjp.keptValues(), getTripCount(), types);
  auto forward = ScanOp::create(front, getLoc(), types, getTripsAttr(), getReverseAttr(), getInits(), getXs(),
                                getCount(), getInvariants());
  RegionVjp result;
  llvm::append_range(result.results, forward.getOuts().take_front(getOuts().size()));
  result.cotangents =
      vjp.build(b, cotangents, forward.getOuts().drop_front(getOuts().size()), !getReverse(), getCount());
  forward.getBody().takeBody(getBody());
  if (getCount())
    result.cotangents.insert(result.cotangents.begin() + carries + xs, Value());
  return result;
}

FailureOr<RegionVjp> WhileOp::buildRegionVjp(OpBuilder &b, ValueRange cotangents, const llvm::BitVector &active,
                                             Differentiator differentiate) {
  if (!getMaxIterations())
    return emitError("S0711: 'while' has no derivative without max_iterations, but the loss depends on a trainable "
                     "parameter through it");
  AffineExpr trips = constantDim(getContext(), *getMaxIterations());
  LoopVjp vjp(*this, getBody(), getCarryCount(), {}, getInvariants(), trips);
  if (failed(vjp.derive(cotangents, active, differentiate)))
    return failure();

  SmallVector<Type> types(getOuts().getTypes());
  OpBuilder front(*this);
  yieldMore(getBody().front(), vjp.keptValues(), trips, types);
  auto forward = WhileOp::create(front, getLoc(), types, getCount().getType(), getMaxIterationsAttr(), getInits(),
                                 getInvariants());
  RegionVjp result;
  llvm::append_range(result.results, forward.getOuts().take_front(getOuts().size()));
  result.results.push_back(forward.getCount());
  result.cotangents =
      vjp.build(b, cotangents, forward.getOuts().drop_front(getOuts().size()), /*reverse=*/true, forward.getCount());
  forward.getCondition().takeBody(getCondition());
  forward.getBody().takeBody(getBody());
  return result;
}

//===----------------------------------------------------------------------===//
// Branches
//===----------------------------------------------------------------------===//

namespace {
/// The residuals of both branches, in places that they share where types are equal.
struct BranchResiduals {
  SmallVector<Type> types;
  SmallVector<SmallVector<Value>, 2> values; // by branch and place; null: the branch has none there

  void add(ArrayRef<Value> residuals) {
    SmallVector<Value> &places = values.emplace_back(types.size());
    for (Value residual : residuals) {
      unsigned place = 0;
      while (place < types.size() && (places[place] || types[place] != residual.getType()))
        ++place;
      if (place == types.size()) {
        types.push_back(residual.getType());
        places.emplace_back();
      }
      places[place] = residual;
    }
    for (SmallVector<Value> &branch : values)
      branch.resize(types.size());
  }
};
} // namespace

FailureOr<RegionVjp> CondOp::buildRegionVjp(OpBuilder &b, ValueRange cotangents, const llvm::BitVector &active,
                                            Differentiator differentiate) {
  Location loc = getLoc();
  llvm::BitVector seeded(getOuts().size());
  for (unsigned i = 0; i < seeded.size(); ++i)
    seeded[i] = cotangents[i] && isFloatTensor(cotangents[i]);
  SmallVector<unsigned> wrt; // inputs
  for (unsigned i = 0; i < getInputs().size(); ++i)
    if (active.test(1 + i) && isFloatTensor(getInputs()[i]))
      wrt.push_back(i);
  SmallVector<DerivedBody, 2> branches;
  BranchResiduals residuals;
  for (Region &region : (*this)->getRegions()) {
    SmallVector<Value> arguments;
    for (unsigned i : wrt)
      arguments.push_back(region.getArgument(i));
    if (failed(branches.emplace_back(region.front()).build(seeded, arguments, differentiate)))
      return failure();
    residuals.add(branches.back().residuals.getArrayRef());
  }

  // Operands of the derivative: cotangents, residuals, inputs that a branch reads.
  SmallVector<Value> seeds;
  for (unsigned i : seeded.set_bits())
    seeds.push_back(cotangents[i]);
  llvm::SetVector<unsigned> inputs;
  for (DerivedBody &branch : branches)
    for (Value argument : branch.usedArguments)
      inputs.insert(cast<BlockArgument>(argument).getArgNumber());
  llvm::BitVector reached(wrt.size());
  for (DerivedBody &branch : branches)
    for (auto [k, cotangent] : llvm::enumerate(branch.cotangents))
      if (cotangent)
        reached.set(k);

  SmallVector<Block *, 2> blocks;
  SmallVector<Type> results;
  for (unsigned k : reached.set_bits())
    results.push_back(getInputs()[wrt[k]].getType());
  for (auto [number, region] : llvm::enumerate((*this)->getRegions())) {
    DerivedBody &branch = branches[number];
    Block *block = blocks.emplace_back(new Block());
    IRMapping map;
    for (unsigned i : seeded.set_bits())
      map.map(branch.seeds[i], block->addArgument(cotangents[i].getType(), loc));
    for (auto [place, type] : llvm::enumerate(residuals.types)) {
      BlockArgument argument = block->addArgument(type, loc);
      if (Value residual = residuals.values[number][place])
        map.map(residual, argument);
    }
    for (unsigned i : inputs)
      map.map(region.getArgument(i), block->addArgument(getInputs()[i].getType(), loc));
    branch.move(*block, map);
    OpBuilder inner = atEnd(b.getContext(), *block);
    SmallVector<Value> yielded;
    for (auto [position, k] : llvm::enumerate(reached.set_bits()))
      yielded.push_back(branch.cotangents[k] ? branch.cotangents[k] : splat(inner, loc, results[position], 0));
    YieldOp::create(inner, loc, yielded);
    // The branch itself yields its residuals.
    Operation *yield = region.front().getTerminator();
    OpBuilder end(yield);
    SmallVector<Value> values(yield->getOperands());
    for (auto [place, type] : llvm::enumerate(residuals.types)) {
      Value residual = residuals.values[number][place];
      values.push_back(residual ? residual : UndefinedOp::create(end, loc, type).getResult());
    }
    yield->setOperands(values);
  }

  OpBuilder front(*this);
  SmallVector<Type> types(getOuts().getTypes());
  llvm::append_range(types, residuals.types);
  auto forward = CondOp::create(front, loc, types, getPredicate(), getInputs());
  SmallVector<Value> operands(seeds);
  llvm::append_range(operands, forward.getOuts().drop_front(getOuts().size()));
  for (unsigned i : inputs)
    operands.push_back(getInputs()[i]);
  auto derivative = CondOp::create(b, loc, results, getPredicate(), operands);
  for (auto [from, to, block, derived] :
       llvm::zip_equal((*this)->getRegions(), forward->getRegions(), blocks, derivative->getRegions())) {
    to.takeBody(from);
    derived.push_back(block);
  }
  RegionVjp result;
  llvm::append_range(result.results, forward.getOuts().take_front(getOuts().size()));
  result.cotangents.resize(1 + getInputs().size());
  for (auto [position, k] : llvm::enumerate(reached.set_bits()))
    result.cotangents[1 + wrt[k]] = derivative.getResult(position);
  return result;
}
