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

/// dx[k] = p[k] * s[k] with p[k] the product of what comes before k, and s[k] = g[k] + x[k + 1] * s[k + 1]: no
/// division.
template <class T> void cumprodGrad(void *const *buffers, const int64_t *integers) {
  const T *x = static_cast<const T *>(buffers[0]), *g = static_cast<const T *>(buffers[1]);
  T *dx = static_cast<T *>(buffers[2]);
  int64_t outer = integers[0], n = integers[1], inner = integers[2];
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      int64_t first = o * n * inner + i;
      T sum = 0;
      for (int64_t k = n; k-- > 0;) {
        int64_t at = first + k * inner;
        sum = g[at] + (k + 1 < n ? x[at + inner] * sum : T(0));
        dx[at] = sum;
      }
      T product = 1;
      for (int64_t k = 0; k < n; ++k) {
        int64_t at = first + k * inner;
        dx[at] *= product;
        product *= x[at];
      }
    }
}

} // namespace

SYMC_KERNEL_OF_NUMBERS(cumsum, cumsum)
SYMC_KERNEL_OF_NUMBERS(cumprod, cumprod)
SYMC_KERNEL_OF_FLOATS(cumprod_grad, cumprodGrad)
