//===- Attention.cpp - Attention ------------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Bodies.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/Contraction.h"
#include "dialects/sym/NodeNames.h"
#include "dialects/sym/Remat.h"
#include "dialects/sym/Roles.h"
#include "dialects/sym/Shape.h"
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
    Dims keysOfScores = *scores;
    keysOfScores.erase(keysOfScores.end() - 2);
    bool ofKeys = mask == keysOfScores; // what Keras takes too
    if (!fits)
      return emitOptionalError(loc, "S0301: cannot broadcast the mask ", printType(a.getMask().getType()), " to ",
                               printType(tensorType(*scores, IntegerType::get(q.getContext(), 1))),
                               ofKeys ? "; hint: one of keys alone is mask[..., None, :]" : "");
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

namespace {
/// The operands of attention; what is missing is null.
struct Operands {
  Value q, k, v, mask;
  Value positions;             // of the queries among the keys, i64 [time], where later keys do not count
  bool beginWithFirst = false; // the positions are 0, 1, 2 and so on
  bool hasUnseenKeys = true;   // there may be keys that no query sees
};
} // namespace

/// Whether the key at a time counts for the query at a time by its position, bool [time, other time].
static Value keptByTime(OpBuilder &b, Location loc, const Operands &x) {
  Dims dims{dimOf(x.positions.getType(), 0), dimOf(x.k.getType(), rankOf(x.k) - 2)};
  Type i64 = b.getI64Type();
  Tensor key{b, loc,
             IotaOp::create(b, loc, DimsAttr::get(b.getContext(), dims), b.getI64IntegerAttr(1), TypeAttr::get(i64))};
  Value query = reshape(b, loc, x.positions, {dims[0], constantDim(b.getContext(), 1)});
  return (key <= key.with(broadcastLike(b, loc, query, key.value.getType()))).value;
}

static Value attend(OpBuilder &b, Location loc, Operands x, std::optional<double> scale) {
  auto tensor = [&](Value value) { return Tensor{b, loc, value}; };
  Value q = x.q, k = x.k, v = x.v, kept, sees;
  Dims dims;
  Dim queries = dimOf(q.getType(), rankOf(q) - 2), keys = dimOf(k.getType(), rankOf(k) - 2);
  if (x.positions) {
    kept = keptByTime(b, loc, x);
    dims = {queries, keys};
  }
  auto any = [&](size_t axis) -> Value {
    return AnyOp::create(b, loc, kept, b.getDenseI64ArrayAttr(int64_t(axis)), b.getBoolAttr(true));
  };
  // A query that sees no key, and a key that no query sees, are as if they were not there, whatever they hold: in the
  // derivatives too, where a 0 of the shares would meet their infinities. Causal queries all see the first key.
  if (x.mask) {
    dims = dimsOf(x.mask);
    while (dims.size() < 2)
      dims.insert(dims.begin(), constantDim(b.getContext(), 1));
    dims[dims.size() - 2] = queries, dims.back() = keys;
    Type masks = tensorType(dims, b.getI1Type());
    Tensor mask = tensor(broadcastLike(b, loc, x.mask, masks));
    kept = kept ? bitAnd(mask, tensor(broadcastLike(b, loc, kept, masks))).value : mask.value;
    sees = any(dims.size() - 1);
    q = keepRows(b, loc, q, sees);
  }
  if (x.mask || (kept && x.hasUnseenKeys)) {
    Dims column(dims);
    column.back() = constantDim(b.getContext(), 1);
    column[dims.size() - 2] = keys;
    Value seen = reshape(b, loc, any(dims.size() - 2), column);
    k = keepRows(b, loc, k, seen);
    v = keepRows(b, loc, v, seen);
  }
  // The queries are scaled, of which there are fewer numbers than scores.
  if (scale) {
    q = (tensor(q) * *scale).value;
  } else {
    Value root = sqrt(tensor(sizeValue(b, loc, dimsOf(q).back(), elementOf(q)))).value;
    q = (tensor(q) / tensor(broadcastLike(b, loc, root, q.getType()))).value;
  }
  Value scores = multiply(b, loc, q, k, false, true);
  bool triangular = x.beginWithFirst && !x.mask; // a query that sees nothing has shares, though they are dropped
  if (triangular)
    scores = known(scores, kLowerOutAttr);
  Type type = scores.getType();
  if (kept) {
    Type bools = withElement(type, b.getI1Type());
    Value lost = literal(tensor(scores), -HUGE_VAL).value;
    if (sees) // any shares do for a row that is dropped below, but NaN
      lost = where(tensor(broadcastLike(b, loc, sees, bools)), tensor(lost), 0.0).value;
    scores = where(tensor(broadcastLike(b, loc, kept, bools)), tensor(scores), tensor(lost)).value;
  }
  Value shares = SoftmaxOp::create(b, loc, scores, b.getDenseI64ArrayAttr({-1}));
  Value out = multiply(b, loc, shares, v);
  if (triangular)
    out = known(out, kLowerAAttr);
  return sees ? keepRows(b, loc, out, sees) : out;
}

