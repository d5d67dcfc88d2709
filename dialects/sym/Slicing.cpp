//===- Slicing.cpp - Parts of tensors, and moves made of them -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Requirements.h"
#include "dialects/sym/Shape.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

OpenInts symc::openInts(ArrayAttr attr) {
  OpenInts bounds;
  for (Attribute bound : attr)
    bounds.push_back(isa<UnitAttr>(bound) ? std::nullopt : std::optional(cast<IntegerAttr>(bound).getInt()));
  return bounds;
}

ArrayAttr symc::openIntsAttr(MLIRContext *context, ArrayRef<std::optional<int64_t>> bounds) {
  Builder b(context);
  SmallVector<Attribute> attrs;
  for (std::optional<int64_t> bound : bounds)
    attrs.push_back(bound ? Attribute(b.getI64IntegerAttr(*bound)) : Attribute(b.getUnitAttr()));
  return b.getArrayAttr(attrs);
}

OpenBounds symc::openBounds(ArrayAttr attr) {
  OpenBounds bounds;
  for (Attribute bound : attr)
    if (auto number = dyn_cast<IntegerAttr>(bound))
      bounds.push_back(constantDim(attr.getContext(), number.getInt()));
    else if (auto size = dyn_cast<DimsAttr>(bound))
      bounds.push_back(size.getExprs().front());
    else
      bounds.push_back(std::nullopt);
  return bounds;
}

ArrayAttr symc::openBoundsAttr(MLIRContext *context, ArrayRef<std::optional<Dim>> bounds) {
  Builder b(context);
  SmallVector<Attribute> attrs;
  for (std::optional<Dim> bound : bounds)
    if (!bound)
      attrs.push_back(b.getUnitAttr());
    else if (std::optional<int64_t> number = constantValue(*bound))
      attrs.push_back(b.getI64IntegerAttr(*number));
    else
      attrs.push_back(DimsAttr::get(context, *bound));
  return b.getArrayAttr(attrs);
}

bool symc::areSizes(Attribute dims) {
  return llvm::none_of(cast<DimsAttr>(dims).getExprs(), [](Dim size) {
    std::optional<int64_t> known = constantValue(size);
    return known && *known < 0;
  });
}

FailureOr<int64_t> symc::normalizeAxis(std::optional<Location> loc, int64_t axis, int64_t rank) {
  FailureOr<SmallVector<int64_t>> axes = normalizeAxes(loc, ArrayRef(axis), rank);
  return failed(axes) ? FailureOr<int64_t>() : FailureOr<int64_t>(axes->front());
}

Scalar symc::toI64(Scalar x) {
  Type i64 = x.b.getI64Type();
  if (isa<IndexType>(x.value.getType()))
    return x.with(arith::IndexCastOp::create(x.b, x.loc, i64, x.value), i64);
  // What lies beyond i64 is out of range, and must not come back from the other end.
  if (x.width() == 64 && x.isUnsigned())
    x.value = minimum(x, integerLiteral(x, INT64_MAX)).value;
  return convert(x, i64);
}
Value symc::toIndex(Scalar x) { return arith::IndexCastOp::create(x.b, x.loc, x.b.getIndexType(), toI64(x).value); }

Scalar symc::clampIndex(Scalar index, Scalar size) { return maximum(minimum(index, size - 1.0), 0.0); }

void symc::stayInside(ElementBuilder &e, Operation *op, Value tensor, Scalar inside, SmallVectorImpl<Index> &index) {
  auto module = op->getParentOfType<ModuleOp>();
  if (llvm::all_of(dimsOf(tensor), [&](Dim size) { return isAtLeast(module, size, 1); }))
    return;
  for (Index &part : index)
    part = where(inside, indexScalar(e, part), 0.0).value;
}

Scalar symc::zeroElement(ElementBuilder &e, Type element) {
  return {e.b, e.loc, arith::ConstantOp::create(e.b, e.loc, e.b.getZeroAttr(bodyType(element))), element};
}

