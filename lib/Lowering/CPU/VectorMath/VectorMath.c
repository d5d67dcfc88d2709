//===- VectorMath.c - Elementary functions on vectors ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Compiled to bitcode, which the compiler carries and links into the modules that it makes.
// Functions are named symc_v<lanes>_<function>, with an f at the end for f32. Generic code:
// which instructions it becomes is decided where it is inlined. The products and sums of one
// expression are fused where the machine can, whatever stands around and however many lanes
// there are: a scalar has the bits that it would have in a vector. No step relies on it.
//
//===----------------------------------------------------------------------===//
#include <stdint.h>

#pragma clang fp contract(on)

#include "Polynomials.h"

#define PASTE3(a, b, c) a##b##c
#define PASTE(a, b, c) PASTE3(a, b, c)
#define INLINE static inline __attribute__((always_inline))
#define HORNER(x, c) polynomial(x, c, sizeof(c) / sizeof(*c))

/// x - n*pi/2 to full precision for every |x| >= 1; the quadrant is n mod 4. After Payne and Hanek.
static __attribute__((noinline)) double reduceHuge(double x, int *quadrant) {
  uint64_t bits = __builtin_bit_cast(uint64_t, x);
  int exponent = (int)(bits >> 52 & 0x7ff) - 1075;
  uint64_t mantissa = (bits & 0xfffffffffffffu) | 0x10000000000000u;
  // The table starts with 64 zeros. Its bits above `first` make multiples of 4; 192 bits from there are enough.
  int first = exponent - 2 + 64, word = first >> 6, shift = first & 63;
  uint64_t w[3];
  for (int i = 0; i < 3; ++i)
    w[i] = shift ? TWO_OVER_PI[word + i] << shift | TWO_OVER_PI[word + i + 1] >> (64 - shift) : TWO_OVER_PI[word + i];
  // The product modulo 2^192, without its lowest 64 bits: 2 bits of quadrant, then the fraction.
  unsigned __int128 middle = (unsigned __int128)mantissa * w[1];
  middle += (unsigned __int128)mantissa * w[2] >> 64;
  unsigned __int128 z = ((unsigned __int128)(mantissa * w[0]) << 64) + middle;
  int n = (int)(z >> 126);
  unsigned __int128 fraction = z << 2;
  int negative = (int)(fraction >> 127);
  if (negative) {
    fraction = -fraction;
    ++n;
  }
  double hi = (double)(uint64_t)(fraction >> 64) * 0x1p-64 + (double)(uint64_t)fraction * 0x1p-128;
  // A fraction near zero has few bits left in the upper half; the sum above keeps those of the lower one.
  double r = hi * 0x1.921fb54442d18p+0 + hi * 0x1.1a62633145c07p-54;
  int minus = bits >> 63;
  *quadrant = minus ? -n & 3 : n & 3;
  return negative != minus ? -r : r;
}

#define LANES 4
#include "VectorMathFloat.h"
#undef LANES
#define LANES 8
#include "VectorMathFloat.h"
#undef LANES
#define LANES 16
#include "VectorMathFloat.h"
#undef LANES

#define LANES 2
#include "VectorMathDouble.h"
#undef LANES
#define LANES 4
#include "VectorMathDouble.h"
#undef LANES
#define LANES 8
#include "VectorMathDouble.h"
#undef LANES
