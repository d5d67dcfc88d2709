//===- Shape.cpp - Constants and moves ------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The primitives; Slicing.cpp has the composites.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Shape.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

LogicalResult SizeOp::infer(Adaptor a, std::optional<Location>, SmallVectorImpl<Type> &types) {
  types.push_back(RankedTensorType::get({}, a.getDtype()));
  return success();
}
Value SizeOp::buildElement(ElementBuilder &e, ArrayRef<Index>) {
  Type i64 = e.b.getI64Type();
  Scalar size{e.b, e.loc, arith::IndexCastOp::create(e.b, e.loc, i64, e.dim(getSize().getExprs().front())), i64};
  return convert(size, getDtype()).value;
}
OpFoldResult SizeOp::fold(FoldAdaptor) {
  std::optional<int64_t> size = constantValue(getSize().getExprs().front());
  if (!size)
    return {};
  if (auto floating = dyn_cast<FloatType>(getDtype()))
    return DenseElementsAttr::get(getType(), Attribute(FloatAttr::get(floating, *size)));
  return DenseElementsAttr::get(getType(), APInt(getDtype().getIntOrFloatBitWidth(), *size, true, true));
}

/// The splat constant that a move of the splat constant `x` to `type` is.
static Attribute foldSplat(Attribute x, Type type) {
  auto value = dyn_cast_or_null<DenseElementsAttr>(x);
  auto shaped = cast<RankedTensorType>(type);
  return value && value.isSplat() && shaped.hasStaticShape() ? value.resizeSplat(shaped) : Attribute();
}

//===----------------------------------------------------------------------===//
// broadcast_to
//===----------------------------------------------------------------------===//

LogicalResult BroadcastToOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  Dims from = dimsOf(a.getX()), to(a.getShape().getExprs());
  bool fits = from.size() <= to.size();
  for (size_t i = 0; fits && i < from.size(); ++i) {
    Dim size = from[from.size() - 1 - i];
    fits = isOne(size) || size == to[to.size() - 1 - i];
  }
  if (!fits)
    return emitOptionalError(loc, "S0301: cannot broadcast ", printType(a.getX().getType()), " to ",
                             printType(tensorType(to, elementOf(a.getX()))));
  types.push_back(tensorType(to, elementOf(a.getX())));
  return success();
}

Value BroadcastToOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Dims from = dimsOf(getX());
  Indices source;
  for (auto [size, i] : llvm::zip_equal(from, index.take_back(from.size())))
    source.push_back(isOne(size) ? e.number(0) : i);
  return e.read(0, source);
}

SmallVector<Value> BroadcastToOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Dims from = dimsOf(getX()), to = dimsOf(getOut());
  SmallVector<int64_t> axes;
  size_t added = to.size() - from.size();
  for (size_t i = 0; i < to.size(); ++i)
    if (i < added || (isOne(from[i - added]) && !isOne(to[i])))
      axes.push_back(i);
  return {reshapeLike(b, getLoc(), sumOver(b, getLoc(), cotangents[0], axes, false), getX().getType())};
}

OpFoldResult BroadcastToOp::fold(FoldAdaptor a) {
  if (getX().getType() == getType())
    return getX();
  // A constant that is a result of a function is in the library element by element.
  constexpr int64_t largest = 1 << 20;
  std::optional<int64_t> count = constantValue(elementCount(getType()));
  return count && *count > largest ? OpFoldResult() : foldSplat(a.getX(), getType());
}

LogicalResult BroadcastToOp::canonicalize(BroadcastToOp op, PatternRewriter &rewriter) {
  if (auto inner = op.getX().getDefiningOp<BroadcastToOp>())
    return rewriter.replaceOpWithNewOp<BroadcastToOp>(op, inner.getX(), op.getShape()), success();
  if (elementCount(op.getX().getType()) == elementCount(op.getType()))
    return rewriter.replaceOp(op, reshapeLike(rewriter, op.getLoc(), op.getX(), op.getType())), success();
  return rewriter.notifyMatchFailure(op, "repeats elements");
}

//===----------------------------------------------------------------------===//
// reshape
//===----------------------------------------------------------------------===//

LogicalResult ReshapeOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  MLIRContext *context = a.getX().getContext();
  Dims to(a.getShape().getExprs());
  Dim count = elementCount(a.getX().getType()), known = constantDim(context, 1);
  Dim *open = nullptr;
  for (Dim &size : to) {
    if (constantValue(size) != -1) {
      known = known * size;
    } else {
      if (open)
        return emitOptionalError(loc, "S0306: only one size of a shape can be -1");
      open = &size;
    }
  }
  if (isOverflown(known))
    return emitOptionalError(loc, "S0318: the number of elements of the new shape does not fit in 63 bits");
  if (open && constantValue(known) == 0)
    return emitOptionalError(loc, "S0306: -1 cannot be inferred beside a size of 0");
  if (open) {
    *open = count.floorDiv(known);
    known = known * *open;
  }
  if (known != count) {
    if (open)
      *open = constantDim(context, -1);
    return emitOptionalError(loc, "S0301: cannot reshape ", printType(a.getX().getType()), " (", printDim(count),
                             " elements) to ", printType(tensorType(to, elementOf(a.getX()))));
  }
  types.push_back(tensorType(to, elementOf(a.getX())));
  return success();
}

