//===- CostModel.cpp - What an op costs -----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Fusion/CostModel.h"
#include "dialects/sym/Expr.h"

using namespace mlir;
using namespace symc;

unsigned symc::scalarCost(ScalarBodyOpInterface op, const FusionCosts &costs) {
  Block scratch;
  OpBuilder b(op->getContext());
  b.setInsertionPointToStart(&scratch);
  SmallVector<Value> arguments;
  for (Value operand : op->getOperands())
    arguments.push_back(scratch.addArgument(bodyType(elementOf(operand)), op->getLoc()));
  (void)op.buildScalarBody(b, op->getLoc(), arguments);
  unsigned cost = 0;
  for (Operation &part : scratch) {
    if (isa<arith::ConstantOp>(part))
      continue;
    cost += isa<math::MathDialect>(part.getDialect()) && !isa<math::AbsFOp, math::FmaOp>(part) ? costs.mathFunction
            : isa<arith::DivFOp, arith::DivSIOp, arith::RemFOp, arith::RemSIOp>(part)          ? costs.division
                                                                                               : 1;
  }
  scratch.dropAllReferences();
  scratch.clear();
  return cost;
}