//===----------------------------------------------------------------------===//
// By blocks of queries: the matrix of all scores is never there. The derivative computes a block's shares again, as in
// T. Dao et al., FlashAttention, NeurIPS 2022. A row of scores stays whole, so that its softmax is one as without
// blocks.
//===----------------------------------------------------------------------===//

namespace {
class AttentionBlocks {
public:
  AttentionBlocks(OpBuilder &b, Location loc, const Operands &whole, std::optional<double> scale)
      : b(b), loc(loc), whole(whole), scale(scale), time(dimOf(whole.q.getType(), rankOf(whole.q) - 2)) {
    if (std::optional<int64_t> known = constantValue(time)) { // blocks of one size, a multiple of the vectors' length
      int64_t blocks = std::max<int64_t>(1, llvm::divideCeil(*known, kQueries));
      size = constantDim(b.getContext(), std::max<int64_t>(8, llvm::alignTo(llvm::divideCeil(*known, blocks), 8)));
      count = time.ceilDiv(size);
    } else {
      size = time.atMost(kFewQueries);
      count = time.ceilDiv(kFewQueries);
    }
  }

  /// Whether the scores are so many that it pays.
  bool pay() const {
    std::optional<int64_t> known = constantValue(time);
    return !known || *known >= (whole.positions ? kLeastCausal : kLeast);
  }

  Value build(Type type) {
    Rows rows{cut(whole.q, 2), {}, {}};
    if (whole.mask && rankOf(whole.mask) >= 2 && !isOne(dimOf(whole.mask.getType(), rankOf(whole.mask) - 2)))
      rows.mask = cut(whole.mask, 2);
    if (whole.positions)
      rows.positions = cut(whole.positions, 1);
    SmallVector<Value> parts;
    int64_t begin = 0;
    for (int64_t end : ends()) {
      auto part = [&](Value stack) { return stack ? cropped(stack, 0, begin, end) : Value(); };
      Rows own{part(rows.q), part(rows.mask), part(rows.positions)};
      Operands shared = keysUntil(end * *constantValue(size));
      parts.push_back(scan(own, shared, constantDim(b.getContext(), end - begin)));
      begin = end;
    }
    if (parts.empty())
      return joined(scan(rows, whole, count), type);
    return joined(b.createOrFold<ConcatOp>(loc, parts, b.getI64IntegerAttr(0)), type);
  }

private:
  /// Of a block, at most: of a known time and of any.
  static constexpr int64_t kQueries = 128, kFewQueries = 64;
  /// Measured: of fewer queries, to keep the shares is faster than to compute them again. Causal blocks save products.
  static constexpr int64_t kLeast = 512, kLeastCausal = 256;
  /// How many loops causal blocks are cut into: the queries of each see the keys until its end only.
  static constexpr int64_t kLoops = 4;

  /// What has a row for each block.
  struct Rows {
    Value q, mask, positions;
  };

  OpBuilder &b;
  Location loc;
  const Operands &whole;
  std::optional<double> scale;
  Dim time, size, count;

  Location place(StringRef name) const {
    StringRef node = nodeName(loc);
    return node.empty() ? loc : NameLoc::get(b.getStringAttr(node + "/block/" + name), loc);
  }

  /// Where the loops end, in blocks; none where there is one of them.
  SmallVector<int64_t> ends() const {
    std::optional<int64_t> blocks = constantValue(count);
    SmallVector<int64_t> result;
    for (int64_t i = 1; whole.positions && blocks && i <= kLoops; ++i)
      if (int64_t end = *blocks * i / kLoops; end > (result.empty() ? 0 : result.back()))
        result.push_back(end);
    return result;
  }

  Value cropped(Value x, int64_t axis, int64_t begin, int64_t end) {
    MLIRContext *context = b.getContext();
    return cropAxis(b, loc, x, axis, constantDim(context, begin), constantDim(context, end - begin));
  }

  /// The operands with the first keys only.
  Operands keysUntil(int64_t end) {
    Operands result = whole;
    std::optional<int64_t> keys = constantValue(dimOf(whole.k.getType(), rankOf(whole.k) - 2));
    if (!keys || *keys <= end)
      return result;
    result.k = cropped(whole.k, rankOf(whole.k) - 2, 0, end);
    result.v = cropped(whole.v, rankOf(whole.v) - 2, 0, end);
    result.hasUnseenKeys &= end > *constantValue(time);
    return result;
  }

  /// A mask for these keys alone.
  Value forKeys(Value mask, Value k) {
    int64_t axis = rankOf(mask) - 1;
    Dim keys = dimOf(k.getType(), rankOf(k) - 2), all = dimOf(mask.getType(), axis);
    return isOne(all) || all == keys ? mask : cropAxis(b, loc, mask, axis, constantDim(b.getContext(), 0), keys);
  }

