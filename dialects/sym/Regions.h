//===- Regions.h - Ops with bodies --------------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_REGIONS_H
#define SYMC_DIALECTS_SYM_REGIONS_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"

namespace symc {

/// Builds, where `b` stands, the sum over `outputs` of the vector-Jacobian products with their `cotangents` (null: zero)
/// by each of `wrt`; null where there is none. All are values of the block of `b`.
using Differentiator = llvm::function_ref<mlir::FailureOr<llvm::SmallVector<mlir::Value>>(
    mlir::OpBuilder &b, llvm::ArrayRef<mlir::Value> outputs, llvm::ArrayRef<mlir::Value> cotangents,
    llvm::ArrayRef<mlir::Value> wrt)>;

/// What DifferentiableRegionOpInterface answers with.
struct RegionVjp {
  llvm::SmallVector<mlir::Value> results;    // of the op that takes its place
  llvm::SmallVector<mlir::Value> cotangents; // one an operand, null for none
};

/// The type of `trips` rows one upon another, and of a row.
mlir::Type stackedType(mlir::AffineExpr trips, mlir::Type row);
mlir::Type rowType(mlir::Type stacked);

/// Operands of a control-flow op that its bodies see unchanged in every iteration; the last arguments of each region.
mlir::OperandRange invariantsOf(mlir::Operation *op);
/// Adds one. `argument` of each region stands for it then.
void addInvariant(mlir::Operation *op, mlir::Value value);
/// The argument of the region for invariant number `index`.
mlir::BlockArgument invariantArgument(mlir::Region &region, mlir::OperandRange invariants, unsigned index);

} // namespace symc
#endif
