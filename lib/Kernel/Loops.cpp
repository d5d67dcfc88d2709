//===- Loops.cpp - Loops and branches of programs -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A carry is written over itself when the region that computes the next one may do so. Else
// it is double-buffered: an iteration reads one buffer, at first what the loop was given, and
// writes the other. What is stacked is written to its row of the stack, rows of what is
// scanned are read where they stand. So a loop copies nothing that it does not have to, and
// its memory is that of one iteration.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/Program.h"

using namespace mlir;
using namespace symc;

/// A scan or while, by its parts, and the loop of the program that it becomes.
struct ProgramBuilder::Loop {
  Operation *op;
  Block *condition; // null: none
  Block &body;
  ValueRange inits, xs;
  OperandRange invariants;
  ValueRange outs;
  sym::DimsAttr trips; // null: no bound
  bool reverse;
  Value count; // how many iterations, null: as trips says

  /// The buffer of each carry that stays where it is. One that is null has three of the loop's: this iteration's, the
  /// next one's, and the one after that.
  SmallVector<Value> fixed = {};
  kernel::LoopOp program = {};

  unsigned carries() const { return inits.size(); }
  /// The names of a carry that goes round, among the arguments or the results of the loop.
  template <class Range> Range buffersOf(unsigned carry, Range carried) const {
    unsigned before = llvm::count(ArrayRef(fixed).take_front(carry), Value());
    return carried.slice(3 * before, 3);
  }
};

/// A buffer that holds `init` and that nothing else uses.
Value ProgramBuilder::ownBuffer(Location loc, Value init) {
  Value memory = memoryOf(init), known = buffers[init];
  bool only = memory.getDefiningOp<sym::FusedOp>() && !destination.count(memory);
  for (Value v = init; only; v = v.getDefiningOp()->getOperand(0)) {
    only = v.hasOneUse();
    if (v == memory)
      break;
  }
  if (only)
    return known;
  Value own = alloc(loc, init.getType());
  copy(loc, init.getType(), known, own);
  return own;
}

/// Decides where the carries are, and gives the buffers that the loop carries from one iteration to the next.
SmallVector<Value> ProgramBuilder::placeCarries(Loop &loop) {
  Location loc = loop.op->getLoc();
  BlockOrder order(loop.body);
  SmallVector<Value> carried;
  llvm::DenseSet<Value> claimed; // results that are written over a carry
  for (auto [i, init] : llvm::enumerate(loop.inits)) {
    BlockArgument argument = loop.body.getArgument(1 + i);
    Value next = loop.body.getTerminator()->getOperand(i), memory = memoryOf(next);
    auto region = memory.getDefiningOp<sym::FusedOp>();
    Value &fixed = loop.fixed.emplace_back();
    if (memory == argument) {
      fixed = buffers.lookup(init);
    } else if (region && next.getType() == memory.getType() &&
               order.canOverwrite(region, memory, argument, /*failing=*/false) && claimed.insert(memory).second) {
      fixed = ownBuffer(loc, init);
    } else {
      carried.push_back(view(loc, buffers.lookup(init), init.getType()));
      carried.push_back(alloc(loc, init.getType()));
      carried.push_back(alloc(loc, init.getType()));
    }
  }
  return carried;
}

/// Gives the arguments of the condition or the body their buffers, but those of rows.
void ProgramBuilder::bindArguments(Loop &loop, Block &block, Value iteration) {
  buffers[block.getArgument(0)] = iteration;
  for (unsigned i = 0; i < loop.carries(); ++i)
    buffers[block.getArgument(1 + i)] =
        loop.fixed[i] ? loop.fixed[i] : Value(loop.buffersOf(i, loop.program.getCarried())[0]);
  for (auto [argument, invariant] :
       llvm::zip_equal(block.getArguments().take_back(loop.invariants.size()), loop.invariants))
    bind(argument, invariant);
}