Scalar symc::checkedIndex(ElementBuilder &e, Scalar i, Dim size, std::string what, bool fromEnd) {
  Scalar value = toI64(i), bound = toI64(indexScalar(e, size));
  Scalar least = fromEnd ? -bound : integerLiteral(bound, 0);
  Scalar ok = bitAnd(value >= least, value < bound);
  e.check(ok.value, value.value, bound.value,
          what + " {value} is out of range for " + (size.isConstant() ? "" : printDim(size) + " = ") +
              "{bound} elements");
  return where(ok, fromEnd ? where(value < 0.0, value + bound, value) : value, 0.0);
}

//===----------------------------------------------------------------------===//
// crop, place, rotate
//===----------------------------------------------------------------------===//

LogicalResult CropOp::infer(Adaptor a, std::optional<Location>, SmallVectorImpl<Type> &types) {
  types.push_back(tensorType(a.getSizes().getExprs(), elementOf(a.getX())));
  return success();
}
LogicalResult PlaceOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  Number value = a.getValue();
  if (!value.as(elementOf(a.getX())))
    return emitOptionalError(loc, "S0314: ", printElementType(elementOf(a.getX())), " cannot represent ", value.text());
  types.push_back(tensorType(a.getSizes().getExprs(), elementOf(a.getX())));
  return success();
}
LogicalResult RotateOp::infer(Adaptor a, std::optional<Location>, SmallVectorImpl<Type> &types) {
  types.push_back(a.getX().getType());
  return success();
}

SmallVector<SizeRequirement> CropOp::getSizeRequirements() {
  SmallVector<SizeRequirement> requirements;
  if (getNeeded())
    for (auto [size, needed] : llvm::zip_equal(dimsOf(getX()), *getNeeded()))
      if (needed > 0)
        requirements.push_back({size, needed, "a slice needs {bound} elements of " + printDim(size) + " = {value}"});
  if (getInside())
    for (Dim size : getInside()->getExprs())
      requirements.push_back({size, 0,
                              "the bounds of a slice are not within " + printType(getX().getType()) + ": " +
                                  printDim(size) + " is {value}"});
  return requirements;
}

Value CropOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Indices source;
  for (auto [i, offset, step] : llvm::zip_equal(index, getOffsets().getExprs(), getSteps()))
    source.push_back(e.add(e.mul(i, step), LinearForm::size(offset)));
  return e.read(0, source);
}

SmallVector<Value> CropOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  auto sizes = DimsAttr::get(b.getContext(), dimsOf(getX()));
  return {PlaceOp::create(b, getLoc(), cotangents[0], getOffsets(), getStepsAttr(), sizes, b.getI64IntegerAttr(0))};
}

OpFoldResult CropOp::fold(FoldAdaptor) {
  bool all = getX().getType() == getType() && llvm::all_of(getSteps(), [](int64_t step) { return step == 1; }) &&
             llvm::all_of(getOffsets().getExprs(), [](Dim offset) { return constantValue(offset) == 0; });
  return all ? getX() : Value();
}

std::optional<AxisPart> symc::partOf(PlaceOp op) {
  std::optional<AxisPart> part;
  for (auto [axis, offset, step] : llvm::enumerate(op.getOffsets().getExprs(), op.getSteps())) {
    Dim length = dimOf(op.getX().getType(), axis), whole = dimOf(op.getType(), axis);
    std::optional<int64_t> begin = constantValue(offset), count = constantValue(length), size = constantValue(whole);
    if (step != 1)
      return std::nullopt;
    if (begin == 0 && length == whole)
      continue;
    if (part || !begin || !count || !size || *begin < 0 || *begin + *count > *size)
      return std::nullopt;
    part = {static_cast<int64_t>(axis), *begin, *begin + *count};
  }
  return part;
}

