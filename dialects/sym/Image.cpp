//===- Image.cpp - Ops that rearrange images ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/Expr.h"
#include "dialects/sym/Window.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

//===----------------------------------------------------------------------===//
// resize
//===----------------------------------------------------------------------===//

LogicalResult ResizeOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  FailureOr<size_t> axes = windowAxes(loc, "resize", a.getX().getType());
  if (failed(axes))
    return failure();
  FailureOr<SmallVector<int64_t>> size = perAxis(loc, "size", a.getSize(), *axes);
  if (failed(size))
    return failure();
  if (a.getAntialias() && a.getMethod() == ResizeMethod::nearest)
    return emitOptionalError(loc, "S0306: 'antialias' is for 'bilinear' and 'bicubic': 'nearest' takes single pixels");
  Dims dims = dimsOf(a.getX());
  for (size_t axis = 0; axis < *axes; ++axis)
    dims[axis + 1] = constantDim(a.getX().getContext(), (*size)[axis]);
  types.push_back(tensorType(dims, elementOf(a.getX())));
  return success();
}

SmallVector<Value> ResizeOp::decompose(OpBuilder &b) {
  Dims dims = dimsOf(getX()), to = dimsOf(getType());
  Value x = getX();
  for (size_t axis = 1; axis + 1 < dims.size(); ++axis) {
    if (dims[axis] == to[axis])
      continue;
    dims[axis] = to[axis];
    x = ResampleOp::create(b, getLoc(), tensorType(dims, elementOf(x)), x, b.getI64IntegerAttr(axis), getMethodAttr(),
                           getCoordinatesAttr(), getAntialiasAttr(), b.getBoolAttr(false));
  }
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
