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
  return {CropOp::create(b, getLoc(), cotangents[0], getOffsets(), getStepsAttr(), sizes, DenseI64ArrayAttr())};
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
                                needed ? b.getDenseI64ArrayAttr(least) : DenseI64ArrayAttr());
}

//===----------------------------------------------------------------------===//
// slice
//===----------------------------------------------------------------------===//

namespace {
/// A slice of one axis in the terms of crop.
struct AxisSlice {
  Dim offset, size;
  int64_t step, needed;
};
} // namespace

static FailureOr<SmallVector<AxisSlice>> slices(SliceOp::Adaptor a, std::optional<Location> loc) {
  Type x = a.getX().getType();
  Dims dims = dimsOf(x);
  std::optional<OpenInts> starts = a.getStart(), stops = a.getStop(), strides = a.getStep();
  std::pair<StringRef, const std::optional<OpenInts> &> lists[] = {
      {"start", starts}, {"stop", stops}, {"step", strides}};
  for (const auto &[name, list] : lists)
    if (list && list->size() != dims.size())
      return LogicalResult(emitOptionalError(loc, "S0306: ", name, " has ", list->size(), " entries, but ",
                                             printType(x), " has ", dims.size(), " axes"));
  auto entry = [](const std::optional<OpenInts> &list, size_t axis) { return list ? (*list)[axis] : std::nullopt; };
  SmallVector<AxisSlice> result;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    Dim size = dims[axis], zero = constantDim(x.getContext(), 0);
    std::optional<int64_t> start = entry(starts, axis), stop = entry(stops, axis), extent = constantValue(size);
    // No axis is longer than the largest integer, so a step by one more goes as far.
    int64_t step = std::max(entry(strides, axis).value_or(1), -INT64_MAX);
    if (step == 0)
      return LogicalResult(emitOptionalError(loc, "S0306: the step of axis ", axis, " is 0"));
    // A backward slice can begin at the last element, a forward one also behind it.
    int64_t last = step > 0 ? 0 : 1, needed = 0;
    auto outside = [&](StringRef name, int64_t value) {
      return LogicalResult(emitOptionalError(loc, "S0307: ", name, " ", value, " of axis ", axis,
                                             " is out of range for ", printType(x)));
    };
    auto bound = [&](std::optional<int64_t> value, Dim open, StringRef name) -> FailureOr<Dim> {
      if (!value)
        return open;
      // As many elements it takes; 2^63 there are nowhere.
      std::optional<int64_t> reach = *value < 0 ? llvm::checkedSub(int64_t(0), *value) : llvm::checkedAdd(*value, last);
      if (!reach || (extent && *reach > *extent))
        return outside(name, *value);
      needed = std::max(needed, *reach);
      return *value < 0 ? size + *value : zero + *value;
    };
    FailureOr<Dim> from = bound(start, step > 0 ? zero : size - 1, "start");
    FailureOr<Dim> to = failed(from) ? from : bound(stop, step > 0 ? size : zero - 1, "stop");
    if (failed(to))
      return failure();
    Dim length = step > 0 ? *to - *from : *from - *to;
    // From a fixed place up to one counted from the end, or the other way round, there may be too few.
    bool startFromEnd = start ? *start < 0 : step < 0, stopFromEnd = stop ? *stop < 0 : step > 0;
    if (!extent && startFromEnd != stopFromEnd && (step > 0) == stopFromEnd) {
      int64_t front = step > 0 ? start.value_or(0) : stop ? *stop + 1 : 0;
      int64_t back = step > 0 ? -stop.value_or(0) : start ? -*start - 1 : 0;
      std::optional<int64_t> both = llvm::checkedAdd(front, back);
      if (!both)
        return outside(step > 0 ? "stop" : "start", step > 0 ? *stop : *start);
      needed = std::max(needed, *both);
    }
    if (auto n = constantValue(length); n && *n < 0)
      length = zero;
    // A step that is longer than an axis of such a tensor can be leaves one element, and its length says nothing.
    Dims stepped = dims;
    stepped[axis] = constantDim(x.getContext(), std::abs(step));
    bool single = isTooLarge(tensorType(stepped, elementOf(a.getX())));
    result.push_back({*from, length.ceilDiv(std::abs(step)), single ? (step > 0 ? 1 : -1) : step, extent ? 0 : needed});
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
  Dims offsets, sizes;
  SmallVector<int64_t> steps, needed;
  SmallVector<AxisSlice> axes = *slices(Adaptor(*this), std::nullopt);
  for (const AxisSlice &part : axes) {
    offsets.push_back(part.offset);
    sizes.push_back(part.size);
    steps.push_back(part.step);
    needed.push_back(part.needed);
  }
  bool checks = llvm::any_of(needed, [](int64_t n) { return n > 0; });
  return {b.createOrFold<CropOp>(getLoc(), getX(), DimsAttr::get(getContext(), offsets), b.getDenseI64ArrayAttr(steps),
                                 DimsAttr::get(getContext(), sizes),
                                 checks ? b.getDenseI64ArrayAttr(needed) : DenseI64ArrayAttr())};
}
