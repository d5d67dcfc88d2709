//===- Normalization.cpp - Normalisation layers ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/Layers.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

/// Sizes of gamma and beta: those of `x` along the axes.
static Dims scaleDims(Type x, ArrayRef<int64_t> axes) {
  Dims dims;
  for (int64_t axis : axes)
    dims.push_back(dimOf(x, axis));
  return dims;
}

/// What is meant where a vector has a mean of all its elements.
static constexpr char kOneForAll[] = "; hint: axis=[] takes one mean and one deviation, of all elements";

/// The result has the type of x; the other operands, of these names, have the sizes of the axes. `hintOfScalars` is for
/// scalars in their places.
static LogicalResult inferNorm(std::optional<Location> loc, StringRef op, ArrayRef<StringLiteral> names,
                               StringRef hintOfScalars, ValueRange operands, FailureOr<SmallVector<int64_t>> axes,
                               SmallVectorImpl<Type> &types) {
  if (failed(axes) || failed(checkElements(loc, op, operands)))
    return failure();
  Dims dims = scaleDims(operands[0].getType(), *axes);
  for (auto [i, operand] : llvm::enumerate(operands.drop_front()))
    if (failed(checkShape(loc, names[i] + " of " + op, operand.getType(), dims,
                          rankOf(operand) == 0 ? hintOfScalars : "")))
      return failure();
  types.push_back(operands[0].getType());
  return success();
}

/// The last axis, of an input with a batch and channels.
static FailureOr<SmallVector<int64_t>> channelAxis(std::optional<Location> loc, StringRef op, Type x, int64_t minimum) {
  int64_t rank = cast<RankedTensorType>(x).getRank();
  if (rank >= minimum)
    return SmallVector<int64_t>{rank - 1};
  return LogicalResult(emitOptionalError(loc, "S0302: ", op, " needs an input with ", minimum,
                                         " or more dimensions, not ", printType(x)));
}

static LogicalResult checkGroups(std::optional<Location> loc, Type x, int64_t groups) {
  std::optional<int64_t> channels = constantValue(dimOf(x, cast<RankedTensorType>(x).getRank() - 1));
  if (!channels)
    return emitOptionalError(loc, "S0308: group_norm needs a known number of channels, not ", printType(x));
  if (groups < 1 || *channels % groups != 0)
    return emitOptionalError(loc, "S0306: 'groups' must divide the ", *channels, " channels, and ", groups,
                             " does not");
  return success();
}

/// The type of a parameter with the sizes of the axes.
static FailureOr<RankedTensorType> scaleType(Location loc, RankedTensorType x, ArrayRef<int64_t> axes) {
  SmallVector<int64_t> shape;
  for (int64_t axis : axes) {
    FailureOr<int64_t> size = staticSize(loc, x, axis);
    if (failed(size))
      return failure();
    shape.push_back(*size);
  }
  return RankedTensorType::get(shape, x.getElementType());
}

//===----------------------------------------------------------------------===//
// Decomposition
//===----------------------------------------------------------------------===//

namespace {
struct Normalizer {
  OpBuilder &b;
  Location loc;

  Value mean(Value x, ArrayRef<int64_t> axes) {
    Value mean = MeanOp::create(b, loc, x, b.getDenseI64ArrayAttr(axes), b.getBoolAttr(true));
    return broadcastLike(b, loc, mean, x.getType());
  }
  Value centred(Value x, ArrayRef<int64_t> axes) { return SubOp::create(b, loc, x, mean(x, axes)); }
  /// x / sqrt(mean(x**2) + epsilon)
  Value scaled(Value x, ArrayRef<int64_t> axes, double epsilon) {
    Value squares =
        MeanOp::create(b, loc, SquareOp::create(b, loc, x), b.getDenseI64ArrayAttr(axes), b.getBoolAttr(true));
    Value root = RsqrtOp::create(b, loc, AddOp::create(b, loc, squares, splat(b, loc, squares.getType(), epsilon)));
    return MulOp::create(b, loc, x, broadcastLike(b, loc, root, x.getType()));
  }
  /// gamma or beta as x, whose sizes along the axes it has.
  Value along(Value scale, ArrayRef<int64_t> axes, Value x) {
    Dims dims(rankOf(x), constantDim(b.getContext(), 1));
    for (int64_t axis : axes)
      dims[axis] = dimOf(x.getType(), axis);
    return broadcastLike(b, loc, reshape(b, loc, scale, dims), x.getType());
  }
  Value affine(Value x, ArrayRef<int64_t> axes, Value gamma, Value beta) {
    Value product = MulOp::create(b, loc, x, along(gamma, axes, x));
    return beta ? AddOp::create(b, loc, product, along(beta, axes, x)).getResult() : product;
  }
};
} // namespace

