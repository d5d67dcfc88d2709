//===- Reduction.cpp - Reductions over axes -------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Check.h"
#include "dialects/sym/Settled.h"
#include "dialects/sym/Shape.h"
#include "mlir/IR/PatternMatch.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::sym;

//===----------------------------------------------------------------------===//
// What the families of Reduction.td share
//===----------------------------------------------------------------------===//

static LogicalResult inferReduction(std::optional<Location> loc, Type x, std::optional<ArrayRef<int64_t>> axis,
                                    bool keep, Type element, SmallVectorImpl<Type> &types) {
  Dims dims = dimsOf(x), result;
  FailureOr<SmallVector<int64_t>> axes = normalizeAxes(loc, axis, dims.size());
  if (failed(axes))
    return failure();
  for (auto [i, dim] : llvm::enumerate(dims)) {
    bool reduced = llvm::is_contained(*axes, static_cast<int64_t>(i));
    if (!reduced || keep)
      result.push_back(reduced ? constantDim(x.getContext(), 1) : dim);
  }
  types.push_back(tensorType(result, element));
  return success();
}

static LogicalResult inferArgReduction(std::optional<Location> loc, StringRef name, Type x,
                                       std::optional<ArrayRef<int64_t>> axis, bool keep, SmallVectorImpl<Type> &types) {
  if (axis && axis->size() != 1)
    return emitOptionalError(loc, "S0306: ", name.drop_front(4), " takes one axis or none, not ", axis->size());
  if (failed(inferReduction(loc, x, axis, keep, IntegerType::get(x.getContext(), 64), types)))
    return failure();
  int64_t rank = cast<RankedTensorType>(x).getRank();
  SmallVector<int64_t> axes = *normalizeAxes(std::nullopt, axis, rank);
  for (int64_t i : axes)
    if (constantValue(dimOf(x, i)) == 0)
      return emitOptionalError(loc, "S0316: ", name.drop_front(4), " of ", printType(x), " over axis ", i,
                               ", which is empty, has no value");
  return success();
}

static SmallVector<SizeRequirement> argRequirements(StringRef name, Value x, ArrayRef<int64_t> axes) {
  SmallVector<SizeRequirement> requirements;
  for (int64_t axis : axes)
    if (Dim size = dimOf(x.getType(), axis); !constantValue(size))
      requirements.push_back({size, 1,
                              (name.drop_front(4) + " of " + printType(x.getType()) + " has no value where " +
                               printDim(size) + " is {value}")
                                  .str()});
  return requirements;
}

static SmallVector<int64_t> reducedAxes(std::optional<ArrayRef<int64_t>> axis, Value x) {
  return *normalizeAxes(std::nullopt, axis, cast<RankedTensorType>(x.getType()).getRank());
}

/// `value` as an element of a tensor of `element`; infinities stand for the ends of an integer type.
static Value neutralValue(OpBuilder &b, Location loc, Type element, double value) {
  if (auto floating = dyn_cast<FloatType>(element))
    return arith::ConstantOp::create(b, loc, FloatAttr::get(floating, value));
  unsigned width = element.getIntOrFloatBitWidth();
  bool isUnsigned = element.isUnsignedInteger();
  APInt integer(width, std::isinf(value) ? 0 : static_cast<uint64_t>(value));
  if (value == HUGE_VAL)
    integer = isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  else if (value == -HUGE_VAL)
    integer = isUnsigned ? APInt::getMinValue(width) : APInt::getSignedMinValue(width);
  return arith::ConstantOp::create(b, loc, IntegerAttr::get(bodyType(element), integer));
}

static bool foldsToOperand(Value x, Value out) { return x.getType() == out.getType(); }

/// A reduction over axes of size 1 only moves nothing and adds nothing.
template <class Op> static LogicalResult dropUnitAxes(Op op, PatternRewriter &rewriter) {
  for (int64_t axis : op.getReducedAxes())
    if (!isOne(dimOf(op.getX().getType(), axis)))
      return rewriter.notifyMatchFailure(op, "an axis is not of size 1");
  rewriter.replaceOp(op, reshapeLike(rewriter, op.getLoc(), op.getX(), op.getType()));
  return success();
}