Value PlaceOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Indices source;
  std::optional<Scalar> inside;
  auto require = [&](Scalar condition) {
    Scalar both = inside ? bitAnd(*inside, condition) : condition;
    inside.emplace(both);
  };
  Scalar outside = literal(zeroElement(e, elementOf(getOut())), getValue());
  for (auto [axis, at] : llvm::enumerate(index)) {
    Dim offset = getOffsets().getExprs()[axis], size = dimOf(getX().getType(), axis);
    int64_t step = getSteps()[axis];
    if (constantValue(size) == 0)
      return outside.value;
    if (step == 1 && constantValue(offset) == 0 && size == dimOf(getType(), axis)) {
      source.push_back(at);
      continue;
    }
    Scalar i = indexScalar(e, at);
    // The steps from the offset to here; what is not a whole number of them is outside.
    Scalar origin = indexScalar(e, offset), have = indexScalar(e, size), way = step > 0 ? i - origin : origin - i;
    Scalar stride = integerLiteral(way, std::abs(step));
    bool dense = std::abs(step) == 1;
    Scalar steps = dense ? way : way.with(arith::DivSIOp::create(e.b, e.loc, way.value, stride.value));
    if (!dense)
      require(equal(steps * stride, way));
    require(steps >= 0.0);
    require(steps < have);
    source.push_back(Index(clampIndex(steps, have).value));
  }
  if (inside)
    stayInside(e, *this, getX(), *inside, source);
  Scalar element = outside.with(e.read(0, source));
  return inside ? where(*inside, element, outside).value : element.value;
}

SmallVector<Value> PlaceOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  auto sizes = DimsAttr::get(b.getContext(), dimsOf(getX()));
  return {
      CropOp::create(b, getLoc(), cotangents[0], getOffsets(), getStepsAttr(), sizes, DenseI64ArrayAttr(), DimsAttr())};
}

Value RotateOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Indices source(index);
  Dim size = dimOf(getType(), getAxis());
  Scalar i = indexScalar(e, index[getAxis()]), n = indexScalar(e, size);
  std::optional<int64_t> known = constantValue(size);
  // The shift comes below n first, so that the difference does not overflow.
  auto remainder = [&](Scalar x) { return x.with(arith::RemSIOp::create(e.b, e.loc, x.value, n.value)); };
  Scalar shift = integerLiteral(i, known && *known ? llvm::mod(getShift(), *known) : getShift());
  bool small = getShift() > INT32_MIN && getShift() < INT32_MAX;
  Scalar back = i - (known || small ? shift : remainder(shift));
  Value rest = known ? back.value : remainder(back).value;
  source[getAxis()] = where(i.with(rest) < 0.0, i.with(rest) + n, i.with(rest)).value;
  return e.read(0, source);
}

SmallVector<Value> RotateOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  auto rotate = [&](Value x, int64_t shift) {
    return RotateOp::create(b, getLoc(), x, b.getI64IntegerAttr(shift), getAxisAttr());
  };
  if (getShift() == INT64_MIN) // back by 2^63
    return {rotate(rotate(cotangents[0], INT64_MAX), 1)};
  return {rotate(cotangents[0], -getShift())};
}

Value symc::cropAxis(OpBuilder &b, Location loc, Value x, int64_t axis, Dim offset, Dim size, int64_t step,
                     int64_t needed) {
  Dims sizes = dimsOf(x), offsets(sizes.size(), constantDim(b.getContext(), 0));
  SmallVector<int64_t> steps(sizes.size(), 1), least(sizes.size(), 0);
  offsets[axis] = offset;
  sizes[axis] = size;
  steps[axis] = step;
  least[axis] = needed;
  return b.createOrFold<CropOp>(loc, x, DimsAttr::get(b.getContext(), offsets), b.getDenseI64ArrayAttr(steps),
                                DimsAttr::get(b.getContext(), sizes),
                                needed ? b.getDenseI64ArrayAttr(least) : DenseI64ArrayAttr(), DimsAttr());
}

//===----------------------------------------------------------------------===//
// slice
//===----------------------------------------------------------------------===//

