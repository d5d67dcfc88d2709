//===- VectorMathCommon.h - What f32 and f64 vectors share --------*- C -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#define SIGN ((I)1 << (sizeof(V) / LANES * 8 - 1))
#define INF ((V)__builtin_inf())
#define NOT_A_NUMBER ((V)__builtin_nan(""))
#define magnitude LOCAL(magnitude)
INLINE V magnitude(V x) { return REAL(BITS(x) & ~SIGN); }
#define withSign LOCAL(withSign)
INLINE V withSign(V magnitudeOf, V signOf) { return REAL((BITS(magnitudeOf) & ~SIGN) | (BITS(signOf) & SIGN)); }
#define powerOf2 LOCAL(powerOf2)
INLINE V powerOf2(I n) { return REAL((n + BIAS) << MANTISSA); }
/// x * 2^n where 2^n itself may be out of range; rounds once. The smallest n is -2 BIAS, which makes both factors 0: where
/// an exponential has ended, as of what a mask hides, nothing underflows, which takes a processor twice the time.
#define scale LOCAL(scale)
INLINE V scale(V x, I n) {
  I half = n >> 1;
  return x * powerOf2(half) * powerOf2(n - half);
}

//===----------------------------------------------------------------------===//
// Exponentials. NaN passes the clamps, since it compares false.
//===----------------------------------------------------------------------===//

/// x = n ln 2 + r.
#define expReduce LOCAL(expReduce)
INLINE V expReduce(V x, I *n) {
  x = x < EXP_MIN ? (V)EXP_MIN : x;
  V t = x * (V)0x1.71547652b82fep+0 + MAGIC, k = t - MAGIC;
  *n = BITS(t) - BITS((V)MAGIC);
  return (x - k * LN2_HI) - k * LN2_LO;
}
/// What exp and erfc have in common: e^r - 1, and MAGIC + n. Not inlined before the functions themselves are, so that both
/// have the same operations wherever they stand, and of one argument those are done once.
__attribute__((noinline)) V NAME(exp_rest)(V x) {
  x = x > EXP_MAX * 1.5f ? (V)(EXP_MAX * 1.5f) : x;
  I n;
  V r = expReduce(x, &n);
  return r + r * r * HORNER(r, EXP_POLY);
}
__attribute__((noinline)) V NAME(exp_shift)(V x) {
  x = x > EXP_MAX * 1.5f ? (V)(EXP_MAX * 1.5f) : x;
  x = x < EXP_MIN ? (V)EXP_MIN : x;
  return x * (V)0x1.71547652b82fep+0 + MAGIC;
}
#define expShift LOCAL(expShift)
INLINE I expShift(V x) { return BITS(NAME(exp_shift)(x)) - BITS((V)MAGIC); }
/// e^x * 2^shift.
#define exponential LOCAL(exponential)
INLINE V exponential(V x, int shift) { return scale(1.0f + NAME(exp_rest)(x), expShift(x) + shift); }
/// (e^x - 1) / 4 for x in [-TANH_MAX * 4, EXP_MAX].
#define quarterExpm1 LOCAL(quarterExpm1)
INLINE V quarterExpm1(V x) {
  I n;
  V r = expReduce(x, &n), s = powerOf2(n - 2);
  return s * (r + r * r * HORNER(r, EXP_POLY)) + (s - 0.25f);
}

V NAME(exp)(V x) { return exponential(x, 0); }
V NAME(exp2)(V x) {
  x = x > EXP_MAX * 1.5f ? (V)(EXP_MAX * 1.5f) : x;
  x = x < -2.0f * BIAS ? (V)(-2.0f * BIAS) : x;
  V t = x + MAGIC, r = (x - (t - MAGIC)) * (V)0x1.62e42fefa39efp-1;
  return scale(1.0f + (r + r * r * HORNER(r, EXP_POLY)), BITS(t) - BITS((V)MAGIC));
}
V NAME(expm1)(V x) {
  V c = x < -TANH_MAX * 4 ? (V)(-TANH_MAX * 4) : x;
  c = c > EXP_MAX ? (V)EXP_MAX : c;
  V y = quarterExpm1(c) * 4.0f;
  y = x > EXP_MAX ? INF : y;
  return magnitude(x) < TINY * TINY ? x : y;
}
V NAME(tanh)(V x) {
  V a = magnitude(x);
  a = a > TANH_MAX ? (V)TANH_MAX : a;
  V t = quarterExpm1(a + a);
  // t / (t + 1/2), and above 1/2 what it lacks of 1: its rounding errors vanish towards 1, so that no result falls there.
  I large = t > 0.5f;
  V q = (large ? (V)-0.5f : t) / (t + 0.5f);
  return withSign(large ? 1.0f + q : q, x);
}
V NAME(sinh)(V x) {
  V a = magnitude(x);
  a = a > EXP_MAX ? (V)EXP_MAX : a;
  V t = quarterExpm1(a);
  V y = withSign(2.0f * (t + t / (4.0f * t + 1.0f)), x);
  return magnitude(x) < TINY ? x : y;
}
V NAME(cosh)(V x) {
  V t = exponential(magnitude(x), -2);
  return 2.0f * t + 0.125f / t;
}

//===----------------------------------------------------------------------===//
// Logarithms
//===----------------------------------------------------------------------===//