/// One of two (value, position) pairs: the one that beats the other, NaN before all, the first of equals.
static SmallVector<Value> combineExtremes(Scalar x, Scalar y, Scalar beats, Value left, Value right) {
  Scalar i = x.with(left, IntegerType::get(x.b.getContext(), 64)), j = i.with(right);
  Value same = equal(x, y).value, better = beats.value;
  if (x.isFloat()) {
    Scalar nanX = isNan(x), nanY = isNan(y);
    same = bitOr(beats.with(same), bitAnd(nanX, nanY)).value;
    better = bitOr(beats, bitAnd(nanY, bitNot(nanX))).value;
  }
  Scalar take = bitOr(beats.with(better), bitAnd(beats.with(same), j < i));
  return {where(take, y, x).value, where(take, j, i).value};
}

namespace {
/// The pieces of a derivative or a decomposition of a reduction of `x` over `axes`.
struct Reduced {
  Tensor x;
  SmallVector<int64_t> axes;

  Type element() const { return elementOf(x.value); }
  /// A reduced value, spread to the shape of x.
  Tensor spread(Tensor reduced) const {
    return x.with(symc::spread(x.b, x.loc, reduced.value, axes, x.value.getType()));
  }
  template <class Op> Tensor reduce(Tensor v, bool keep) const {
    return v.with(Op::create(v.b, v.loc, v.value, v.b.getDenseI64ArrayAttr(axes), v.b.getBoolAttr(keep)));
  }
  Tensor sum(Tensor v, bool keep) const { return v.with(sumOver(v.b, v.loc, v.value, axes, keep)); }
  Tensor max(Tensor v, bool keep) const { return reduce<MaxOp>(v, keep); }
  /// Whether there may be no element to reduce.
  bool mayBeEmpty() const {
    return llvm::any_of(axes, [&](int64_t axis) {
      std::optional<int64_t> size = constantValue(dimOf(x.value.getType(), axis));
      return !size || *size == 0;
    });
  }
  /// v / max(number of reduced elements - less, 0).
  Tensor divideByCount(Tensor v, int64_t less = 0) const {
    Dims sizes;
    for (int64_t axis : axes)
      sizes.push_back(dimOf(x.value.getType(), axis));
    Dim count = product(x.b.getContext(), sizes);
    Type scalar = RankedTensorType::get({}, elementOf(v.value));
    Value size;
    if (std::optional<int64_t> known = constantValue(count)) {
      double rest = static_cast<double>(*known) - static_cast<double>(less);
      size = splat(x.b, x.loc, scalar, std::max(rest, 0.0));
    } else if (llvm::isInt<32>(less)) {
      size = sizeValue(x.b, x.loc, count - less, elementOf(v.value));
    } else {
      size = (v.with(sizeValue(x.b, x.loc, count, elementOf(v.value))) - static_cast<double>(less)).value;
    }
    if (less > 0 && !constantValue(count))
      size = maximum(v.with(size), 0.0).value;
    return v / v.with(broadcastLike(x.b, x.loc, size, v.value.getType()));
  }
  Tensor mean(bool keep) const { return divideByCount(sum(x, keep)); }
  Tensor deviation() const { return x - spread(mean(true)); }
  Tensor variance(bool keep, int64_t ddof) const { return divideByCount(sum(square(deviation()), keep), ddof); }
  /// g / divisor, and 0 where the divisor is 0; so are the derivatives of that.
  static Tensor divideOrZero(Tensor g, Tensor divisor) {
    Tensor isZero = equal(divisor, 0.0);
    return where(isZero, 0.0, g / settled(bitNot(isZero), divisor, literal(divisor, 1.0)));
  }
  /// `g` shared equally by the elements of `v` that are `extreme`.
  Tensor share(Tensor g, Tensor v, Tensor extreme) const {
    Tensor chosen = equal(v, spread(extreme));
    Tensor count = sum(convert(chosen, elementOf(g.value)), false);
    Tensor part = g / g.with(reshapeLike(g.b, g.loc, count.value, g.value.getType()));
    return where(chosen, spread(part), 0.0);
  }
};
} // namespace

template <class Op> static Reduced parts(Op op, OpBuilder &b) {
  return {{b, op.getLoc(), op.getX()}, reducedAxes(op.getAxis(), op.getX())};
}

//===----------------------------------------------------------------------===//
// Derivatives of primitive reductions
//===----------------------------------------------------------------------===//

SmallVector<Value> SumOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {spread(b, getLoc(), cotangents[0], getReducedAxes(), getX().getType())};
}

namespace {
enum class Neighbour { before, behind };
} // namespace

