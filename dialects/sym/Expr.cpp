//===- Expr.cpp - Operator notation for bodies and derivatives ------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Expr.h"
#include "dialects/sym/Build.h"
#include "dialects/sym/NarrowFloat.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace symc;

Type symc::bodyType(Type element) {
  return element.isUnsignedInteger() || isNarrowFloat(element)
             ? IntegerType::get(element.getContext(), element.getIntOrFloatBitWidth())
             : element;
}

TypedAttr symc::bodyNumber(TypedAttr number) {
  Type type = bodyType(number.getType());
  if (auto integer = dyn_cast<IntegerAttr>(number))
    return IntegerAttr::get(type, integer.getValue());
  return type == number.getType() ? number
                                  : IntegerAttr::get(type, cast<FloatAttr>(number).getValue().bitcastToAPInt());
}

Type symc::shaped(const Scalar &like, Type element) {
  auto vector = dyn_cast<VectorType>(like.value.getType());
  return vector ? Type(vector.clone(bodyType(element))) : bodyType(element);
}

static Scalar constant(const Scalar &like, TypedAttr number) {
  number = bodyNumber(number);
  if (auto vector = dyn_cast<VectorType>(like.value.getType()))
    number = DenseElementsAttr::get(vector, Attribute(number));
  return like.with(arith::ConstantOp::create(like.b, like.loc, number));
}

Scalar symc::literal(const Scalar &like, double c) {
  Type element = getElementTypeOrSelf(like.value.getType());
  if (isa<FloatType>(element) || isNarrowFloat(like.type))
    return constant(like, FloatAttr::get(isa<FloatType>(element) ? element : like.type, c));
  return integerLiteral(like, static_cast<int64_t>(c));
}

Scalar symc::integerLiteral(const Scalar &like, int64_t c) {
  Type element = getElementTypeOrSelf(like.value.getType());
  if (isa<IndexType>(element))
    return constant(like, IntegerAttr::get(element, c));
  return constant(like, IntegerAttr::get(element, APInt(element.getIntOrFloatBitWidth(), c, true, true)));
}

Scalar symc::literal(const Scalar &like, Number c) { return constant(like, c.as(like.type)); }

Tensor symc::literal(const Tensor &like, double c) {
  return {like.b, like.loc, splat(like.b, like.loc, like.value.getType(), c)};
}
Tensor symc::literal(const Tensor &like, Number c) {
  return {like.b, like.loc, splat(like.b, like.loc, like.value.getType(), c.as(elementOf(like.value)))};
}

std::optional<double> symc::splatValue(Value tensor) {
  while (auto broadcast = tensor.getDefiningOp<sym::BroadcastToOp>())
    tensor = broadcast.getX();
  DenseElementsAttr value;
  if (!matchPattern(tensor, m_Constant(&value)) || !value.isSplat())
    return std::nullopt;
  Type element = value.getElementType();
  if (isa<FloatType>(element))
    return value.getSplatValue<APFloat>().convertToDouble();
  APInt integer = value.getSplatValue<APInt>();
  return element.isUnsignedInteger() || element.isInteger(1) ? static_cast<double>(integer.getZExtValue())
                                                             : static_cast<double>(integer.getSExtValue());
}

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

template <class FloatOp, class IntOp> static Scalar binary(Scalar x, Scalar y) {
  if (x.isFloat())
    return x.with(FloatOp::create(x.b, x.loc, x.value, y.value));
  return x.with(IntOp::create(x.b, x.loc, x.value, y.value));
}
template <class Op> static Scalar unary(Scalar x) { return x.with(Op::create(x.b, x.loc, x.value)); }

static Scalar compare(Scalar x, Scalar y, arith::CmpFPredicate floating, arith::CmpIPredicate isSigned,
                      arith::CmpIPredicate isUnsigned) {
  Type boolean = IntegerType::get(x.b.getContext(), 1);
  if (x.isFloat())
    return x.with(arith::CmpFOp::create(x.b, x.loc, floating, x.value, y.value), boolean);
  return x.with(arith::CmpIOp::create(x.b, x.loc, x.isUnsigned() ? isUnsigned : isSigned, x.value, y.value), boolean);
}
using F = arith::CmpFPredicate;
using I = arith::CmpIPredicate;

