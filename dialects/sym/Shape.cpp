//===- Shape.cpp - Constants and moves ------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/Expr.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

LogicalResult SizeOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange operands,
                                       DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                       SmallVectorImpl<Type> &types) {
  types.push_back(RankedTensorType::get({}, Adaptor(operands, attributes, properties, regions).getDtype()));
  return success();
}
Value SizeOp::buildElement(ElementBuilder &e, ValueRange) {
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

//===----------------------------------------------------------------------===//
// broadcast_to
//===----------------------------------------------------------------------===//

LogicalResult BroadcastToOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands,
                                              DictionaryAttr attributes, OpaqueProperties properties,
                                              RegionRange regions, SmallVectorImpl<Type> &types) {
  Adaptor a(operands, attributes, properties, regions);
  Dims from = dimsOf(a.getX()), to(a.getShape().getExprs());
  bool fits = from.size() <= to.size();
  for (size_t i = 0; fits && i < from.size(); ++i) {
    AffineExpr size = from[from.size() - 1 - i];
    fits = isOne(size) || sameDim(size, to[to.size() - 1 - i]);
  }
  if (!fits)
    return emitOptionalError(loc, "S0301: cannot broadcast ", printType(a.getX().getType()), " to ",
                             printType(tensorType(to, elementOf(a.getX()))));
  types.push_back(tensorType(to, elementOf(a.getX())));
  return success();
}

Value BroadcastToOp::buildElement(ElementBuilder &e, ValueRange index) {
  Dims from = dimsOf(getX());
  ValueRange tail = index.take_back(from.size());
  SmallVector<Value> source;
  for (auto [size, i] : llvm::zip_equal(from, tail))
    source.push_back(isOne(size) ? arith::ConstantIndexOp::create(e.b, e.loc, 0).getResult() : i);
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

//===----------------------------------------------------------------------===//
// reshape
//===----------------------------------------------------------------------===//

LogicalResult ReshapeOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, ValueRange operands,
                                          DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                          SmallVectorImpl<Type> &types) {
  Adaptor a(operands, attributes, properties, regions);
  Dims to(a.getShape().getExprs());
  AffineExpr count = elementCount(a.getX().getType()), known = constantDim(context, 1);
  AffineExpr *open = nullptr;
  for (AffineExpr &size : to) {
    if (constantValue(size) == -1) {
      if (open)
        return emitOptionalError(loc, "S0312: only one size of a shape can be -1");
      open = &size;
    } else {
      known = known * size;
    }
  }
  if (open && !isOne(count)) {
    *open = canonical(count.floorDiv(canonical(known)));
    known = known * *open;
  } else if (open) {
    *open = constantDim(context, 1);
  }
  if (!sameDim(known, count))
    return emitOptionalError(loc, "S0313: cannot reshape ", printType(a.getX().getType()), " (", printDim(count),
                             " elements) to ", printType(tensorType(to, elementOf(a.getX()))));
  types.push_back(tensorType(to, elementOf(a.getX())));
  return success();
}

SmallVector<Value> ReshapeOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {reshapeLike(b, getLoc(), cotangents[0], getX().getType())};
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
        emitOptionalError(loc, "S0314: axes has ", axes->size(), " entries, but the operand has rank ", rank));
  if (failed(normalizeAxes(loc, axes, rank)))
    return failure();
  for (int64_t axis : *axes)
    result.push_back(axis < 0 ? axis + rank : axis);
  return result;
}

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands,
                                            DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                            SmallVectorImpl<Type> &types) {
  Adaptor a(operands, attributes, properties, regions);
  Dims from = dimsOf(a.getX()), to;
  FailureOr<SmallVector<int64_t>> axes = permutation(loc, a.getAxes(), from.size());
  if (failed(axes))
    return failure();
  for (int64_t axis : *axes)
    to.push_back(from[axis]);
  types.push_back(tensorType(to, elementOf(a.getX())));
  return success();
}

Value TransposeOp::buildElement(ElementBuilder &e, ValueRange index) {
  SmallVector<Value> source(index.size());
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

#define GET_OP_CLASSES
#include "dialects/sym/Shape.cpp.inc"