/// Along the axis the element before or behind each one, `edge` where there is none.
static Value neighbours(OpBuilder &b, Location loc, Value x, int64_t axis, Neighbour side, double edge) {
  Dims one = dimsOf(x);
  one[axis] = constantDim(b.getContext(), 1);
  Value border = splat(b, loc, tensorType(one, elementOf(x)), edge);
  bool behind = side == Neighbour::behind;
  Value joined =
      ConcatOp::create(b, loc, behind ? ValueRange{x, border} : ValueRange{border, x}, b.getI64IntegerAttr(axis));
  return cropAxis(b, loc, joined, axis, constantDim(b.getContext(), behind), dimOf(x.getType(), axis));
}

/// Along the last axis the product of what comes before each element.
static Value productBefore(OpBuilder &b, Location loc, Value x) {
  int64_t axis = dimsOf(x).size() - 1;
  Value products = CumprodOp::create(b, loc, x, b.getI64IntegerAttr(axis));
  return neighbours(b, loc, products, axis, Neighbour::before, 1);
}

SmallVector<Value> ProdOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Reduced r = parts(*this, b);
  Tensor others = r.x.with(ProductOfOthersOp::create(b, getLoc(), getX(), b.getDenseI64ArrayAttr(r.axes)));
  return {(r.spread(r.x.with(cotangents[0])) * others).value};
}

SmallVector<Value> ProductOfOthersOp::decompose(OpBuilder &b) {
  // Without a division, which zeros and infinities would spoil: the product of the elements before times that of the
  // elements behind, in a row of all that are multiplied. Where one of the two overflows or vanishes, so does this.
  Location loc = getLoc();
  ArrayRef<int64_t> reduced = getAxis();
  SmallVector<int64_t> order;
  Dims dims = dimsOf(getX()), kept, moved;
  for (int64_t axis = 0, rank = dims.size(); axis < rank; ++axis)
    if (!llvm::is_contained(reduced, axis)) {
      order.push_back(axis);
      kept.push_back(dims[axis]);
    }
  Dims sizes;
  for (int64_t axis : reduced)
    sizes.push_back(dims[axis]);
  llvm::append_range(order, reduced);
  SmallVector<int64_t> back(order.size());
  for (auto [to, from] : llvm::enumerate(order)) {
    back[from] = to;
    moved.push_back(dims[from]);
  }
  Dims rows(kept);
  rows.push_back(product(b.getContext(), sizes));
  auto move = [&](Value v, ArrayRef<int64_t> axes) -> Value {
    return llvm::is_sorted(axes) ? v : TransposeOp::create(b, loc, v, b.getDenseI64ArrayAttr(axes)).getResult();
  };
  auto reversed = [&](Value v) -> Value {
    return ReverseOp::create(b, loc, v, b.getDenseI64ArrayAttr(int64_t(kept.size())));
  };
  Value x = reshape(b, loc, move(getX(), order), rows);
  Value behind = reversed(productBefore(b, loc, reversed(x)));
  Value others = MulOp::create(b, loc, productBefore(b, loc, x), behind);
  return {move(reshape(b, loc, others, moved), back)};
}

SmallVector<Value> MaxOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Reduced r = parts(*this, b);
  return {r.share(r.x.with(cotangents[0]), r.x, r.x.with(getOut())).value};
}

SmallVector<Value> MinOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Reduced r = parts(*this, b);
  return {r.share(r.x.with(cotangents[0]), r.x, r.x.with(getOut())).value};
}

//===----------------------------------------------------------------------===//
// Composite reductions
//===----------------------------------------------------------------------===//

SmallVector<Value> MeanOp::decompose(OpBuilder &b) { return {parts(*this, b).mean(getKeepdims()).value}; }

SmallVector<Value> MeanOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Reduced r = parts(*this, b);
  return {r.spread(r.divideByCount(r.x.with(cotangents[0]))).value};
}

namespace {
/// exp(x - m) and its sum, with m the largest x, or 0 where that is infinite (exp(x - m) is no NaN then) or NaN.
/// Whatever m is, it leaves no trace in the result, nor in derivatives.
struct Exponentials {
  Tensor m, e, sum;

  explicit Exponentials(const Reduced &r)
      : m(shift(r.max(r.x, true))), e(exp(r.x - r.spread(m))), sum(r.sum(e, true)) {}
  static Tensor shift(Tensor largest) {
    Tensor m = where(largest.with(IsFiniteOp::create(largest.b, largest.loc, largest.value)), largest, 0.0);
    return m.with(StopGradientOp::create(m.b, m.loc, m.value));
  }
};
} // namespace

