//===- CostModel.h - What an op costs -----------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FUSION_COSTMODEL_H
#define SYMC_FUSION_COSTMODEL_H

#include "dialects/sym/SymOps.h"
#include "lib/Fusion/Costs.h"

namespace symc {

/// The arithmetic of one element.
struct OpCounts {
  unsigned mathFunctions = 0, divisions = 0, others = 0;

  static OpCounts of(mlir::Block &block);
  static OpCounts of(ScalarBodyOpInterface op);
  unsigned cost(const FusionCosts &costs) const {
    return mathFunctions * costs.mathFunction + divisions * costs.division + others;
  }
};

/// Cost of one element of an elementwise op, in additions; what math functions cost is counted.
unsigned scalarCost(ScalarBodyOpInterface op, const FusionCosts &costs);

} // namespace symc
#endif