Scalar symc::operator+(Scalar x, Scalar y) { return binary<arith::AddFOp, arith::AddIOp>(x, y); }
Scalar symc::operator-(Scalar x, Scalar y) { return binary<arith::SubFOp, arith::SubIOp>(x, y); }
Scalar symc::operator*(Scalar x, Scalar y) { return binary<arith::MulFOp, arith::MulIOp>(x, y); }
Scalar symc::operator/(Scalar x, Scalar y) { return x.with(arith::DivFOp::create(x.b, x.loc, x.value, y.value)); }
Scalar symc::operator-(Scalar x) { return x.isFloat() ? unary<arith::NegFOp>(x) : literal(x, 0) - x; }
Scalar symc::equal(Scalar x, Scalar y) { return compare(x, y, F::OEQ, I::eq, I::eq); }
Scalar symc::notEqual(Scalar x, Scalar y) { return compare(x, y, F::UNE, I::ne, I::ne); }
Scalar symc::operator<(Scalar x, Scalar y) { return compare(x, y, F::OLT, I::slt, I::ult); }
Scalar symc::operator<=(Scalar x, Scalar y) { return compare(x, y, F::OLE, I::sle, I::ule); }
Scalar symc::operator>(Scalar x, Scalar y) { return compare(x, y, F::OGT, I::sgt, I::ugt); }
Scalar symc::operator>=(Scalar x, Scalar y) { return compare(x, y, F::OGE, I::sge, I::uge); }
Scalar symc::isNan(Scalar x) { return compare(x, x, F::UNO, I::ne, I::ne); }
Scalar symc::isInf(Scalar x) { return equal(abs(x), HUGE_VAL); }
Scalar symc::isFinite(Scalar x) { return abs(x) < HUGE_VAL; }
Scalar symc::where(Scalar condition, Scalar x, Scalar y) {
  return x.with(arith::SelectOp::create(x.b, x.loc, condition.value, x.value, y.value));
}

static Scalar copySign(Scalar x, Scalar sign) {
  return x.with(math::CopySignOp::create(x.b, x.loc, x.value, sign.value));
}
static Scalar remainder(Scalar x, Scalar y) {
  if (!x.isFloat() && x.isUnsigned())
    return x.with(arith::RemUIOp::create(x.b, x.loc, x.value, y.value));
  return binary<arith::RemFOp, arith::RemSIOp>(x, y);
}
static Scalar quotient(Scalar x, Scalar y) {
  if (x.isUnsigned())
    return x.with(arith::DivUIOp::create(x.b, x.loc, x.value, y.value));
  return x.with(arith::DivSIOp::create(x.b, x.loc, x.value, y.value));
}
/// An integer divisor that the machine takes: not 0, and not the -1 that makes the smallest integer overflow.
static Scalar safeDivisor(Scalar y) {
  Scalar bad = equal(y, 0.0);
  return where(y.isUnsigned() ? bad : bitOr(bad, equal(y, -1.0)), 1.0, y);
}

/// Whether the remainder of a truncated division is not that of one which rounds down.
static Scalar hasWrongSign(Scalar r, Scalar y) { return bitAnd(notEqual(r, 0.0), bitXor(r < 0.0, y < 0.0)); }

Scalar symc::mod(Scalar x, Scalar y) {
  if (x.isFloat()) {
    Scalar r = remainder(x, y);
    return where(equal(r, 0.0), copySign(literal(x, 0.0), y), where(hasWrongSign(r, y), r + y, r));
  }
  Scalar divisor = safeDivisor(y), r = remainder(x, divisor), ok = equal(divisor, y);
  if (x.isUnsigned())
    return where(ok, r, 0.0);
  return where(ok, where(bitAnd(notEqual(r, 0.0), bitXor(r, divisor) < 0.0), r + divisor, r), 0.0);
}

