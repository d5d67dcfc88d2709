//===- ExpandGradients.h - sym.grad as its derivative -------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_AUTODIFF_EXPANDGRADIENTS_H
#define SYMC_AUTODIFF_EXPANDGRADIENTS_H

#include "mlir/IR/Operation.h"

namespace symc {

/// Replaces every sym.grad in `root` by the ops of the derivative. Fails with a located error for an op without one.
mlir::LogicalResult expandGradients(mlir::Operation *root);

} // namespace symc
#endif
