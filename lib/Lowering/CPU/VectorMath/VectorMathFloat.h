//===- VectorMathFloat.h - Elementary functions of f32 vectors ----*- C -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Included by VectorMath.c once for each LANES. Where f32 arithmetic alone would lose digits
// (large arguments of sin, powers) the work is done in f64.
//
//===----------------------------------------------------------------------===//
#define NAME(name) PASTE(PASTE(symc_v, LANES, _), name, f)
#define LOCAL(name) PASTE(PASTE(v, LANES, f_), name, )
#define V LOCAL(real)
#define I LOCAL(int)
#define D LOCAL(double)
#define L LOCAL(long)
typedef float V __attribute__((ext_vector_type(LANES)));
typedef int32_t I __attribute__((ext_vector_type(LANES)));
typedef double D __attribute__((ext_vector_type(LANES)));
typedef int64_t L __attribute__((ext_vector_type(LANES)));

#define polynomial LOCAL(polynomial)
#define polynomialD LOCAL(polynomialD)
#define HORNER_D(x, c) polynomialD(x, c, sizeof(c) / sizeof(*c))
#define BITS(x) __builtin_bit_cast(I, (V)(x))
#define REAL(i) __builtin_bit_cast(V, (I)(i))
#define TO_D(x) __builtin_convertvector((V)(x), D)
#define TO_F(x) __builtin_convertvector((D)(x), V)

#define MANTISSA 23
#define BIAS 127
#define MAGIC 0x1.8p23f
#define LN2_HI 0x1.63p-1f
#define LN2_LO -0x1.bd0106p-13f
#define MIN_NORMAL 0x1p-126f
#define SCALE_UP 0x1p25f
#define SCALE_UP_LOG 25
#define EXP_MIN -176.0f // its n is -2 BIAS
#define EXP_MAX 89.5f
#define TANH_MAX 10.0f
#define BIG 0x1p13f
#define TINY 0x1p-13f
#define EXP_POLY EXP_F
#define ATAN_POLY ATAN_F
#define ASIN_POLY ASIN_F
#define PIO2_HI 0x1.921fb6p+0f
#define PIO2_LO -0x1.777a5cp-25f

#define polynomial LOCAL(polynomial)
INLINE V polynomial(V x, const float *c, int n) {
  V r = c[n - 1];
#pragma unroll
  for (int i = n - 2; i >= 0; --i)
    r = r * x + c[i];
  return r;
}
INLINE D polynomialD(D x, const double *c, int n) {
  D r = c[n - 1];
#pragma unroll
  for (int i = n - 2; i >= 0; --i)
    r = r * x + c[i];
  return r;
}

/// log(1 + f) - f on [sqrt(1/2) - 1, sqrt(2) - 1].
#define logRest LOCAL(logRest)
INLINE V logRest(V f) { return f * f * (f * HORNER(f, LOG_F) - 0.5f); }

#include "VectorMathCommon.h"

//===----------------------------------------------------------------------===//
// Trigonometric functions. The argument is reduced in f64.
//===----------------------------------------------------------------------===//

#define reduce LOCAL(reduce)
INLINE V reduce(V x, I *quadrant) {
  D d = TO_D(x), t = d * 0x1.45f306dc9c883p-1 + 0x1.8p52, n = t - 0x1.8p52;
  *quadrant = __builtin_convertvector(__builtin_bit_cast(L, t), I);
  V r = TO_F((d - n * 0x1.921fb5p+0) - n * 0x1.110b4611a6263p-26);
  I huge = (BITS(x) & 0x7fffffff) - 0x4d800000; // 2^28 and up, not inf and NaN
  huge = (huge >= 0) & (huge < 0x7f800000 - 0x4d800000);
  if (__builtin_expect(__builtin_reduce_or(huge), 0)) {
    for (int i = 0; i < LANES; ++i)
      if (huge[i]) {
        int q;
        r[i] = (float)reduceHuge((double)x[i], &q);
        (*quadrant)[i] = q;
      }
  }
  return r;
}
#define sine LOCAL(sine)
INLINE V sine(V r, V z) { return r + r * z * HORNER(z, SIN_F); }
#define cosine LOCAL(cosine)
INLINE V cosine(V z) { return 1.0f - z * (0.5f - z * HORNER(z, COS_F)); }

#define sineOf LOCAL(sineOf)
INLINE V sineOf(V x, int shift) {
  I q;
  V r = reduce(x, &q), z = r * r;
  q += shift;
  V y = (q & 1) != 0 ? cosine(z) : sine(r, z);
  return REAL(BITS(y) ^ (q & 2) << 30);
}
V NAME(sin)(V x) { return x == 0.0f ? x : sineOf(x, 0); }
V NAME(cos)(V x) { return sineOf(x, 1); }
V NAME(tan)(V x) {
  I q;
  V r = reduce(x, &q), z = r * r, s = sine(r, z), c = cosine(z);
  I odd = (q & 1) != 0;
  V y = (odd ? c : s) / (odd ? -s : c);
  return x == 0.0f ? x : y;
}