SmallVector<Value> LogsumexpOp::decompose(OpBuilder &b) {
  Exponentials s(parts(*this, b));
  return {reshapeLike(b, getLoc(), (log(s.sum) + s.m).value, getType())};
}

SmallVector<Value> LogsumexpOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  // exp(x - out) would have the rounding of a large out in its exponent.
  Reduced r = parts(*this, b);
  Exponentials s(r);
  Tensor g = s.sum.with(reshapeLike(b, getLoc(), cotangents[0], s.sum.value.getType()));
  return {(r.spread(r.divideOrZero(g, s.sum)) * s.e).value};
}

SmallVector<Value> VarOp::decompose(OpBuilder &b) { return {parts(*this, b).variance(getKeepdims(), getDdof()).value}; }

SmallVector<Value> VarOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Reduced r = parts(*this, b);
  return {(r.spread(r.divideByCount(2.0 * r.x.with(cotangents[0]), getDdof())) * r.deviation()).value};
}

SmallVector<Value> StdOp::decompose(OpBuilder &b) {
  return {sqrt(parts(*this, b).variance(getKeepdims(), getDdof())).value};
}

SmallVector<Value> StdOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Reduced r = parts(*this, b);
  Tensor scale = r.divideOrZero(r.x.with(cotangents[0]), r.x.with(getOut()));
  return {(r.spread(r.divideByCount(scale, getDdof())) * r.deviation()).value};
}

SmallVector<Value> NormOp::decompose(OpBuilder &b) {
  Reduced r = parts(*this, b);
  double p = getOrd();
  bool keep = getKeepdims();
  if (p == 2.0)
    return {sqrt(r.sum(square(r.x), keep)).value};
  if (p == 1.0)
    return {r.sum(abs(r.x), keep).value};
  if (p == 0.0)
    return {r.sum(convert(notEqual(r.x, 0.0), r.element()), keep).value};
  if (p == HUGE_VAL) { // 0 over nothing, as those of other orders
    Tensor largest = r.max(abs(r.x), keep);
    return {(r.mayBeEmpty() ? maximum(largest, 0.0) : largest).value};
  }
  if (std::isinf(p))
    return {r.reduce<MinOp>(abs(r.x), keep).value};
  return {pow(r.sum(pow(abs(r.x), p), keep), 1.0 / p).value};
}

SmallVector<Value> NormOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Reduced r = parts(*this, b);
  Tensor g = r.x.with(cotangents[0]), out = r.x.with(getOut());
  double p = getOrd();
  if (p == 0.0)
    return {Value()};
  if (p == 1.0)
    return {(r.spread(g) * sign(r.x)).value};
  if (std::isinf(p))
    return {(r.share(g, abs(r.x), out) * sign(r.x)).value};
  if (p == 2.0)
    return {(r.spread(r.divideOrZero(g, out)) * r.x).value};
  // A zero has the derivative 0, also where ord is below 1 and the power infinite.
  Tensor isZero = equal(out, 0.0), none = equal(r.x, 0.0);
  Tensor ratio = settled(bitNot(none), abs(r.x), literal(r.x, 1.0)) / r.spread(where(isZero, 1.0, out));
  Tensor factor = where(none, 0.0, sign(r.x) * pow(ratio, p - 1.0));
  return {(r.spread(where(isZero, 0.0, g)) * factor).value};
}

//===----------------------------------------------------------------------===//
// softmax, log_softmax
//===----------------------------------------------------------------------===//

SmallVector<Value> SoftmaxOp::decompose(OpBuilder &b) {
  Reduced r = parts(*this, b);
  Tensor e = exp(r.x - r.spread(r.max(r.x, true)));
  return {(e / r.spread(r.sum(e, true))).value};
}

SmallVector<Value> SoftmaxOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Reduced r = parts(*this, b);
  Tensor g = r.x.with(cotangents[0]), out = r.x.with(getOut());
  return {(out * (g - r.spread(r.sum(g * out, true)))).value};
}

SmallVector<Value> LogSoftmaxOp::decompose(OpBuilder &b) {
  Reduced r = parts(*this, b);
  Tensor shifted = r.x - r.spread(r.max(r.x, true));
  return {(shifted - r.spread(log(r.sum(exp(shifted), true)))).value};
}

SmallVector<Value> LogSoftmaxOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Reduced r = parts(*this, b);
  Tensor g = r.x.with(cotangents[0]);
  return {(g - exp(r.x.with(getOut())) * r.spread(r.sum(g, true))).value};
}

