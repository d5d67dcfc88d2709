//===- Activation.cpp - Activation functions ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Bodies and derivatives that are more than an expression. Each is written once for
// elements and for tensors.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Settled.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::sym;

static Scalar relu6(Scalar x) {
  Scalar positive = where(x < 0.0, 0.0, x);
  return where(positive > 6.0, 6.0, positive);
}

/// The derivative x * rest + limit of an activation whose `rest` is 0 from |x| = `bound` on: there it is `limit` alone,
/// since x may be infinite, and what `rest` is made of may overflow. NaN stays NaN.
static Tensor within(double bound, Tensor x, Tensor derivative, Tensor limit) {
  return settled(abs(x) < bound, derivative, limit);
}
/// Where e**-|x| is 0 in every type.
constexpr double kExpIsZero = 800.0;

/// x where it is not positive. Elsewhere what is made of it is not chosen, and 0 keeps it finite: infinity times a
/// cotangent of 0 would be NaN in a second derivative.
static Tensor negativePart(Tensor x) { return settled(bitNot(x > 0.0), x, literal(x, 0.0)); }

static Tensor siluGradient(Tensor dout, Tensor x) {
  Tensor s = sigmoid(x);
  return dout * within(kExpIsZero, x, s * (1.0 + x * (1.0 - s)), s);
}

/// tanh(log(1 + e**x)) as a quotient of polynomials in e**-|x|.
static Scalar tanhSoftplus(Scalar x) {
  Scalar z = exp(-abs(x)), one = literal(z, 1.0), positive = x >= 0.0;
  Scalar numerator = where(positive, one + 2.0 * z, z * (z + 2.0));
  return numerator / (numerator + 2.0 * where(positive, z * z, one));
}

static Tensor mishGradient(Tensor dout, Tensor x) {
  // Not the quotient: |x| has another derivative at 0.
  Tensor t = tanh(x.with(SoftplusOp::create(x.b, x.loc, x.value)));
  return dout * within(kExpIsZero, x, t + x * ((1.0 - t * t) * sigmoid(x)), t);
}

constexpr double kSqrtHalf = 0.70710678118654752440, kInvSqrtTwoPi = 0.39894228040143267794;
/// 2 * sqrt(2 / pi): (1 + tanh(u)) / 2 is sigmoid(2 * u), which keeps its digits for large negative u.
constexpr double kTwiceSqrtTwoOverPi = 1.59576912160573071176;

template <class K> static K geluArgument(K x) { return kTwiceSqrtTwoOverPi * (x + 0.044715 * (x * x * x)); }

static Scalar gelu(Scalar x, bool approximate) {
  if (approximate)
    return x * sigmoid(geluArgument(x));
  return 0.5 * x * erfc(-kSqrtHalf * x);
}

static Tensor geluGradient(Tensor dout, Tensor x, bool approximate) {
  constexpr double bound = 50.0; // the density and the slope of the sigmoid are 0 there
  if (!approximate) {
    Tensor t = -kSqrtHalf * x, cdf = 0.5 * erfc(t);
    return dout * within(bound, x, cdf + x * (kInvSqrtTwoPi * exp(t * -t)), cdf); // which erfc has computed
  }
  Tensor s = sigmoid(geluArgument(x)), slope = kTwiceSqrtTwoOverPi * (1.0 + 0.134145 * square(x));
  return dout * within(bound, x, s + x * (s * (1.0 - s)) * slope, s);
}

#define GET_OP_CLASSES
#include "dialects/sym/Activation.cpp.inc"
