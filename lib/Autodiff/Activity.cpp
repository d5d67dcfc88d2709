//===- Activity.cpp - Where derivatives flow ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Autodiff/Activity.h"
#include "dialects/sym/Bodies.h"
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
    if (!isa<FloatType>(getElementTypeOrSelf(value.getType())) || !seen.insert(value).second)
      continue;
    Operation *op = value.getDefiningOp();
    bool flows = !op || isa<DifferentiableOpInterface, DifferentiableRegionOpInterface, DecomposableOpInterface>(op);
    if (flows && !isa_and_nonnull<sym::StopGradientOp>(op))
      addSources(value, open);
  }
  return false;
}
