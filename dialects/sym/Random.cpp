//===- Random.cpp - Random numbers and dropout ----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Check.h"
#include "dialects/sym/Shape.h"
#include "dialects/sym/Uniform.h"
#include "lib/Support/InverseNormal.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::sym;

//===----------------------------------------------------------------------===//
// random
//===----------------------------------------------------------------------===//

LogicalResult RandomOp::infer(Adaptor a, std::optional<Location>, SmallVectorImpl<Type> &types) {
  types.push_back(tensorType(a.getShape().getExprs(), a.getDtype()));
  return success();
}

namespace {
/// Philox4x32-10 in the arithmetic of i32.
struct Philox {
  OpBuilder &b;
  Location loc;
  Value c[4], k[2];

  Value word(uint32_t bits) {
    return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(static_cast<int32_t>(bits)));
  }
  Value wide(Value word) { return arith::ExtUIOp::create(b, loc, b.getI64Type(), word); }
  Value exclusiveOr(Value x, Value y) { return arith::XOrIOp::create(b, loc, x, y); }
  std::pair<Value, Value> halves(Value wide) {
    Value bits = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(32));
    Value high = arith::ShRUIOp::create(b, loc, wide, bits);
    return {arith::TruncIOp::create(b, loc, b.getI32Type(), wide),
            arith::TruncIOp::create(b, loc, b.getI32Type(), high)};
  }
  void round() {
    auto product = [&](uint32_t factor, Value x) {
      return halves(arith::MulIOp::create(
          b, loc, wide(x), arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(static_cast<int64_t>(factor)))));
    };
    auto [low0, high0] = product(0xD2511F53, c[0]);
    auto [low1, high1] = product(0xCD9E8D57, c[2]);
    c[0] = exclusiveOr(exclusiveOr(high1, c[1]), k[0]);
    c[2] = exclusiveOr(exclusiveOr(high0, c[3]), k[1]);
    c[1] = low1;
    c[3] = low0;
    k[0] = arith::AddIOp::create(b, loc, k[0], word(0x9E3779B9));
    k[1] = arith::AddIOp::create(b, loc, k[1], word(0xBB67AE85));
  }
};
} // namespace

Value RandomOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  OpBuilder &b = e.b;
  Location loc = e.loc;
  Type i64 = b.getI64Type();
  Index number = e.number(0); // of the element, row-major
  for (auto [i, size] : llvm::zip_equal(index, getShape().getExprs()))
    number = e.add(e.mul(number, size), i);
  Value position = arith::IndexCastOp::create(b, loc, i64, e.value(number));
  Scalar at{b, loc, position, i64}, block = shiftRight(at, literal(at, 2.0)), lane = bitAnd(at, literal(at, 3.0));
  Philox philox{b, loc, {}, {}};
  std::tie(philox.c[0], philox.c[1]) = philox.halves(block.value);
  philox.c[2] = philox.word(static_cast<uint32_t>(getStream()));
  philox.c[3] = philox.halves(e.read(1, {})).first;
  std::tie(philox.k[0], philox.k[1]) = philox.halves(e.read(0, {}));
  for (int round = 0; round < 10; ++round)
    philox.round();
  Scalar isOdd = notEqual(bitAnd(lane, literal(lane, 1.0)), 0.0), isUpper = lane >= 2.0;
  auto uniform = [&](Value word) {
    Value bits = arith::ShRUIOp::create(b, loc, word, philox.word(8));
    // 24 bits: as a signed number they are the same, and that conversion is the cheaper one.
    Value number = arith::SIToFPOp::create(b, loc, getDtype(), bits);
    return Scalar{b, loc, number, getDtype()} * 0x1p-24;
  };
  auto choose = [&](Scalar condition, Value x, Value y) -> Value {
    return arith::SelectOp::create(b, loc, condition.value, x, y);
  };
  Value first = choose(isUpper, philox.c[2], philox.c[0]), second = choose(isUpper, philox.c[3], philox.c[1]);
  auto place = [&](Scalar value) -> Value {
    if (getScale() == 1.0 && getShift() == 0.0)
      return value.value;
    Scalar scale = literal(value, getScale()), shift = literal(value, getShift());
    return math::FmaOp::create(b, loc, value.value, scale.value, shift.value);
  };
  if (getDistribution() == Distribution::uniform)
    return place(uniform(choose(isOdd, second, first)));
  // Box and Muller: of each pair of lanes the even one is the cosine.
  Scalar radius = sqrt(-2.0 * log(1.0 - uniform(first))), angle = 6.283185307179586477 * uniform(second);
  return place(radius * where(isOdd, sin(angle), cos(angle)));
}

