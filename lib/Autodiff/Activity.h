//===- Activity.h - Where derivatives flow ------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_AUTODIFF_ACTIVITY_H
#define SYMC_AUTODIFF_ACTIVITY_H

#include "mlir/IR/Value.h"

namespace symc {

/// Whether a path of derivatives leads from `result` back to one of `values`.
bool derivativeReaches(mlir::Value result, llvm::ArrayRef<mlir::Value> values);

} // namespace symc
#endif
