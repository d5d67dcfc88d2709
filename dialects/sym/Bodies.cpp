//===- Bodies.cpp - Operands and bodies of loops and branches -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Bodies.h"

using namespace mlir;
using namespace symc;

bool symc::isControlFlow(Operation *op) { return isa<ControlFlowOpInterface>(op); }

bool symc::prints(Operation *op) {
  if (!isControlFlow(op))
    return isa<sym::PrintOp>(op);
  return op->walk([](sym::PrintOp) { return WalkResult::interrupt(); }).wasInterrupted();
}

unsigned symc::carryCount(Operation *op) {
  auto control = dyn_cast<ControlFlowOpInterface>(op);
  return control ? control.getCarryCount() : 0;
}

OpOperand *symc::operandOf(BlockArgument argument) {
  auto control = dyn_cast_or_null<ControlFlowOpInterface>(argument.getOwner()->getParentOp());
  std::optional<unsigned> operand = control ? control.operandOfArgument(argument.getArgNumber()) : std::nullopt;
  return operand ? &control->getOpOperand(*operand) : nullptr;
}

void symc::addSources(Value value, SmallVectorImpl<Value> &sources) {
  auto addYielded = [&](Operation *op, unsigned i) {
    for (Region &region : op->getRegions())
      if (Operation *yield = region.front().getTerminator(); yield->getNumOperands() > i)
        if (cast<ControlFlowOpInterface>(op).yieldsResults(region.getRegionNumber()))
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

Type symc::stackedType(Dim trips, Type row) {
  Dims dims = dimsOf(row);
  dims.insert(dims.begin(), trips);
  return tensorType(dims, cast<RankedTensorType>(row).getElementType());
}

Type symc::rowType(Type stacked) {
  return tensorType(ArrayRef(dimsOf(stacked)).drop_front(), cast<RankedTensorType>(stacked).getElementType());
}

OperandRange symc::invariantsOf(Operation *op) {
  return OperandRange(cast<ControlFlowOpInterface>(op).getInvariantsMutable());
}

void symc::addInvariant(Operation *op, Value value) {
  cast<ControlFlowOpInterface>(op).getInvariantsMutable().append(value);
  for (Region &region : op->getRegions())
    region.addArgument(value.getType(), value.getLoc());
}

BlockArgument symc::invariantArgument(Region &region, OperandRange invariants, unsigned index) {
  return region.getArgument(region.getNumArguments() - invariants.size() + index);
}
