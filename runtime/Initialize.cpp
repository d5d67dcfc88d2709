//===- Initialize.cpp - Initial values of parameters and state -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/NarrowFloat.h"
#include "runtime/Runtime.h"
#include <math.h>

using namespace symc;
using namespace symc::rt;

namespace {
/// Element 4 i + lane of a stream is lane `lane` of block i.
struct Stream {
  uint64_t seed;
  uint32_t stream;

  static double uniform(uint32_t bits) { return (bits >> 8) * 0x1p-24; }

  void uniforms(uint64_t block, double u[4]) const {
    uint32_t bits[4];
    philox(seed, block, stream, 0, bits);
    for (int lane = 0; lane < 4; ++lane)
      u[lane] = uniform(bits[lane]);
  }

  /// Box and Muller's transformation on lanes (0, 1) and (2, 3).
  void normals(uint64_t block, double z[4]) const {
    double u[4];
    uniforms(block, u);
    for (int lane = 0; lane < 4; lane += 2) {
      double r = __builtin_sqrt(-2 * logOf(1 - u[lane])), c, s;
      cosSinOfTurns(u[lane + 1], &c, &s);
      z[lane] = r * c;
      z[lane + 1] = r * s;
    }
  }
};

void store(const symc_slot &slot, void *data, int64_t i, double value) {
  auto kind = static_cast<NumberKind>(slot.dtype.code);
  if (kind == NumberKind::BFloat) {
    static_cast<uint16_t *>(data)[i] = toBF16(value);
  } else if (kind == NumberKind::Float) {
    if (slot.dtype.bits == 16)
      static_cast<uint16_t *>(data)[i] = toF16(value);
    else if (slot.dtype.bits == 32)
      static_cast<float *>(data)[i] = static_cast<float>(value);
    else
      static_cast<double *>(data)[i] = value;
  } else if (kind == NumberKind::Bool) {
    static_cast<uint8_t *>(data)[i] = value != 0;
  } else { // one of the type, signed or not: its low bits
    auto whole = static_cast<int64_t>(value);
    size_t bytes = slot.dtype.bits / 8;
    memcpy(static_cast<char *>(data) + i * bytes, &whole, bytes);
  }
}

/// Random numbers of f16 and bf16 are those of f32, rounded.
bool isWide(const symc_slot &slot) { return slot.dtype.bits == 64 || slot.dtype.code == 0 || slot.dtype.code == 1; }

/// fma(u, high - low, low) in the type of the tensor, as kernels compute it.
double scaleUniform(const symc_slot &slot, double u) {
  if (isWide(slot))
    return fma(u, slot.b - slot.a, slot.a);
  auto low = static_cast<float>(slot.a), high = static_cast<float>(slot.b);
  return fmaf(static_cast<float>(u), high - low, low);
}

/// The bits of the next smaller number, of those of a finite one.
template <class Bits> Bits nextBelow(Bits bits) {
  constexpr Bits sign = Bits(1) << (8 * sizeof(Bits) - 1);
  if ((bits & ~sign) == 0)
    return sign | 1;
  return bits & sign ? bits + 1 : bits - 1;
}
template <class Bits, class Float> double below(Float number) {
  Bits bits;
  memcpy(&bits, &number, sizeof bits);
  bits = nextBelow(bits);
  memcpy(&number, &bits, sizeof bits);
  return number;
}

double roundedTo(const symc_slot &slot, double x) {
  if (static_cast<NumberKind>(slot.dtype.code) == NumberKind::BFloat)
    return fromBF16(toBF16(x));
  if (slot.dtype.bits == 16)
    return fromF16(toF16(x));
  return slot.dtype.bits == 32 ? static_cast<float>(x) : x;
}

/// The largest number of the tensor's type below `high`: roundings take no uniform number beyond it.
double largestBelow(const symc_slot &slot, double high) {
  if (static_cast<NumberKind>(slot.dtype.code) == NumberKind::BFloat)
    return fromBF16(nextBelow(toBF16(high)));
  if (slot.dtype.bits == 16)
    return fromF16(nextBelow(toF16(high)));
  return slot.dtype.bits == 32 ? below<uint32_t>(static_cast<float>(high)) : below<uint64_t>(high);
}

/// The inverse distribution function of a normal one that is cut at 2 standard deviations.
double truncatedNormal(double u) {
  constexpr double below = 0.022750131948179207; // the distribution function at -2
  return inverseNormal(below + u * (1 - 2 * below));
}

void fillRandom(const symc_slot &slot, uint64_t seed, void *data) {
  Stream stream{seed, slot.stream};
  // Between bounds that are one number of the type there is nothing to stay in.
  bool areApart = roundedTo(slot, slot.a) < roundedTo(slot, slot.b);
  double most = areApart ? largestBelow(slot, slot.b) : HUGE_VAL;
  for (int64_t i = 0; i < slot.count; i += 4) {
    double values[4];
    if (slot.init == SYMC_INIT_NORMAL)
      stream.normals(i / 4, values);
    else
      stream.uniforms(i / 4, values);
    for (int64_t lane = 0; lane < 4 && i + lane < slot.count; ++lane) {
      double v = values[lane];
      if (slot.init == SYMC_INIT_UNIFORM)
        v = fmin(scaleUniform(slot, v), most);
      else
        v = slot.a + slot.b * (slot.init == SYMC_INIT_NORMAL ? v : truncatedNormal(v));
      store(slot, data, i + lane, isWide(slot) ? v : static_cast<float>(v));
    }
  }
}

/// The last axis of a kernel is its output; all others together are its rows.
void matrixShape(const symc_slot &slot, int64_t &rows, int64_t &columns) {
  columns = slot.rank > 0 ? slot.shape[slot.rank - 1] : 1;
  rows = columns ? slot.count / columns : 0;
}

/// Q of the QR decomposition of a normal matrix (with as many rows as columns or more), by Householder reflections,
/// with the signs that make the diagonal of R positive: uniformly distributed among the orthogonal ones.
void fillOrthogonal(const symc_slot &slot, uint64_t seed, void *data, double *scratch) {
  int64_t rows, columns;
  matrixShape(slot, rows, columns);
  bool transposed = rows < columns;
  int64_t m = transposed ? columns : rows, n = transposed ? rows : columns;
  double *a = scratch, *q = a + m * n, *sums = q + m * n, *signs = sums + n;
  Stream stream{seed, slot.stream};
  for (int64_t i = 0; i < m * n; i += 4) {
    double z[4];
    stream.normals(i / 4, z);
    for (int64_t lane = 0; lane < 4 && i + lane < m * n; ++lane)
      a[i + lane] = z[lane];
  }

  // I - 2 v v' applied to the columns [from, n) of `x`; v is column k of a from row k on. Row by row: fast on rows.
  auto reflect = [&](double *x, int64_t k, int64_t from) {
    for (int64_t j = from; j < n; ++j)
      sums[j] = 0;
    for (int64_t i = k; i < m; ++i)
      for (int64_t j = from; j < n; ++j)
        sums[j] += a[i * n + k] * x[i * n + j];
    for (int64_t i = k; i < m; ++i) {
      double twice = 2 * a[i * n + k];
      for (int64_t j = from; j < n; ++j)
        x[i * n + j] -= twice * sums[j];
    }
  };
  for (int64_t k = 0; k < n; ++k) {
    double square = 0;
    for (int64_t i = k; i < m; ++i)
      square += a[i * n + k] * a[i * n + k];
    double head = a[k * n + k], length = __builtin_sqrt(square);
    // The reflection takes the column to -sign(head) length e_k, which is R's diagonal.
    signs[k] = head < 0 ? 1 : -1;
    double v0 = head - signs[k] * length;
    double norm = __builtin_sqrt(square - head * head + v0 * v0);
    a[k * n + k] = v0;
    for (int64_t i = k; i < m && norm > 0; ++i)
      a[i * n + k] /= norm;
    reflect(a, k, k + 1);
  }
  for (int64_t i = 0; i < m * n; ++i)
    q[i] = i / n == i % n;
  for (int64_t k = n - 1; k >= 0; --k)
    reflect(q, k, k);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j)
      store(slot, data, transposed ? j * m + i : i * n + j, slot.a * signs[j] * q[i * n + j]);
}

