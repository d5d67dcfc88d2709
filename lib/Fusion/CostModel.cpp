//===- CostModel.cpp - What an op costs -----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Fusion/CostModel.h"
#include "dialects/sym/Expr.h"

using namespace mlir;
using namespace symc;

OpCounts OpCounts::of(Block &block) {
  OpCounts counts;
  for (Operation &op : block) {
    if (isa<arith::ConstantOp>(op))
      continue;
    bool instruction = isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp, math::FloorOp, math::FmaOp,
                           math::RoundEvenOp, math::RoundOp, math::TruncOp>(op);
    bool function = isa<math::MathDialect>(op.getDialect()) && !instruction;
    bool division = isa<arith::DivFOp, arith::RemFOp, arith::DivSIOp, arith::DivUIOp, arith::FloorDivSIOp,
                        arith::CeilDivSIOp, arith::RemSIOp, arith::RemUIOp>(op);
    ++(function ? counts.mathFunctions : division ? counts.divisions : counts.others);
  }
  return counts;
}

OpCounts OpCounts::of(ScalarBodyOpInterface op) {
  Block scratch;
  OpBuilder b(op->getContext());
  b.setInsertionPointToStart(&scratch);
  SmallVector<Value> arguments;
  for (Value operand : op->getOperands())
    arguments.push_back(scratch.addArgument(bodyType(elementOf(operand)), op->getLoc()));
  (void)op.buildScalarBody(b, op->getLoc(), arguments);
  OpCounts counts = of(scratch);
  scratch.dropAllReferences();
  scratch.clear();
  return counts;
}

unsigned symc::scalarCost(ScalarBodyOpInterface op, const FusionCosts &costs) { return OpCounts::of(op).cost(costs); }
