//===- Rematerialize.h - Computing activations again --------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_AUTODIFF_REMATERIALIZE_H
#define SYMC_AUTODIFF_REMATERIALIZE_H

#include "mlir/IR/Operation.h"

namespace symc {

/// Lets the derivative, which is the ops behind `border` in its block up to `end`, compute again what it reads of nodes
/// that sym.train names under `remat`. The copies read through sym.after, so that they are made where the derivative
/// has come that far, and are no common subexpressions with what they are copies of.
void rematerialize(mlir::Operation *border, mlir::Operation *end);

} // namespace symc
#endif
