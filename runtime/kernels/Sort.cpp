//===- Sort.cpp - Order and last writers ----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Kernels.h"

namespace {

/// Whether y must come before x, so that a stable merge takes it first; NaN is at one end in either order.
template <class T> bool overtakes(T y, T x, bool descending, bool nanFirst) {
  if (x != x || y != y)
    return nanFirst ? y != y && x == x : x != x && y == y;
  return descending ? y > x : y < x;
}

/// Merge sort from the bottom up, between the result and the workspace; integers: sizes before, along and after the
/// axis, descending, NaN first.
template <class T> void argsort(void *const *buffers, const int64_t *integers) {
  const T *x = static_cast<const T *>(buffers[0]);
  int64_t *order = static_cast<int64_t *>(buffers[1]), *workspace = static_cast<int64_t *>(buffers[2]);
  int64_t outer = integers[0], n = integers[1], inner = integers[2];
  bool descending = integers[3], nanFirst = integers[4];
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      const T *line = x + o * n * inner + i;
      int64_t *from = order + o * n * inner + i, *to = workspace + o * n * inner + i;
      for (int64_t k = 0; k < n; ++k)
        from[k * inner] = k;
      for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t begin = 0; begin < n; begin += 2 * width) {
          int64_t middle = begin + width < n ? begin + width : n, end = middle + width < n ? middle + width : n;
          for (int64_t left = begin, right = middle, k = begin; k < end; ++k) {
            bool takeRight =
                left == middle || (right < end && overtakes(line[from[right * inner] * inner],
                                                            line[from[left * inner] * inner], descending, nanFirst));
            to[k * inner] = from[(takeRight ? right++ : left++) * inner];
          }
        }
        int64_t *swapped = from;
        from = to;
        to = swapped;
      }
      if (from != order + o * n * inner + i)
        for (int64_t k = 0; k < n; ++k)
          to[k * inner] = from[k * inner];
    }
}

/// out[indices[c]] = c, in order.
template <class T> void lastWriter(void *const *buffers, const int64_t *integers) {
  const T *indices = static_cast<const T *>(buffers[0]);
  T *out = static_cast<T *>(buffers[1]);
  int64_t count = integers[0], n = integers[1];
  for (int64_t i = 0; i < n; ++i)
    out[i] = -1;
  for (int64_t c = 0; c < count; ++c)
    if (indices[c] >= 0 && indices[c] < n)
      out[indices[c]] = c;
}

} // namespace

SYMC_KERNEL_OF_NUMBERS(argsort, argsort)
SYMC_KERNEL(last_writer, i64, lastWriter, int64_t)
