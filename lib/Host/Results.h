//===- Results.h - Memory for the results of a function ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_RESULTS_H
#define SYMC_HOST_RESULTS_H

#include "lib/Host/Library.h"
#include "lib/Host/Memory.h"

namespace symc::host {

/// Memory for the results of a call, whatever their types are.
class Results {
public:
  /// At these values of all symbolic dimensions, in model order; `wanted` are those that are computed: all unless told.
  Results(const Library &library, int32_t function, const std::vector<int64_t> &dims,
          const std::optional<std::vector<int32_t>> &wanted = std::nullopt);
  Results(const Results &) = delete; // `views` point into it

  const std::vector<DLTensor> &tensors() const { return views; }
  const Shape &shape(int32_t result) const { return shapes[result]; }
  /// The elements of one that was wanted, as f64.
  std::vector<double> reals(int32_t result) const;

private:
  const symc_function &function;
  std::vector<Shape> shapes;
  std::vector<Buffer> memory;
  std::vector<DLTensor> views;
};

} // namespace symc::host

#endif // SYMC_HOST_RESULTS_H