SmallVector<Value> LayerNormOp::decompose(OpBuilder &b) {
  Normalizer n{b, getLoc()};
  SmallVector<int64_t> axes = *normalizeAxes(std::nullopt, getAxis(), rankOf(getX()));
  Value x = n.scaled(n.centred(getX(), axes), axes, getEpsilon());
  return {n.affine(x, axes, getGamma(), getBeta())};
}
SmallVector<Value> RmsNormOp::decompose(OpBuilder &b) {
  Normalizer n{b, getLoc()};
  SmallVector<int64_t> axes = *normalizeAxes(std::nullopt, getAxis(), rankOf(getX()));
  return {n.affine(n.scaled(getX(), axes, getEpsilon()), axes, getGamma(), Value())};
}
//===----------------------------------------------------------------------===//
// batch_norm
//===----------------------------------------------------------------------===//

static FailureOr<int64_t> batchNormAxis(std::optional<Location> loc, Type x, int64_t axis) {
  int64_t rank = cast<RankedTensorType>(x).getRank();
  if (rank < 2)
    return LogicalResult(
        emitOptionalError(loc, "S0302: batch_norm needs an input with 2 or more dimensions, not ", printType(x)));
  return checkAxis(loc, axis, rank);
}

LogicalResult BatchNormOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands,
                                            DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                            SmallVectorImpl<Type> &types) {
  static constexpr const char *names[] = {"", "gamma", "beta", "moving_mean", "moving_variance"};
  Adaptor op(operands, attributes, properties, regions);
  Type x = operands[0].getType();
  FailureOr<int64_t> axis = batchNormAxis(loc, x, op.getAxis());
  if (failed(axis) || failed(checkElements(loc, "batch_norm", operands)))
    return failure();
  for (auto [i, operand] : llvm::enumerate(operands))
    if (i && failed(checkShape(loc, Twine(names[i]) + " of batch_norm", operand.getType(), {dimOf(x, *axis)})))
      return failure();
  if (!(op.getMomentum() >= 0.0 && op.getMomentum() <= 1.0))
    return emitOptionalError(loc, "S0306: the momentum of batch_norm must be from 0 to 1, not ",
                             printNumber(op.getMomentum()));
  types.push_back(x);
  return success();
}

FailureOr<SmallVector<LayerParameter>> BatchNormOp::getLayerParameters(Location loc, DictionaryAttr attributes,
                                                                       ArrayRef<RankedTensorType> operands) {
  auto op = attributesOf<BatchNormOp>(loc, attributes);
  SmallVector<LayerParameter> made;
  if (failed(op))
    return failure();
  if (operands.size() == 5 && llvm::all_of(operands, [](RankedTensorType type) { return bool(type); }))
    return made;
  if (failed(checkLayerInput(loc, "batch_norm", operands)))
    return failure();
  FailureOr<int64_t> axis = batchNormAxis(loc, operands[0], op->getAxis());
  if (failed(axis))
    return failure();
  FailureOr<int64_t> size = staticSize(loc, operands[0], *axis);
  if (failed(size))
    return failure();
  auto type = RankedTensorType::get({*size}, operands[0].getElementType());
  auto zeros = InitAttr::get(loc.getContext(), InitKind::zeros),
       ones = InitAttr::get(loc.getContext(), InitKind::constant, 1);
  LayerParameter all[] = {{"gamma", type, ones},
                          {"beta", type, zeros},
                          {"moving_mean", type, zeros, /*trainable=*/false},
                          {"moving_variance", type, ones, /*trainable=*/false}};
  for (auto [i, parameter] : llvm::enumerate(all))
    if (operands.size() <= 1 + i || !operands[1 + i])
      made.push_back(parameter);
  return made;
}

static SmallVector<int64_t> otherAxes(BatchNormOp op) {
  int64_t rank = rankOf(op.getX()), axis = *checkAxis(std::nullopt, op.getAxis(), rank);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  axes.erase(axes.begin() + axis);
  return axes;
}