Scalar symc::floorDiv(Scalar x, Scalar y) {
  if (x.isFloat()) {
    // As NumPy: the quotient that goes with the remainder, so that 1 // 0.1 is 9 and not 10. The remainder has the sign
    // of x, so that the difference does not overflow.
    Scalar r = remainder(x, y), whole = (x - r) / y;
    Scalar exact = where(hasWrongSign(r, y), whole - 1.0, whole), down = floor(exact);
    Scalar rounded = where(exact - down > 0.5, down + 1.0, down);
    return where(equal(y, 0.0), x / y, where(equal(exact, 0.0), copySign(literal(x, 0.0), x / y), rounded));
  }
  Scalar divisor = safeDivisor(y), q = quotient(x, divisor);
  if (x.isUnsigned())
    return where(equal(y, 0.0), 0.0, q);
  Scalar r = x - q * divisor;
  Scalar down = where(bitAnd(notEqual(r, 0.0), bitXor(r, divisor) < 0.0), q - 1.0, q);
  return where(equal(y, 0.0), 0.0, where(equal(y, -1.0), -x, down));
}

/// The value of an exponent that is a literal.
static std::optional<double> literalExponent(Scalar y) {
  Attribute value;
  if (!matchPattern(y.value, m_Constant(&value)))
    return std::nullopt;
  if (auto elements = dyn_cast<DenseElementsAttr>(value))
    value = elements.isSplat() ? elements.getSplatValue<Attribute>() : Attribute();
  if (auto number = dyn_cast_or_null<FloatAttr>(value))
    return number.getValueAsDouble();
  return std::nullopt;
}

bool symc::isProductExponent(double exponent) {
  // Each product adds half a unit in the last place: 8 factors stay below 4 units.
  return exponent == std::trunc(exponent) && std::fabs(exponent) <= 8;
}

Scalar symc::pow(Scalar x, Scalar y) {
  if (x.isFloat()) {
    std::optional<double> n = literalExponent(y);
    if (n && isProductExponent(*n))
      return power(x, static_cast<int64_t>(*n));
    if (n && std::fabs(*n) == 0.5) {
      // As pow, which has no sign at -0 and is not NaN at -inf.
      Scalar root = where(equal(x, -HUGE_VAL), HUGE_VAL, sqrt(x) + 0.0);
      return *n < 0 ? 1.0 / root : root;
    }
    return x.with(math::PowFOp::create(x.b, x.loc, x.value, y.value));
  }
  // By the bits of the exponent; wraps as a product does.
  Value product = literal(x, 1.0).value, base = x.value;
  for (unsigned bit = 0; bit < x.width(); ++bit) {
    Scalar isSet = notEqual(bitAnd(y, integerLiteral(y, int64_t(1) << bit)), 0.0);
    product = where(isSet, x.with(product) * x.with(base), x.with(product)).value;
    base = (x.with(base) * x.with(base)).value;
  }
  if (x.isUnsigned())
    return x.with(product);
  Scalar odd = notEqual(bitAnd(y, literal(y, 1.0)), 0.0), one = literal(x, 1.0);
  Scalar inverse = where(equal(x, 1.0), one, where(equal(x, -1.0), where(odd, x, one), 0.0));
  return where(y < 0.0, inverse, x.with(product));
}