SmallVector<Value> ReshapeOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {reshapeLike(b, getLoc(), cotangents[0], getX().getType())};
}

OpFoldResult ReshapeOp::fold(FoldAdaptor a) {
  if (getX().getType() == getType())
    return getX();
  auto value = dyn_cast_or_null<DenseElementsAttr>(a.getX());
  return value && getType().hasStaticShape() ? value.reshape(getType()) : OpFoldResult();
}

LogicalResult ReshapeOp::canonicalize(ReshapeOp op, PatternRewriter &rewriter) {
  if (auto inner = op.getX().getDefiningOp<ReshapeOp>())
    return rewriter.replaceOp(op, reshapeLike(rewriter, op.getLoc(), inner.getX(), op.getType())), success();
  auto broadcast = op.getX().getDefiningOp<BroadcastToOp>();
  if (broadcast && isOne(elementCount(broadcast.getX().getType()))) {
    Value scalar = reshape(rewriter, op.getLoc(), broadcast.getX(), {});
    return rewriter.replaceOp(op, broadcastLike(rewriter, op.getLoc(), scalar, op.getType())), success();
  }
  return rewriter.notifyMatchFailure(op, "not of a reshape, nor of one repeated element");
}

//===----------------------------------------------------------------------===//
// transpose
//===----------------------------------------------------------------------===//

/// The permutation, checked; reversed axes without one.
static FailureOr<SmallVector<int64_t>> permutation(std::optional<Location> loc, std::optional<ArrayRef<int64_t>> axes,
                                                   int64_t rank) {
  SmallVector<int64_t> result;
  if (!axes) {
    for (int64_t i = rank; i-- > 0;)
      result.push_back(i);
    return result;
  }
  if (static_cast<int64_t>(axes->size()) != rank)
    return LogicalResult(
        emitOptionalError(loc, "S0306: axes has ", axes->size(), " entries, but the operand has rank ", rank));
  if (failed(normalizeAxes(loc, axes, rank)))
    return failure();
  for (int64_t axis : *axes)
    result.push_back(axis < 0 ? axis + rank : axis);
  return result;
}

LogicalResult TransposeOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  Dims from = dimsOf(a.getX()), to;
  FailureOr<SmallVector<int64_t>> axes = permutation(loc, a.getAxes(), from.size());
  if (failed(axes))
    return failure();
  for (int64_t axis : *axes)
    to.push_back(from[axis]);
  types.push_back(tensorType(to, elementOf(a.getX())));
  return success();
}

Value TransposeOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Indices source(index.size());
  for (auto [i, axis] : llvm::enumerate(*permutation(std::nullopt, getAxes(), index.size())))
    source[axis] = index[i];
  return e.read(0, source);
}

SmallVector<Value> TransposeOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  SmallVector<int64_t> inverse(getX().getType().getRank());
  for (auto [i, axis] : llvm::enumerate(*permutation(std::nullopt, getAxes(), inverse.size())))
    inverse[axis] = i;
  return {TransposeOp::create(b, getLoc(), cotangents[0], b.getDenseI64ArrayAttr(inverse))};
}

OpFoldResult TransposeOp::fold(FoldAdaptor a) {
  SmallVector<int64_t> axes = *permutation(std::nullopt, getAxes(), getX().getType().getRank());
  return llvm::is_sorted(axes) ? OpFoldResult(getX()) : OpFoldResult(foldSplat(a.getX(), getType()));
}

LogicalResult TransposeOp::canonicalize(TransposeOp op, PatternRewriter &rewriter) {
  SmallVector<int64_t> axes = *permutation(std::nullopt, op.getAxes(), op.getX().getType().getRank());
  if (auto inner = op.getX().getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> first = *permutation(std::nullopt, inner.getAxes(), axes.size()), both;
    for (int64_t axis : axes)
      both.push_back(first[axis]);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, inner.getX(), rewriter.getDenseI64ArrayAttr(both));
    return success();
  }
  // Where only axes of size 1 change places, memory stays as it is.
  llvm::erase_if(axes, [&](int64_t axis) { return isOne(dimOf(op.getX().getType(), axis)); });
  if (!llvm::is_sorted(axes))
    return rewriter.notifyMatchFailure(op, "moves elements");
  rewriter.replaceOp(op, reshapeLike(rewriter, op.getLoc(), op.getX(), op.getType()));
  return success();
}

