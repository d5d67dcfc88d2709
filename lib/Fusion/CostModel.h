//===- CostModel.h - What an op costs -----------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FUSION_COSTMODEL_H
#define SYMC_FUSION_COSTMODEL_H

#include "lib/Fusion/Costs.h"
#include "lib/Fusion/Legality.h"

namespace symc {

/// Cost of one element of an elementwise op, in additions; what math functions cost is counted.
unsigned scalarCost(ScalarBodyOpInterface op, const FusionCosts &costs);

} // namespace symc
#endif