Scalar symc::minimum(Scalar x, Scalar y) {
  if (!x.isFloat() && x.isUnsigned())
    return x.with(arith::MinUIOp::create(x.b, x.loc, x.value, y.value));
  return binary<arith::MinimumFOp, arith::MinSIOp>(x, y);
}
Scalar symc::maximum(Scalar x, Scalar y) {
  if (!x.isFloat() && x.isUnsigned())
    return x.with(arith::MaxUIOp::create(x.b, x.loc, x.value, y.value));
  return binary<arith::MaximumFOp, arith::MaxSIOp>(x, y);
}
Scalar symc::abs(Scalar x) {
  if (x.isFloat())
    return unary<math::AbsFOp>(x);
  return x.isUnsigned() ? x : unary<math::AbsIOp>(x);
}
Scalar symc::sign(Scalar x) {
  Scalar positive = literal(x, 1.0);
  if (x.isUnsigned())
    return where(x > 0.0, positive, x);
  // NaN stays, and 0, but without its sign.
  return where(x > 0.0, positive, where(x < 0.0, -1.0, x.isFloat() ? x + 0.0 : x));
}
Scalar symc::square(Scalar x) { return x * x; }
Scalar symc::exp(Scalar x) { return unary<math::ExpOp>(x); }
Scalar symc::expm1(Scalar x) { return unary<math::ExpM1Op>(x); }
Scalar symc::log(Scalar x) { return unary<math::LogOp>(x); }
Scalar symc::log1p(Scalar x) { return unary<math::Log1pOp>(x); }
Scalar symc::sqrt(Scalar x) { return unary<math::SqrtOp>(x); }
Scalar symc::cbrt(Scalar x) { return unary<math::CbrtOp>(x); }
Scalar symc::sin(Scalar x) { return unary<math::SinOp>(x); }
Scalar symc::cos(Scalar x) { return unary<math::CosOp>(x); }
Scalar symc::tan(Scalar x) { return unary<math::TanOp>(x); }
Scalar symc::asin(Scalar x) { return unary<math::AsinOp>(x); }
Scalar symc::acos(Scalar x) { return unary<math::AcosOp>(x); }
Scalar symc::atan(Scalar x) { return unary<math::AtanOp>(x); }
Scalar symc::atan2(Scalar x, Scalar y) { return x.with(math::Atan2Op::create(x.b, x.loc, x.value, y.value)); }
Scalar symc::sinh(Scalar x) { return unary<math::SinhOp>(x); }
Scalar symc::cosh(Scalar x) { return unary<math::CoshOp>(x); }
Scalar symc::tanh(Scalar x) { return unary<math::TanhOp>(x); }
Scalar symc::asinh(Scalar x) { return unary<math::AsinhOp>(x); }
Scalar symc::acosh(Scalar x) { return unary<math::AcoshOp>(x); }
Scalar symc::atanh(Scalar x) { return unary<math::AtanhOp>(x); }
Scalar symc::erf(Scalar x) { return unary<math::ErfOp>(x); }
Scalar symc::erfc(Scalar x) { return unary<math::ErfcOp>(x); }
Scalar symc::floor(Scalar x) { return unary<math::FloorOp>(x); }
Scalar symc::ceil(Scalar x) { return unary<math::CeilOp>(x); }
Scalar symc::round(Scalar x) { return unary<math::RoundEvenOp>(x); }
Scalar symc::trunc(Scalar x) { return unary<math::TruncOp>(x); }

Scalar symc::sigmoid(Scalar x) {
  // Both ends by e**-|x|, which does not overflow: e**x / (1 + e**x) below 0.
  Scalar z = exp(-abs(x));
  return where(x < 0.0, z, 1.0) / (1.0 + z);
}

Scalar symc::bitAnd(Scalar x, Scalar y) { return x.with(arith::AndIOp::create(x.b, x.loc, x.value, y.value)); }
Scalar symc::bitOr(Scalar x, Scalar y) { return x.with(arith::OrIOp::create(x.b, x.loc, x.value, y.value)); }
Scalar symc::bitXor(Scalar x, Scalar y) { return x.with(arith::XOrIOp::create(x.b, x.loc, x.value, y.value)); }
Scalar symc::bitNot(Scalar x) { return bitXor(x, integerLiteral(x, -1)); }

