//===- Image.cpp - Ops that rearrange images ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/Contraction.h"
#include "dialects/sym/Expr.h"
#include "dialects/sym/Window.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

//===----------------------------------------------------------------------===//
// resize
//===----------------------------------------------------------------------===//

LogicalResult ResizeOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  if (failed(checkRank(loc, "the input of resize", a.getX().getType(), 4)))
    return failure();
  FailureOr<SmallVector<int64_t>> size = perAxis(loc, "size", a.getSize(), 2);
  if (failed(size))
    return failure();
  Dims dims = dimsOf(a.getX());
  for (unsigned axis = 0; axis < 2; ++axis)
    dims[axis + 1] = constantDim(a.getX().getContext(), (*size)[axis]);
  types.push_back(tensorType(dims, elementOf(a.getX())));
  return success();
}

/// The weights [out, in] of the pixels along an axis in those of the result.
static Value weights(OpBuilder &b, Location loc, Dim out, Dim in, Type element, ResizeMethod method) {
  auto shape = DimsAttr::get(b.getContext(), {out, in});
  auto index = [&](int64_t axis) {
    return Tensor{b, loc, IotaOp::create(b, loc, shape, b.getI64IntegerAttr(axis), TypeAttr::get(element))};
  };
  auto size = [&](Dim expr) {
    return Tensor{b, loc, broadcastLike(b, loc, sizeValue(b, loc, expr, element), tensorType({out, in}, element))};
  };
  Tensor centre = (index(0) + 0.5) * size(in) / size(out), source = index(1);
  if (method == ResizeMethod::nearest)
    return convert(equal(floor(centre), source), element).value;
  Tensor place = minimum(maximum(centre - 0.5, 0.0), size(in) - 1.0);
  return maximum(1.0 - abs(place - source), 0.0).value;
}

SmallVector<Value> ResizeOp::decompose(OpBuilder &b) {
  Dims from = dimsOf(getX()), to = dimsOf(getType());
  Type element = elementOf(getX());
  Value x = getX();
  // Rows first: [n, in, width * channels] by [out, in].
  if (from[1] != to[1]) {
    Value rows = reshape(b, getLoc(), x, {from[0], from[1], from[2] * from[3]});
    rows = multiply(b, getLoc(), weights(b, getLoc(), to[1], from[1], element, getMethod()), rows);
    x = reshape(b, getLoc(), rows, {from[0], to[1], from[2], from[3]});
  }
  if (from[2] != to[2])
    x = multiply(b, getLoc(), weights(b, getLoc(), to[2], from[2], element, getMethod()), x);
  return {x};
}

//===----------------------------------------------------------------------===//
// space_to_depth and depth_to_space
//===----------------------------------------------------------------------===//

template <class A>
static LogicalResult inferBlocks(std::optional<Location> loc, StringRef name, A a, bool toDepth,
                                 SmallVectorImpl<Type> &types) {
  Type x = a.getX().getType();
  if (failed(checkRank(loc, "the input of " + name, x, 4)))
    return failure();
  int64_t block = a.getBlockSize();
  if (block < 1 || block > 1 << 15)
    return emitOptionalError(loc, "S0306: 'block_size' must be from 1 to 32768, not ", block);
  Dims dims = dimsOf(x);
  auto divide = [&](unsigned axis, int64_t by, StringRef what) {
    Dim part = dims[axis].floorDiv(by);
    if (part * by != dims[axis])
      return LogicalResult(emitOptionalError(loc, "S0301: the ", what, " ", printDim(dims[axis]), " of ", printType(x),
                                             " is no multiple of ", by));
    dims[axis] = part;
    return success();
  };
  if (toDepth) {
    if (failed(divide(1, block, "height")) || failed(divide(2, block, "width")))
      return failure();
    dims[3] = dims[3] * (block * block);
  } else {
    if (failed(divide(3, block * block, "number of channels")))
      return failure();
    dims[1] = dims[1] * block;
    dims[2] = dims[2] * block;
  }
  types.push_back(tensorType(dims, elementOf(a.getX())));
  return success();
}

LogicalResult SpaceToDepthOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  return inferBlocks(loc, "space_to_depth", a, true, types);
}
LogicalResult DepthToSpaceOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  return inferBlocks(loc, "depth_to_space", a, false, types);
}

SmallVector<Value> SpaceToDepthOp::decompose(OpBuilder &b) {
  Dims from = dimsOf(getX()), to = dimsOf(getType());
  Dim block = constantDim(getContext(), getBlockSize());
  Value x = reshape(b, getLoc(), getX(), {from[0], to[1], block, to[2], block, from[3]});
  x = TransposeOp::create(b, getLoc(), x, b.getDenseI64ArrayAttr({0, 1, 3, 2, 4, 5}));
  return {reshapeLike(b, getLoc(), x, getType())};
}
SmallVector<Value> DepthToSpaceOp::decompose(OpBuilder &b) {
  Dims from = dimsOf(getX()), to = dimsOf(getType());
  Dim block = constantDim(getContext(), getBlockSize());
  Value x = reshape(b, getLoc(), getX(), {from[0], from[1], from[2], block, block, to[3]});
  x = TransposeOp::create(b, getLoc(), x, b.getDenseI64ArrayAttr({0, 1, 3, 2, 4, 5}));
  return {reshapeLike(b, getLoc(), x, getType())};
}

#define GET_OP_CLASSES
#include "dialects/sym/Image.cpp.inc"