  /// A loop over blocks; `block` has what they share.
  Value scan(const Rows &blocks, Operands block, Dim trips) {
    auto *body = new Block();
    body->addArgument(RankedTensorType::get({}, b.getI64Type()), loc);
    SmallVector<Value> rows, invariants;
    auto addRows = [&](Value value, const char *name) -> Value {
      rows.push_back(value);
      return body->addArgument(rowType(value.getType()), place(name));
    };
    auto addInvariant = [&](Value value, const char *name) -> Value {
      invariants.push_back(value);
      return body->addArgument(value.getType(), place(name));
    };
    block.q = addRows(blocks.q, "q");
    if (blocks.mask)
      block.mask = addRows(forKeys(blocks.mask, block.k), "mask");
    if (blocks.positions)
      block.positions = addRows(blocks.positions, "positions");
    if (block.mask && !blocks.mask)
      block.mask = addInvariant(forKeys(block.mask, block.k), "mask");
    block.k = addInvariant(block.k, "k");
    block.v = addInvariant(block.v, "v");
    Value out;
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToEnd(body);
      out = attend(b, loc, block, scale);
      YieldOp::create(b, loc, out);
    }
    auto scan = ScanOp::create(b, loc, stackedType(trips, out.getType()), DimsAttr::get(b.getContext(), trips),
                               b.getBoolAttr(false), /*inits=*/ValueRange(), rows, /*count=*/Value(), invariants,
                               /*recompute=*/b.getUnitAttr());
    scan.getBody().push_back(body);
    return scan.getResult(0);
  }

  Value moved(Value x, int64_t from, int64_t to) {
    auto axes = llvm::to_vector(llvm::seq<int64_t>(0, rankOf(x)));
    axes.erase(axes.begin() + from);
    axes.insert(axes.begin() + to, from);
    return TransposeOp::create(b, loc, x, b.getDenseI64ArrayAttr(axes));
  }

  /// […, time, …], with time `fromEnd` axes before the end, as [count, …, size, …]; what is missing at the end is 0.
  Value cut(Value x, int64_t fromEnd) {
    Dims dims = dimsOf(x);
    int64_t axis = dims.size() - fromEnd;
    dims[axis] = count * size;
    if (dims[axis] != time) {
      auto offsets = DimsAttr::get(b.getContext(), Dims(dims.size(), constantDim(b.getContext(), 0)));
      x = PlaceOp::create(b, loc, x, offsets, b.getDenseI64ArrayAttr(SmallVector<int64_t>(dims.size(), 1)),
                          DimsAttr::get(b.getContext(), dims), b.getI64IntegerAttr(0));
    }
    dims[axis] = size;
    dims.insert(dims.begin() + axis, count);
    return moved(reshape(b, loc, x, dims), axis, 0);
  }

  /// The other way round.
  Value joined(Value blocks, Type type) {
    int64_t axis = rankOf(blocks) - 3;
    Value x = moved(blocks, 0, axis);
    Dims dims = dimsOf(type);
    dims[axis] = count * size;
    x = reshape(b, loc, x, dims);
    return dims[axis] == time ? x : cropAxis(b, loc, x, axis, constantDim(b.getContext(), 0), time);
  }
};
} // namespace

/// Formulas are of the whole, and what has one step of a time has no blocks of it.
static bool staysWhole(Operation *op) {
  auto function = op->getParentOfType<func::FuncOp>();
  for (unsigned i = 0; function && i < function.getNumResults(); ++i)
    if (function.getResultAttr(i, kStreamAttr))
      return true;
  return op->getParentOfType<ModuleOp>()->hasAttr(kRepeatPartsAttr);
}

SmallVector<Value> AttentionOp::decompose(OpBuilder &b) {
  Location loc = getLoc();
  Operands operands{getQ(), getK(), getV(), getMask(), {}};
  Dim queries = dimOf(getQ().getType(), rankOf(getQ()) - 2), keys = dimOf(getK().getType(), rankOf(getK()) - 2);
  if (getCausal()) {
    operands.positions = IotaOp::create(b, loc, DimsAttr::get(getContext(), queries), b.getI64IntegerAttr(0),
                                        TypeAttr::get(b.getI64Type()));
    std::optional<int64_t> later = constantValue(keys - queries);
    operands.hasUnseenKeys = !later || *later > 0;
  }
  if (staysWhole(*this))
    return {attend(b, loc, operands, getScale())};
  if (AttentionBlocks blocks(b, loc, operands, getScale()); blocks.pay())
    return {blocks.build(getOut().getType())};
  operands.beginWithFirst = getCausal();
  return {attend(b, loc, operands, getScale())};
}

#define GET_OP_CLASSES
#include "dialects/sym/Attention.cpp.inc"
