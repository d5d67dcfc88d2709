//===- Elementwise.cpp - Elementwise operators ----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The ops are whole in Elementwise.td; here are the bodies and derivatives that are more
// than an expression, and simplifications. Those keep every bit of a result: x + 0.0 is not
// x where x is -0.0.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/Settled.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::sym;

//===----------------------------------------------------------------------===//
// Bodies and derivatives
//===----------------------------------------------------------------------===//

static Scalar clip(Scalar x, std::optional<TypedAttr> min, std::optional<TypedAttr> max) {
  Scalar low = min ? literal(x, *min) : x, up = x.with(min ? where(x < low, low, x).value : x.value);
  Scalar high = max ? literal(x, *max) : x;
  return max ? where(up > high, high, up) : up;
}

static Tensor clipGradient(Tensor dout, Tensor x, std::optional<TypedAttr> min, std::optional<TypedAttr> max) {
  Value g = dout.value;
  auto cut = [&](Tensor inside, Tensor bound) {
    g = where(inside, dout.with(g), where(equal(x, bound), 0.5 * dout.with(g), 0.0)).value;
  };
  if (min)
    cut(x > literal(x, *min), literal(x, *min));
  if (max)
    cut(x < literal(x, *max), literal(x, *max));
  return dout.with(g);
}

/// Of the elements' type.
static double smallestNormal(Tensor x) {
  bool losesInfo;
  auto number = llvm::APFloat::getSmallestNormalized(cast<FloatType>(elementOf(x.value)).getFloatSemantics());
  number.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return number.convertToDouble();
}

/// y * x**(y - 1). Where y is 0 that is 0, too at x = 0 (or NaN, or so small that its reciprocal overflows), where it
/// and what is derived from it would be infinity times 0.
static Tensor powGradient(Tensor dout, Tensor x, Tensor y) {
  std::optional<double> n = splatValue(y.value);
  if (!n) {
    Tensor inside = bitNot(bitAnd(equal(y, 0.0), bitNot(abs(x) >= smallestNormal(x))));
    Tensor exponent = settled(inside, y - 1.0, literal(y, 0.0));
    return settled(inside, dout * (y * pow(x, exponent)), literal(dout, 0.0));
  }
  if (*n == 0.0)
    return dout.with({});
  Tensor exponent = literal(y, *n - 1.0);
  return *n == 2.0 ? dout * (2.0 * x) : dout * (*n * pow(x, exponent));
}

/// out * log(x), by the exponent; 0 where x is 0.
static Tensor exponentGradient(Tensor dout, Tensor out, Tensor x) {
  Tensor base = settled(notEqual(x, 0.0), x, literal(x, 1.0));
  return where(equal(x, 0.0), 0.0, dout * out * log(base));
}

/// z / (x**2 + y**2) for z one of the two; their scale does not enter the squares, which would overflow or vanish.
static Tensor overSquares(Tensor z, Tensor x, Tensor y) {
  // The scale is settled though 1 is not the larger one: whatever it is, it cancels, and formulas show that of 1.
  Tensor larger = maximum(abs(x), abs(y)), scale = settled(bitNot(larger < HUGE_VAL), literal(x, 1.0), larger);
  return z / scale / (square(x / scale) + square(y / scale)) / scale;
}

static Tensor castGradient(Tensor dout, Tensor x) {
  Type from = elementOf(x.value);
  return isa<FloatType>(from) && isa<FloatType>(elementOf(dout.value)) ? convert(dout, from) : dout.with({});
}

LogicalResult ClipOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange operands, DictionaryAttr,
                                       OpaqueProperties, RegionRange, SmallVectorImpl<Type> &types) {
  types.push_back(operands[0].getType());
  return success();
}

LogicalResult CastOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands,
                                       DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                       SmallVectorImpl<Type> &types) {
  Adaptor a(operands, attributes, properties, regions);
  types.push_back(withElement(a.getX().getType(), a.getDtype()));
  return success();
}

//===----------------------------------------------------------------------===//
// Folding
//===----------------------------------------------------------------------===//

/// A constant of `type` with `value` everywhere; null where the type is not static.
static Attribute splatAttribute(Type type, double value) {
  auto tensor = cast<RankedTensorType>(type);
  Type element = tensor.getElementType();
  if (!tensor.hasStaticShape() || !(std::fabs(value) <= 0x1p53 || isa<FloatType>(element)))
    return {};
  if (auto floating = dyn_cast<FloatType>(element))
    return DenseElementsAttr::get(tensor, Attribute(FloatAttr::get(floating, value)));
  APInt integer(element.getIntOrFloatBitWidth(), static_cast<int64_t>(value), true, true);
  return DenseElementsAttr::get(tensor, integer);
}