//===----------------------------------------------------------------------===//
// Error function
//===----------------------------------------------------------------------===//

V NAME(erf)(V x) {
  V a = magnitude(x), z = a * a;
  V inner = x + x * HORNER(z, ERF_F);
  V b = a > 3.95f ? (V)3.95f : a;
  V outer = 1.0f - exponential(HORNER(b, ERFTAIL_F), 0);
  return a < 1.0f ? inner : withSign(outer, x);
}

/// e^x of an f64 that is not above 700, to f32 precision; 0 below -200.
#define expD LOCAL(expD)
INLINE D expD(D x) {
  x = x < -200.0 ? (D)-200.0 : x;
  D t = x * 0x1.71547652b82fep+0 + 0x1.8p52, n = t - 0x1.8p52;
  D r = (x - n * 0x1.62e42fee00000p-1) - n * 0x1.a39ef35793c76p-33;
  L i = __builtin_bit_cast(L, t) - __builtin_bit_cast(L, (D)0x1.8p52);
  D p = 1.0 + (r + r * r * HORNER_D(r, EXP_P));
  return p * __builtin_bit_cast(D, (i + 1023) << 52);
}

/// Takes e^(-x^2) from what exp(-(x * x)) computes, so that a density beside it costs nothing more. Loops of this wait for
/// its longest chain of operations, which two polynomials of half the length and a reciprocal beside them keep short.
V NAME(erfc)(V x) {
  V square = -(x * x), power = NAME(exp_rest)(square);
  V a = magnitude(x);
  a = a > 10.2f ? (V)10.2f : a;
  // a^2 = z + lost, by an exact square and the rest.
  V z = a * a, head = REAL(BITS(a) & ~0xfff), lost = (head * head - z) + (a - head) * (a + head);
  V t = (a - 3.0f) / (a + 3.0f), r = 1.0f / (1.0f + ERFC_SLOPE * a);
  V p = r + r * (HORNER(t * t, ERFC_EVEN_F) + t * HORNER(t * t, ERFC_ODD_F));
  V tail = scale(p + p * (power - lost * (1.0f + power)), expShift(square));
  return x < 0.0f ? 2.0f - tail : tail;
}

//===----------------------------------------------------------------------===//
// Powers and roots
//===----------------------------------------------------------------------===//

V NAME(pow)(V x, V y) {
  D a = TO_D(magnitude(x)), e = TO_D(y);
  // log2 of a.
  L bits = __builtin_bit_cast(L, a) + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
  D k = __builtin_bit_cast(D, (bits >> 52) - 1023 + __builtin_bit_cast(L, (D)0x1.8p52)) - 0x1.8p52;
  D f = __builtin_bit_cast(D, (bits & 0xfffffffffffff) + 0x3fe6a09e667f3bcd) - 1.0;
  D s = f / (2.0 + f), z = s * s;
  D l = k + (2.0 * s + s * z * HORNER_D(z, LOG_P)) * 0x1.71547652b82fep+0;
  l = a == 0.0 ? (D)-__builtin_inf() : a < __builtin_inf() ? l : a;
  D p = e * l;
  p = p > 300.0 ? (D)300.0 : p;
  V r = TO_F(expD(p * 0x1.62e42fefa39efp-1));
  V whole = __builtin_elementwise_trunc(y), half = y * 0.5f;
  I isWhole = whole == y, isOdd = isWhole & (__builtin_elementwise_trunc(half) != half);
  I negative = BITS(x) < 0;
  r = (negative & isOdd) != 0 ? -r : r;
  r = ((x < 0.0f) & (magnitude(x) < __builtin_inff()) & ~isWhole) != 0 ? (V)__builtin_nanf("") : r;
  r = ((magnitude(x) == 1.0f) & (magnitude(y) == __builtin_inff())) != 0 ? (V)1.0f : r;
  return ((x == 1.0f) | (y == 0.0f)) != 0 ? (V)1.0f : r;
}

V NAME(cbrt)(V x) {
  D a = TO_D(magnitude(x));
  I high = __builtin_convertvector(__builtin_bit_cast(L, a) >> 32, I) / 3 + 715094163;
  D y = __builtin_bit_cast(D, __builtin_convertvector(high, L) << 32);
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    D cube = y * y * y;
    y = y * (cube + 2.0 * a) / (2.0 * cube + a);
  }
  V r = withSign(TO_F(y), x);
  return ((x == 0.0f) | ~(magnitude(x) < __builtin_inff())) != 0 ? x : r;
}

#include "VectorMathEnd.h"
#undef polynomialD
#undef HORNER_D
#undef TO_D
#undef TO_F
#undef D
#undef expD
