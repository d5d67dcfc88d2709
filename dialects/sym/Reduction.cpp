//===- Reduction.cpp - Reductions over axes -------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/Expr.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

/// Sizes of a reduction's result.
static FailureOr<Dims> reducedDims(std::optional<Location> loc, Type x, std::optional<ArrayRef<int64_t>> axis, bool keep) {
  Dims dims = dimsOf(x), result;
  FailureOr<SmallVector<int64_t>> axes = normalizeAxes(loc, axis, dims.size());
  if (failed(axes))
    return failure();
  for (auto [i, dim] : llvm::enumerate(dims)) {
    bool reduced = llvm::is_contained(*axes, static_cast<int64_t>(i));
    if (!reduced || keep)
      result.push_back(reduced ? constantDim(x.getContext(), 1) : dim);
  }
  return result;
}

static SmallVector<int64_t> axesOf(std::optional<ArrayRef<int64_t>> axis, Value x) {
  return *normalizeAxes(std::nullopt, axis, cast<RankedTensorType>(x.getType()).getRank());
}

LogicalResult SumOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, ValueRange operands,
                                      DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                      SmallVectorImpl<Type> &types) {
  Adaptor a(operands, attributes, properties, regions);
  FailureOr<Dims> dims = reducedDims(loc, a.getX().getType(), a.getAxis(), a.getKeepdims());
  if (failed(dims))
    return failure();
  types.push_back(tensorType(*dims, cast<RankedTensorType>(a.getX().getType()).getElementType()));
  return success();
}
SmallVector<int64_t> SumOp::getReducedAxes() { return axesOf(getAxis(), getX()); }
bool SumOp::keepsAxes() { return getKeepdims(); }
SmallVector<Value> SumOp::buildNeutral(OpBuilder &b, Location loc) {
  Type element = getX().getType().getElementType();
  if (element.isUnsignedInteger())
    element = b.getIntegerType(element.getIntOrFloatBitWidth());
  return {arith::ConstantOp::create(b, loc, b.getZeroAttr(element))};
}
SmallVector<Value> SumOp::buildLift(OpBuilder &, Location, Value element, Value) { return {element}; }
SmallVector<Value> SumOp::buildCombine(OpBuilder &b, Location loc, ValueRange left, ValueRange right) {
  Scalar x{b, loc, left[0], getX().getType().getElementType()}, y{b, loc, right[0], x.type};
  return {(x + y).value};
}
Value SumOp::buildFinish(OpBuilder &, Location, ValueRange accumulator) { return accumulator[0]; }
SmallVector<Value> SumOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {spread(b, getLoc(), cotangents[0], getReducedAxes(), getX().getType())};
}

#define GET_OP_CLASSES
#include "dialects/sym/Reduction.cpp.inc"