namespace {
/// A bound of a slice as a place on its axis, and how far that is from the front or the end, where it is a number.
struct SliceBound {
  Dim place;
  std::optional<int64_t> fromFront, fromEnd;
};

/// A slice along one axis of a tensor.
struct AxisSlice {
  Dim offset, size;
  int64_t step = 1, needed = 0;
  SmallVector<Dim, 4> inside; // 0 or more where the bounds are within the axis
};

/// Makes an AxisSlice of what a file says of an axis.
class AxisSlicer {
public:
  AxisSlicer(std::optional<Location> loc, Type x, unsigned axis, int64_t step)
      : loc(loc), x(x), axis(axis), size(dimOf(x, axis)), extent(constantValue(size)) {
    // No axis is longer than the largest integer, so a step by one more goes as far.
    slice.step = std::max(step, -INT64_MAX);
  }

  FailureOr<AxisSlice> run(std::optional<Dim> start, std::optional<Dim> stop) {
    if (slice.step == 0)
      return LogicalResult(emitOptionalError(loc, "S0306: the step of axis ", axis, " is 0"));
    bool forward = slice.step > 0;
    // A backward slice can begin at the last element, a forward one also behind it; either can stop there.
    FailureOr<SliceBound> from = bound(start, forward ? front(0) : end(1), "start", forward ? 0 : 1);
    FailureOr<SliceBound> to = failed(from) ? from : bound(stop, forward ? end(0) : front(-1), "stop", 0);
    if (failed(to))
      return failure();
    slice.offset = from->place;
    FailureOr<Dim> length = forward ? distance(*from, *to, "stop", stop)
                            : start ? distance(*to, *from, "start", start)
                                    : distance(*to, *from, "stop", stop);
    if (failed(length))
      return failure();
    slice.size = length->ceilDiv(std::abs(slice.step));
    // A step that is longer than an axis of such a tensor can be leaves one element, and its length says nothing.
    Dims stepped = dimsOf(x);
    stepped[axis] = constantDim(x.getContext(), std::abs(slice.step));
    if (isTooLarge(tensorType(stepped, cast<RankedTensorType>(x).getElementType())))
      slice.step = forward ? 1 : -1;
    if (extent)
      slice.needed = 0;
    return std::move(slice);
  }

private:
  SliceBound front(int64_t elements) const {
    Dim place = constantDim(x.getContext(), elements);
    return {place, elements, extent ? std::optional(*extent - elements) : std::nullopt};
  }
  SliceBound end(int64_t elements) const {
    return {size - elements, extent ? std::optional(*extent - elements) : std::nullopt, elements};
  }

  LogicalResult outside(StringRef name, Dim value) const {
    return emitOptionalError(loc, "S0307: ", name, " ", printDim(value), " of axis ", axis, " is out of range for ",
                             printType(x));
  }

  /// `last`: how far the last place that it may be is from the end.
  FailureOr<SliceBound> bound(std::optional<Dim> given, SliceBound open, StringRef name, int64_t last) {
    if (!given)
      return open;
    std::optional<int64_t> value = constantValue(*given), behind = constantValue(*given - size);
    if (!value && !behind)
      return symbolicBound(*given, slice.step > 0 ? 0 : 1);
    bool fromEnd = !value || *value < 0;
    int64_t number = value ? *value : *behind;
    if (fromEnd && number > -last)
      return outside(name, *given);
    // As many elements it takes; 2^63 there are nowhere.
    std::optional<int64_t> reach = fromEnd ? llvm::checkedSub(int64_t(0), number) : llvm::checkedAdd(number, last);
    if (!reach || (extent && *reach > *extent))
      return outside(name, *given);
    slice.needed = std::max(slice.needed, *reach);
    return fromEnd ? end(-number) : front(number);
  }

  SliceBound symbolicBound(Dim given, int64_t last) {
    if (isNonNegative(given * -1))
      given = size + given;
    require(given);
    require(size - last - given);
    return {given, std::nullopt, std::nullopt};
  }
  void require(Dim size) {
    if (!isNonNegative(size))
      slice.inside.push_back(size);
  }