/// What `op` draws. One that draws several tensors gives each another part of its stream.
static Tensor random(OpBuilder &b, RandomOpInterface op, Distribution distribution, ArrayRef<Dim> shape, Type dtype,
                     double scale = 1.0, double shift = 0.0, unsigned part = 0) {
  Location loc = op.getLoc();
  Type i64 = RankedTensorType::get({}, b.getI64Type());
  Value seed = SeedOp::create(b, loc, i64), step = StepOp::create(b, loc, i64);
  uint32_t stream = op.getStreamAttr().part(part).getNumber();
  return {b, loc,
          RandomOp::create(b, loc, seed, step, distribution, stream, DimsAttr::get(b.getContext(), shape), dtype, scale,
                           shift)};
}

//===----------------------------------------------------------------------===//
// dropout
//===----------------------------------------------------------------------===//

LogicalResult DropoutOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  if (!(a.getRate() >= 0.0 && a.getRate() < 1.0))
    return emitOptionalError(loc, "S0306: the rate of dropout must be 0 or more and less than 1, not ",
                             printNumber(a.getRate()));
  types.push_back(a.getX().getType());
  return success();
}

/// What is kept of x, or of the cotangent.
static Value drop(DropoutOp op, OpBuilder &b, Value x) {
  Tensor u = random(b, op, Distribution::uniform, dimsOf(x), elementOf(x));
  return where(u >= op.getRate(), u.with(x) * (1.0 / (1.0 - op.getRate())), 0.0).value;
}
SmallVector<Value> DropoutOp::decompose(OpBuilder &b) {
  return {getRate() == 0.0 ? Value(getX()) : drop(*this, b, getX())};
}
SmallVector<Value> DropoutOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {getRate() == 0.0 ? cotangents[0] : drop(*this, b, cotangents[0])};
}
SmallVector<Value> DropoutOp::buildInference(OpBuilder &) { return {getX()}; }

//===----------------------------------------------------------------------===//
// random_uniform, random_normal, random_bernoulli
//===----------------------------------------------------------------------===//

/// The element type of numbers that are drawn.
static FailureOr<Type> drawnType(std::optional<Location> loc, StringRef op, std::optional<Type> dtype, DimsAttr shape) {
  Type element = dtype.value_or(Float32Type::get(shape.getContext()));
  if (isa<FloatType>(element))
    return element;
  return LogicalResult(emitOptionalError(loc, "S0304: ", op.drop_front(4), " draws floating numbers, not ",
                                         printElementType(element), "; `cast` converts them"));
}

LogicalResult RandomUniformOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  FailureOr<Type> element = drawnType(loc, getOperationName(), a.getDtype(), a.getShape());
  if (failed(element))
    return failure();
  double low = a.getLow(), high = a.getHigh();
  if (low > high)
    return emitOptionalError(loc, "S0306: low is ", printNumber(low), ", more than the high ", printNumber(high));
  // The numbers themselves are checked where they stand.
  auto fits = [&](double x) {
    return std::isfinite(x) && fitsElement(FloatAttr::get(Float64Type::get(element->getContext()), x), *element);
  };
  if (fits(low) && fits(high) && !fits(high - low))
    return emitOptionalError(loc, "S0314: high - low is ", printNumber(high), " - ", printNumber(low), ", which ",
                             printElementType(*element), " cannot represent");
  types.push_back(tensorType(a.getShape().getExprs(), *element));
  return success();
}

static APFloat roundedTo(Type element, double x) {
  APFloat number(x);
  bool loses;
  number.convert(cast<FloatType>(element).getFloatSemantics(), APFloat::rmNearestTiesToEven, &loses);
  return number;
}

double symc::largestBelow(double high, Type element) {
  APFloat number = roundedTo(element, high);
  number.next(/*nextDown=*/true);
  return number.convertToDouble();
}

bool symc::areApart(double low, double high, Type element) {
  return roundedTo(element, low) < roundedTo(element, high);
}

std::optional<double> symc::uniformLimit(double low, double high, Type element) {
  constexpr double largest = 1 - 0x1p-24;
  double width = high - low;
  double top = element.isF64() ? std::fma(largest, width, low)
                               : std::fma(float(largest), static_cast<float>(width), static_cast<float>(low));
  double most = largestBelow(high, element);
  bool passes = areApart(low, high, element) && roundedTo(element, top).convertToDouble() > most;
  return passes ? std::optional(most) : std::nullopt;
}

