//===- Bodies.cpp - Operands and bodies of loops and branches -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Bodies.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

bool symc::isControlFlow(Operation *op) { return isa<ScanOp, WhileOp, CondOp>(op); }

unsigned symc::carryCount(Operation *op) {
  if (auto scan = dyn_cast<ScanOp>(op))
    return scan.getCarryCount();
  if (auto loop = dyn_cast<WhileOp>(op))
    return loop.getCarryCount();
  return 0;
}

OpOperand *symc::operandOf(BlockArgument argument) {
  Operation *op = argument.getOwner()->getParentOp();
  unsigned index = argument.getArgNumber();
  if (isa<CondOp>(op))
    return &op->getOpOperand(1 + index); // behind the predicate
  if (!isControlFlow(op) || index == 0)
    return nullptr;
  --index;
  if (auto scan = dyn_cast<ScanOp>(op); scan && scan.getCount() && index >= scan.getCarryCount() + scan.getXs().size())
    ++index; // the count has no argument
  return &op->getOpOperand(index);
}

void symc::addSources(Value value, SmallVectorImpl<Value> &sources) {
  auto addYielded = [&](Operation *op, unsigned i) {
    for (Region &region : op->getRegions())
      if (Operation *yield = region.front().getTerminator(); yield->getNumOperands() > i)
        if (!isa<WhileOp>(op) || &region == &cast<WhileOp>(op).getBody())
          sources.push_back(yield->getOperand(i));
  };
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    OpOperand *operand = operandOf(argument);
    if (!operand)
      return;
    sources.push_back(operand->get());
    Operation *op = operand->getOwner();
    if (operand->getOperandNumber() < carryCount(op))
      addYielded(op, operand->getOperandNumber());
    return;
  }
  Operation *op = value.getDefiningOp();
  if (!isControlFlow(op)) {
    llvm::append_range(sources, op->getOperands());
    return;
  }
  unsigned index = cast<OpResult>(value).getResultNumber();
  addYielded(op, index);
  if (index < carryCount(op)) // after no iteration at all
    sources.push_back(op->getOperand(index));
}

Type symc::stackedType(AffineExpr trips, Type row) {
  Dims dims = dimsOf(row);
  dims.insert(dims.begin(), trips);
  return tensorType(dims, cast<RankedTensorType>(row).getElementType());
}

Type symc::rowType(Type stacked) {
  return tensorType(ArrayRef(dimsOf(stacked)).drop_front(), cast<RankedTensorType>(stacked).getElementType());
}

static MutableOperandRange mutableInvariants(Operation *op) {
  if (auto scan = dyn_cast<ScanOp>(op))
    return scan.getInvariantsMutable();
  if (auto loop = dyn_cast<WhileOp>(op))
    return loop.getInvariantsMutable();
  return cast<CondOp>(op).getInputsMutable();
}

OperandRange symc::invariantsOf(Operation *op) { return OperandRange(mutableInvariants(op)); }

void symc::addInvariant(Operation *op, Value value) {
  mutableInvariants(op).append(value);
  for (Region &region : op->getRegions())
    region.addArgument(value.getType(), value.getLoc());
}

BlockArgument symc::invariantArgument(Region &region, OperandRange invariants, unsigned index) {
  return region.getArgument(region.getNumArguments() - invariants.size() + index);
}