  /// How far the upper bound is above the lower one, which may be 0. `name` and `value` are of a bound that is
  /// given, that counted from the end first.
  FailureOr<Dim> distance(const SliceBound &lower, const SliceBound &upper, StringRef name, std::optional<Dim> value) {
    Dim length = upper.place - lower.place;
    if (std::optional<int64_t> known = constantValue(length))
      return constantDim(x.getContext(), std::max<int64_t>(*known, 0));
    // Between the ends of the axis both are within it.
    int64_t last = slice.step > 0 ? 0 : 1;
    if (lower.fromFront == -last || (upper.fromEnd == last && !lower.fromFront))
      return length;
    if (!lower.fromFront || !upper.fromEnd)
      return length.positivePart();
    // From a fixed place up to one counted from the end there may be too few. That is no empty slice: sizes of slices
    // that differ in nothing but where they begin, as x[2:], x[1:-1] and x[:-2], are equal.
    std::optional<int64_t> both = llvm::checkedAdd(*lower.fromFront, *upper.fromEnd);
    if (!both)
      return outside(name, *value);
    slice.needed = std::max(slice.needed, *both);
    return length;
  }

  std::optional<Location> loc;
  Type x;
  unsigned axis;
  Dim size;
  std::optional<int64_t> extent;
  AxisSlice slice;
};
} // namespace

static FailureOr<SmallVector<AxisSlice>> slices(SliceOp::Adaptor a, std::optional<Location> loc) {
  Type x = a.getX().getType();
  size_t rank = dimsOf(x).size();
  std::optional<OpenBounds> starts = a.getStart(), stops = a.getStop();
  std::optional<OpenInts> steps = a.getStep();
  auto checkEntries = [&](StringRef name, const auto &list) -> LogicalResult {
    if (!list || list->size() == rank)
      return success();
    return emitOptionalError(loc, "S0306: ", name, " has ", list->size(), " entries, but ", printType(x), " has ", rank,
                             " axes");
  };
  if (failed(checkEntries("start", starts)) || failed(checkEntries("stop", stops)) ||
      failed(checkEntries("step", steps)))
    return failure();
  SmallVector<AxisSlice> result;
  for (size_t axis = 0; axis < rank; ++axis) {
    int64_t step = steps ? (*steps)[axis].value_or(1) : 1;
    FailureOr<AxisSlice> slice =
        AxisSlicer(loc, x, axis, step)
            .run(starts ? (*starts)[axis] : std::nullopt, stops ? (*stops)[axis] : std::nullopt);
    if (failed(slice))
      return failure();
    result.push_back(std::move(*slice));
  }
  return result;
}

LogicalResult SliceOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  FailureOr<SmallVector<AxisSlice>> parts = slices(a, loc);
  if (failed(parts))
    return failure();
  Dims dims;
  for (const AxisSlice &part : *parts)
    dims.push_back(part.size);
  types.push_back(tensorType(dims, elementOf(a.getX())));
  return success();
}

SmallVector<Value> SliceOp::decompose(OpBuilder &b) {
  Dims offsets, sizes, inside;
  SmallVector<int64_t> steps, needed;
  SmallVector<AxisSlice> axes = *slices(Adaptor(*this), std::nullopt);
  for (const AxisSlice &part : axes) {
    offsets.push_back(part.offset);
    sizes.push_back(part.size);
    steps.push_back(part.step);
    needed.push_back(part.needed);
    inside.append(part.inside);
  }
  bool checks = llvm::any_of(needed, [](int64_t n) { return n > 0; });
  return {b.createOrFold<CropOp>(getLoc(), getX(), DimsAttr::get(getContext(), offsets), b.getDenseI64ArrayAttr(steps),
                                 DimsAttr::get(getContext(), sizes),
                                 checks ? b.getDenseI64ArrayAttr(needed) : DenseI64ArrayAttr(),
                                 inside.empty() ? DimsAttr() : DimsAttr::get(getContext(), inside))};
}
