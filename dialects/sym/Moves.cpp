//===- Moves.cpp - Moves made of simpler ones -----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Shape.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

static Value concat(OpBuilder &b, Location loc, ValueRange parts, int64_t axis) {
  return b.createOrFold<ConcatOp>(loc, parts, b.getI64IntegerAttr(axis));
}

//===----------------------------------------------------------------------===//
// stack, split
//===----------------------------------------------------------------------===//

LogicalResult StackOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  if (a.getInputs().empty())
    return emitOptionalError(loc, "S0309: stack needs an input");
  Type first = a.getInputs().front().getType();
  Dims dims = dimsOf(first);
  for (Value input : a.getInputs())
    if (input.getType() != first)
      return emitOptionalError(loc, "S0301: cannot stack ", printType(first), " and ", printType(input.getType()));
  FailureOr<int64_t> axis = normalizeAxis(loc, a.getAxis(), dims.size() + 1);
  if (failed(axis))
    return failure();
  dims.insert(dims.begin() + *axis, constantDim(first.getContext(), a.getInputs().size()));
  types.push_back(tensorType(dims, elementOf(a.getInputs().front())));
  return success();
}

SmallVector<Value> StackOp::decompose(OpBuilder &b) {
  Dims dims = dimsOf(getOut());
  int64_t axis = *normalizeAxis(std::nullopt, getAxis(), dims.size());
  dims[axis] = constantDim(getContext(), 1);
  SmallVector<Value> parts;
  for (Value input : getInputs())
    parts.push_back(reshape(b, getLoc(), input, dims));
  return {concat(b, getLoc(), parts, axis)};
}

static FailureOr<Dims> partSizes(SplitOp::Adaptor a, std::optional<Location> loc) {
  Dims dims = dimsOf(a.getX()), parts;
  FailureOr<int64_t> axis = normalizeAxis(loc, a.getAxis(), dims.size());
  if (failed(axis))
    return failure();
  if (a.getSections().has_value() == a.getSizes().has_value())
    return LogicalResult(emitOptionalError(loc, "S0315: split takes either sections or sizes"));
  Dim size = dims[*axis];
  if (a.getSizes()) {
    int64_t total = 0;
    ArrayRef<int64_t> sizes = *a.getSizes();
    for (int64_t part : sizes) {
      if (part < 0)
        return LogicalResult(emitOptionalError(loc, "S0306: a size of split is ", part));
      if (llvm::AddOverflow(total, part, total))
        return LogicalResult(emitOptionalError(loc, "S0318: the sum of the sizes of split does not fit in 63 bits"));
      parts.push_back(constantDim(size.getContext(), part));
    }
    if (constantValue(size) != total)
      return LogicalResult(emitOptionalError(loc, "S0301: sizes add up to ", total, ", but axis ", *axis, " of ",
                                             printType(a.getX().getType()), " is ", printDim(size)));
    return parts;
  }
  int64_t count = *a.getSections();
  if (count < 1)
    return LogicalResult(emitOptionalError(loc, "S0306: sections of split is ", count));
  Dim part = size.floorDiv(count);
  if (part * count != size)
    return LogicalResult(emitOptionalError(loc, "S0301: axis ", *axis, " of ", printType(a.getX().getType()),
                                           " cannot be cut into ", count, " equal parts"));
  parts.assign(count, part);
  return parts;
}

LogicalResult SplitOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  FailureOr<Dims> parts = partSizes(a, loc);
  if (failed(parts))
    return failure();
  Dims dims = dimsOf(a.getX());
  for (Dim part : *parts) {
    dims[*normalizeAxis(loc, a.getAxis(), dims.size())] = part;
    types.push_back(tensorType(dims, elementOf(a.getX())));
  }
  return success();
}

SmallVector<Value> SplitOp::decompose(OpBuilder &b) {
  int64_t axis = *normalizeAxis(std::nullopt, getAxis(), getX().getType().getRank());
  Dim offset = constantDim(b.getContext(), 0);
  SmallVector<Value> results;
  Dims parts = *partSizes(Adaptor(*this), std::nullopt);
  for (Dim part : parts) {
    results.push_back(cropAxis(b, getLoc(), getX(), axis, offset, part));
    offset = offset + part;
  }
  return results;
}

//===----------------------------------------------------------------------===//
// pad
//===----------------------------------------------------------------------===//