SmallVector<Value> BatchNormOp::decompose(OpBuilder &b) {
  Normalizer n{b, getLoc()};
  SmallVector<int64_t> axes = otherAxes(*this);
  int64_t axis = *checkAxis(std::nullopt, getAxis(), rankOf(getX()));
  Value x = n.scaled(n.centred(getX(), axes), axes, getEpsilon());
  return {n.affine(x, {axis}, getGamma(), getBeta())};
}
SmallVector<Value> BatchNormOp::buildInference(OpBuilder &b) {
  Normalizer n{b, getLoc()};
  int64_t axis = *checkAxis(std::nullopt, getAxis(), rankOf(getX()));
  Type type = getMovingVariance().getType();
  Value root = RsqrtOp::create(b, getLoc(),
                               AddOp::create(b, getLoc(), getMovingVariance(), splat(b, getLoc(), type, getEpsilon())));
  Value scale = MulOp::create(b, getLoc(), root, getGamma());
  Value centred = SubOp::create(b, getLoc(), getX(), n.along(getMovingMean(), {axis}, getX()));
  return {n.affine(centred, {axis}, scale, getBeta())};
}
SmallVector<std::pair<unsigned, Value>> BatchNormOp::buildUpdates(OpBuilder &b, ValueRange operands) {
  Adaptor now(operands);
  Normalizer n{b, getLoc()};
  SmallVector<int64_t> axes = otherAxes(*this);
  auto average = [&](Value x) -> Value {
    Value mean = MeanOp::create(b, getLoc(), x, b.getDenseI64ArrayAttr(axes), b.getBoolAttr(true));
    return reshapeLike(b, getLoc(), mean, getMovingMean().getType());
  };
  auto moved = [&](Value moving, Value batch) -> Value {
    auto times = [&](Value x, double factor) {
      return MulOp::create(b, getLoc(), x, splat(b, getLoc(), x.getType(), factor)).getResult();
    };
    return AddOp::create(b, getLoc(), times(moving, getMomentum()), times(batch, 1 - getMomentum()));
  };
  Value variance = average(SquareOp::create(b, getLoc(), n.centred(getX(), axes)));
  return {{3, moved(now.getMovingMean(), average(getX()))}, {4, moved(now.getMovingVariance(), variance)}};
}

SmallVector<Value> GroupNormOp::decompose(OpBuilder &b) {
  Normalizer n{b, getLoc()};
  int64_t rank = rankOf(getX());
  Dims dims = dimsOf(getX());
  Dim channels = dims.pop_back_val();
  dims.append({constantDim(getContext(), getGroups()), channels.floorDiv(getGroups())});
  Value x = reshape(b, getLoc(), getX(), dims);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(1, rank - 1));
  axes.push_back(rank);
  x = n.scaled(n.centred(x, axes), axes, getEpsilon());
  return {n.affine(reshapeLike(b, getLoc(), x, getType()), {rank - 1}, getGamma(), getBeta())};
}
SmallVector<Value> InstanceNormOp::decompose(OpBuilder &b) {
  Normalizer n{b, getLoc()};
  int64_t rank = rankOf(getX());
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(1, rank - 1));
  Value x = n.scaled(n.centred(getX(), axes), axes, getEpsilon());
  return {n.affine(x, {rank - 1}, getGamma(), getBeta())};
}

SmallVector<Value> StandardizeOp::decompose(OpBuilder &b) {
  Normalizer n{b, getLoc()};
  SmallVector<int64_t> axes = *normalizeAxes(std::nullopt, getAxis(), rankOf(getX()));
  Value centred = SubOp::create(b, getLoc(), getX(), n.along(getMean(), axes, getX()));
  return {DivOp::create(b, getLoc(), centred, n.along(getDeviation(), axes, getX()))};
}
SmallVector<std::pair<unsigned, Value>> StandardizeOp::buildMeasures(OpBuilder &b) {
  SmallVector<int64_t> axes = *normalizeAxes(std::nullopt, getAxis(), rankOf(getX())), others;
  for (int64_t axis = 0; axis < rankOf(getX()); ++axis)
    if (!llvm::is_contained(axes, axis))
      others.push_back(axis);
  Tensor x = convert(Tensor{b, getLoc(), getX()}, b.getF64Type());
  auto over = b.getDenseI64ArrayAttr(others);
  Type type = withElement(getMean().getType(), b.getF64Type());
  Value mean = MeanOp::create(b, getLoc(), x.value, over, b.getBoolAttr(false));
  Value deviation = StdOp::create(b, getLoc(), x.value, over, b.getBoolAttr(false), b.getI64IntegerAttr(0));
  return {{1, reshapeLike(b, getLoc(), mean, type)}, {2, reshapeLike(b, getLoc(), deviation, type)}};
}

