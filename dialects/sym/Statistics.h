//===- Statistics.h - Parameters that no gradient moves -----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Statistics are parameters that an op changes by itself in a training step (StatefulOpInterface), or that are filled
// from the training data before the first one (MeasuredOpInterface).
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_STATISTICS_H
#define SYMC_DIALECTS_SYM_STATISTICS_H

#include "dialects/sym/SymOps.h"

namespace symc {

/// An argument of a model function: a parameter that `freeze` names, so that no op changes it either.
constexpr llvm::StringLiteral kKeptAttr = "sym.kept";

/// The argument of a function that `value` is, also where the bodies of loops and branches see it unchanged; null for
/// anything else.
mlir::BlockArgument argumentBehind(mlir::Value value);
bool isKept(mlir::BlockArgument argument);

/// The numbers of the operands that the op changes in a training step.
llvm::SmallVector<unsigned> changedOperands(StatefulOpInterface op);
/// The numbers of the operands that are filled from the training data.
llvm::SmallVector<unsigned> measuredOperands(MeasuredOpInterface op);

} // namespace symc
#endif