/// Folds + - * / of constants. Rounding twice, to double and to the type, is as good as once.
template <class Fn> static Attribute foldFloats(Type type, Value x, Value y, Fn fn) {
  if (!isa<FloatType>(cast<RankedTensorType>(type).getElementType()))
    return {};
  std::optional<double> a = splatValue(x), b = splatValue(y);
  return a && b ? splatAttribute(type, fn(*a, *b)) : Attribute();
}

static bool isSplat(Value tensor, double c) {
  std::optional<double> value = splatValue(tensor);
  return value && *value == c && std::signbit(*value) == std::signbit(c);
}
/// The zero that may be added to anything.
static bool isNeutralZero(Value tensor) { return isSplat(tensor, isa<FloatType>(elementOf(tensor)) ? -0.0 : 0.0); }

OpFoldResult AddOp::fold(FoldAdaptor) {
  if (isNeutralZero(getY()))
    return getX();
  if (isNeutralZero(getX()))
    return getY();
  return foldFloats(getType(), getX(), getY(), std::plus<>());
}
OpFoldResult SubOp::fold(FoldAdaptor) {
  if (isSplat(getY(), 0.0))
    return getX();
  return foldFloats(getType(), getX(), getY(), std::minus<>());
}
OpFoldResult MulOp::fold(FoldAdaptor) {
  if (isSplat(getY(), 1.0))
    return getX();
  if (isSplat(getX(), 1.0))
    return getY();
  return foldFloats(getType(), getX(), getY(), std::multiplies<>());
}
OpFoldResult DivOp::fold(FoldAdaptor) {
  if (isSplat(getY(), 1.0))
    return getX();
  return foldFloats(getType(), getX(), getY(), std::divides<>());
}
OpFoldResult NegOp::fold(FoldAdaptor) {
  if (auto inner = getX().getDefiningOp<NegOp>())
    return inner.getX();
  return foldFloats(getType(), getX(), getX(), [](double x, double) { return -x; });
}
OpFoldResult SqrtOp::fold(FoldAdaptor) {
  return foldFloats(getType(), getX(), getX(), [](double x, double) { return std::sqrt(x); });
}
OpFoldResult PowOp::fold(FoldAdaptor) { return isSplat(getY(), 1.0) ? getX() : OpFoldResult(); }
OpFoldResult LogicalNotOp::fold(FoldAdaptor) {
  auto inner = getX().getDefiningOp<LogicalNotOp>();
  return inner ? inner.getX() : OpFoldResult();
}
OpFoldResult WhereOp::fold(FoldAdaptor) {
  if (getX() == getY())
    return getX();
  std::optional<double> condition = splatValue(getCondition());
  return !condition ? OpFoldResult() : *condition ? getX() : getY();
}
OpFoldResult CastOp::fold(FoldAdaptor) {
  if (getX().getType() == getType())
    return getX();
  // There and back again by a type that has all numbers of this one.
  if (auto inner = getX().getDefiningOp<CastOp>(); inner && inner.getX().getType() == getType()) {
    auto from = dyn_cast<FloatType>(getType().getElementType()), by = dyn_cast<FloatType>(elementOf(getX()));
    if (from && by && from.getWidth() < by.getWidth())
      return inner.getX();
  }
  // To integers the code that runs decides, and where a double would round first.
  std::optional<double> value = splatValue(getX());
  if (!value)
    return {};
  if (getType().getElementType().isInteger(1))
    return splatAttribute(getType(), *value != 0.0);
  bool exact = isa<FloatType>(getX().getType().getElementType()) || std::fabs(*value) < 0x1p53;
  return isa<FloatType>(getType().getElementType()) && exact ? OpFoldResult(splatAttribute(getType(), *value))
                                                             : OpFoldResult();
}

//===----------------------------------------------------------------------===//
// Canonical forms
//===----------------------------------------------------------------------===//

LogicalResult AddOp::canonicalize(AddOp op, PatternRewriter &rewriter) {
  if (auto negated = op.getY().getDefiningOp<NegOp>())
    return rewriter.replaceOpWithNewOp<SubOp>(op, op.getX(), negated.getX()), success();
  if (auto negated = op.getX().getDefiningOp<NegOp>())
    return rewriter.replaceOpWithNewOp<SubOp>(op, op.getY(), negated.getX()), success();
  return rewriter.notifyMatchFailure(op, "no operand is a negation");
}

LogicalResult SubOp::canonicalize(SubOp op, PatternRewriter &rewriter) {
  auto negated = op.getY().getDefiningOp<NegOp>();
  if (!negated)
    return rewriter.notifyMatchFailure(op, "the subtrahend is no negation");
  return rewriter.replaceOpWithNewOp<AddOp>(op, op.getX(), negated.getX()), success();
}

