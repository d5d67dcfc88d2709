//===- Settled.h - Derivatives where numbers end ------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A derivative that is right for real numbers may overflow on the way, or meet infinity times 0.
// There another form takes its place; formulas show the first one only, since both are equal.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_SETTLED_H
#define SYMC_DIALECTS_SYM_SETTLED_H

#include "dialects/sym/Expr.h"

namespace symc {

/// On sym.where: of real numbers the value is x, whatever the condition says.
constexpr llvm::StringLiteral kSettledAttr = "sym.settled";

/// `x` where the condition holds, elsewhere `y`, which is the same without what overflows in `x`.
inline Tensor settled(Tensor condition, Tensor x, Tensor y) {
  Tensor choice = where(condition, x, y);
  mlir::Operation *op = choice.value.getDefiningOp();
  op->setDiscardableAttr(kSettledAttr, mlir::UnitAttr::get(op->getContext()));
  return choice;
}

/// A derivative of `op`, a choice, that is settled where the op is.
inline Tensor settledLike(mlir::Operation *op, Tensor choice) {
  if (op->hasAttr(kSettledAttr))
    choice.value.getDefiningOp()->setDiscardableAttr(kSettledAttr, op->getAttr(kSettledAttr));
  return choice;
}

} // namespace symc
#endif