/// Whether a shift by y is one that the machine defines: 0 <= y < width, compared as unsigned.
static Scalar inWidth(Scalar y) {
  Type boolean = IntegerType::get(y.b.getContext(), 1);
  Scalar width = integerLiteral(y, y.width());
  return y.with(arith::CmpIOp::create(y.b, y.loc, I::ult, y.value, width.value), boolean);
}
Scalar symc::shiftLeft(Scalar x, Scalar y) {
  Scalar ok = inWidth(y), by = where(ok, y, 0.0);
  return where(ok, x.with(arith::ShLIOp::create(x.b, x.loc, x.value, by.value)), 0.0);
}
Scalar symc::shiftRight(Scalar x, Scalar y) {
  Scalar ok = inWidth(y);
  if (!x.isUnsigned())
    return x.with(arith::ShRSIOp::create(x.b, x.loc, x.value, where(ok, y, integerLiteral(y, y.width() - 1)).value));
  return where(ok, x.with(arith::ShRUIOp::create(x.b, x.loc, x.value, where(ok, y, 0.0).value)), 0.0);
}

//===----------------------------------------------------------------------===//
// Conversion
//===----------------------------------------------------------------------===//

static Scalar floatToInteger(Scalar x, Type element) {
  unsigned width = element.getIntOrFloatBitWidth();
  bool isUnsigned = element.isUnsignedInteger();
  // The powers of two that bound the type are exact in every float type.
  double above = std::ldexp(1.0, isUnsigned ? width : width - 1), below = isUnsigned ? 0.0 : -above;
  Scalar tooLarge = x >= above, tooSmall = x < below;
  Scalar inside = where(bitAnd(x >= below, x < above), x, 0.0); // NaN is not inside
  // Narrow types go through i32, for which machines have a conversion.
  Type wide = width < 32 ? Type(IntegerType::get(x.b.getContext(), 32)) : element;
  Value value = wide.isUnsignedInteger()
                    ? arith::FPToUIOp::create(x.b, x.loc, shaped(x, wide), inside.value).getResult()
                    : arith::FPToSIOp::create(x.b, x.loc, shaped(x, wide), inside.value).getResult();
  if (wide != element)
    value = arith::TruncIOp::create(x.b, x.loc, shaped(x, element), value);
  Scalar result = x.with(value, element);
  APInt most = isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  APInt least = isUnsigned ? APInt::getMinValue(width) : APInt::getSignedMinValue(width);
  return where(tooLarge, integerLiteral(result, most.getSExtValue()),
               where(tooSmall, integerLiteral(result, least.getSExtValue()), result));
}

