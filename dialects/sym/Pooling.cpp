//===- Pooling.cpp - Reductions over sliding windows ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/Window.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::sym;

//===----------------------------------------------------------------------===//
// Windows of an element op
//===----------------------------------------------------------------------===//

/// 0 <= x < size
static Value isInside(ElementBuilder &e, const Index &x, Dim size) {
  return arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::ult, e.value(x), e.dim(size));
}
/// Of conditions, of which a null one holds always.
static Value both(ElementBuilder &e, Value x, Value y) {
  return x && y ? arith::AndIOp::create(e.b, e.loc, x, y).getResult() : x ? x : y;
}
static Value select(ElementBuilder &e, Value condition, Value x, Value y) {
  return condition ? arith::SelectOp::create(e.b, e.loc, condition, x, y).getResult() : x;
}
/// Whether `position`, of type i64, is that of `index`.
static Value matches(ElementBuilder &e, Value position, const Index &index) {
  Value same = arith::IndexCastOp::create(e.b, e.loc, position.getType(), e.value(index));
  return arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::eq, position, same);
}

static Value number(OpBuilder &b, Location loc, Type type, bool isUnsigned, double value) {
  if (auto floating = dyn_cast<FloatType>(type))
    return arith::ConstantOp::create(b, loc, FloatAttr::get(floating, value));
  unsigned width = type.getIntOrFloatBitWidth();
  APInt integer = value != -HUGE_VAL ? APInt(width, static_cast<uint64_t>(value))
                  : isUnsigned       ? APInt::getMinValue(width)
                                     : APInt::getSignedMinValue(width);
  return arith::ConstantOp::create(b, loc, IntegerAttr::get(type, integer));
}

template <class Op> static WindowAttributes windowsOf(Op op) {
  return {op.getSizesAttr(), op.getStridesAttr(), op.getPaddingAttr(), op.getDilationsAttr()};
}

/// The place along each axis of a box of these sizes that its row-major number tells.
static Indices placeIn(ElementBuilder &e, Index number, ArrayRef<int64_t> sizes) {
  Indices place(sizes.size(), e.number(0));
  for (size_t axis = sizes.size(); axis-- > 0;) {
    if (llvm::all_of(sizes.take_front(axis), [](int64_t size) { return size == 1; })) {
      place[axis] = number;
      break;
    }
    place[axis] = e.remainder(number, sizes[axis]);
    number = e.divide(number, sizes[axis]);
  }
  return place;
}
static Index numberIn(ElementBuilder &e, ArrayRef<Index> place, ArrayRef<int64_t> sizes) {
  Index number = place.front();
  for (auto [i, size] : llvm::zip_equal(place.drop_front(), sizes.drop_front()))
    number = e.add(e.mul(number, size), i);
  return number;
}

SmallVector<SizeRequirement> WindowsOp::getSizeRequirements() {
  SmallVector<int64_t> extents;
  for (const WindowAxis &axis : windowsOf(*this).axes())
    extents.push_back(axis.extent());
  return windowRequirements(getX().getType(), extents, getPadding().getExprs());
}

Value WindowsOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Dims image = dimsOf(getX());
  unsigned axes = getSizes().size();
  Indices positions = placeIn(e, index[axes + 1], getSizes()), source(index);
  source.erase(source.begin() + axes + 1);
  Value inside, chosen;
  if (getIndex())
    chosen = matches(e, e.read(1, source), index[axes + 1]);
  for (auto [axis, window] : llvm::enumerate(windowsOf(*this).axes())) {
    Index i = e.add(e.mul(index[axis + 1], window.stride), e.mul(positions[axis], window.dilation));
    if (window.isPadded()) {
      i = e.sub(i, LinearForm::size(window.before));
      Value fits = isInside(e, i, image[axis + 1]);
      i = select(e, fits, e.value(i), e.value(e.number(0)));
      inside = both(e, inside, fits);
    }
    source[axis + 1] = i;
  }
  Value element = e.read(0, source);
  bool isUnsigned = elementOf(getX()).isUnsignedInteger();
  double fill = getFill().convertToDouble();
  return select(e, both(e, inside, chosen), element, number(e.b, e.loc, element.getType(), isUnsigned, fill));
}

/// In how many windows an element is, at most, along each axis.
static SmallVector<int64_t> coverage(const WindowAttributes &windows) {
  SmallVector<int64_t> counts;
  for (const WindowAxis &axis : windows.axes())
    counts.push_back(llvm::divideCeil(axis.extent(), axis.stride));
  return counts;
}

