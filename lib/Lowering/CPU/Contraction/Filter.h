//===- Filter.h - Gradients of convolution kernels ----------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_CONTRACTION_FILTER_H
#define SYMC_LIB_LOWERING_CPU_CONTRACTION_FILTER_H

#include "lib/Lowering/CPU/Contraction/Problem.h"

namespace symc::contraction {

/// The result is cut into tiles: blocks of kernel rows × blocks of what is across the lanes × panels of lanes.
struct FilterPlan {
  Window window;
  bool alongFilters = true;
  unsigned outer = 1, inner = 1, vectors = 1; // of a tile
  int64_t across = 1, along = 1;              // sizes: rows within a kernel row, and lanes
  int64_t rowBlocks = 1, innerBlocks = 1, panels = 1;
  int64_t tileElements = 0, partialElements = 0, partials = 1;
  bool framed = false;
  int64_t columns = 1, bandRows = 1; // of the frame; of the cotangent in a band
  double cycles = 0;                 // of an image

  int64_t tiles() const { return rowBlocks * innerBlocks * panels; }
  int64_t frameRows() const {
    return (bandRows - 1) * window.strideY + (window.kernelHeight - 1) * window.dilationY + 1;
  }
};

/// Nothing when the form does not fit. `images`: their number when it is constant.
std::optional<FilterPlan> planFilter(const Window &window, const Isa &isa, unsigned lanes, int64_t elementBytes,
                                     std::optional<int64_t> images);
/// The two kernels; `scratch` holds partials × partialElements elements.
Schedule emitFilterPartials(Problem &problem, const FilterPlan &plan, Value scratch);
Schedule emitFilterSum(Problem &problem, const FilterPlan &plan, Value scratch);

} // namespace symc::contraction
#endif
