//===- Build.cpp - Shorthands for derivatives and decompositions ----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;
using namespace symc;

Value symc::splat(OpBuilder &b, Location loc, Type type, double value) {
  Type element = cast<RankedTensorType>(type).getElementType();
  if (auto floating = dyn_cast<FloatType>(element))
    return splat(b, loc, type, FloatAttr::get(floating, value));
  APInt integer(element.getIntOrFloatBitWidth(), static_cast<int64_t>(value), true, true);
  return splat(b, loc, type, IntegerAttr::get(element, integer));
}

Value symc::splat(OpBuilder &b, Location loc, Type type, TypedAttr number) {
  auto tensor = cast<RankedTensorType>(type);
  Type element = tensor.getElementType();
  auto base =
      tensor.hasStaticShape() ? RankedTensorType::get(tensor.getShape(), element) : RankedTensorType::get({}, element);
  Value constant = sym::ConstantOp::create(b, loc, base, DenseElementsAttr::get(base, Attribute(number)));
  return broadcastLike(b, loc, constant, type);
}

Value symc::sizeValue(OpBuilder &b, Location loc, Dim size, Type element) {
  if (std::optional<int64_t> constant = constantValue(size))
    return splat(b, loc, RankedTensorType::get({}, element), *constant);
  return sym::SizeOp::create(b, loc, sym::DimsAttr::get(b.getContext(), size), TypeAttr::get(element));
}

Value symc::broadcastLike(OpBuilder &b, Location loc, Value x, Type like) {
  Dims dims = dimsOf(like);
  if (sameDims(dimsOf(x), dims))
    return x;
  return sym::BroadcastToOp::create(b, loc, x, sym::DimsAttr::get(b.getContext(), dims));
}

Value symc::reshape(OpBuilder &b, Location loc, Value x, ArrayRef<Dim> dims) {
  if (sameDims(dimsOf(x), dims))
    return x;
  return sym::ReshapeOp::create(b, loc, x, sym::DimsAttr::get(b.getContext(), dims));
}

Value symc::reshapeLike(OpBuilder &b, Location loc, Value x, Type like) { return reshape(b, loc, x, dimsOf(like)); }

Value symc::sumOver(OpBuilder &b, Location loc, Value x, ArrayRef<int64_t> axes, bool keep) {
  if (axes.empty())
    return x;
  return sym::SumOp::create(b, loc, x, b.getDenseI64ArrayAttr(axes), b.getBoolAttr(keep));
}

Value symc::spread(OpBuilder &b, Location loc, Value reduced, ArrayRef<int64_t> axes, Type like) {
  Dims dims = dimsOf(like);
  for (int64_t axis : axes)
    dims[axis] = constantDim(b.getContext(), 1);
  return broadcastLike(b, loc, reshape(b, loc, reduced, dims), like);
}

FailureOr<SmallVector<int64_t>> symc::normalizeAxes(std::optional<Location> loc, std::optional<ArrayRef<int64_t>> axis,
                                                    int64_t rank) {
  SmallVector<int64_t> axes;
  if (!axis) {
    llvm::append_range(axes, llvm::seq<int64_t>(rank));
    return axes;
  }
  llvm::SmallSet<int64_t, 4> seen;
  for (int64_t a : *axis) {
    if (a < -rank || a >= rank)
      return LogicalResult(emitOptionalError(loc, "S0305: axis ", a, " is out of range for rank ", rank));
    int64_t normal = a < 0 ? a + rank : a;
    if (!seen.insert(normal).second)
      return LogicalResult(emitOptionalError(loc, "S0305: axis ", a, " is given twice"));
    axes.push_back(normal);
  }
  llvm::sort(axes);
  return axes;
}