SmallVector<Value> RandomUniformOp::decompose(OpBuilder &b) {
  Type element = elementOf(getOut());
  Tensor drawn =
      random(b, *this, Distribution::uniform, getShape().getExprs(), element, getHigh() - getLow(), getLow());
  std::optional<double> limit = uniformLimit(getLow(), getHigh(), element);
  return {limit ? minimum(drawn, *limit).value : drawn.value};
}

LogicalResult RandomNormalOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  FailureOr<Type> element = drawnType(loc, getOperationName(), a.getDtype(), a.getShape());
  if (failed(element))
    return failure();
  types.push_back(tensorType(a.getShape().getExprs(), *element));
  return success();
}
SmallVector<Value> RandomNormalOp::decompose(OpBuilder &b) {
  double spread = getStddev();
  return {random(b, *this, Distribution::normal, getShape().getExprs(), elementOf(getOut()), spread, getMean()).value};
}

LogicalResult RandomTruncatedNormalOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  FailureOr<Type> element = drawnType(loc, getOperationName(), a.getDtype(), a.getShape());
  if (failed(element))
    return failure();
  types.push_back(tensorType(a.getShape().getExprs(), *element));
  return success();
}

static Tensor polynomial(Tensor x, ArrayRef<double> coefficients) {
  Value sum = literal(x, coefficients.back()).value;
  for (double c : llvm::reverse(coefficients.drop_back()))
    sum = (x.with(sum) * x + c).value;
  return x.with(sum);
}

/// At q + 1/2, for 1e-11 < |q| + 1/2 < 1 - 1e-11. A result near 0 is as exact as q is.
static Tensor inverseNormal(Tensor q) {
  using namespace symc::ppnd16;
  Tensor near = 0.180625 - square(q), far = sqrt(-log(0.5 - abs(q))) - 1.6;
  Tensor middle = q * polynomial(near, middleAbove) / polynomial(near, middleBelow);
  Tensor tail = sign(q) * polynomial(far, tailAbove) / polynomial(far, tailBelow);
  return where(abs(q) <= 0.425, middle, tail);
}

SmallVector<Value> RandomTruncatedNormalOp::decompose(OpBuilder &b) {
  constexpr double below = 0.022750131948179207; // the distribution function at -2
  constexpr double width = 1.0 - 2.0 * below;
  Type type = elementOf(getOut());
  Tensor q = random(b, *this, Distribution::uniform, getShape().getExprs(), type, width, -width / 2);
  return {(getMean() + getStddev() * inverseNormal(q)).value};
}

LogicalResult RandomCategoricalOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  Dims dims = dimsOf(a.getLogits());
  FailureOr<int64_t> axis = normalizeAxis(loc, a.getAxis(), dims.size());
  if (failed(axis))
    return failure();
  if (constantValue(dims[*axis]) == 0)
    return emitOptionalError(loc, "S0316: random_categorical of ", printType(a.getLogits().getType()), " over axis ",
                             *axis, ", which is empty, has no class to give");
  dims.erase(dims.begin() + *axis);
  types.push_back(tensorType(dims, IntegerType::get(a.getLogits().getContext(), 64)));
  return success();
}
SmallVector<Value> RandomCategoricalOp::decompose(OpBuilder &b) {
  Type type = elementOf(getLogits());
  Tensor u = random(b, *this, Distribution::uniform, dimsOf(getLogits()), type);
  Tensor scores = u.with(getLogits()) - log(-log(u));
  return {ArgmaxOp::create(b, getLoc(), scores.value, b.getDenseI64ArrayAttr(getAxis()), b.getBoolAttr(false))};
}

LogicalResult RandomBernoulliOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  MLIRContext *context = a.getShape().getContext();
  if (!(a.getP() >= 0.0 && a.getP() <= 1.0))
    return emitOptionalError(loc, "S0306: the p of random_bernoulli must be from 0 to 1, not ", printNumber(a.getP()));
  types.push_back(tensorType(a.getShape().getExprs(), IntegerType::get(context, 1)));
  return success();
}
SmallVector<Value> RandomBernoulliOp::decompose(OpBuilder &b) {
  Tensor u = random(b, *this, Distribution::uniform, getShape().getExprs(), b.getF32Type());
  return {(u < getP()).value};
}

#define GET_OP_CLASSES
#include "dialects/sym/Random.cpp.inc"
