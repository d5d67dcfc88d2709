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
  if (dimsOf(q).back() != keys.back())
    return emitOptionalError(loc, "S0301: the features of q, ", printType(q), ", and k, ", printType(k), ", differ");
  if (keys[keys.size() - 2] != values[values.size() - 2])
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
      Dim size = mask[mask.size() - 1 - i];
      fits = isOne(size) || size == (*scores)[scores->size() - 1 - i];
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

/// x with zeros in the rows for which `kept`, whose last axis is of size 1, is false.
static Value keepRows(OpBuilder &b, Location loc, Value x, Value kept) {
  Dims dims = *broadcastLeading(std::nullopt, ArrayRef(dimsOf(x)).drop_back(2), ArrayRef(dimsOf(kept)).drop_back(2),
                                x.getType(), kept.getType());
  dims.append({dimOf(x.getType(), rankOf(x) - 2), dimOf(x.getType(), rankOf(x) - 1)});
  Tensor wide{b, loc, broadcastLike(b, loc, x, tensorType(dims, elementOf(x)))};
  return where(wide.with(broadcastLike(b, loc, kept, tensorType(dims, b.getI1Type()))), wide, 0.0).value;
}

SmallVector<Value> AttentionOp::decompose(OpBuilder &b) {
  Location loc = getLoc();
  auto tensor = [&](Value value) { return Tensor{b, loc, value}; };
  Value q = getQ(), k = getK(), v = getV(), kept, sees;
  Dims dims;
  Dim queries = dimOf(q.getType(), rankOf(q) - 2), keys = dimOf(k.getType(), rankOf(k) - 2);
  if (getCausal()) {
    auto shape = DimsAttr::get(getContext(), {queries, keys});
    auto time = [&](int64_t axis) {
      return tensor(IotaOp::create(b, loc, shape, b.getI64IntegerAttr(axis), TypeAttr::get(b.getI64Type())));
    };
    kept = (time(1) <= time(0)).value;
    dims = {queries, keys};
  }
  auto any = [&](size_t axis) -> Value {
    return AnyOp::create(b, loc, kept, b.getDenseI64ArrayAttr(int64_t(axis)), b.getBoolAttr(true));
  };
  // A query that sees no key, and a key that no query sees, are as if they were not there, whatever they hold: in the
  // derivatives too, where a 0 of the shares would meet their infinities. Causal queries all see the first key.
  if (getMask()) {
    dims = dimsOf(getMask());
    while (dims.size() < 2)
      dims.insert(dims.begin(), constantDim(getContext(), 1));
    dims[dims.size() - 2] = queries, dims.back() = keys;
    Type masks = tensorType(dims, b.getI1Type());
    Tensor mask = tensor(broadcastLike(b, loc, getMask(), masks));
    kept = kept ? bitAnd(mask, tensor(broadcastLike(b, loc, kept, masks))).value : mask.value;
    sees = any(dims.size() - 1);
    q = keepRows(b, loc, q, sees);
  }
  std::optional<int64_t> later = constantValue(keys - queries);
  if (getMask() || (kept && !(later && *later <= 0))) {
    Dims column(dims);
    column.back() = constantDim(getContext(), 1);
    column[dims.size() - 2] = keys;
    Value seen = reshape(b, loc, any(dims.size() - 2), column);
    k = keepRows(b, loc, k, seen);
    v = keepRows(b, loc, v, seen);
  }
  Value scores = multiply(b, loc, q, k, false, true);
  Type type = scores.getType(), element = elementOf(q);
  if (getScale()) {
    scores = (tensor(scores) * *getScale()).value;
  } else {
    Value root = sqrt(tensor(sizeValue(b, loc, dimsOf(q).back(), element))).value;
    scores = (tensor(scores) / tensor(broadcastLike(b, loc, root, type))).value;
  }
  if (kept) {
    Type bools = withElement(type, b.getI1Type());
    Value lost = literal(tensor(scores), -HUGE_VAL).value;
    if (sees) // any shares do for a row that is dropped below, but NaN
      lost = where(tensor(broadcastLike(b, loc, sees, bools)), tensor(lost), 0.0).value;
    scores = where(tensor(broadcastLike(b, loc, kept, bools)), tensor(scores), tensor(lost)).value;
  }
  Value shares = SoftmaxOp::create(b, loc, scores, b.getDenseI64ArrayAttr({-1}));
  Value out = multiply(b, loc, shares, v);
  return {sees ? keepRows(b, loc, out, sees) : out};
}

#define GET_OP_CLASSES
#include "dialects/sym/Attention.cpp.inc"
