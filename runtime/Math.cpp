//===- Math.cpp - Elementary functions of the initialisers ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// In double, to a few ulp, from additions, multiplications, divisions and square
// roots alone: the parameters that a seed gives are the same bits on every machine
// and with every libm.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/InverseNormal.h"
#include "runtime/Runtime.h"

using namespace symc::rt;

namespace {
/// c[0] + c[1] x + ... by Horner's rule.
template <int N> double polynomial(const double (&c)[N], double x) {
  double sum = c[N - 1];
  for (int i = N - 2; i >= 0; --i)
    sum = sum * x + c[i];
  return sum;
}
} // namespace

double symc::rt::logOf(double x) {
  // x = 2^k m with m in [1/sqrt 2, sqrt 2), ln m = 2 artanh((m - 1) / (m + 1)).
  uint64_t bits;
  memcpy(&bits, &x, sizeof(bits));
  int64_t k = static_cast<int64_t>(bits >> 52) - 1023;
  bits = (bits & 0xfffffffffffffull) | 0x3ff0000000000000ull;
  double m;
  memcpy(&m, &bits, sizeof(m));
  if (m >= 1.4142135623730951) {
    m *= 0.5;
    ++k;
  }
  double f = m - 1, s = f / (2 + f), z = s * s;
  static const double series[] = {1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11,
                                  1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21};
  double tail = 2 * s * z * polynomial(series, z);
  // ln 2 in two parts: the product of k and the first is exact.
  return k * 0x1.62e42fefa38p-1 + (2 * s + (tail + k * 0x1.ef35793c7673p-45));
}

void symc::rt::cosSinOfTurns(double u, double *c, double *s) {
  // u = quarter / 4 + r / 4 with r in [-1/2, 1/2], all of it exact for the 24 bits of a random number.
  auto quarter = static_cast<int>(4 * u + 0.5);
  double x = (4 * u - quarter) * 1.5707963267948966, z = x * x;
  static const double sine[] = {
      1, -1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800.0, -1.0 / 1307674368000.0};
  static const double cosine[] = {1,
                                  -1.0 / 2,
                                  1.0 / 24,
                                  -1.0 / 720,
                                  1.0 / 40320,
                                  -1.0 / 3628800,
                                  1.0 / 479001600,
                                  -1.0 / 87178291200.0,
                                  1.0 / 20922789888000.0};
  double sinX = x * polynomial(sine, z), cosX = polynomial(cosine, z);
  switch (quarter & 3) {
  case 0:
    *c = cosX, *s = sinX;
    break;
  case 1:
    *c = -sinX, *s = cosX;
    break;
  case 2:
    *c = -cosX, *s = -sinX;
    break;
  default:
    *c = sinX, *s = -cosX;
  }
}

/// Without the branch of PPND16 for p < 1e-11.
double symc::rt::inverseNormal(double p) {
  using namespace ppnd16;
  double q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    double r = 0.180625 - q * q;
    return q * polynomial(middleAbove, r) / polynomial(middleBelow, r);
  }
  double r = __builtin_sqrt(-logOf(q < 0 ? p : 1 - p)) - 1.6;
  double x = polynomial(tailAbove, r) / polynomial(tailBelow, r);
  return q < 0 ? -x : x;
}
