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
#include "dialects/sym/Bodies.h"
#include "dialects/sym/Build.h"
#include "dialects/sym/NodeNames.h"
#include "dialects/sym/Remat.h"
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

/// Places for the arguments of the derivative of a body: of NODE/step/h, NODE/step_vjp/h, and of its cotangent
/// NODE/step_vjp/dh.
class DerivativeNames {
public:
  explicit DerivativeNames(Region &body) : scope(scopeOf(body)) {}

  Location of(Value value) const { return named(value, ""); }
  Location ofCotangent(Value value) const { return named(value, "d"); }

private:
  std::string scope; // of the body

  Location named(Value value, StringRef prefix) const {
    StringRef whole = nodeName(value.getLoc()), name = nameWithin(scope, whole);
    if (scope.empty() || name.empty())
      return value.getLoc();
    // What stands in an expression is named after that.
    name = name == whole ? name.substr(name.rfind('/') + 1) : name.split('/').first;
    return NameLoc::get(StringAttr::get(value.getContext(), scope + "_vjp/" + prefix + name), value.getLoc());
  }
};

/// A body and its derivative, which stands behind it until it is moved away.
class DerivedBody {
public:
  explicit DerivedBody(Block &block) : block(block), remat(block.getParentOp()->getParentOfType<ModuleOp>()) {
    auto scan = dyn_cast<ScanOp>(block.getParentOp());
    repeatsAll = scan && scan.getRecompute();
  }

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
  Remat remat;
  bool repeatsAll;
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

  bool isRepeated(Operation *op) {
    if (repeatsAll)
      return !prints(op);
    return (op->getNumOperands() == 0 && !prints(op)) || isa<BroadcastToOp, ReshapeOp>(op) || remat.matches(op);
  }
  bool isHad(Value v) const {
    Operation *def = v.getDefiningOp();
    return def ? repeated.contains(def) || residuals.contains(v)
               : usedArguments.contains(v) || llvm::is_contained(seeds, v);
  }

