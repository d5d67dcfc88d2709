//===- Lives.cpp - Steps of a program and lives of its buffers ------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/Lives.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace symc;

void symc::forEachRoot(Value buffer, llvm::function_ref<void(Value)> act) {
  llvm::SetVector<Value> names;
  names.insert(buffer);
  auto addCarried = [&](kernel::LoopOp loop, unsigned i) {
    names.insert(loop.getInits()[i]);
    names.insert(loop.getBody().front().getTerminator()->getOperand(i));
  };
  for (size_t i = 0; i < names.size(); ++i) {
    Value name = names[i];
    if (auto view = name.getDefiningOp<kernel::ViewOp>())
      names.insert(view.getBuffer());
    else if (auto row = name.getDefiningOp<kernel::RowOp>())
      names.insert(row.getStack());
    else if (auto loop = name.getDefiningOp<kernel::LoopOp>())
      addCarried(loop, cast<OpResult>(name).getResultNumber() - 1);
    else if (auto argument = dyn_cast<BlockArgument>(name);
             argument && isa<kernel::LoopOp>(argument.getOwner()->getParentOp()))
      addCarried(cast<kernel::LoopOp>(argument.getOwner()->getParentOp()), argument.getArgNumber() - 1);
    else
      act(name);
  }
}

Lives::Lives(func::FuncOp program, bool separate) {
  number(program.getBody().front());
  program.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (step.count(op))
      for (Value operand : op->getOperands())
        if (isa<MemRefType>(operand.getType()))
          use(op, operand);
  });
  for (Buffer &buffer : buffers)
    if (separate)
      buffer = {buffer.alloc, 0, steps - 1};
}

void Lives::number(Block &block) {
  for (Operation &op : block) {
    if (!isa<func::CallOp, kernel::LoopOp, kernel::IfOp, kernel::LeaveUnlessOp, kernel::StoreIndexOp, kernel::PrintOp,
             kernel::NextOp>(op))
      continue;
    step[&op] = steps++;
    for (Region &region : op.getRegions())
      number(region.front());
    if (isa<kernel::LoopOp>(op))
      end[&op] = steps++;
  }
}

void Lives::use(Operation *op, Value buffer) {
  forEachRoot(buffer, [&](Value root) {
    auto alloc = root.getDefiningOp<kernel::AllocOp>();
    if (!alloc)
      return;
    // The outermost loop that the use is in and the buffer is not.
    Operation *whole = nullptr;
    for (Operation *around = op; around->getBlock() != alloc->getBlock();) {
      around = around->getParentOp();
      if (isa<kernel::LoopOp>(around))
        whole = around;
    }
    int32_t first = step.lookup(whole ? whole : op), last = whole ? end.lookup(whole) : first;
    auto [it, isNew] = bufferNumber.try_emplace(root, buffers.size());
    if (isNew)
      buffers.push_back({alloc, first, last});
    Buffer &known = buffers[it->second];
    known.first = std::min(known.first, first);
    known.last = std::max(known.last, last);
  });
}

Dim symc::byteSize(Type memref, ArrayRef<Dim> dims) {
  Type element = cast<MemRefType>(memref).getElementType();
  unsigned bytes = (element.getIntOrFloatBitWidth() + 7) / 8;
  return product(memref.getContext(), dims) * bytes;
}