LogicalResult PadOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  Dims dims = dimsOf(a.getX());
  ArrayRef<int64_t> widths = a.getPadWidth();
  if (widths.size() != 2 * dims.size())
    return emitOptionalError(loc, "S0306: pad_width has ", widths.size() / 2, " pairs, but ",
                             printType(a.getX().getType()), " has ", dims.size(), " axes");
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    int64_t before = widths[2 * axis], after = widths[2 * axis + 1];
    if (before < 0 || after < 0)
      return emitOptionalError(loc, "S0306: a width of padding is ", std::min(before, after));
    // The axis must have more elements than this.
    int64_t least = a.getMode() == PadMode::constant ? -1 : a.getMode() == PadMode::edge ? 0 : std::max(before, after);
    if (before == 0 && after == 0)
      least = -1;
    if (auto size = constantValue(dims[axis]); size && *size <= least)
      return emitOptionalError(loc, "S0306: axis ", axis, " of ", printType(a.getX().getType()),
                               " is too small to be padded by ", std::max(before, after), " with mode ",
                               stringifyPadMode(a.getMode()));
    dims[axis] = dims[axis] + before + after;
  }
  types.push_back(tensorType(dims, elementOf(a.getX())));
  return success();
}

SmallVector<Value> PadOp::decompose(OpBuilder &b) {
  Dims dims = dimsOf(getX());
  if (getMode() == PadMode::constant) {
    Dims offsets;
    for (size_t axis = 0; axis < dims.size(); ++axis)
      offsets.push_back(constantDim(b.getContext(), getPadWidth()[2 * axis]));
    auto sizes = DimsAttr::get(getContext(), dimsOf(getOut()));
    SmallVector<int64_t> steps(dims.size(), 1);
    return {PlaceOp::create(b, getLoc(), getX(), DimsAttr::get(getContext(), offsets), b.getDenseI64ArrayAttr(steps),
                            sizes, getConstantValuesAttr())};
  }
  Value x = getX();
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    Dim size = dims[axis], one = constantDim(b.getContext(), 1);
    // The border, or its mirror image, of `width` elements; `first` is where it begins.
    auto border = [&](int64_t width, Dim edge, Dim mirrored) -> Value {
      if (getMode() == PadMode::reflect)
        return cropAxis(b, getLoc(), x, axis, mirrored, one * width, -1, width + 1);
      Value row = cropAxis(b, getLoc(), x, axis, edge, one, 1, 1);
      Dims wide = dimsOf(row);
      wide[axis] = one * width;
      return broadcastLike(b, getLoc(), row, tensorType(wide, elementOf(x)));
    };
    int64_t before = getPadWidth()[2 * axis], after = getPadWidth()[2 * axis + 1];
    SmallVector<Value> parts;
    if (before)
      parts.push_back(border(before, one * 0, one * before));
    parts.push_back(x);
    if (after)
      parts.push_back(border(after, size - 1, size - 2));
    x = concat(b, getLoc(), parts, axis);
  }
  return {x};
}

//===----------------------------------------------------------------------===//
// tile, squeeze, expand_dims, reverse, roll
//===----------------------------------------------------------------------===//

/// The operand's sizes and the repetitions, both with ones in front to the same length.
static std::pair<Dims, SmallVector<int64_t>> tiling(Value x, ArrayRef<int64_t> reps) {
  Dims dims = dimsOf(x);
  SmallVector<int64_t> counts(reps);
  if (counts.size() < dims.size())
    counts.insert(counts.begin(), dims.size() - counts.size(), 1);
  while (dims.size() < counts.size())
    dims.insert(dims.begin(), constantDim(x.getContext(), 1));
  return {dims, counts};
}

LogicalResult TileOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  auto [dims, reps] = tiling(a.getX(), a.getReps());
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (reps[axis] < 0)
      return emitOptionalError(loc, "S0306: an entry of reps is ", reps[axis]);
    dims[axis] = dims[axis] * reps[axis];
  }
  types.push_back(tensorType(dims, elementOf(a.getX())));
  return success();
}