//===----------------------------------------------------------------------===//
// concat
//===----------------------------------------------------------------------===//

LogicalResult ConcatOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  if (a.getInputs().empty())
    return emitOptionalError(loc, "S0309: concat needs an input");
  Type first = a.getInputs().front().getType();
  Dims dims = dimsOf(first);
  FailureOr<int64_t> axis = normalizeAxis(loc, a.getAxis(), dims.size());
  if (failed(axis))
    return failure();
  for (Value input : a.getInputs().drop_front()) {
    Dims other = dimsOf(input);
    bool fits = other.size() == dims.size();
    for (size_t i = 0; fits && i < dims.size(); ++i)
      fits = static_cast<int64_t>(i) == *axis || dims[i] == other[i];
    if (!fits)
      return emitOptionalError(loc, "S0301: cannot join ", printType(first), " and ", printType(input.getType()),
                               " along axis ", *axis);
    if (elementOf(input) != cast<RankedTensorType>(first).getElementType())
      return emitOptionalError(loc, "S0303: cannot join ", printType(first), " and ", printType(input.getType()));
    dims[*axis] = dims[*axis] + other[*axis];
  }
  types.push_back(tensorType(dims, elementOf(a.getInputs().front())));
  return success();
}

Value ConcatOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  int64_t axis = *normalizeAxis(std::nullopt, getAxis(), index.size());
  Scalar i = indexScalar(e, index[axis]);
  SmallVector<Dim> ends;
  for (Value input : getInputs())
    ends.push_back(dimOf(input.getType(), axis) + (ends.empty() ? constantDim(getContext(), 0) : ends.back()));
  Value result;
  for (unsigned k = getInputs().size(); k-- > 0;) {
    Dim size = dimOf(getInputs()[k].getType(), axis);
    if (constantValue(size) == 0)
      continue;
    Indices source(index);
    // Every input is read; where another one is meant, at an index that is valid.
    Scalar local = k ? i - indexScalar(e, ends[k - 1]) : i;
    source[axis] = clampIndex(local, indexScalar(e, size)).value;
    Scalar mine = i < indexScalar(e, ends[k]);
    stayInside(e, *this, getInputs()[k], bitAnd(local >= 0.0, mine), source);
    Value element = e.read(k, source);
    result = result ? arith::SelectOp::create(e.b, e.loc, mine.value, element, result).getResult() : element;
  }
  return result ? result : zeroElement(e, elementOf(getOut())).value;
}

SmallVector<Value> ConcatOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  int64_t axis = *normalizeAxis(std::nullopt, getAxis(), getType().getRank());
  Dim offset = constantDim(b.getContext(), 0);
  SmallVector<Value> result;
  for (Value input : getInputs()) {
    result.push_back(cropAxis(b, getLoc(), cotangents[0], axis, offset, dimOf(input.getType(), axis)));
    offset = offset + dimOf(input.getType(), axis);
  }
  return result;
}

OpFoldResult ConcatOp::fold(FoldAdaptor) { return getInputs().size() == 1 ? getInputs().front() : Value(); }

//===----------------------------------------------------------------------===//
// tril, triu
//===----------------------------------------------------------------------===//

static LogicalResult inferTriangle(StringRef name, Value x, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  if (cast<RankedTensorType>(x.getType()).getRank() < 2)
    return emitOptionalError(loc, "S0302: ", name, " needs an operand of rank 2 or more, not ", printType(x.getType()));
  types.push_back(x.getType());
  return success();
}
LogicalResult TrilOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  return inferTriangle("tril", a.getX(), loc, types);
}
LogicalResult TriuOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  return inferTriangle("triu", a.getX(), loc, types);
}

/// Column minus row.
static Scalar diagonalOf(ElementBuilder &e, ArrayRef<Index> index) {
  return indexScalar(e, index[index.size() - 1]) - indexScalar(e, index[index.size() - 2]);
}
Value TrilOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Scalar x{e.b, e.loc, e.read(0, index), elementOf(getX())}, diagonal = diagonalOf(e, index);
  return where(diagonal <= integerLiteral(diagonal, getK()), x, 0.0).value;
}
Value TriuOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Scalar x{e.b, e.loc, e.read(0, index), elementOf(getX())}, diagonal = diagonalOf(e, index);
  return where(diagonal >= integerLiteral(diagonal, getK()), x, 0.0).value;
}
SmallVector<Value> TrilOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {TrilOp::create(b, getLoc(), cotangents[0], getKAttr())};
}
SmallVector<Value> TriuOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {TriuOp::create(b, getLoc(), cotangents[0], getKAttr())};
}

#define GET_OP_CLASSES
#include "dialects/sym/Shape.cpp.inc"
