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

/// M. J. Wichura, Algorithm AS 241: The percentage points of the normal distribution, Applied Statistics 37 (1988):
/// PPND16, without the branch for p < 1e-11.
double symc::rt::inverseNormal(double p) {
  static const double a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                             1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                             3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static const double b[] = {1,
                             4.2313330701600911252e+1,
                             6.8718700749205790830e+2,
                             5.3941960214247511077e+3,
                             2.1213794301586595867e+4,
                             3.9307895800092710610e+4,
                             2.8729085735721942674e+4,
                             5.2264952788528545610e+3};
  static const double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                             3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                             2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static const double d[] = {1,
                             2.05319162663775882187e0,
                             1.67638483018380384940e0,
                             6.89767334985100004550e-1,
                             1.48103976427480074590e-1,
                             1.51986665636164571966e-2,
                             5.47593808499534494600e-4,
                             1.05075007164441684324e-9};
  double q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    double r = 0.180625 - q * q;
    return q * polynomial(a, r) / polynomial(b, r);
  }
  double r = __builtin_sqrt(-logOf(q < 0 ? p : 1 - p)) - 1.6;
  double x = polynomial(c, r) / polynomial(d, r);
  return q < 0 ? -x : x;
}