SmallVector<Value> TileOp::decompose(OpBuilder &b) {
  auto [dims, reps] = tiling(getX(), getReps());
  Dims apart, repeated;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (reps[axis] != 1) {
      apart.push_back(constantDim(b.getContext(), 1));
      repeated.push_back(constantDim(b.getContext(), reps[axis]));
    }
    apart.push_back(dims[axis]);
    repeated.push_back(dims[axis]);
  }
  Value wide = broadcastLike(b, getLoc(), reshape(b, getLoc(), getX(), apart), tensorType(repeated, elementOf(getX())));
  return {reshapeLike(b, getLoc(), wide, getType())};
}

LogicalResult SqueezeOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  Dims dims = dimsOf(a.getX()), rest;
  FailureOr<SmallVector<int64_t>> axes = normalizeAxes(loc, a.getAxis(), dims.size());
  if (failed(axes))
    return failure();
  for (auto [i, size] : llvm::enumerate(dims)) {
    bool named = a.getAxis() && llvm::is_contained(*axes, static_cast<int64_t>(i));
    if (named && !isOne(size))
      return emitOptionalError(loc, "S0301: axis ", i, " of ", printType(a.getX().getType()), " is ", printDim(size),
                               " and not 1");
    if (a.getAxis() ? !named : !isOne(size))
      rest.push_back(size);
  }
  types.push_back(tensorType(rest, elementOf(a.getX())));
  return success();
}
SmallVector<Value> SqueezeOp::decompose(OpBuilder &b) { return {reshapeLike(b, getLoc(), getX(), getType())}; }

LogicalResult ExpandDimsOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  Dims dims = dimsOf(a.getX());
  FailureOr<SmallVector<int64_t>> axes = normalizeAxes(loc, a.getAxis(), dims.size() + a.getAxis().size());
  if (failed(axes))
    return failure();
  for (int64_t axis : *axes)
    dims.insert(dims.begin() + axis, constantDim(a.getX().getContext(), 1));
  types.push_back(tensorType(dims, elementOf(a.getX())));
  return success();
}
SmallVector<Value> ExpandDimsOp::decompose(OpBuilder &b) { return {reshapeLike(b, getLoc(), getX(), getType())}; }

LogicalResult ReverseOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  types.push_back(a.getX().getType());
  return success(succeeded(normalizeAxes(loc, a.getAxis(), dimsOf(a.getX()).size())));
}

SmallVector<Value> ReverseOp::decompose(OpBuilder &b) {
  Dims sizes = dimsOf(getX()), offsets(sizes.size(), constantDim(b.getContext(), 0));
  SmallVector<int64_t> steps(sizes.size(), 1);
  SmallVector<int64_t> axes = *normalizeAxes(std::nullopt, getAxis(), sizes.size());
  for (int64_t axis : axes) {
    steps[axis] = -1;
    offsets[axis] = sizes[axis] - 1;
  }
  return {CropOp::create(b, getLoc(), getX(), DimsAttr::get(getContext(), offsets), b.getDenseI64ArrayAttr(steps),
                         DimsAttr::get(getContext(), sizes), DenseI64ArrayAttr(), DimsAttr())};
}

LogicalResult RollOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  types.push_back(a.getX().getType());
  size_t shifts = a.getShift().size(), axes = a.getAxis() ? a.getAxis()->size() : 1;
  if (shifts != axes && shifts != 1)
    return emitOptionalError(loc, "S0315: roll has ", shifts, " shifts for ", axes, " axes");
  if (!a.getAxis())
    return success();
  // An axis may come twice here: it is rolled by the sum.
  ArrayRef<int64_t> list = *a.getAxis();
  for (int64_t axis : list)
    if (failed(normalizeAxis(loc, axis, dimsOf(a.getX()).size())))
      return failure();
  return success();
}

SmallVector<Value> RollOp::decompose(OpBuilder &b) {
  auto rotate = [&](Value x, int64_t shift, int64_t axis) -> Value {
    return RotateOp::create(b, getLoc(), x, b.getI64IntegerAttr(shift), b.getI64IntegerAttr(axis));
  };
  Value x = getX();
  if (!getAxis()) {
    x = reshape(b, getLoc(), x, elementCount(x.getType()));
    for (int64_t shift : getShift())
      x = rotate(x, shift, 0);
    return {reshapeLike(b, getLoc(), x, getType())};
  }
  for (auto [i, axis] : llvm::enumerate(*getAxis()))
    x = rotate(x, getShift()[getShift().size() == 1 ? 0 : i], *normalizeAxis(std::nullopt, axis, getType().getRank()));
  return {x};
}
