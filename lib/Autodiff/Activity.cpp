//===- Activity.cpp - Where derivatives flow ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Autodiff/Activity.h"
#include "dialects/sym/SymOps.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace symc;

bool symc::derivativeReaches(Value result, ArrayRef<Value> values) {
  llvm::DenseSet<Value> wanted(values.begin(), values.end()), seen;
  SmallVector<Value> open{result};
  while (!open.empty()) {
    Value value = open.pop_back_val();
    if (wanted.contains(value))
      return true;
    Operation *op = value.getDefiningOp();
    if (!op || !isa<FloatType>(getElementTypeOrSelf(value.getType())) || !seen.insert(value).second)
      continue;
    bool flows = isa<DifferentiableOpInterface>(op) || isa<DecomposableOpInterface>(op);
    if (!flows || isa<sym::StopGradientOp>(op))
      continue;
    for (Value operand : op->getOperands())
      open.push_back(operand);
  }
  return false;
}
