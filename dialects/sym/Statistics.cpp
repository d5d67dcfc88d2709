//===- Statistics.cpp - Parameters that no gradient moves -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Statistics.h"
#include "dialects/sym/Bodies.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace symc;

BlockArgument symc::argumentBehind(Value value) {
  auto argument = dyn_cast_or_null<BlockArgument>(value);
  while (argument && isControlFlow(argument.getOwner()->getParentOp())) {
    OperandRange invariants = invariantsOf(argument.getOwner()->getParentOp());
    size_t first = argument.getOwner()->getNumArguments() - invariants.size();
    if (argument.getArgNumber() < first)
      return {};
    argument = dyn_cast<BlockArgument>(invariants[argument.getArgNumber() - first]);
  }
  return argument;
}

bool symc::isKept(BlockArgument argument) {
  auto function = dyn_cast_or_null<FunctionOpInterface>(argument.getOwner()->getParentOp());
  return function && function.getArgAttr(argument.getArgNumber(), kKeptAttr);
}

/// Which operands `build` has values for. What it builds for them is thrown away.
static SmallVector<unsigned> numbersOf(Operation *op,
                                       function_ref<SmallVector<std::pair<unsigned, Value>>(OpBuilder &)> build) {
  Block scratch;
  OpBuilder b(op->getContext());
  b.setInsertionPointToEnd(&scratch);
  return llvm::map_to_vector(build(b), [](const auto &pair) { return pair.first; });
}

SmallVector<unsigned> symc::changedOperands(StatefulOpInterface op) {
  return numbersOf(op, [&](OpBuilder &b) { return op.buildUpdates(b, op->getOperands()); });
}

SmallVector<unsigned> symc::measuredOperands(MeasuredOpInterface op) {
  return numbersOf(op, [&](OpBuilder &b) { return op.buildMeasures(b); });
}
