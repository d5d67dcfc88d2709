//===- Regions.h - What derivatives of ops with bodies need -------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_REGIONS_H
#define SYMC_DIALECTS_SYM_REGIONS_H

#include "mlir/IR/Builders.h"

namespace symc {

/// Builds, where `b` stands, the sum over `outputs` of the vector-Jacobian products with their `cotangents` (null:
/// zero) by each of `wrt`; null where there is none. All are values of the block of `b`.
using Differentiator = llvm::function_ref<mlir::FailureOr<llvm::SmallVector<mlir::Value>>(
    mlir::OpBuilder &b, llvm::ArrayRef<mlir::Value> outputs, llvm::ArrayRef<mlir::Value> cotangents,
    llvm::ArrayRef<mlir::Value> wrt)>;

/// What DifferentiableRegionOpInterface answers with.
struct RegionVjp {
  llvm::SmallVector<mlir::Value> results;    // of the op that takes its place
  llvm::SmallVector<mlir::Value> cotangents; // one an operand, null for none
};

} // namespace symc
#endif
