//===- Loops.cpp - Loops and branches of programs -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A carry is written over itself when the region that computes the next one may do so. Else
// it goes round through two buffers: an iteration reads one, at first what the loop was given,
// and writes the other. What is stacked is written to its row of the stack, rows of what is
// scanned are read where they stand. So a loop copies nothing that it does not have to, and
// its memory is that of one iteration.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/Program.h"

using namespace mlir;
using namespace symc;

/// A scan or while, by its parts.
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
};

/// A buffer that holds `init` and that nothing else uses.
Value ProgramBuilder::ownBuffer(Location loc, Value init) {
  Value memory = memoryOf(init), known = buffers[init];
  bool only = memory.getDefiningOp<sym::FusedOp>() && !destination.count(memory);
  for (Value v = init; only; v = v.getDefiningOp<sym::ReshapeOp>().getX()) {
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

void ProgramBuilder::convertLoop(const Loop &loop) {
  Location loc = loop.op->getLoc();
  MLIRContext *context = b.getContext();
  Operation *yield = loop.body.getTerminator();
  unsigned carries = loop.inits.size(), xs = loop.xs.size();
  BlockOrder order(loop.body);

  // Carries: the buffer of a carry that stays where it is, or three to go round.
  SmallVector<Value> fixed(carries), inits;
  llvm::DenseSet<Value> claimed; // results that are written over a carry
  for (unsigned i = 0; i < carries; ++i) {
    BlockArgument argument = loop.body.getArgument(1 + i);
    Value next = yield->getOperand(i), memory = memoryOf(next), init = loop.inits[i];
    auto region = memory.getDefiningOp<sym::FusedOp>();
    if (memory == argument) {
      fixed[i] = buffers[init];
    } else if (region && next.getType() == memory.getType() &&
               order.canOverwrite(region, memory, argument, /*failing=*/false) && claimed.insert(memory).second) {
      fixed[i] = ownBuffer(loc, init);
    } else {
      inits.push_back(view(loc, buffers[init], init.getType()));
      inits.push_back(alloc(loc, init.getType()));
      inits.push_back(alloc(loc, init.getType()));
    }
  }
  SmallVector<Value> stacks;
  for (Value out : loop.outs.drop_front(carries))
    stacks.push_back(resultBuffer(out));

  auto program =
      kernel::LoopOp::create(b, loc, loop.trips, loop.reverse, loop.count ? buffers[loop.count] : Value(), inits);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&program.getBody().front());
  Value row = program.getRow();
  auto rowOf = [&](Value stack, Type type) -> Value {
    return kernel::RowOp::create(b, loc, bufferType(type), stack, row, sym::DimsAttr::get(context, dimsOf(type)));
  };
  auto bindArguments = [&](Block &block, Value iteration) {
    buffers[block.getArgument(0)] = iteration;
    unsigned round = 0;
    for (unsigned i = 0; i < carries; ++i)
      buffers[block.getArgument(1 + i)] = fixed[i] ? fixed[i] : Value(program.getCarried()[3 * round++]);
    for (auto [argument, invariant] :
         llvm::zip_equal(block.getArguments().take_back(loop.invariants.size()), loop.invariants))
      bind(argument, invariant);
  };
  Value iteration;
  if (!loop.body.getArgument(0).use_empty() || (loop.condition && !loop.condition->getArgument(0).use_empty())) {
    iteration = alloc(loc, loop.body.getArgument(0).getType());
    kernel::StoreIndexOp::create(b, loc, row, iteration);
  }
  if (loop.condition) {
    bindArguments(*loop.condition, iteration);
    Value flag = alloc(loc, loop.condition->getTerminator()->getOperand(0).getType());
    build(*loop.condition, Place{flag, {}});
    kernel::LeaveUnlessOp::create(b, loc, flag);
  }
  bindArguments(loop.body, iteration);
  for (unsigned k = 0; k < xs; ++k) {
    BlockArgument argument = loop.body.getArgument(1 + carries + k);
    if (!argument.use_empty())
      buffers[argument] = rowOf(buffers[loop.xs[k]], argument.getType());
  }
  SmallVector<Place> places;
  SmallVector<Value> next;
  for (unsigned i = 0, round = 0; i < carries; ++i) {
    BlockArgument argument = loop.body.getArgument(1 + i);
    if (fixed[i]) {
      places.push_back({fixed[i], argument});
      continue;
    }
    auto carried = program.getCarried().slice(3 * round++, 3);
    places.push_back({carried[1], {}});
    next.append({carried[1], carried[2], carried[1]});
  }
  for (auto [stack, value] : llvm::zip_equal(stacks, yield->getOperands().drop_front(carries)))
    places.push_back({rowOf(stack, value.getType()), {}});
  build(loop.body, places);
  kernel::NextOp::create(b, loc, next);

  for (unsigned i = 0, round = 0; i < carries; ++i)
    buffers[loop.outs[i]] = fixed[i] ? fixed[i] : Value(program.getOuts()[3 * round++]);
  if (auto original = dyn_cast<sym::WhileOp>(loop.op); original && !original.getCount().use_empty()) {
    b.setInsertionPointAfter(program);
    Value count = alloc(loc, original.getCount().getType());
    kernel::StoreIndexOp::create(b, loc, program.getIterations(), count);
    buffers[original.getCount()] = count;
  }
}

void ProgramBuilder::convertScan(sym::ScanOp scan) {
  convertLoop({scan, nullptr, scan.getBody().front(), scan.getInits(), scan.getXs(), scan.getInvariants(),
               scan.getOuts(), scan.getTripsAttr(), scan.getReverse(), scan.getCount()});
}

void ProgramBuilder::convertWhile(sym::WhileOp loop) {
  sym::DimsAttr trips;
  if (std::optional<int64_t> most = loop.getMaxIterations())
    trips = sym::DimsAttr::get(b.getContext(), constantDim(b.getContext(), *most));
  convertLoop({loop, &loop.getCondition().front(), loop.getBody().front(), loop.getInits(), ValueRange(),
               loop.getInvariants(), loop.getOuts(), trips, false, Value()});
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