Value WindowSpreadOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Dims windows = dimsOf(getX());
  unsigned axes = getSizes().size();
  bool several = index.size() == axes + 3, perElement = windows.size() == axes + 3;
  Indices earlier = several ? placeIn(e, index[axes + 1], coverage(windowsOf(*this))) : Indices(axes, e.number(0));
  Indices source(index), positions(axes, e.number(0));
  if (several)
    source.erase(source.begin() + axes + 1);
  Value inside;
  for (auto [axis, window] : llvm::enumerate(windowsOf(*this).axes())) {
    if (window.isTrivial())
      continue;
    Index i = e.add(index[axis + 1], LinearForm::size(window.before));
    // The last window that begins at or before the element, and those before it.
    Index at = e.sub(e.divide(i, window.stride), earlier[axis]);
    Index distance = e.sub(i, e.mul(at, window.stride));
    Value fits = isInside(e, at, windows[axis + 1]);
    if (window.extent() % window.stride != 0)
      fits = both(e, fits, isInside(e, distance, constantDim(getContext(), window.extent())));
    if (window.dilation != 1)
      fits = both(e, fits, isInside(e, e.remainder(distance, window.dilation), constantDim(getContext(), 1)));
    source[axis + 1] = select(e, fits, e.value(at), e.value(e.number(0)));
    positions[axis] = e.divide(distance, window.dilation);
    if (perElement)
      positions[axis] = select(e, fits, e.value(positions[axis]), e.value(e.number(0)));
    inside = both(e, inside, fits);
  }
  if (getIndex())
    inside = both(e, inside, matches(e, e.read(1, source), numberIn(e, positions, getSizes())));
  if (perElement)
    source.insert(source.end() - 1, numberIn(e, positions, getSizes()));
  Value element = e.read(0, source);
  return select(e, inside, element, number(e.b, e.loc, element.getType(), false, 0));
}

//===----------------------------------------------------------------------===//
// window_sum and window_scatter
//===----------------------------------------------------------------------===//

Value symc::listWindows(OpBuilder &b, Location loc, Value x, Value index, ArrayRef<Dim> out, const WindowAttributes &w,
                        double fill) {
  Dims dims(out);
  dims.insert(dims.end() - 1, constantDim(b.getContext(), llvm::product_of(w.sizes.asArrayRef())));
  return WindowsOp::create(b, loc, tensorType(dims, elementOf(x)), x, index, w.sizes, w.strides, w.padding,
                           b.getF64FloatAttr(fill), w.dilations);
}

Value symc::addWindows(OpBuilder &b, Location loc, Value x, Value index, ArrayRef<Dim> image,
                       const WindowAttributes &w) {
  Dims dims(image);
  auto spreadTo = [&] {
    return WindowSpreadOp::create(b, loc, tensorType(dims, elementOf(x)), x, index, w.sizes, w.strides, w.padding,
                                  w.dilations);
  };
  int64_t count = llvm::product_of(coverage(w));
  if (count == 1)
    return spreadTo();
  dims.insert(dims.end() - 1, constantDim(b.getContext(), count));
  return sumOver(b, loc, spreadTo(), {static_cast<int64_t>(dims.size()) - 2}, false);
}

SmallVector<Value> WindowSumOp::decompose(OpBuilder &b) {
  Value elements = listWindows(b, getLoc(), getX(), getIndex(), dimsOf(getType()), windowsOf(*this), 0);
  return {sumOver(b, getLoc(), elements, {rankOf(elements) - 2}, false)};
}
SmallVector<Value> WindowSumOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Value dx = WindowScatterOp::create(b, getLoc(), getX().getType(), cotangents[0], getIndex(), getSizesAttr(),
                                     getStridesAttr(), getPaddingAttr(), getDilationsAttr());
  return getIndex() ? SmallVector<Value>{dx, {}} : SmallVector<Value>{dx};
}

SmallVector<Value> WindowScatterOp::decompose(OpBuilder &b) {
  return {addWindows(b, getLoc(), getX(), getIndex(), dimsOf(getType()), windowsOf(*this))};
}
SmallVector<Value> WindowScatterOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Value dx = WindowSumOp::create(b, getLoc(), getX().getType(), cotangents[0], getIndex(), getSizesAttr(),
                                 getStridesAttr(), getPaddingAttr(), getDilationsAttr());
  return getIndex() ? SmallVector<Value>{dx, {}} : SmallVector<Value>{dx};
}