//===----------------------------------------------------------------------===//
// Shapes and parameters
//===----------------------------------------------------------------------===//

/// Axes of an op or of the attributes of one that does not exist yet.
static FailureOr<SmallVector<int64_t>> axesOf(std::optional<Location> loc, LayerNormOp::Adaptor op, Type x) {
  return normalizeAxes(loc, op.getAxis(), cast<RankedTensorType>(x).getRank());
}
static FailureOr<SmallVector<int64_t>> axesOf(std::optional<Location> loc, RmsNormOp::Adaptor op, Type x) {
  return normalizeAxes(loc, op.getAxis(), cast<RankedTensorType>(x).getRank());
}
static FailureOr<SmallVector<int64_t>> axesOf(std::optional<Location> loc, StandardizeOp::Adaptor op, Type x) {
  return normalizeAxes(loc, op.getAxis(), cast<RankedTensorType>(x).getRank());
}
static FailureOr<SmallVector<int64_t>> axesOf(std::optional<Location> loc, GroupNormOp::Adaptor op, Type x) {
  FailureOr<SmallVector<int64_t>> axes = channelAxis(loc, "group_norm", x, 2);
  if (failed(axes) || failed(checkGroups(loc, x, op.getGroups())))
    return failure();
  return axes;
}
static FailureOr<SmallVector<int64_t>> axesOf(std::optional<Location> loc, InstanceNormOp::Adaptor, Type x) {
  return channelAxis(loc, "instance_norm", x, 3);
}

namespace {
/// What tells the layers from each other: the operands beside x.
template <class Op> constexpr StringLiteral kScales[] = {"gamma", "beta"};
template <> constexpr StringLiteral kScales<RmsNormOp>[] = {"gamma"};
template <> constexpr StringLiteral kScales<StandardizeOp>[] = {"mean", "deviation"};
template <class Op> constexpr StringRef kHintOfScalars = "";
template <> constexpr StringRef kHintOfScalars<StandardizeOp> = kOneForAll;
} // namespace

template <class Op>
static LogicalResult inferLayer(std::optional<Location> loc, typename Op::Adaptor op, SmallVectorImpl<Type> &types) {
  return inferNorm(loc, Op::getOperationName().drop_front(4), kScales<Op>, kHintOfScalars<Op>, op.getOperands(),
                   axesOf(loc, op, op.getX().getType()), types);
}

/// gamma or deviation (ones), beta or mean (zeros), as far as they are not given; with a gamma alone there is no beta.
template <class Op>
static FailureOr<SmallVector<LayerParameter>> layerParameters(Location loc, DictionaryAttr attributes,
                                                              ArrayRef<RankedTensorType> operands) {
  constexpr bool measured = std::is_same_v<Op, StandardizeOp>;
  auto op = attributesOf<Op>(loc, attributes);
  SmallVector<LayerParameter> made;
  if (failed(op) || failed(checkLayerInput(loc, Op::getOperationName().drop_front(4), operands)))
    return failure();
  FailureOr<SmallVector<int64_t>> axes = axesOf(loc, *op, operands[0]);
  if (failed(axes))
    return failure();
  auto isGiven = [&](size_t operand) { return operand < operands.size() && operands[operand]; };
  if (isGiven(1) || (measured && isGiven(2)))
    return made; // sizes may be symbolic then; standardize needs both or makes both
  if (measured && operands[0].getRank() == 1 && axes->size() == 1 && !constantValue(dimOf(operands[0], 0)))
    return LogicalResult(emitError(loc, "S0308: standardize needs a known number of features, not ")
                         << printType(operands[0]) << kOneForAll);
  FailureOr<RankedTensorType> type = scaleType(loc, operands[0], *axes);
  if (failed(type))
    return failure();
  for (auto [i, name] : llvm::enumerate(kScales<Op>)) {
    bool ones = name == "gamma" || name == "deviation";
    auto init = InitAttr::get(loc.getContext(), ones ? InitKind::constant : InitKind::zeros, ones);
    if (!isGiven(1 + i))
      made.push_back({name.str(), *type, init, /*trainable=*/!measured, /*data=*/{}, measured});
  }
  return made;
}

#define GET_OP_CLASSES
#include "dialects/sym/Normalization.cpp.inc"
