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

/// The result has the type of x; gamma and beta have the sizes of the axes.
static LogicalResult inferNorm(std::optional<Location> loc, StringRef op, ValueRange operands,
                               FailureOr<SmallVector<int64_t>> axes, SmallVectorImpl<Type> &types) {
  static constexpr const char *names[] = {"", "gamma", "beta"};
  if (failed(axes) || failed(checkElements(loc, op, operands)))
    return failure();
  for (auto [i, operand] : llvm::enumerate(operands))
    if (i && failed(checkShape(loc, Twine(names[i]) + " of " + op, operand.getType(),
                               scaleDims(operands[0].getType(), *axes))))
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

/// gamma (ones) and, when `both`, beta (zeros); nothing where gamma is given.
static FailureOr<SmallVector<LayerParameter>> makeScales(Location loc, StringRef op,
                                                         ArrayRef<RankedTensorType> operands,
                                                         FailureOr<SmallVector<int64_t>> axes, bool both) {
  SmallVector<LayerParameter> made;
  if (failed(axes))
    return failure();
  if (operands.size() >= 2)
    return made; // sizes may be symbolic then
  SmallVector<int64_t> shape;
  for (int64_t axis : *axes) {
    FailureOr<int64_t> size = staticSize(loc, operands[0], axis);
    if (failed(size))
      return failure();
    shape.push_back(*size);
  }
  auto type = RankedTensorType::get(shape, operands[0].getElementType());
  made.push_back({"gamma", type, InitAttr::get(loc.getContext(), InitKind::constant, 1)});
  if (both)
    made.push_back({"beta", type, InitAttr::get(loc.getContext(), InitKind::zeros)});
  return made;
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
/// What tells the layers from each other.
struct Kind {
  const char *name;
  bool hasBeta;
};
template <class Op> constexpr Kind kKind{};
template <> constexpr Kind kKind<LayerNormOp>{"layer_norm", true};
template <> constexpr Kind kKind<RmsNormOp>{"rms_norm", false};
template <> constexpr Kind kKind<GroupNormOp>{"group_norm", true};
template <> constexpr Kind kKind<InstanceNormOp>{"instance_norm", true};
} // namespace

template <class Op>
static LogicalResult inferLayer(std::optional<Location> loc, typename Op::Adaptor op, SmallVectorImpl<Type> &types) {
  return inferNorm(loc, kKind<Op>.name, op.getOperands(), axesOf(loc, op, op.getX().getType()), types);
}

template <class Op>
static FailureOr<SmallVector<LayerParameter>> layerParameters(Location loc, DictionaryAttr attributes,
                                                              ArrayRef<RankedTensorType> operands) {
  constexpr Kind kind = kKind<Op>;
  auto op = attributesOf<Op>(loc, attributes);
  if (failed(op) || failed(checkLayerInput(loc, kind.name, operands)))
    return failure();
  return makeScales(loc, kind.name, operands, axesOf(loc, *op, operands[0]), kind.hasBeta);
}

#define GET_OP_CLASSES
#include "dialects/sym/Normalization.cpp.inc"