/// x = 2^k (1 + f) for positive finite x.
#define logReduce LOCAL(logReduce)
INLINE V logReduce(V x, V *k) {
  I small = x < MIN_NORMAL;
  I bits = BITS(small ? x * SCALE_UP : x) + (BITS((V)1.0f) - BITS((V)0x1.6a09e667f3bcdp-1));
  I n = (bits >> MANTISSA) - BIAS - (small & SCALE_UP_LOG);
  *k = REAL(n + BITS((V)MAGIC)) - MAGIC;
  return REAL((bits & (((I)1 << MANTISSA) - 1)) + BITS((V)0x1.6a09e667f3bcdp-1)) - 1.0f;
}
/// A logarithm's special values; `zero` is where it is -inf.
#define logSpecial LOCAL(logSpecial)
INLINE V logSpecial(V y, V x, V zero) {
  y = x < INF ? y : x;
  y = x == zero ? -INF : y;
  return x < zero ? NOT_A_NUMBER : y;
}
V NAME(log)(V x) {
  V k, f = logReduce(x, &k);
  return logSpecial(k * LN2_HI + (f + (logRest(f) + k * LN2_LO)), x, 0.0f);
}
V NAME(log2)(V x) {
  V k, f = logReduce(x, &k);
  return logSpecial(k + (f + logRest(f)) * (V)0x1.71547652b82fep+0, x, 0.0f);
}
V NAME(log10)(V x) {
  V k, f = logReduce(x, &k);
  return logSpecial(k * (V)0x1.34413509f79ffp-2 + (f + logRest(f)) * (V)0x1.bcb7b1526e50ep-2, x, 0.0f);
}
#define logOnePlus LOCAL(logOnePlus)
INLINE V logOnePlus(V x) {
  V u = 1.0f + x, k, f = logReduce(u, &k);
  V lost = (x < 1.0f ? x - (u - 1.0f) : 1.0f - (u - x)) / u;
  I near = k == 0.0f;
  f = near ? x : f;
  lost = near ? (V)0.0f : lost;
  V y = k * LN2_HI + (f + (logRest(f) + (k * LN2_LO + lost)));
  return magnitude(x) < TINY * TINY ? x : logSpecial(y, x, -1.0f);
}
V NAME(log1p)(V x) { return logOnePlus(x); }

V NAME(asinh)(V x) {
  V a = magnitude(x);
  I big = a > BIG * BIG;
  V c = big ? (V)1.0f : a, w = big ? a : a + c * c / (1.0f + __builtin_elementwise_sqrt(c * c + 1.0f));
  V y = logOnePlus(w) + (big ? (V)0x1.62e42fefa39efp-1 : (V)0.0f);
  return withSign(y, x);
}
V NAME(acosh)(V x) {
  I big = x > BIG * BIG;
  V t = (big ? (V)2.0f : x) - 1.0f;
  V w = big ? x : t + __builtin_elementwise_sqrt(t + t + t * t);
  V y = logOnePlus(w) + (big ? (V)0x1.62e42fefa39efp-1 : (V)0.0f);
  return x < 1.0f ? NOT_A_NUMBER : y;
}
V NAME(atanh)(V x) {
  V a = magnitude(x);
  return withSign(0.5f * logOnePlus((a + a) / (1.0f - a)), x);
}

//===----------------------------------------------------------------------===//
// Inverse trigonometric functions
//===----------------------------------------------------------------------===//

/// atan(y / x) for y, x >= 0, not both zero or infinite.
#define angle LOCAL(angle)
INLINE V angle(V y, V x) {
  I low = y <= x * (V)0x1.a827999fcef32p-2, high = y > x * (V)0x1.3504f333f9de6p+1;
  V q = (low ? y : high ? -x : y - x) / (low ? x : high ? y : y + x), z = q * q;
  V base = low ? (V)0.0f : high ? (V)PIO2_HI : (V)(PIO2_HI * 0.5f);
  V rest = low ? (V)0.0f : high ? (V)PIO2_LO : (V)(PIO2_LO * 0.5f);
  return base + (q + (q * z * HORNER(z, ATAN_POLY) + rest));
}
V NAME(atan)(V x) { return withSign(angle(magnitude(x), 1.0f), x); }
V NAME(atan2)(V y, V x) {
  V a = magnitude(y), b = magnitude(x);
  // A common factor keeps y + x in range; the ratio is what counts.
  V factor = ((a > BIG) | (b > BIG)) != 0 ? (V)0.25f : (V)1.0f;
  I same = (a == b) & ((a == INF) | (a == 0.0f));
  V zero = a == 0.0f ? (V)0.0f : (V)1.0f;
  V r = angle(same ? zero : a * factor, same ? (V)1.0f : b * factor);
  r = BITS(x) < 0 ? 2 * (V)PIO2_HI - (r - 2 * (V)PIO2_LO) : r;
  return ((x != x) | (y != y)) != 0 ? x + y : withSign(r, y);
}
V NAME(asin)(V x) {
  V a = magnitude(x);
  I big = a > 0.5f;
  V z = big ? 0.5f * (1.0f - a) : a * a, s = big ? __builtin_elementwise_sqrt(z) : a;
  V tail = s * z * HORNER(z, ASIN_POLY);
  V r = big ? PIO2_HI - (2.0f * s - (PIO2_LO - 2.0f * tail)) : s + tail;
  return withSign(r, x);
}
V NAME(acos)(V x) {
  V a = magnitude(x);
  I big = a > 0.5f;
  V z = big ? 0.5f * (1.0f - a) : a * a, s = big ? __builtin_elementwise_sqrt(z) : x;
  V tail = s * z * HORNER(z, ASIN_POLY), twice = 2.0f * (s + tail);
  V outer = x < 0.0f ? 2 * (V)PIO2_HI - (twice - 2 * (V)PIO2_LO) : twice;
  return big ? outer : PIO2_HI - (s - (PIO2_LO - tail));
}
V NAME(rsqrt)(V x) { return 1.0f / __builtin_elementwise_sqrt(x); }
