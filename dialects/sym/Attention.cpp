//===- Attention.cpp - Attention ------------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/Contraction.h"
#include "dialects/sym/Expr.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::sym;

/// The sizes of the scores: […, time, other time].
static FailureOr<Dims> scoreDims(std::optional<Location> loc, Type q, Type k) {
  Dims a = dimsOf(q), b = dimsOf(k);
  FailureOr<Dims> dims = broadcastLeading(loc, ArrayRef(a).drop_back(2), ArrayRef(b).drop_back(2), q, k);
  if (succeeded(dims))
    dims->append({a[a.size() - 2], b[b.size() - 2]});
  return dims;
}

LogicalResult AttentionOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  Type q = a.getQ().getType(), k = a.getK().getType(), v = a.getV().getType();
  if (failed(checkElements(loc, "attention", {a.getQ(), a.getK(), a.getV()})))
    return failure();
  for (Type type : {q, k, v})
    if (dimsOf(type).size() < 2)
      return emitOptionalError(loc, "S0302: attention needs [..., time, features], not ", printType(type));
  Dims keys = dimsOf(k), values = dimsOf(v);
  if (!sameDim(dimsOf(q).back(), keys.back()))
    return emitOptionalError(loc, "S0301: the features of q, ", printType(q), ", and k, ", printType(k), ", differ");
  if (!sameDim(keys[keys.size() - 2], values[values.size() - 2]))
    return emitOptionalError(loc, "S0301: the times of k, ", printType(k), ", and v, ", printType(v), ", differ");
  if (a.getScale() && !std::isfinite(*a.getScale()))
    return emitOptionalError(loc, "S0306: 'scale' must be finite");
  FailureOr<Dims> scores = scoreDims(loc, q, k);
  if (failed(scores))
    return failure();
  if (a.getMask()) {
    Dims mask = dimsOf(a.getMask());
    bool fits = mask.size() <= scores->size();
    for (size_t i = 0; fits && i < mask.size(); ++i) {
      AffineExpr size = mask[mask.size() - 1 - i];
      fits = isOne(size) || sameDim(size, (*scores)[scores->size() - 1 - i]);
    }
    if (!fits)
      return emitOptionalError(loc, "S0301: cannot broadcast the mask ", printType(a.getMask().getType()), " to ",
                               printType(tensorType(*scores, IntegerType::get(q.getContext(), 1))));
  }
  FailureOr<Dims> dims = broadcastLeading(loc, ArrayRef(*scores).drop_back(2), ArrayRef(values).drop_back(2), q, v);
  if (failed(dims))
    return failure();
  dims->append({(*scores)[scores->size() - 2], values.back()});
  types.push_back(tensorType(*dims, elementOf(a.getQ())));
  return success();
}

SmallVector<Value> AttentionOp::decompose(OpBuilder &b) {
  Location loc = getLoc();
  auto tensor = [&](Value value) { return Tensor{b, loc, value}; };
  Value scores = multiply(b, loc, getQ(), getK(), false, true);
  Type type = scores.getType(), element = elementOf(getQ());
  if (getScale()) {
    scores = (tensor(scores) * *getScale()).value;
  } else {
    Value root = sqrt(tensor(sizeValue(b, loc, dimsOf(getQ()).back(), element))).value;
    scores = (tensor(scores) / tensor(broadcastLike(b, loc, root, type))).value;
  }
  auto keep = [&](Value mask) {
    Value spread = broadcastLike(b, loc, mask, withElement(type, b.getI1Type()));
    scores = where(tensor(spread), tensor(scores), -HUGE_VAL).value;
  };
  int64_t rank = rankOf(scores);
  if (getCausal()) {
    Dims dims = dimsOf(type);
    auto shape = DimsAttr::get(getContext(), {dims[rank - 2], dims[rank - 1]});
    auto time = [&](int64_t axis) {
      return tensor(IotaOp::create(b, loc, shape, b.getI64IntegerAttr(axis), TypeAttr::get(b.getI64Type())));
    };
    keep((time(1) <= time(0)).value);
  }
  if (getMask())
    keep(getMask());
  Value shares = SoftmaxOp::create(b, loc, scores, b.getDenseI64ArrayAttr({-1}));
  return {multiply(b, loc, shares, getV())};
}

#define GET_OP_CLASSES
#include "dialects/sym/Attention.cpp.inc"
