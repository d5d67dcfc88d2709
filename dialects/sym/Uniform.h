//===- Uniform.h - The end of uniform random numbers --------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_UNIFORM_H
#define SYMC_DIALECTS_SYM_UNIFORM_H

#include "mlir/IR/BuiltinTypes.h"
#include <optional>

namespace symc {

/// The largest number of the floating type below `high`, which is one of it, rounded. Uniform numbers that roundings
/// take up to `high` become this one, here as in the runtime's initialisers.
double largestBelow(double high, mlir::Type element);
/// Whether low is below high as numbers of the type, so that there is something between them.
bool areApart(double low, double high, mlir::Type element);
/// The largest number below `high`, where one in [low, high) may be rounded to another one above it.
std::optional<double> uniformLimit(double low, double high, mlir::Type element);

} // namespace symc
#endif