//===----------------------------------------------------------------------===//
// max_pool and avg_pool
//===----------------------------------------------------------------------===//

template <class A> static FailureOr<Windows> poolWindows(std::optional<Location> loc, StringRef name, A op) {
  Type x = op.getX().getType();
  FailureOr<size_t> axes = windowAxes(loc, name, x);
  if (failed(axes))
    return failure();
  FailureOr<SmallVector<int64_t>> sizes = perAxis(loc, "pool_size", op.getPoolSize(), *axes);
  if (failed(sizes))
    return failure();
  int64_t count = 1;
  for (int64_t size : *sizes)
    if (llvm::MulOverflow(count, size, count))
      return LogicalResult(emitOptionalError(loc, "S0306: 'pool_size' is too large: the elements of a window are more "
                                                  "than 63 bits can count"));
  FailureOr<SmallVector<int64_t>> strides =
      perAxis(loc, "strides", op.getStrides() ? *op.getStrides() : ArrayRef<int64_t>(*sizes), *axes);
  if (failed(strides))
    return failure();
  Dims image = dimsToNHWC(dimsOf(x), op.getLayout());
  SmallVector<int64_t> dilations(*axes, 1);
  return makeWindows(loc, x, ArrayRef(image).slice(1, *axes), *sizes, *strides, dilations, op.getPadding());
}

/// The sizes `image`, in NHWC, with the number of windows along each axis.
static Dims windowCounts(Dims image, ArrayRef<WindowAxis> windows) {
  for (auto [i, axis] : llvm::enumerate(windows))
    image[i + 1] = axis.out;
  return image;
}

template <class Op>
static LogicalResult inferPool(std::optional<Location> loc, StringRef name, ValueRange operands,
                               DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                               SmallVectorImpl<Type> &types) {
  typename Op::Adaptor op(operands, attributes, properties, regions);
  FailureOr<Windows> windows = poolWindows(loc, name, op);
  if (failed(windows))
    return failure();
  Dims dims = windowCounts(dimsToNHWC(dimsOf(op.getX()), op.getLayout()), *windows);
  types.push_back(tensorType(dimsFromNHWC(dims, op.getLayout()), elementOf(op.getX())));
  return success();
}

namespace {
/// A pooling in NHWC with all its numbers.
struct Pool {
  OpBuilder &b;
  Location loc;
  Value x; // NHWC
  Windows windows;
  WindowAttributes attributes;
  Dims result;

  template <class Op>
  Pool(OpBuilder &b, Op op)
      : b(b), loc(op.getLoc()), x(imageToNHWC(b, loc, op.getX(), op.getLayout())),
        windows(*poolWindows(std::nullopt, "", op)), attributes(windowAttributes(b, windows)),
        result(windowCounts(dimsOf(x), windows)) {}

  /// The axis of positions in what `elements` gives.
  DenseI64ArrayAttr positions() { return b.getDenseI64ArrayAttr(static_cast<int64_t>(windows.size()) + 1); }
  Value elements(double fill) { return listWindows(b, loc, x, {}, result, attributes, fill); }
  Value sum(Value image, ArrayRef<Dim> dims) {
    return WindowSumOp::create(b, loc, tensorType(dims, elementOf(x)), image, Value(), attributes.sizes,
                               attributes.strides, attributes.padding, attributes.dilations);
  }
  Value scatter(Value cotangent, Value index) {
    return WindowScatterOp::create(b, loc, x.getType(), cotangent, index, attributes.sizes, attributes.strides,
                                   attributes.padding, attributes.dilations);
  }
  /// How many elements each window has, with the sizes of the result.
  Value counts() {
    Type type = tensorType(result, elementOf(x));
    if (llvm::none_of(windows, [](const WindowAxis &axis) { return axis.isPadded(); }))
      return splat(b, loc, type, static_cast<double>(llvm::product_of(attributes.sizes.asArrayRef())));
    Dims image = dimsOf(x), own = result;
    image.front() = image.back() = own.front() = own.back() = constantDim(b.getContext(), 1);
    Value ones = splat(b, loc, tensorType(image, elementOf(x)), 1);
    return broadcastLike(b, loc, sum(ones, own), type);
  }
};
} // namespace

