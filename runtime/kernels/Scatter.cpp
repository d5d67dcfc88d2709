//===- Scatter.cpp - Sums at computed indices -----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Updates are added in their order, so that a result does not depend on how it was computed.
// Indices were checked by the op of the forward pass; one that is out of range adds nothing.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Kernels.h"

namespace {

template <class T> void clear(T *out, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    out[i] = 0;
}

/// Where index i points among n; negative when it does not.
int64_t place(int64_t i, int64_t n) { return i < -n || i >= n ? -1 : i < 0 ? i + n : i; }

/// out[o, indices[c], :] += updates[o, c, :]
template <class T> void scatterAdd(void *const *buffers, const int64_t *integers) {
  const int64_t *indices = static_cast<const int64_t *>(buffers[0]);
  const T *updates = static_cast<const T *>(buffers[1]);
  T *out = static_cast<T *>(buffers[2]);
  int64_t outer = integers[0], count = integers[1], n = integers[2], inner = integers[3];
  clear(out, outer * n * inner);
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t c = 0; c < count; ++c) {
      int64_t row = place(indices[c], n);
      if (row < 0)
        continue;
      T *to = out + (o * n + row) * inner;
      const T *from = updates + (o * count + c) * inner;
      for (int64_t i = 0; i < inner; ++i)
        to[i] += from[i];
    }
}

/// out[o, indices[o, c, i], i] += updates[o, c, i]
template <class T> void scatterAddAlong(void *const *buffers, const int64_t *integers) {
  const int64_t *indices = static_cast<const int64_t *>(buffers[0]);
  const T *updates = static_cast<const T *>(buffers[1]);
  T *out = static_cast<T *>(buffers[2]);
  int64_t outer = integers[0], count = integers[1], n = integers[2], inner = integers[3];
  clear(out, outer * n * inner);
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t at = o * count * inner; at < (o + 1) * count * inner; ++at) {
      int64_t row = place(indices[at], n);
      if (row >= 0)
        out[(o * n + row) * inner + at % inner] += updates[at];
    }
}

} // namespace

SYMC_KERNEL_OF_NUMBERS(scatter_add, scatterAdd)
SYMC_KERNEL_OF_NUMBERS(scatter_add_along, scatterAddAlong)
