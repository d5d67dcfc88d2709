//===- SyntheticInputs.h - Inputs that are made up ------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_SYNTHETICINPUTS_H
#define SYMC_HOST_SYNTHETICINPUTS_H

#include "lib/Host/DataType.h"

namespace symc::host {

/// Integers stay below such a bound: they are often indices. What a model refuses is tried again with the next one.
constexpr int64_t indexBounds[] = {10, 2, 1};

/// A sequence of numbers from a seed.
class SyntheticNumbers {
public:
  explicit SyntheticNumbers(uint64_t seed) : state(0x9E3779B97F4A7C15u + seed) {}

  /// Floats in (0, 1), integers from 0 to below `bound`.
  void fill(void *data, DataType type, int64_t count, int64_t bound);

private:
  uint64_t state;
};

} // namespace symc::host

#endif // SYMC_HOST_SYNTHETICINPUTS_H