LogicalResult MulOp::canonicalize(MulOp op, PatternRewriter &rewriter) {
  if (isSplat(op.getY(), -1.0))
    return rewriter.replaceOpWithNewOp<NegOp>(op, op.getX()), success();
  if (isSplat(op.getX(), -1.0))
    return rewriter.replaceOpWithNewOp<NegOp>(op, op.getY()), success();
  if (op.getX() == op.getY())
    return rewriter.replaceOpWithNewOp<SquareOp>(op, op.getX()), success();
  return rewriter.notifyMatchFailure(op, "neither a factor -1 nor a square");
}

LogicalResult DivOp::canonicalize(DivOp op, PatternRewriter &rewriter) {
  // The reciprocal of a power of two is exact, as long as it is a normal number.
  std::optional<double> divisor = splatValue(op.getY());
  int exponent = 0;
  if (!divisor || std::fabs(std::frexp(*divisor, &exponent)) != 0.5 || std::abs(exponent) > 100)
    return rewriter.notifyMatchFailure(op, "the divisor is no power of two");
  Tensor x{rewriter, op.getLoc(), op.getX()};
  return rewriter.replaceOp(op, (x * (1.0 / *divisor)).value), success();
}

LogicalResult NegOp::canonicalize(NegOp op, PatternRewriter &rewriter) {
  auto product = op.getX().getDefiningOp<MulOp>();
  std::optional<double> factor;
  if (product && product->hasOneUse())
    factor = splatValue(product.getY());
  if (!factor)
    return rewriter.notifyMatchFailure(op, "not the product with a constant");
  Tensor x{rewriter, op.getLoc(), product.getX()};
  return rewriter.replaceOp(op, (x * -*factor).value), success();
}

LogicalResult PowOp::canonicalize(PowOp op, PatternRewriter &rewriter) {
  std::optional<double> n = splatValue(op.getY());
  Tensor x{rewriter, op.getLoc(), op.getX()};
  bool isProduct = n && (isa<FloatType>(elementOf(op.getX())) ? isProductExponent(*n) : *n >= 0 && *n < 0x1p31);
  if (!isProduct)
    return rewriter.notifyMatchFailure(op, "not a product");
  return rewriter.replaceOp(op, power(x, static_cast<int64_t>(*n)).value), success();
}

LogicalResult SelectOp::canonicalize(SelectOp op, PatternRewriter &rewriter) {
  return rewriter.replaceOpWithNewOp<WhereOp>(op, op.getCondition(), op.getX(), op.getY()), success();
}

/// A splat constant, or a broadcast of one, with the sizes of `type`. It does not become a double, which rounds an i64.
static Value resplat(OpBuilder &b, Location loc, Value constant, RankedTensorType type) {
  while (auto broadcast = constant.getDefiningOp<BroadcastToOp>())
    constant = broadcast.getX();
  auto value = cast<DenseElementsAttr>(constant.getDefiningOp<ConstantOp>().getValue());
  return splat(b, loc, type, value.getSplatValue<TypedAttr>());
}

namespace {
/// f(broadcast(x), broadcast(y), constant) is broadcast(f(x, y, constant)): less to compute, and constants meet.
struct HoistBroadcast : OpInterfaceRewritePattern<ScalarBodyOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(ScalarBodyOpInterface op, PatternRewriter &rewriter) const override {
    std::optional<Dims> source;
    for (Value operand : op->getOperands()) {
      auto broadcast = operand.getDefiningOp<BroadcastToOp>();
      if (!broadcast) {
        if (operand.getDefiningOp<ConstantOp>() && splatValue(operand))
          continue;
        return rewriter.notifyMatchFailure(op, "an operand is not broadcast");
      }
      Dims dims = dimsOf(broadcast.getX());
      if (source && splatValue(operand) && dims.empty())
        continue;
      if (source && !sameDims(*source, dims))
        return rewriter.notifyMatchFailure(op, "operands are broadcast from different shapes");
      source = dims;
    }
    if (!source)
      return rewriter.notifyMatchFailure(op, "no operand is broadcast");
    IRMapping mapping;
    for (Value operand : op->getOperands()) {
      auto broadcast = operand.getDefiningOp<BroadcastToOp>();
      if (broadcast && sameDims(*source, dimsOf(broadcast.getX())))
        mapping.map(operand, broadcast.getX());
      else
        mapping.map(operand, resplat(rewriter, op.getLoc(), operand, tensorType(*source, elementOf(operand))));
    }
    Operation *narrow = rewriter.clone(*op, mapping);
    Type wide = op->getResult(0).getType();
    narrow->getResult(0).setType(tensorType(*source, cast<RankedTensorType>(wide).getElementType()));
    rewriter.replaceOp(op, broadcastLike(rewriter, op.getLoc(), narrow->getResult(0), wide));
    return success();
  }
};
} // namespace

void SymDialect::getCanonicalizationPatterns(RewritePatternSet &patterns) const {
  patterns.add<HoistBroadcast>(getContext());
}

#define GET_OP_CLASSES
#include "dialects/sym/Elementwise.cpp.inc"
