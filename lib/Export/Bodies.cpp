//===- Bodies.cpp - What arguments of bodies stand for --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Export/Bodies.h"
#include "dialects/sym/Bodies.h"
#include "dialects/sym/SymOps.h"

using namespace mlir;
using namespace symc;

std::optional<BodyArgument> symc::bodyArgument(BlockArgument argument) {
  OpOperand *operand = operandOf(argument);
  if (!operand)
    return std::nullopt;
  Operation *op = operand->getOwner();
  unsigned number = operand->getOperandNumber(), carries = carryCount(op);
  auto scan = dyn_cast<sym::ScanOp>(op);
  bool carried = number < carries, row = scan && !carried && number < carries + scan.getXs().size();
  if (!carried && !row)
    return BodyArgument{operand->get(), ""};
  Region &body = op->getRegions().back();
  if (argument.getOwner()->getParent() != &body)
    return BodyArgument{body.getArgument(argument.getArgNumber()), ""};
  return BodyArgument{operand->get(), carried ? "carry" : "row"};
}
