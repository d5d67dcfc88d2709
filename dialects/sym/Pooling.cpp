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

SmallVector<SizeRequirement> WindowsOp::getSizeRequirements() {
  return windowRequirements(getX().getType(), getSizes(), getPadding().getExprs());
}

Value WindowsOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Dims image = dimsOf(getX());
  ArrayRef<Dim> padding = getPadding().getExprs();
  Index positions[2] = {e.divide(index[3], getSizes()[1]), e.remainder(index[3], getSizes()[1])};
  Indices source{index[0], {}, {}, index[4]};
  Value inside;
  for (unsigned axis = 0; axis < 2; ++axis) {
    Dim before = padding[2 * axis], after = padding[2 * axis + 1], size = image[axis + 1];
    Index i = e.add(e.mul(index[axis + 1], getStrides()[axis]), positions[axis]);
    if (constantValue(before) != 0 || constantValue(after) != 0) {
      i = e.sub(i, LinearForm::size(before));
      Value fits = isInside(e, i, size);
      i = select(e, fits, e.value(i), e.value(e.number(0)));
      inside = both(e, inside, fits);
    }
    source[axis + 1] = i;
  }
  Value element = e.read(0, source);
  if (getIndex())
    inside = both(e, inside, matches(e, e.read(1, {index[0], index[1], index[2], index[4]}), index[3]));
  bool isUnsigned = elementOf(getX()).isUnsignedInteger();
  double fill = getFill().convertToDouble();
  return select(e, inside, element, number(e.b, e.loc, element.getType(), isUnsigned, fill));
}

/// In how many windows an element is, at most, along each of the two axes.
template <class Op> static SmallVector<int64_t> coverage(Op op) {
  SmallVector<int64_t> counts;
  for (auto [size, stride] : llvm::zip_equal(op.getSizes(), op.getStrides()))
    counts.push_back(llvm::divideCeil(size, stride));
  return counts;
}

Value WindowSpreadOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Dims windows = dimsOf(getX());
  ArrayRef<Dim> padding = getPadding().getExprs();
  SmallVector<int64_t> counts = coverage(*this);
  bool several = index.size() == 5;
  Indices source{index[0], {}, {}, index.back()};
  Value inside;
  Index positions[2];
  for (unsigned axis = 0; axis < 2; ++axis) {
    int64_t size = getSizes()[axis], stride = getStrides()[axis];
    Index i = e.add(index[axis + 1], LinearForm::size(padding[2 * axis]));
    // The last window that begins at or before the element, and those before it.
    Index window = e.divide(i, stride);
    if (several)
      window = e.sub(window, axis ? e.remainder(index[3], counts[1]) : e.divide(index[3], counts[1]));
    positions[axis] = e.sub(i, e.mul(window, stride));
    Value fits = isInside(e, window, windows[axis + 1]);
    if (size % stride != 0)
      fits = both(e, fits, isInside(e, positions[axis], constantDim(getContext(), size)));
    source[axis + 1] = select(e, fits, e.value(window), e.value(e.number(0)));
    inside = both(e, inside, fits);
  }
  Value element = e.read(0, source);
  if (getIndex()) {
    Index position = e.add(e.mul(positions[0], getSizes()[1]), positions[1]);
    inside = both(e, inside, matches(e, e.read(1, source), position));
  }
  return select(e, inside, element, number(e.b, e.loc, element.getType(), false, 0));
}

//===----------------------------------------------------------------------===//
// window_sum and window_scatter
//===----------------------------------------------------------------------===//

template <class Like>
static Value windowsOf(OpBuilder &b, Location loc, Like like, Value x, Value index, Type windows, double fill) {
  Dims dims = dimsOf(windows);
  dims.insert(dims.end() - 1, constantDim(b.getContext(), like.getSizes()[0] * like.getSizes()[1]));
  return WindowsOp::create(b, loc, tensorType(dims, elementOf(x)), x, index, like.getSizesAttr(), like.getStridesAttr(),
                           like.getPaddingAttr(), b.getF64FloatAttr(fill));
}

SmallVector<Value> WindowSumOp::decompose(OpBuilder &b) {
  return {sumOver(b, getLoc(), windowsOf(b, getLoc(), *this, getX(), getIndex(), getType(), 0), {3}, false)};
}
SmallVector<Value> WindowSumOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Value dx = WindowScatterOp::create(b, getLoc(), getX().getType(), cotangents[0], getIndex(), getSizesAttr(),
                                     getStridesAttr(), getPaddingAttr());
  return getIndex() ? SmallVector<Value>{dx, {}} : SmallVector<Value>{dx};
}

SmallVector<Value> WindowScatterOp::decompose(OpBuilder &b) {
  SmallVector<int64_t> counts = coverage(*this);
  Dims dims = dimsOf(getOut());
  bool one = counts[0] * counts[1] == 1;
  if (!one)
    dims.insert(dims.end() - 1, constantDim(b.getContext(), counts[0] * counts[1]));
  Value spreadOut = WindowSpreadOp::create(b, getLoc(), tensorType(dims, elementOf(getX())), getX(), getIndex(),
                                           getSizesAttr(), getStridesAttr(), getPaddingAttr());
  return {one ? spreadOut : sumOver(b, getLoc(), spreadOut, {3}, false)};
}
SmallVector<Value> WindowScatterOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Value dx = WindowSumOp::create(b, getLoc(), getX().getType(), cotangents[0], getIndex(), getSizesAttr(),
                                 getStridesAttr(), getPaddingAttr());
  return getIndex() ? SmallVector<Value>{dx, {}} : SmallVector<Value>{dx};
}

