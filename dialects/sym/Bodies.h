//===- Bodies.h - Operands and bodies of loops and branches -------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_BODIES_H
#define SYMC_DIALECTS_SYM_BODIES_H

#include "dialects/sym/SymOps.h"

namespace symc {

/// Whether the op is a loop or a branch.
bool isControlFlow(mlir::Operation *op);
/// Whether the op shows something: a print, or a loop or branch with one in it.
bool prints(mlir::Operation *op);
/// How many values go from one iteration of a loop to the next; 0 of a branch.
unsigned carryCount(mlir::Operation *op);
/// The operand that an argument of a body stands for, a carry's in the first iteration; null for the number of the
/// iteration, and for an argument of anything else.
mlir::OpOperand *operandOf(mlir::BlockArgument argument);
/// Adds what `value` is made of: the operands of its op; of a loop's or branch's result, and of an argument of its
/// bodies, the operands and the yielded values that it may have.
void addSources(mlir::Value value, llvm::SmallVectorImpl<mlir::Value> &sources);

/// The type of `trips` rows one upon another, and of a row.
mlir::Type stackedType(Dim trips, mlir::Type row);
mlir::Type rowType(mlir::Type stacked);

/// Operands of a control-flow op that its bodies see unchanged in every iteration; the last arguments of each region.
mlir::OperandRange invariantsOf(mlir::Operation *op);
/// Adds one, and its argument to each region.
void addInvariant(mlir::Operation *op, mlir::Value value);
/// The argument of the region for invariant number `index`.
mlir::BlockArgument invariantArgument(mlir::Region &region, mlir::OperandRange invariants, unsigned index);

} // namespace symc
#endif
