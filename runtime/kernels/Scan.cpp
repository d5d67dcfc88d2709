//===- Scan.cpp - Running sums and products -------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Tensors are [outer, n, inner]; rows of `inner` elements are worked on together, so that the
// loops run along memory.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Kernels.h"

namespace {

template <class T> void cumsum(void *const *buffers, const int64_t *integers) {
  const T *x = static_cast<const T *>(buffers[0]);
  T *out = static_cast<T *>(buffers[1]);
  int64_t outer = integers[0], n = integers[1], inner = integers[2];
  bool reverse = integers[3], exclusive = integers[4];
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t step = 0; step < n; ++step) {
      int64_t row = (o * n + (reverse ? n - 1 - step : step)) * inner, previous = reverse ? row + inner : row - inner;
      // An exclusive sum adds the element before, an inclusive one the element itself.
      const T *term = x + (exclusive ? previous : row);
      for (int64_t i = 0; i < inner; ++i)
        out[row + i] = step == 0 ? (exclusive ? T(0) : term[i]) : static_cast<T>(out[previous + i] + term[i]);
    }
}

template <class T> void cumprod(void *const *buffers, const int64_t *integers) {
  const T *x = static_cast<const T *>(buffers[0]);
  T *out = static_cast<T *>(buffers[1]);
  int64_t outer = integers[0], n = integers[1], inner = integers[2];
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t step = 0; step < n; ++step) {
      int64_t row = (o * n + step) * inner;
      for (int64_t i = 0; i < inner; ++i)
        out[row + i] = step == 0 ? x[row + i] : product(out[row - inner + i], x[row + i]);
    }
}

/// out[k] = term[k] + factor[k] * out[k - 1], in the other direction with `reverse`.
template <class T> void recurrence(void *const *buffers, const int64_t *integers) {
  const T *factor = static_cast<const T *>(buffers[0]), *term = static_cast<const T *>(buffers[1]);
  T *out = static_cast<T *>(buffers[2]);
  int64_t outer = integers[0], n = integers[1], inner = integers[2];
  bool reverse = integers[3];
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t step = 0; step < n; ++step) {
      int64_t row = (o * n + (reverse ? n - 1 - step : step)) * inner, previous = reverse ? row + inner : row - inner;
      for (int64_t i = 0; i < inner; ++i)
        out[row + i] = step == 0 ? term[row + i] : term[row + i] + factor[row + i] * out[previous + i];
    }
}

} // namespace

SYMC_KERNEL_OF_NUMBERS(cumsum, cumsum)
SYMC_KERNEL_OF_NUMBERS(cumprod, cumprod)
SYMC_KERNEL_OF_FLOATS(recurrence, recurrence)