LogicalResult MaxPoolOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands,
                                          DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                          SmallVectorImpl<Type> &types) {
  return inferPool<MaxPoolOp>(loc, "max_pool", operands, attributes, properties, regions, types);
}
SmallVector<Value> MaxPoolOp::decompose(OpBuilder &b) {
  Pool pool(b, *this);
  Value out = MaxOp::create(b, getLoc(), pool.elements(-HUGE_VAL), pool.positions(), b.getBoolAttr(false));
  return {imageFromNHWC(b, getLoc(), out, getLayout())};
}
SmallVector<Value> MaxPoolOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Pool pool(b, *this);
  Value index = ArgmaxOp::create(b, getLoc(), pool.elements(-HUGE_VAL), pool.positions(), b.getBoolAttr(false));
  Value dx = pool.scatter(imageToNHWC(b, getLoc(), cotangents[0], getLayout()), index);
  return {imageFromNHWC(b, getLoc(), dx, getLayout())};
}

LogicalResult AvgPoolOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands,
                                          DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                          SmallVectorImpl<Type> &types) {
  return inferPool<AvgPoolOp>(loc, "avg_pool", operands, attributes, properties, regions, types);
}
SmallVector<Value> AvgPoolOp::decompose(OpBuilder &b) {
  Pool pool(b, *this);
  Value mean = DivOp::create(b, getLoc(), pool.sum(pool.x, pool.result), pool.counts());
  return {imageFromNHWC(b, getLoc(), mean, getLayout())};
}
SmallVector<Value> AvgPoolOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Pool pool(b, *this);
  Value share = DivOp::create(b, getLoc(), imageToNHWC(b, getLoc(), cotangents[0], getLayout()), pool.counts());
  return {imageFromNHWC(b, getLoc(), pool.scatter(share, {}), getLayout())};
}

//===----------------------------------------------------------------------===//
// global_avg_pool and global_max_pool
//===----------------------------------------------------------------------===//

static SmallVector<int64_t> spaceAxes(int64_t rank, Layout layout) {
  return llvm::to_vector(layout == Layout::NHWC ? llvm::seq<int64_t>(1, rank - 1) : llvm::seq<int64_t>(2, rank));
}

template <class Op>
static LogicalResult inferGlobalPool(std::optional<Location> loc, StringRef name, ValueRange operands,
                                     DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                     SmallVectorImpl<Type> &types) {
  typename Op::Adaptor op(operands, attributes, properties, regions);
  Dims dims = dimsOf(op.getX()), result;
  if (dims.size() < 3)
    return emitOptionalError(loc, "S0302: ", name, " needs an image with 3 or more dimensions, not ",
                             printType(op.getX().getType()));
  SmallVector<int64_t> axes = spaceAxes(dims.size(), op.getLayout());
  for (auto [i, dim] : llvm::enumerate(dims)) {
    bool reduced = llvm::is_contained(axes, static_cast<int64_t>(i));
    if (!reduced || op.getKeepdims())
      result.push_back(reduced ? constantDim(dim.getContext(), 1) : dim);
  }
  types.push_back(tensorType(result, elementOf(op.getX())));
  return success();
}

LogicalResult GlobalAvgPoolOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands,
                                                DictionaryAttr attributes, OpaqueProperties properties,
                                                RegionRange regions, SmallVectorImpl<Type> &types) {
  return inferGlobalPool<GlobalAvgPoolOp>(loc, "global_avg_pool", operands, attributes, properties, regions, types);
}
SmallVector<Value> GlobalAvgPoolOp::decompose(OpBuilder &b) {
  return {MeanOp::create(b, getLoc(), getX(), b.getDenseI64ArrayAttr(spaceAxes(rankOf(getX()), getLayout())),
                         b.getBoolAttr(getKeepdims()))};
}

LogicalResult GlobalMaxPoolOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands,
                                                DictionaryAttr attributes, OpaqueProperties properties,
                                                RegionRange regions, SmallVectorImpl<Type> &types) {
  return inferGlobalPool<GlobalMaxPoolOp>(loc, "global_max_pool", operands, attributes, properties, regions, types);
}
SmallVector<Value> GlobalMaxPoolOp::decompose(OpBuilder &b) {
  return {MaxOp::create(b, getLoc(), getX(), b.getDenseI64ArrayAttr(spaceAxes(rankOf(getX()), getLayout())),
                        b.getBoolAttr(getKeepdims()))};
}

#define GET_OP_CLASSES
#include "dialects/sym/Pooling.cpp.inc"
