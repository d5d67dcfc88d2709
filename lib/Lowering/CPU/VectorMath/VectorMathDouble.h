//===- VectorMathDouble.h - Elementary functions of f64 vectors ---*- C -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Included by VectorMath.c once for each LANES.
//
//===----------------------------------------------------------------------===//
#define NAME(name) PASTE(PASTE(symc_v, LANES, _), name, )
#define LOCAL(name) PASTE(PASTE(v, LANES, _), name, )
#define V LOCAL(real)
#define I LOCAL(int)
#define I32 LOCAL(int32)
typedef double V __attribute__((ext_vector_type(LANES)));
typedef int64_t I __attribute__((ext_vector_type(LANES)));
typedef int32_t I32 __attribute__((ext_vector_type(LANES)));

#define BITS(x) __builtin_bit_cast(I, (V)(x))
#define REAL(i) __builtin_bit_cast(V, (I)(i))

#define MANTISSA 52
#define BIAS 1023
#define MAGIC 0x1.8p52
#define LN2_HI 0x1.62e42fee00000p-1
#define LN2_LO 0x1.a39ef35793c76p-33
#define MIN_NORMAL 0x1p-1022
#define SCALE_UP 0x1p54
#define SCALE_UP_LOG 54
#define EXP_MIN -1418.0 // its n is -2 BIAS
#define EXP_MAX 710.5
#define TANH_MAX 20.0
#define BIG 0x1p28
#define TINY 0x1p-28
#define EXP_POLY EXP_D
#define ATAN_POLY ATAN_D
#define ASIN_POLY ASIN_D
#define PIO2_HI 0x1.921fb54442d18p+0
#define PIO2_LO 0x1.1a62633145c07p-54

#define polynomial LOCAL(polynomial)
INLINE V polynomial(V x, const double *c, int n) {
  V r = c[n - 1];
#pragma unroll
  for (int i = n - 2; i >= 0; --i)
    r = r * x + c[i];
  return r;
}

/// log(1 + f) - f on [sqrt(1/2) - 1, sqrt(2) - 1].
#define logRest LOCAL(logRest)
INLINE V logRest(V f) {
  V s = f / (2.0 + f), z = s * s, half = 0.5 * f * f;
  return s * (half + z * HORNER(z, LOG_D)) - half;
}

#include "VectorMathCommon.h"

//===----------------------------------------------------------------------===//
// Trigonometric functions
//===----------------------------------------------------------------------===//

/// The reduced argument and what it lacks.
#define reduce LOCAL(reduce)
INLINE V reduce(V x, V *tail, I *quadrant) {
  // The first two parts of pi/2 have 33 bits, so that their products with n < 2^20 are exact.
  V t = x * 0x1.45f306dc9c883p-1 + MAGIC, n = t - MAGIC;
  *quadrant = BITS(t);
  V r0 = x - n * 0x1.921fb544p+0, w = n * 0x1.0b4611a6p-34, r1 = r0 - w;
  V lost = ((r0 - r1) - w) - n * 0x1.3198a2e037073p-69;
  V r = r1 + lost;
  *tail = (r1 - r) + lost;
  I high = (BITS(x) & ~SIGN) - 0x4130000000000000,
    huge = (high >= 0) & (high < 0x7ff0000000000000 - 0x4130000000000000);
  if (__builtin_expect(__builtin_reduce_or(huge), 0)) {
    for (int i = 0; i < LANES; ++i)
      if (huge[i]) {
        int q;
        r[i] = reduceHuge(x[i], &q);
        (*tail)[i] = 0.0;
        (*quadrant)[i] = q;
      }
  }
  return r;
}
#define sine LOCAL(sine)
INLINE V sine(V r, V tail, V z) { return r + (r * z * HORNER(z, SIN_D) + tail * (1.0 - 0.5 * z)); }
#define cosine LOCAL(cosine)
INLINE V cosine(V r, V tail, V z) {
  V half = 0.5 * z, w = 1.0 - half;
  return w + (((1.0 - w) - half) + (z * z * HORNER(z, COS_D) - r * tail));
}
#define sineOf LOCAL(sineOf)
INLINE V sineOf(V x, int shift) {
  I q;
  V tail, r = reduce(x, &tail, &q), z = r * r;
  q += shift;
  V y = (q & 1) != 0 ? cosine(r, tail, z) : sine(r, tail, z);
  return REAL(BITS(y) ^ (q & 2) << 62);
}
V NAME(sin)(V x) { return x == 0.0 ? x : sineOf(x, 0); }
V NAME(cos)(V x) { return sineOf(x, 1); }
V NAME(tan)(V x) {
  I q;
  V tail, r = reduce(x, &tail, &q), z = r * r, s = sine(r, tail, z), c = cosine(r, tail, z);
  I odd = (q & 1) != 0;
  V y = (odd ? c : s) / (odd ? -s : c);
  return x == 0.0 ? x : y;
}

//===----------------------------------------------------------------------===//
// Error function
//===----------------------------------------------------------------------===//