  /// Operands come before what is repeated of them. Without recursion: `remat` may name all of a long body.
  void need(Value v) {
    SmallVector<Value> stack{v};
    while (!stack.empty()) {
      Value next = stack.back();
      Operation *def = next.getDefiningOp();
      bool repeat = def && isRepeated(def);
      size_t before = stack.size();
      if (repeat)
        for (Value operand : llvm::reverse(def->getOperands()))
          if (!isHad(operand))
            stack.push_back(operand);
      if (stack.size() != before)
        continue;
      stack.pop_back();
      if (isHad(next))
        continue;
      if (repeat)
        repeated.insert(def);
      else
        (def ? residuals : usedArguments).insert(next);
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
  LoopVjp(Operation *loop, Region &region, unsigned carries, ValueRange xs, OperandRange invariants, Dim trips)
      : loop(loop), body(region.front()), names(region), carries(carries), xs(xs),
        invariants(invariants.begin(), invariants.end()), trips(trips) {}

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
    collectInits(b, cotangents);
    collectRows(cotangents, stacks);
    for (Value argument : derived->usedArguments)
      if (unsigned number = numberOf(argument); number >= firstInvariant())
        fixed.add(invariants[number - firstInvariant()], argument, names.of(argument));
    SmallVector<Type> types;
    Block *block = buildBody(b.getContext(), types);
    auto scan = ScanOp::create(b, loop->getLoc(), types, DimsAttr::get(b.getContext(), trips), b.getBoolAttr(reverse),
                               inits.values, rows.values, count, fixed.values, recompute(b));
    scan.getBody().push_back(block);
    return resultsOf(scan);
  }

private:
  /// Operands of the reverse loop, and the values of the derivative that each stands for (null: none).
  struct Operands {
    SmallVector<Value> values, sources;
    SmallVector<Location> places; // of the arguments
    void add(Value value, Value source, Location place) {
      values.push_back(value);
      sources.push_back(source);
      places.push_back(place);
    }
  };

  /// What the loop says of it.
  UnitAttr recompute(OpBuilder &b) const {
    auto scan = dyn_cast<ScanOp>(loop);
    return scan && scan.getRecompute() ? b.getUnitAttr() : UnitAttr();
  }

  static unsigned numberOf(Value argument) { return cast<BlockArgument>(argument).getArgNumber(); }
  unsigned firstInvariant() const { return 1 + carries + xs.size(); }

  /// The cotangents that the derivative computes, by argument of the body; null for none.
  SmallVector<Value> cotangentsByArgument() const {
    SmallVector<Value> result(body.getNumArguments());
    for (auto [i, cotangent] : llvm::zip(active.set_bits(), derived->cotangents))
      result[i] = cotangent;
    return result;
  }

  /// Cotangents of active carries, then sums of those of invariants.
  void collectInits(OpBuilder &b, ValueRange cotangents) {
    Location loc = loop->getLoc();
    for (unsigned i : activeCarry.set_bits()) {
      BlockArgument carry = body.getArgument(1 + i);
      inits.add(cotangents[i] ? cotangents[i] : splat(b, loc, carry.getType(), 0), derived->seeds[i],
                names.ofCotangent(carry));
    }
    SmallVector<Value> found = cotangentsByArgument();
    for (unsigned i = firstInvariant(); i < active.size(); ++i)
      if (found[i]) {
        summed.push_back(i);
        BlockArgument invariant = body.getArgument(i);
        inits.add(splat(b, loc, invariant.getType(), 0), Value(), names.ofCotangent(invariant));
      }
  }

  /// Stacks of what was kept, xs that the derivative reads, cotangents of the loop's own stacks.
  void collectRows(ValueRange cotangents, ValueRange stacks) {
    for (auto [value, stack] : llvm::zip_equal(kept, stacks))
      rows.add(stack, value, names.of(value));
    for (Value argument : derived->usedArguments)
      if (unsigned number = numberOf(argument); number > carries && number < firstInvariant())
        rows.add(xs[number - 1 - carries], argument, names.of(argument));
    for (unsigned i = carries; i < derived->seeds.size(); ++i)
      if (derived->seeds[i])
        rows.add(cotangents[i], derived->seeds[i], names.ofCotangent(derived->seeds[i]));
  }

  /// The body, which yields the next carries and rows of the cotangents of xs; `types`: of the loop's results.
  Block *buildBody(MLIRContext *context, SmallVectorImpl<Type> &types) {
    Location loc = loop->getLoc();
    auto *block = new Block();
    IRMapping map;
    auto bind = [&](Type type, Location place, Value source) {
      BlockArgument argument = block->addArgument(type, place);
      if (source)
        map.map(source, argument);
    };
    bind(body.getArgument(0).getType(), loc, body.getArgument(0));
    for (auto [value, source, place] : llvm::zip_equal(inits.values, inits.sources, inits.places))
      bind(value.getType(), place, source);
    for (auto [value, source, place] : llvm::zip_equal(rows.values, rows.sources, rows.places))
      bind(rowType(value.getType()), place, source);
    for (auto [value, source, place] : llvm::zip_equal(fixed.values, fixed.sources, fixed.places))
      bind(value.getType(), place, source);
    derived->move(*block, map);

    SmallVector<Value> found = cotangentsByArgument(), yielded;
    OpBuilder b = atEnd(context, *block);
    llvm::append_range(types, ValueRange(inits.values).getTypes());
    for (unsigned i : activeCarry.set_bits())
      yielded.push_back(found[1 + i] ? found[1 + i] : splat(b, loc, body.getArgument(1 + i).getType(), 0));
    for (auto [position, i] : llvm::enumerate(summed))
      yielded.push_back(AddOp::create(b, loc, block->getArgument(1 + activeCarry.count() + position), found[i]));
    for (unsigned i = 1 + carries; i < firstInvariant(); ++i)
      if (found[i]) {
        stackedArguments.push_back(i);
        yielded.push_back(found[i]);
        types.push_back(stackedType(trips, found[i].getType()));
      }
    YieldOp::create(b, loc, yielded);
    return block;
  }

  /// The results of the reverse loop by carry, x and invariant of the loop.
  SmallVector<Value> resultsOf(ScanOp scan) const {
    SmallVector<Value> results(body.getNumArguments() - 1);
    unsigned next = 0;
    for (unsigned i : activeCarry.set_bits())
      results[i] = scan.getResult(next++);
    for (unsigned i : summed)
      results[i - 1] = scan.getResult(next++);
    for (unsigned i : stackedArguments)
      results[i - 1] = scan.getResult(next++);
    return results;
  }

  Operation *loop;
  Block &body;
  DerivativeNames names;
  unsigned carries;
  ValueRange xs;
  SmallVector<Value> invariants;
  Dim trips;
  std::optional<DerivedBody> derived;
  llvm::BitVector active, activeCarry; // of the body's arguments; of the carries
  llvm::SetVector<Value> kept;
  Operands inits, rows, fixed;                    // of the reverse loop
  SmallVector<unsigned> summed, stackedArguments; // arguments of the body by where their cotangents end
};

/// Adds what is kept to the values that the block yields, and its stacks to `types`.
void yieldMore(Block &block, ArrayRef<Value> values, Dim trips, SmallVectorImpl<Type> &types) {
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
                                getCount(), getInvariants(), getRecomputeAttr());
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
    return emitError("S0711: 'while' has no derivative without max_iterations, but one is taken through it");
  Dim trips = constantDim(getContext(), *getMaxIterations());
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

  /// Makes the branch yield a value for each place, behind what it yields.
  void yield(unsigned branch, Block &block) {
    Operation *yield = block.getTerminator();
    OpBuilder b(yield);
    SmallVector<Value> yielded(yield->getOperands());
    for (auto [residual, type] : llvm::zip_equal(values[branch], types))
      yielded.push_back(residual ? residual : UndefinedOp::create(b, yield->getLoc(), type).getResult());
    yield->setOperands(yielded);
  }
};