/// A matrix's diagonal; of a convolution's kernel, that of the middle tap, so that the convolution is the identity.
void fillIdentity(const symc_slot &slot, void *data) {
  if (slot.rank < 2)
    return;
  int64_t in = slot.shape[slot.rank - 2], out = slot.shape[slot.rank - 1], tap = 0;
  for (int32_t axis = 0; axis < slot.rank - 2; ++axis)
    tap = tap * slot.shape[axis] + (slot.shape[axis] - 1) / 2;
  for (int64_t i = 0; i < in && i < out; ++i)
    store(slot, data, (tap * in + i) * out + i, slot.a);
}
} // namespace

size_t symc::rt::initializeScratch(const symc_slot &slot) {
  if (slot.init != SYMC_INIT_ORTHOGONAL)
    return 0;
  int64_t rows, columns;
  matrixShape(slot, rows, columns);
  return static_cast<size_t>(2 * slot.count + 2 * (rows < columns ? rows : columns));
}

void symc::rt::initializeSlot(const symc_slot &slot, uint64_t seed, void *data, double *scratch) {
  size_t bytes = static_cast<size_t>(slot.count) * elementBytes(slot.dtype);
  switch (slot.init) {
  case SYMC_INIT_CONSTANT:
    for (int64_t i = 0; i < slot.count; ++i)
      if (slot.dtype.code <= 1 && slot.dtype.bits == 64) // an integer
        static_cast<int64_t *>(data)[i] = static_cast<int64_t>(slot.a) + static_cast<int64_t>(slot.b);
      else
        store(slot, data, i, slot.a);
    return;
  case SYMC_INIT_UNIFORM:
  case SYMC_INIT_NORMAL:
  case SYMC_INIT_TRUNCATED_NORMAL:
    return fillRandom(slot, seed, data);
  case SYMC_INIT_ORTHOGONAL:
    return fillOrthogonal(slot, seed, data, scratch);
  case SYMC_INIT_DATA:
    memcpy(data, slot.data, bytes);
    return;
  case SYMC_INIT_IDENTITY:
    memset(data, 0, bytes);
    return fillIdentity(slot, data);
  default:
    memset(data, 0, bytes);
  }
}