Scalar symc::convert(Scalar x, Type element) {
  if (x.type == element)
    return x;
  if (isNarrowFloat(x.type))
    return convert(widenFloat(x), element);
  if (isNarrowFloat(element))
    return narrowFloat(x, element);
  Type target = shaped(x, element);
  auto as = [&](auto op) { return x.with(op, element); };
  if (element.isInteger(1))
    return notEqual(x, 0.0);
  if (x.isFloat()) {
    if (!isa<FloatType>(element))
      return floatToInteger(x, element);
    if (x.width() < element.getIntOrFloatBitWidth())
      return as(arith::ExtFOp::create(x.b, x.loc, target, x.value));
    return as(arith::TruncFOp::create(x.b, x.loc, target, x.value));
  }
  if (isa<FloatType>(element)) {
    if (x.isUnsigned())
      return as(arith::UIToFPOp::create(x.b, x.loc, target, x.value));
    return as(arith::SIToFPOp::create(x.b, x.loc, target, x.value));
  }
  unsigned from = x.width(), to = element.getIntOrFloatBitWidth();
  if (from == to)
    return x.with(x.value, element);
  if (from > to)
    return as(arith::TruncIOp::create(x.b, x.loc, target, x.value));
  if (x.isUnsigned())
    return as(arith::ExtUIOp::create(x.b, x.loc, target, x.value));
  return as(arith::ExtSIOp::create(x.b, x.loc, target, x.value));
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

template <class Op> static Tensor unary(Tensor x) { return {x.b, x.loc, Op::create(x.b, x.loc, x.value)}; }
template <class Op> static Tensor binary(Tensor x, Tensor y) {
  return {x.b, x.loc, Op::create(x.b, x.loc, x.value, y.value)};
}

#define SYMC_TENSOR_UNARY(name, Op)                                                                                    \
  Tensor symc::name(Tensor x) { return unary<sym::Op>(x); }
#define SYMC_TENSOR_BINARY(name, Op)                                                                                   \
  Tensor symc::name(Tensor x, Tensor y) { return binary<sym::Op>(x, y); }
SYMC_TENSOR_BINARY(operator+, AddOp)
SYMC_TENSOR_BINARY(operator-, SubOp)
SYMC_TENSOR_BINARY(operator*, MulOp)
SYMC_TENSOR_BINARY(operator/, DivOp)
SYMC_TENSOR_BINARY(floorDiv, FloorDivOp)
SYMC_TENSOR_BINARY(mod, ModOp)
SYMC_TENSOR_BINARY(pow, PowOp)
SYMC_TENSOR_BINARY(minimum, MinimumOp)
SYMC_TENSOR_BINARY(maximum, MaximumOp)
SYMC_TENSOR_BINARY(atan2, Atan2Op)
SYMC_TENSOR_BINARY(equal, EqualOp)
SYMC_TENSOR_BINARY(notEqual, NotEqualOp)
SYMC_TENSOR_BINARY(operator<, LessOp)
SYMC_TENSOR_BINARY(operator<=, LessEqualOp)
SYMC_TENSOR_BINARY(operator>, GreaterOp)
SYMC_TENSOR_BINARY(operator>=, GreaterEqualOp)
SYMC_TENSOR_BINARY(bitAnd, LogicalAndOp)
SYMC_TENSOR_BINARY(bitOr, LogicalOrOp)
SYMC_TENSOR_BINARY(bitXor, LogicalXorOp)
SYMC_TENSOR_UNARY(bitNot, LogicalNotOp)
SYMC_TENSOR_UNARY(operator-, NegOp)
SYMC_TENSOR_UNARY(abs, AbsOp)
SYMC_TENSOR_UNARY(sign, SignOp)
SYMC_TENSOR_UNARY(square, SquareOp)
SYMC_TENSOR_UNARY(exp, ExpOp)
SYMC_TENSOR_UNARY(expm1, Expm1Op)
SYMC_TENSOR_UNARY(log, LogOp)
SYMC_TENSOR_UNARY(log1p, Log1pOp)
SYMC_TENSOR_UNARY(sqrt, SqrtOp)
SYMC_TENSOR_UNARY(cbrt, CbrtOp)
SYMC_TENSOR_UNARY(sin, SinOp)
SYMC_TENSOR_UNARY(cos, CosOp)
SYMC_TENSOR_UNARY(tan, TanOp)
SYMC_TENSOR_UNARY(asin, AsinOp)
SYMC_TENSOR_UNARY(acos, AcosOp)
SYMC_TENSOR_UNARY(atan, AtanOp)
SYMC_TENSOR_UNARY(sinh, SinhOp)
SYMC_TENSOR_UNARY(cosh, CoshOp)
SYMC_TENSOR_UNARY(tanh, TanhOp)
SYMC_TENSOR_UNARY(asinh, AsinhOp)
SYMC_TENSOR_UNARY(acosh, AcoshOp)
SYMC_TENSOR_UNARY(atanh, AtanhOp)
SYMC_TENSOR_UNARY(erf, ErfOp)
SYMC_TENSOR_UNARY(erfc, ErfcOp)
SYMC_TENSOR_UNARY(floor, FloorOp)
SYMC_TENSOR_UNARY(ceil, CeilOp)
SYMC_TENSOR_UNARY(round, RoundOp)
SYMC_TENSOR_UNARY(trunc, TruncOp)
SYMC_TENSOR_UNARY(isNan, IsNanOp)
SYMC_TENSOR_UNARY(sigmoid, SigmoidOp)

Tensor symc::where(Tensor condition, Tensor x, Tensor y) {
  return x.with(sym::WhereOp::create(x.b, x.loc, condition.value, x.value, y.value));
}
Tensor symc::convert(Tensor x, Type element) {
  if (elementOf(x.value) == element)
    return x;
  return x.with(sym::CastOp::create(x.b, x.loc, x.value, TypeAttr::get(element)));
}