/// The derivative of a branch: the same choice between the derivatives of both.
class BranchVjp {
public:
  BranchVjp(CondOp cond, ValueRange cotangents) : cond(cond), cotangents(cotangents), seeded(cotangents.size()) {
    for (unsigned i = 0; i < seeded.size(); ++i)
      seeded[i] = cotangents[i] && isFloatTensor(cotangents[i]);
  }

  /// Builds the derivatives behind the branches; `active`: of the op's operands.
  LogicalResult derive(const llvm::BitVector &active, Differentiator differentiate) {
    for (unsigned i = 0; i < cond.getInputs().size(); ++i)
      if (active.test(1 + i) && isFloatTensor(cond.getInputs()[i]))
        wrt.push_back(i);
    reached.resize(wrt.size());
    for (Region &region : cond->getRegions()) {
      SmallVector<Value> arguments;
      for (unsigned i : wrt)
        arguments.push_back(region.getArgument(i));
      DerivedBody &branch = branches.emplace_back(region.front());
      if (failed(branch.build(seeded, arguments, differentiate)))
        return failure();
      residuals.add(branch.residuals.getArrayRef());
      for (Value argument : branch.usedArguments)
        inputs.insert(cast<BlockArgument>(argument).getArgNumber());
      for (auto [k, cotangent] : llvm::enumerate(branch.cotangents))
        if (cotangent)
          reached.set(k);
    }
    return success();
  }

  RegionVjp build(OpBuilder &b) {
    Location loc = cond.getLoc();
    for (unsigned k : reached.set_bits())
      types.push_back(cond.getInputs()[wrt[k]].getType());
    SmallVector<Block *, 2> blocks;
    for (unsigned number : {0, 1}) {
      blocks.push_back(cutDerivative(number));
      residuals.yield(number, cond->getRegion(number).front());
    }
    OpBuilder front(cond);
    SmallVector<Type> kept(cond.getOuts().getTypes());
    llvm::append_range(kept, residuals.types);
    auto forward = CondOp::create(front, loc, kept, cond.getPredicate(), cond.getInputs());
    SmallVector<Value> operands;
    for (unsigned i : seeded.set_bits())
      operands.push_back(cotangents[i]);
    llvm::append_range(operands, forward.getOuts().drop_front(seeded.size()));
    for (unsigned i : inputs)
      operands.push_back(cond.getInputs()[i]);
    auto derivative = CondOp::create(b, loc, types, cond.getPredicate(), operands);
    for (auto [from, to, block, derived] :
         llvm::zip_equal(cond->getRegions(), forward->getRegions(), blocks, derivative->getRegions())) {
      to.takeBody(from);
      derived.push_back(block);
    }
    RegionVjp result;
    llvm::append_range(result.results, forward.getOuts().take_front(seeded.size()));
    result.cotangents.resize(cond->getNumOperands());
    for (auto [position, k] : llvm::enumerate(reached.set_bits()))
      result.cotangents[1 + wrt[k]] = derivative.getResult(position);
    return result;
  }

private:
  /// The derivative of a branch in a block of its own, whose arguments are cotangents, residuals, and the inputs that
  /// one of the branches reads again.
  Block *cutDerivative(unsigned number) {
    Location loc = cond.getLoc();
    DerivedBody &branch = branches[number];
    DerivativeNames names(cond->getRegion(number));
    auto *block = new Block();
    IRMapping map;
    for (unsigned i : seeded.set_bits())
      map.map(branch.seeds[i], block->addArgument(cotangents[i].getType(), names.ofCotangent(branch.seeds[i])));
    for (auto [residual, type] : llvm::zip_equal(residuals.values[number], residuals.types)) {
      BlockArgument argument = block->addArgument(type, residual ? names.of(residual) : loc);
      if (residual)
        map.map(residual, argument);
    }
    for (unsigned i : inputs) {
      BlockArgument input = cond->getRegion(number).getArgument(i);
      map.map(input, block->addArgument(input.getType(), names.of(input)));
    }
    branch.move(*block, map);
    OpBuilder b = atEnd(cond.getContext(), *block);
    SmallVector<Value> yielded;
    for (auto [position, k] : llvm::enumerate(reached.set_bits()))
      yielded.push_back(branch.cotangents[k] ? branch.cotangents[k] : splat(b, loc, types[position], 0));
    YieldOp::create(b, loc, yielded);
    return block;
  }

  CondOp cond;
  ValueRange cotangents;
  llvm::BitVector seeded;           // results that have a cotangent
  SmallVector<unsigned> wrt;        // inputs whose cotangents are asked for
  llvm::BitVector reached;          // of these, those that a branch depends on
  llvm::SetVector<unsigned> inputs; // that a derivative reads
  SmallVector<DerivedBody, 2> branches;
  BranchResiduals residuals;
  SmallVector<Type> types; // of the derivative's results
};
} // namespace

FailureOr<RegionVjp> CondOp::buildRegionVjp(OpBuilder &b, ValueRange cotangents, const llvm::BitVector &active,
                                            Differentiator differentiate) {
  BranchVjp vjp(*this, cotangents);
  if (failed(vjp.derive(active, differentiate)))
    return failure();
  return vjp.build(b);
}