//===----------------------------------------------------------------------===//
// cumsum, cumprod
//===----------------------------------------------------------------------===//

static LogicalResult inferScan(std::optional<Location> loc, Type x, std::optional<int64_t> axis,
                               SmallVectorImpl<Type> &types) {
  int64_t rank = cast<RankedTensorType>(x).getRank();
  if (axis && failed(normalizeAxes(loc, ArrayRef(*axis), rank)))
    return failure();
  types.push_back(axis ? cast<RankedTensorType>(x)
                       : tensorType({elementCount(x)}, cast<RankedTensorType>(x).getElementType()));
  return success();
}

LogicalResult CumsumOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands,
                                         DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                         SmallVectorImpl<Type> &types) {
  Adaptor a(operands, attributes, properties, regions);
  return inferScan(loc, a.getX().getType(), a.getAxis(), types);
}
LogicalResult CumprodOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands,
                                          DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                          SmallVectorImpl<Type> &types) {
  Adaptor a(operands, attributes, properties, regions);
  return inferScan(loc, a.getX().getType(), a.getAxis(), types);
}

/// Sizes before, along and after the axis.
static SmallVector<Dim> scanSizes(Value out, std::optional<int64_t> axis) {
  MLIRContext *context = out.getContext();
  Dims dims = dimsOf(out);
  int64_t at = axis.value_or(0), along = at < 0 ? at + dims.size() : at;
  return {product(context, ArrayRef(dims).take_front(along)), dims[along],
          product(context, ArrayRef(dims).drop_front(along + 1))};
}

std::string CumsumOp::getKernelName() { return "symc_k_cumsum_" + printElementType(elementOf(getX())); }
SmallVector<Dim> CumsumOp::getKernelIntegers() {
  SmallVector<Dim> integers = scanSizes(getOut(), getAxis());
  integers.push_back(constantDim(getContext(), getReverse()));
  integers.push_back(constantDim(getContext(), getExclusive()));
  return integers;
}
std::string CumprodOp::getKernelName() { return "symc_k_cumprod_" + printElementType(elementOf(getX())); }
SmallVector<Dim> CumprodOp::getKernelIntegers() { return scanSizes(getOut(), getAxis()); }
std::string RecurrenceOp::getKernelName() { return "symc_k_recurrence_" + printElementType(elementOf(getTerm())); }
SmallVector<Dim> RecurrenceOp::getKernelIntegers() {
  SmallVector<Dim> integers = scanSizes(getOut(), getAxis());
  integers.push_back(constantDim(getContext(), getReverse()));
  return integers;
}

SmallVector<Value> CumsumOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Value dx = CumsumOp::create(b, getLoc(), cotangents[0], b.getI64IntegerAttr(getAxis().value_or(0)),
                              b.getBoolAttr(!getReverse()), b.getBoolAttr(getExclusive()));
  return {reshapeLike(b, getLoc(), dx, getX().getType())};
}
SmallVector<Value> CumprodOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  // dx[k] is the product of what comes before k times s[k] = g[k] + x[k + 1] * s[k + 1].
  Location loc = getLoc();
  int64_t axis = getAxis().value_or(0), along = axis < 0 ? axis + rankOf(getOut()) : axis;
  Value x = reshapeLike(b, loc, getX(), getType());
  Value factors = neighbours(b, loc, x, along, Neighbour::behind, 0);
  Value sums = RecurrenceOp::create(b, loc, factors, cotangents[0], b.getI64IntegerAttr(along), b.getBoolAttr(true));
  Value before = neighbours(b, loc, getOut(), along, Neighbour::before, 1);
  return {reshapeLike(b, loc, MulOp::create(b, loc, before, sums), getX().getType())};
}
SmallVector<Value> RecurrenceOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  // What an element adds to the one behind it comes back from there; its factor met the one before it.
  Location loc = getLoc();
  int64_t axis = getAxis();
  Neighbour next = getReverse() ? Neighbour::before : Neighbour::behind;
  Neighbour previous = getReverse() ? Neighbour::behind : Neighbour::before;
  Value dterm = RecurrenceOp::create(b, loc, neighbours(b, loc, getFactor(), axis, next, 0), cotangents[0],
                                     getAxisAttr(), b.getBoolAttr(!getReverse()));
  Value dfactor = MulOp::create(b, loc, dterm, neighbours(b, loc, getOut(), axis, previous, 0));
  return {dfactor, dterm};
}

#define GET_OP_CLASSES
#include "dialects/sym/Reduction.cpp.inc"