//===----------------------------------------------------------------------===//
// max_pool and avg_pool
//===----------------------------------------------------------------------===//

template <class A> static FailureOr<Windows> poolWindows(std::optional<Location> loc, StringRef name, A op) {
  Type x = op.getX().getType();
  if (failed(checkRank(loc, "the input of " + name, x, 4)))
    return failure();
  FailureOr<SmallVector<int64_t>> sizes = perAxis(loc, "pool_size", op.getPoolSize(), 2);
  if (failed(sizes))
    return failure();
  FailureOr<SmallVector<int64_t>> strides =
      perAxis(loc, "strides", op.getStrides() ? *op.getStrides() : ArrayRef<int64_t>(*sizes), 2);
  if (failed(strides))
    return failure();
  Dims image = dimsToNHWC(dimsOf(x), op.getLayout());
  return makeWindows(loc, x, ArrayRef(image).slice(1, 2), *sizes, *strides, {1, 1}, op.getPadding());
}

template <class Op>
static LogicalResult inferPool(std::optional<Location> loc, StringRef name, ValueRange operands,
                               DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                               SmallVectorImpl<Type> &types) {
  typename Op::Adaptor op(operands, attributes, properties, regions);
  FailureOr<Windows> windows = poolWindows(loc, name, op);
  if (failed(windows))
    return failure();
  Dims dims = dimsToNHWC(dimsOf(op.getX()), op.getLayout());
  dims[1] = (*windows)[0].out;
  dims[2] = (*windows)[1].out;
  types.push_back(tensorType(dimsFromNHWC(dims, op.getLayout()), elementOf(op.getX())));
  return success();
}

namespace {
/// A pooling in NHWC with all its numbers.
struct Pool {
  OpBuilder &b;
  Location loc;
  Layout layout;
  Value x; // NHWC
  Windows windows;
  DenseI64ArrayAttr sizes, strides;
  DimsAttr padding;

  template <class Op> Pool(OpBuilder &b, Op op) : b(b), loc(op.getLoc()), layout(op.getLayout()) {
    x = imageToNHWC(b, loc, op.getX(), layout);
    windows = *poolWindows(std::nullopt, "", op);
    sizes = b.getDenseI64ArrayAttr({windows[0].size, windows[1].size});
    strides = b.getDenseI64ArrayAttr({windows[0].stride, windows[1].stride});
    padding = DimsAttr::get(b.getContext(), {windows[0].before, windows[0].after, windows[1].before, windows[1].after});
  }
  DenseI64ArrayAttr getSizesAttr() const { return sizes; }
  DenseI64ArrayAttr getStridesAttr() const { return strides; }
  DimsAttr getPaddingAttr() const { return padding; }
  ArrayRef<int64_t> getSizes() const { return sizes; }

  Type resultType() const {
    Dims dims = dimsOf(x);
    dims[1] = windows[0].out;
    dims[2] = windows[1].out;
    return tensorType(dims, elementOf(x));
  }
  Value elements(double fill) { return windowsOf(b, loc, *this, x, {}, resultType(), fill); }
  Value sum(Value image, Type type) {
    return WindowSumOp::create(b, loc, type, image, Value(), sizes, strides, padding);
  }
  Value scatter(Value cotangent, Value index) {
    return WindowScatterOp::create(b, loc, x.getType(), cotangent, index, sizes, strides, padding);
  }
  bool isPadded() const {
    return !llvm::all_of(padding.getExprs(), [](Dim e) { return constantValue(e) == 0; });
  }
  /// How many elements each window has, with the sizes of the result.
  Value counts() {
    Type type = resultType();
    if (!isPadded())
      return splat(b, loc, type, static_cast<double>(windows[0].size * windows[1].size));
    Dim one = constantDim(b.getContext(), 1);
    Value ones = splat(b, loc, tensorType({one, windows[0].in, windows[1].in, one}, elementOf(x)), 1);
    return broadcastLike(b, loc, sum(ones, tensorType({one, windows[0].out, windows[1].out, one}, elementOf(x))), type);
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
  Value out = MaxOp::create(b, getLoc(), pool.elements(-HUGE_VAL), b.getDenseI64ArrayAttr({3}), b.getBoolAttr(false));
  return {imageFromNHWC(b, getLoc(), out, getLayout())};
}
SmallVector<Value> MaxPoolOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Pool pool(b, *this);
  Value index =
      ArgmaxOp::create(b, getLoc(), pool.elements(-HUGE_VAL), b.getDenseI64ArrayAttr({3}), b.getBoolAttr(false));
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
  Value mean = DivOp::create(b, getLoc(), pool.sum(pool.x, pool.resultType()), pool.counts());
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
