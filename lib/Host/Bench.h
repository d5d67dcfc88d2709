//===- Bench.h - `symc bench` and `symc inspect` --------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_BENCH_H
#define SYMC_HOST_BENCH_H

#include "lib/Host/Library.h"

namespace symc::host {

struct BenchOptions {
  std::string function; // empty: train_step, or predict where there is none
  DimValues dims;
  DimValues fixedDims; // fixed when the library was compiled; shown with the others
  InstanceOptions instance;
  std::string params;
  bool allowExtra = false, allowMissing = false;
  std::string trace; // a file for what the kernels of a few calls do
};

/// Measures one function on synthetic inputs and prints latency as one JSON object.
int bench(const Library &library, const BenchOptions &options);

/// Prints the manifest; with `dims`, the memory plan at these sizes.
int inspect(const Library &library, const DimValues &dims);

} // namespace symc::host

#endif // SYMC_HOST_BENCH_H