/// erfc for a in [0.5, 28].
#define erfcTail LOCAL(erfcTail)
INLINE V erfcTail(V a) {
  // a^2 = head^2 + rest with an exact square; e^-rest goes into the reduced argument.
  V head = REAL(BITS(a) & ~(I)0x7ffffff), rest = (a - head) * (a + head);
  I n;
  V r = expReduce(-head * head, &n) - rest;
  V p = HORNER((a - 3.0) / (a + 3.0), ERFC_D) / (1.0 + 2.0 * a);
  return scale(p + p * (r + r * r * HORNER(r, EXP_D)), n);
}
V NAME(erf)(V x) {
  V a = magnitude(x), inner = x + x * HORNER(a * a, ERF_D);
  V b = a > 6.0 ? (V)6.0 : a;
  b = b < 0.5 ? (V)0.5 : b;
  return a < 1.0 ? inner : withSign(1.0 - erfcTail(b), x);
}
V NAME(erfc)(V x) {
  V a = magnitude(x), inner = 1.0 - (x + x * HORNER(a * a, ERF_D));
  V b = a > 28.0 ? (V)28.0 : a;
  b = b < 0.5 ? (V)0.5 : b;
  V tail = erfcTail(b);
  return a < 0.5 ? inner : x < 0.0 ? 2.0 - tail : tail;
}

//===----------------------------------------------------------------------===//
// Powers and roots
//===----------------------------------------------------------------------===//

#define fma(a, b, c) __builtin_elementwise_fma((V)(a), (V)(b), (V)(c))

V NAME(pow)(V x, V y) {
  V a = magnitude(x), k, f = logReduce(a, &k);
  // log(1 + f) = 2 atanh(s) with s = f / (2 + f), as sums of two: s + s t, t = z (1/3 + z P(z)), z = s^2.
  V d = 2.0 + f, dLow = f - (d - 2.0);
  V s = f / d, sLow = (fma(-s, d, f) - s * dLow) / d;
  V z = s * s, zLow = fma(s, s, -z) + 2.0 * s * sLow;
  V c = z * HORNER(z, LOG_DD), third = 0x1.5555555555555p-2, u = third + c;
  V uLow = (c - (u - third)) + 0x1.5555555555555p-56;
  V t = z * u, tLow = fma(z, u, -t) + (z * uLow + zLow * u);
  V st = s * t, stLow = fma(s, t, -st) + (s * tLow + sLow * t);
  V h = s + st, hLow = (st - (h - s)) + (stLow + sLow);
  // Times 2/ln 2, plus k.
  V scaleHi = 0x1.71547652b82fep+1, scaleLo = 0x1.777d0ffda0d24p-55;
  V m = h * scaleHi, mLow = fma(h, scaleHi, -m) + (h * scaleLo + hLow * scaleHi);
  V l = k + m, lLow = (m - (l - k)) + mLow;
  I whole0 = (k == 0.0);
  l = whole0 ? m : l;
  lLow = whole0 ? mLow : lLow;
  V p = y * l, pLow = fma(y, l, -p) + y * lLow;
  I regular = (magnitude(p) < 1200.0);
  p = a == 0.0 ? y * -INF : p;
  p = a == INF ? y * INF : p;
  p = a != a ? a : p;
  p = ((magnitude(y) == INF) & (a == a)) != 0 ? y * l : p;
  pLow = (regular & (a != 0.0) & (a < INF)) != 0 ? pLow : (V)0.0;
  p = p > 1200.0 ? (V)1200.0 : p;
  p = p < -1200.0 ? (V)-1200.0 : p;
  // 2^(p + pLow).
  V tn = p + MAGIC, r = ((p - (tn - MAGIC)) + pLow) * 0x1.62e42fefa39efp-1;
  V e = scale(1.0 + (r + r * r * HORNER(r, EXP_D)), BITS(tn) - BITS((V)MAGIC));
  V whole = __builtin_elementwise_trunc(y), half = y * 0.5;
  I isWhole = whole == y, isOdd = isWhole & (__builtin_elementwise_trunc(half) != half);
  e = ((BITS(x) < 0) & isOdd) != 0 ? -e : e;
  e = ((x < 0.0) & (a < INF) & ~isWhole) != 0 ? NOT_A_NUMBER : e;
  e = ((a == 1.0) & (magnitude(y) == INF)) != 0 ? (V)1.0 : e;
  return ((x == 1.0) | (y == 0.0)) != 0 ? (V)1.0 : e;
}

V NAME(cbrt)(V x) {
  V a = magnitude(x);
  I small = a < MIN_NORMAL;
  I large = a > 0x1p1000; // its triple may overflow
  a = small ? a * SCALE_UP : large ? a * 0x1p-54 : a;
  I32 high = __builtin_convertvector(BITS(a) >> 32, I32) / 3 + 715094163;
  V y = REAL(__builtin_convertvector(high, I) << 32);
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    V cube = y * y * y;
    y = y * ((cube + 2.0 * a) / (2.0 * cube + a));
  }
  // The last step is a correction, so that its rounding errors are small against the result.
  V square = y * y;
  y = y - (y - a / square) * 0x1.5555555555555p-2;
  y = small ? y * 0x1p-18 : large ? y * 0x1p18 : y;
  return ((x == 0.0) | ~(magnitude(x) < INF)) != 0 ? x : withSign(y, x);
}

#undef fma
#undef I32
#include "VectorMathEnd.h"
