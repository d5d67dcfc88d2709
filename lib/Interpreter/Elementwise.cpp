//===- Elementwise.cpp - Arithmetic, functions, comparisons, casts --------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Rules.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

//===----------------------------------------------------------------------===//
// Functions of one number and of two
//===----------------------------------------------------------------------===//

/// A function of reals, of one operand or of two.
template <class Op, class F> static void addReal(Rules &rules, F f, Computes computes = Computes::Rounded) {
  rules.add<Op>(
      [f](Op op, Scope &s) {
        Array out = s.zeros(op.getOut());
        const Array &x = s[op->getOperand(0)];
        for (int64_t i = 0, n = out.count(); i < n; ++i)
          if constexpr (std::is_invocable_v<F, double>)
            out.set(i, f(x.reals[i]));
          else
            out.set(i, f(x.reals[i], s[op->getOperand(1)].reals[i]));
        return out;
      },
      computes);
}

/// A function of numbers, which is given two reals or two integers.
template <class Op, class F> static void addNumber(Rules &rules, F f, Computes computes = Computes::Rounded) {
  rules.add<Op>(
      [f](Op op, Scope &s) {
        Array out = s.zeros(op.getOut());
        const Array &x = s[op->getOperand(0)];
        auto apply = [&](auto element) {
          for (int64_t i = 0, n = out.count(); i < n; ++i)
            if constexpr (std::is_invocable_v<F, double>)
              out.set(i, f(element(x, i)));
            else
              out.set(i, f(element(x, i), element(s[op->getOperand(1)], i)));
        };
        if (x.isReal())
          apply([](const Array &array, int64_t i) { return array.reals[i]; });
        else
          apply([](const Array &array, int64_t i) { return array.integer(i); });
        return out;
      },
      computes);
}

/// A function of integers or bools and the width of their type.
template <class Op, class F> static void addBits(Rules &rules, F f) {
  rules.add<Op>(
      [f](Op op, Scope &s) {
        Array out = s.zeros(op.getOut());
        unsigned width = out.element.getIntOrFloatBitWidth();
        for (int64_t i = 0, n = out.count(); i < n; ++i)
          if constexpr (std::is_invocable_v<F, Wide, unsigned>)
            out.set(i, f(s[op->getOperand(0)].integer(i), width));
          else
            out.set(i, f(s[op->getOperand(0)].integer(i), s[op->getOperand(1)].integer(i), width));
        return out;
      },
      Computes::Exactly);
}

//===----------------------------------------------------------------------===//
// Arithmetic that has corners
//===----------------------------------------------------------------------===//

static Wide product(Wide x, Wide y) {
  return static_cast<Wide>(static_cast<uint64_t>(x) * static_cast<uint64_t>(y)); // modulo 2^64
}

