//===- Program.cpp - Tensors of a block become buffers of a program -------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/Program.h"
#include "dialects/sym/Bodies.h"
#include "dialects/sym/NodeNames.h"
#include "lib/Fusion/Access.h"
#include "lib/Kernel/TracePoints.h"

using namespace mlir;
using namespace symc;

Value symc::memoryOf(Value value) {
  while (renamesMemory(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

//===----------------------------------------------------------------------===//
// BlockOrder
//===----------------------------------------------------------------------===//

BlockOrder::BlockOrder(Block &block) : block(block) {
  AccessMap accesses;
  auto nothing = [](Value) { return false; };
  unsigned position = 0;
  for (Operation &op : block) {
    order[&op] = position++;
    WalkResult fails = op.walk([&](sym::FusedOp region) {
      return WalkResult(failure(llvm::any_of(region.getBody().front().without_terminator(),
                                             [&](Operation &inner) { return accesses.mayFail(&inner, nothing); })));
    });
    if (fails.wasInterrupted())
      last = &op;
  }
}

/// Whether the region reads this argument only at the element that it writes.
static bool readsInPlace(sym::FusedOp region, unsigned argument, Type result) {
  BlockArgument value = region.getBody().getArgument(argument);
  if (region.getKind() != sym::FusionKind::elementwise || value.getType() != result)
    return false;
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    return isa<ScalarBodyOpInterface, sym::YieldOp>(user) &&
           llvm::all_of(user->getResultTypes(), [&](Type type) { return sameDims(dimsOf(type), dimsOf(result)); });
  });
}

bool BlockOrder::canOverwrite(sym::FusedOp region, Value result, BlockArgument argument, bool failing) const {
  if (failing && last && order.lookup(region) <= order.lookup(last))
    return false;
  struct View {
    Value value;
    bool ofLoop; // the result of a loop, which is in the memory of what it began with when it ran no time
  };
  SmallVector<View> views = {{argument, false}};
  for (size_t v = 0; v < views.size(); ++v)
    for (OpOperand &use : views[v].value.getUses()) {
      Operation *user = use.getOwner();
      bool ofLoop = views[v].ofLoop;
      if (renamesMemory(user)) {
        if (isa<sym::PrintOp>(user) && order.lookup(user) > order.lookup(region))
          return false; // it reads what it renames
        if (use.getOperandNumber() == 0)
          views.push_back({user->getResult(0), ofLoop});
        continue;
      }
      if (use.getOperandNumber() < carryCount(user))
        views.push_back({user->getResult(use.getOperandNumber()), true});
      if (user == block.getTerminator()) {
        if (ofLoop)
          return false;
        continue; // copied before, see copyArguments
      }
      if (order.lookup(user) > order.lookup(region))
        return false;
      if (user == region && !readsInPlace(region, use.getOperandNumber(), result.getType()))
        return false;
    }
  return true;
}

//===----------------------------------------------------------------------===//
// ProgramBuilder
//===----------------------------------------------------------------------===//

void ProgramBuilder::build(Block &block, ArrayRef<Place> places, bool failing) {
  BlockOrder order(block);
  llvm::DenseSet<unsigned> direct; // places that need no copy
  planPlaces(block, places, order, failing, direct);
  Operation *copyBehind = failing ? order.lastCheck() : nullptr;
  SmallVector<std::pair<unsigned, Value>> parked;
  if (!copyBehind)
    parked = copyArguments(block, places);
  for (Operation &op : block.without_terminator()) {
    convert(op);
    if (&op == copyBehind)
      parked = copyArguments(block, places);
  }
  // What stands elsewhere is copied when all else is done.
  for (auto [i, value] : llvm::enumerate(block.getTerminator()->getOperands()))
    if (places[i].buffer && !direct.contains(i) && !isa<BlockArgument>(memoryOf(value)))
      copy(value.getLoc(), value.getType(), buffers[value], places[i].buffer);
  for (auto [i, buffer] : parked)
    copy(block.getTerminator()->getLoc(), block.getTerminator()->getOperand(i).getType(), buffer, places[i].buffer);
}

/// Chooses the values that are written to their place directly. Stacks of loops and results of branches are, too.
void ProgramBuilder::planPlaces(Block &block, ArrayRef<Place> places, const BlockOrder &order, bool failing,
                                llvm::DenseSet<unsigned> &direct) {
  for (auto [i, value] : llvm::enumerate(block.getTerminator()->getOperands())) {
    Value memory = memoryOf(value);
    Operation *def = memory.getDefiningOp();
    const Place &place = places[i];
    if (isa_and_nonnull<sym::UndefinedOp>(def) || !place.buffer) {
      direct.insert(i);
      continue;
    }
    bool writes = isa_and_nonnull<sym::FusedOp, sym::CondOp>(def);
    if (auto scan = dyn_cast_or_null<sym::ScanOp>(def))
      writes = cast<OpResult>(memory).getResultNumber() >= scan.getCarryCount();
    if (!writes || destination.count(memory))
      continue;
    auto region = dyn_cast<sym::FusedOp>(def);
    if (!place.old || (region && order.canOverwrite(region, memory, place.old, failing))) {
      destination[memory] = place.buffer;
      direct.insert(i);
    }
  }
}

/// What is handed on as it came is copied before anything is overwritten: to its place, or where something reads what
/// stands there to a buffer from which it is copied in the end. Answers with those, by place.
SmallVector<std::pair<unsigned, Value>> ProgramBuilder::copyArguments(Block &block, ArrayRef<Place> places) {
  SmallVector<std::pair<unsigned, Value>> parked;
  Location loc = block.getTerminator()->getLoc();
  for (auto [i, value] : llvm::enumerate(block.getTerminator()->getOperands())) {
    auto argument = dyn_cast<BlockArgument>(memoryOf(value));
    const Place &place = places[i];
    if (!argument || !place.buffer || buffers[argument] == place.buffer)
      continue;
    bool read = place.old && !place.old.use_empty();
    Value to = read ? parked.emplace_back(i, alloc(loc, value.getType())).second : place.buffer;
    copy(loc, value.getType(), buffers[argument], to);
  }
  return parked;
}

Value ProgramBuilder::view(Location loc, Value buffer, Type tensor) {
  MemRefType type = bufferType(tensor);
  return buffer.getType() == type ? buffer : kernel::ViewOp::create(b, loc, type, buffer).getResult();
}

Value ProgramBuilder::alloc(Location loc, Type tensor) {
  return kernel::AllocOp::create(b, loc, bufferType(tensor), sym::DimsAttr::get(b.getContext(), dimsOf(tensor)));
}

void ProgramBuilder::copy(Location loc, Type type, Value from, Value to) {
  Value source = view(loc, from, type), target = view(loc, to, type);
  func::CallOp::create(b, loc, kernels.getCopy(loc, type), ValueRange{source, target});
}

/// The buffer that a result of an op is written to.
Value ProgramBuilder::resultBuffer(Value out) {
  auto direct = destination.find(out);
  return buffers[out] = direct != destination.end() ? view(out.getLoc(), direct->second, out.getType())
                                                    : alloc(out.getLoc(), out.getType());
}

void ProgramBuilder::convert(Operation &op) {
  Location loc = op.getLoc();
  if (auto constant = dyn_cast<sym::ConstantOp>(op)) {
    if (!constant->use_empty())
      buffers[constant] = kernel::GetGlobalOp::create(b, loc, bufferType(constant.getType()),
                                                      kernels.getGlobal(loc, constant.getValue()).getValue());
  } else if (renamesMemory(&op)) {
    Value buffer = view(loc, buffers[op.getOperand(0)], op.getResult(0).getType());
    buffers[op.getResult(0)] = buffer;
    if (auto print = dyn_cast<sym::PrintOp>(op))
      kernel::PrintOp::create(b, loc, print.getLabel().empty() ? nodeName(loc) : print.getLabel(), buffer,
                              print.getType());
  } else if (auto scan = dyn_cast<sym::ScanOp>(op)) {
    convertScan(scan);
  } else if (auto loop = dyn_cast<sym::WhileOp>(op)) {
    convertWhile(loop);
  } else if (auto cond = dyn_cast<sym::CondOp>(op)) {
    convertCond(cond);
  } else if (auto region = dyn_cast<sym::FusedOp>(op)) {
    convertRegion(region);
  }
}

void ProgramBuilder::convertRegion(sym::FusedOp region) {
  SmallVector<Value> operands;
  for (Value input : region.getInputs())
    operands.push_back(buffers[input]);
  for (Value out : region.getOuts())
    operands.push_back(resultBuffer(out));
  auto call = func::CallOp::create(b, region.getLoc(), kernels.get(region), operands);
  if (region->getParentOfType<ModuleOp>()->hasAttr(kTraceAttr))
    call->setAttr(kNodesAttr, nodesOf(region));
}
