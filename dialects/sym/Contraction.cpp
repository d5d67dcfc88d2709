//===- Contraction.cpp - Matrix products and convolutions -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

LogicalResult MatmulOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, ValueRange operands,
                                         DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                         SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Dims a = dimsOf(op.getA()), b = dimsOf(op.getB());
  if (a.size() < 2 || b.size() < 2)
    return emitOptionalError(loc, "S0320: matmul needs operands of rank 2 or more, not ", printType(op.getA().getType()),
                             " and ", printType(op.getB().getType()));
  if (op.getTransposeA())
    std::swap(a[a.size() - 1], a[a.size() - 2]);
  if (op.getTransposeB())
    std::swap(b[b.size() - 1], b[b.size() - 2]);
  if (!sameDim(a.back(), b[b.size() - 2]))
    return emitOptionalError(loc, "S0321: cannot multiply ", printType(op.getA().getType()), " by ",
                             printType(op.getB().getType()), ": inner sizes ", printDim(a.back()), " and ",
                             printDim(b[b.size() - 2]), " differ");
  Dims batchA(ArrayRef(a).drop_back(2)), batchB(ArrayRef(b).drop_back(2)), dims;
  size_t rank = std::max(batchA.size(), batchB.size());
  for (size_t i = 0; i < rank; ++i) {
    AffineExpr one = constantDim(context, 1);
    AffineExpr x = i + batchA.size() >= rank ? batchA[i + batchA.size() - rank] : one;
    AffineExpr y = i + batchB.size() >= rank ? batchB[i + batchB.size() - rank] : one;
    if (!isOne(x) && !isOne(y) && !sameDim(x, y))
      return emitOptionalError(loc, "S0322: batch axes of ", printType(op.getA().getType()), " and ",
                               printType(op.getB().getType()), " differ: ", printDim(x), " and ", printDim(y));
    dims.push_back(isOne(x) ? y : x);
  }
  dims.push_back(a[a.size() - 2]);
  dims.push_back(b.back());
  types.push_back(tensorType(dims, cast<RankedTensorType>(op.getA().getType()).getElementType()));
  return success();
}

SmallVector<Value> MatmulOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Value g = cotangents[0];
  auto product = [&](Value x, Value y, bool tx, bool ty) -> Value {
    return MatmulOp::create(b, getLoc(), x, y, b.getBoolAttr(tx), b.getBoolAttr(ty));
  };
  // Sums a cotangent over the batch axes along which its operand was broadcast.
  auto unbroadcast = [&](Value x, Value like) {
    Dims have = dimsOf(x), want = dimsOf(like);
    SmallVector<int64_t> axes;
    size_t added = have.size() - want.size();
    for (size_t i = 0; i < have.size(); ++i)
      if (i < added || (isOne(want[i - added]) && !isOne(have[i])))
        axes.push_back(i);
    return reshapeLike(b, getLoc(), sumOver(b, getLoc(), x, axes, false), like.getType());
  };
  bool ta = getTransposeA(), tb = getTransposeB();
  Value da = ta ? product(getB(), g, tb, true) : product(g, getB(), false, !tb);
  Value db = tb ? product(g, getA(), true, ta) : product(getA(), g, !ta, false);
  return {unbroadcast(da, getA()), unbroadcast(db, getB())};
}

#define GET_OP_CLASSES
#include "dialects/sym/Contraction.cpp.inc"