/// Python's and NumPy's: the remainder has the sign of the divisor.
static double modulo(double x, double y) {
  double r = std::fmod(x, y);
  if (r == 0)
    return std::copysign(0.0, y);
  return (r < 0) != (y < 0) ? r + y : r;
}
static Wide modulo(Wide x, Wide y) {
  if (y == 0)
    return 0;
  Wide r = x % y;
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

static double floorQuotient(double x, double y) {
  if (y == 0)
    return x / y;
  double r = std::fmod(x, y), whole = (x - r) / y;
  if (r != 0 && (r < 0) != (y < 0))
    whole -= 1;
  if (whole == 0)
    return std::copysign(0.0, x / y);
  double down = std::floor(whole);
  return whole - down > 0.5 ? down + 1 : down;
}
static Wide floorQuotient(Wide x, Wide y) { return y == 0 ? 0 : (x - modulo(x, y)) / y; }

static double power(double x, double y) { return std::pow(x, y); }
static Wide power(Wide x, Wide y) {
  if (y < 0)
    return x == 1 ? 1 : x == -1 ? (y % 2 ? -1 : 1) : 0;
  Wide result = 1;
  for (Wide base = x; y > 0; y /= 2, base = product(base, base))
    if (y % 2)
      result = product(result, base);
  return result;
}

template <class T> static T lesser(T x, T y) {
  if constexpr (std::is_same_v<T, double>)
    if (std::isnan(x) || std::isnan(y))
      return x + y;
  return y < x ? y : x;
}
template <class T> static T greater(T x, T y) {
  if constexpr (std::is_same_v<T, double>)
    if (std::isnan(x) || std::isnan(y))
      return x + y;
  return y > x ? y : x;
}

static void addArithmetic(Rules &rules) {
  addNumber<sym::AddOp>(rules, [](auto x, auto y) { return x + y; });
  addNumber<sym::SubOp>(rules, [](auto x, auto y) { return x - y; });
  addNumber<sym::MulOp>(rules, [](auto x, auto y) {
    if constexpr (std::is_same_v<decltype(x), double>)
      return x * y;
    else
      return product(x, y);
  });
  addReal<sym::DivOp>(rules, [](double x, double y) { return x / y; });
  addNumber<sym::FloorDivOp>(rules, [](auto x, auto y) { return floorQuotient(x, y); }, Computes::Exactly);
  addNumber<sym::ModOp>(rules, [](auto x, auto y) { return modulo(x, y); });
  addNumber<sym::PowOp>(rules, [](auto x, auto y) { return power(x, y); });
  addNumber<sym::MinimumOp>(rules, [](auto x, auto y) { return lesser(x, y); }, Computes::Exactly);
  addNumber<sym::MaximumOp>(rules, [](auto x, auto y) { return greater(x, y); }, Computes::Exactly);
  addNumber<sym::NegOp>(rules, [](auto x) { return -x; }, Computes::Exactly);
  addNumber<sym::AbsOp>(rules, [](auto x) { return x < 0 ? -x : x == 0 ? decltype(x)(0) : x; }, Computes::Exactly);
  addNumber<sym::SignOp>(
      rules, [](auto x) { return x > 0    ? decltype(x)(1)
                                 : x < 0  ? decltype(x)(-1)
                                 : x == 0 ? decltype(x)(0)
                                          : x; },
      Computes::Exactly);
  addNumber<sym::SquareOp>(rules, [](auto x) {
    if constexpr (std::is_same_v<decltype(x), double>)
      return x * x;
    else
      return product(x, x);
  });
  addReal<sym::ReciprocalOp>(rules, [](double x) { return 1 / x; });
  rules.add<sym::ClipOp>(
      [](sym::ClipOp op, Scope &s) {
        Array out = s[op.getX()];
        auto bound = [&](auto given, auto choose) {
          if (!given)
            return;
          TypedAttr number = Number(*given).as(out.element);
          for (int64_t i = 0, n = out.count(); i < n; ++i)
            if (out.isReal())
              out.set(i, choose(out.reals[i], cast<FloatAttr>(number).getValueAsDouble()));
            else
              out.set(i, choose(out.integer(i),
                                static_cast<Wide>(out.element.isUnsignedInteger()
                                                      ? cast<IntegerAttr>(number).getValue().getZExtValue()
                                                      : cast<IntegerAttr>(number).getValue().getSExtValue())));
        };
        bound(op.getMin(), [](auto x, auto least) { return x < least ? least : x; });
        bound(op.getMax(), [](auto x, auto most) { return x > most ? most : x; });
        return out;
      },
      Computes::Exactly);
}

//===----------------------------------------------------------------------===//
// Functions of reals
//===----------------------------------------------------------------------===//

static void addFunctions(Rules &rules) {
  addReal<sym::ExpOp>(rules, [](double x) { return std::exp(x); });
  addReal<sym::Expm1Op>(rules, [](double x) { return std::expm1(x); });
  addReal<sym::LogOp>(rules, [](double x) { return std::log(x); });
  addReal<sym::Log1pOp>(rules, [](double x) { return std::log1p(x); });
  addReal<sym::SqrtOp>(rules, [](double x) { return std::sqrt(x); });
  addReal<sym::RsqrtOp>(rules, [](double x) { return 1 / std::sqrt(x); });
  addReal<sym::CbrtOp>(rules, [](double x) { return std::cbrt(x); });
  addReal<sym::SinOp>(rules, [](double x) { return std::sin(x); });
  addReal<sym::CosOp>(rules, [](double x) { return std::cos(x); });
  addReal<sym::TanOp>(rules, [](double x) { return std::tan(x); });
  addReal<sym::AsinOp>(rules, [](double x) { return std::asin(x); });
  addReal<sym::AcosOp>(rules, [](double x) { return std::acos(x); });
  addReal<sym::AtanOp>(rules, [](double x) { return std::atan(x); });
  addReal<sym::Atan2Op>(rules, [](double x, double y) { return std::atan2(x, y); });
  addReal<sym::SinhOp>(rules, [](double x) { return std::sinh(x); });
  addReal<sym::CoshOp>(rules, [](double x) { return std::cosh(x); });
  addReal<sym::TanhOp>(rules, [](double x) { return std::tanh(x); });
  addReal<sym::AsinhOp>(rules, [](double x) { return std::asinh(x); });
  addReal<sym::AcoshOp>(rules, [](double x) { return std::acosh(x); });
  addReal<sym::AtanhOp>(rules, [](double x) { return std::atanh(x); });
  addReal<sym::ErfOp>(rules, [](double x) { return std::erf(x); });
  addReal<sym::ErfcOp>(rules, [](double x) { return std::erfc(x); });
  addReal<sym::FloorOp>(rules, [](double x) { return std::floor(x); }, Computes::Exactly);
  addReal<sym::CeilOp>(rules, [](double x) { return std::ceil(x); }, Computes::Exactly);
  addReal<sym::RoundOp>(rules, [](double x) { return std::nearbyint(x); }, Computes::Exactly);
  addReal<sym::TruncOp>(rules, [](double x) { return std::trunc(x); }, Computes::Exactly);
}

//===----------------------------------------------------------------------===//
// Questions
//===----------------------------------------------------------------------===//

/// Exact: what is compared has been rounded where it was computed, and a value is equal to itself, as is one that is
/// the largest of several.
static void addComparisons(Rules &rules) {
  constexpr Computes exactly = Computes::Exactly;
  addReal<sym::IsNanOp>(rules, [](double x) { return std::isnan(x); }, exactly);
  addReal<sym::IsInfOp>(rules, [](double x) { return std::isinf(x); }, exactly);
  addReal<sym::IsFiniteOp>(rules, [](double x) { return std::isfinite(x); }, exactly);
  addNumber<sym::EqualOp>(rules, [](auto x, auto y) { return x == y; }, exactly);
  addNumber<sym::NotEqualOp>(rules, [](auto x, auto y) { return x != y; }, exactly);
  addNumber<sym::LessOp>(rules, [](auto x, auto y) { return x < y; }, exactly);
  addNumber<sym::LessEqualOp>(rules, [](auto x, auto y) { return x <= y; }, exactly);
  addNumber<sym::GreaterOp>(rules, [](auto x, auto y) { return x > y; }, exactly);
  addNumber<sym::GreaterEqualOp>(rules, [](auto x, auto y) { return x >= y; }, exactly);
}

static void addBitOps(Rules &rules) {
  addBits<sym::LogicalAndOp>(rules, [](Wide x, Wide y, unsigned) { return x & y; });
  addBits<sym::LogicalOrOp>(rules, [](Wide x, Wide y, unsigned) { return x | y; });
  addBits<sym::LogicalXorOp>(rules, [](Wide x, Wide y, unsigned) { return x ^ y; });
  addBits<sym::LogicalNotOp>(rules, [](Wide x, unsigned) { return static_cast<Wide>(x == 0); });
  addBits<sym::BitAndOp>(rules, [](Wide x, Wide y, unsigned) { return x & y; });
  addBits<sym::BitOrOp>(rules, [](Wide x, Wide y, unsigned) { return x | y; });
  addBits<sym::BitXorOp>(rules, [](Wide x, Wide y, unsigned) { return x ^ y; });
  addBits<sym::BitNotOp>(rules, [](Wide x, unsigned) { return ~x; });
  // A count is read as unsigned.
  addBits<sym::ShiftLeftOp>(rules, [](Wide x, Wide by, unsigned width) {
    return by < 0 || by >= width ? Wide(0) : product(x, Wide(1) << static_cast<int>(by));
  });
  addBits<sym::ShiftRightOp>(
      rules, [](Wide x, Wide by, unsigned width) { return x >> static_cast<int>(by < 0 || by >= width ? width : by); });
}

//===----------------------------------------------------------------------===//
// Choice and conversion
//===----------------------------------------------------------------------===//

template <class Op> static Array chosen(Op op, Scope &s) {
  const Array &condition = s[op.getCondition()], &x = s[op.getX()], &y = s[op.getY()];
  Array out = s.zeros(op.getOut());
  for (int64_t i = 0, n = out.count(); i < n; ++i)
    out.copy(i, condition.integers[i] ? x : y, i);
  return out;
}

static Wide saturated(double x, Type element) {
  unsigned width = element.getIntOrFloatBitWidth();
  bool isUnsigned = element.isUnsignedInteger();
  Wide least = isUnsigned ? 0 : -(Wide(1) << (width - 1));
  Wide most = (Wide(1) << (isUnsigned ? width : width - 1)) - 1;
  if (std::isnan(x))
    return 0;
  if (x <= static_cast<double>(least))
    return least;
  return x >= static_cast<double>(most) ? most : static_cast<Wide>(x);
}

static Array converted(sym::CastOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Array out = s.zeros(op.getOut());
  for (int64_t i = 0, n = out.count(); i < n; ++i) {
    if (out.isReal())
      out.set(i, roundedTo(x.number(i), out.element));
    else if (!x.isReal())
      out.set(i, x.integer(i));
    else
      out.set(i, out.element.isInteger(1) ? static_cast<Wide>(x.reals[i] != 0) : saturated(x.reals[i], out.element));
  }
  return out;
}

void interpreter::addElementwiseRules(Rules &rules) {
  addArithmetic(rules);
  addFunctions(rules);
  addComparisons(rules);
  addBitOps(rules);
  rules.add<sym::WhereOp>(chosen<sym::WhereOp>, Computes::Exactly);
  rules.add<sym::SelectOp>(chosen<sym::SelectOp>, Computes::Exactly);
  rules.add<sym::CastOp>(converted, Computes::Exactly);
  rules.add<sym::StopGradientOp>([](sym::StopGradientOp op, Scope &s) { return s[op.getX()]; }, Computes::Exactly);
}