/// The steps of an iteration, where the builder stands; `stacks` are the buffers of what is stacked.
void ProgramBuilder::buildIteration(Loop &loop, ArrayRef<Value> stacks) {
  Location loc = loop.op->getLoc();
  kernel::LoopOp program = loop.program;
  auto rowOf = [&](Value stack, Type type) -> Value {
    return kernel::RowOp::create(b, loc, bufferType(type), stack, program.getRow(),
                                 sym::DimsAttr::get(b.getContext(), dimsOf(type)));
  };
  Value iteration;
  if (!loop.body.getArgument(0).use_empty() || (loop.condition && !loop.condition->getArgument(0).use_empty())) {
    iteration = alloc(loc, loop.body.getArgument(0).getType());
    kernel::StoreIndexOp::create(b, loc, program.getRow(), iteration);
  }
  if (loop.condition) {
    bindArguments(loop, *loop.condition, iteration);
    Value flag = alloc(loc, loop.condition->getTerminator()->getOperand(0).getType());
    build(*loop.condition, Place{flag, {}});
    kernel::LeaveUnlessOp::create(b, loc, flag);
  }
  bindArguments(loop, loop.body, iteration);
  for (auto [k, stack] : llvm::enumerate(loop.xs)) {
    BlockArgument argument = loop.body.getArgument(1 + loop.carries() + k);
    if (!argument.use_empty())
      buffers[argument] = rowOf(buffers.lookup(stack), argument.getType());
  }
  SmallVector<Place> places;
  SmallVector<Value> next;
  for (unsigned i = 0; i < loop.carries(); ++i) {
    if (loop.fixed[i]) {
      places.push_back({loop.fixed[i], loop.body.getArgument(1 + i)});
      continue;
    }
    auto carried = loop.buffersOf(i, program.getCarried());
    places.push_back({carried[1], {}});
    next.append({carried[1], carried[2], carried[1]});
  }
  for (auto [stack, row] : llvm::zip_equal(stacks, loop.body.getTerminator()->getOperands().drop_front(loop.carries())))
    places.push_back({rowOf(stack, row.getType()), {}});
  build(loop.body, places);
  kernel::NextOp::create(b, loc, next);
}

/// The number of iterations that ran.
Value ProgramBuilder::convertLoop(Loop loop) {
  Location loc = loop.op->getLoc();
  SmallVector<Value> carried = placeCarries(loop), stacks;
  for (Value out : loop.outs.drop_front(loop.carries()))
    stacks.push_back(resultBuffer(out));
  Value count = loop.count ? buffers.lookup(loop.count) : Value();
  loop.program = kernel::LoopOp::create(b, loc, loop.trips, loop.reverse, count, carried);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&loop.program.getBody().front());
    buildIteration(loop, stacks);
  }
  for (unsigned i = 0; i < loop.carries(); ++i)
    buffers[loop.outs[i]] = loop.fixed[i] ? loop.fixed[i] : Value(loop.buffersOf(i, loop.program.getOuts())[0]);
  return loop.program.getIterations();
}

void ProgramBuilder::convertScan(sym::ScanOp scan) {
  convertLoop({scan, nullptr, scan.getBody().front(), scan.getInits(), scan.getXs(), scan.getInvariants(),
               scan.getOuts(), scan.getTripsAttr(), scan.getReverse(), scan.getCount()});
}

void ProgramBuilder::convertWhile(sym::WhileOp loop) {
  sym::DimsAttr trips;
  if (std::optional<int64_t> most = loop.getMaxIterations())
    trips = sym::DimsAttr::get(b.getContext(), constantDim(b.getContext(), *most));
  Value ran = convertLoop({loop, &loop.getCondition().front(), loop.getBody().front(), loop.getInits(), ValueRange(),
                           loop.getInvariants(), loop.getOuts(), trips, false, Value()});
  if (loop.getCount().use_empty())
    return;
  Value count = buffers[loop.getCount()] = alloc(loop.getLoc(), loop.getCount().getType());
  kernel::StoreIndexOp::create(b, loop.getLoc(), ran, count);
}

void ProgramBuilder::convertCond(sym::CondOp cond) {
  SmallVector<Place> places;
  for (Value out : cond.getOuts())
    places.push_back({resultBuffer(out), {}});
  auto branches = kernel::IfOp::create(b, cond.getLoc(), buffers[cond.getPredicate()]);
  OpBuilder::InsertionGuard guard(b);
  for (auto [from, to] : llvm::zip_equal(cond->getRegions(), branches->getRegions())) {
    b.setInsertionPointToStart(&to.emplaceBlock());
    for (auto [argument, input] : llvm::zip_equal(from.getArguments(), cond.getInputs()))
      bind(argument, input);
    build(from.front(), places);
  }
}
