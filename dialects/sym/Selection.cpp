//===- Selection.cpp - Order, and places known at run time ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Shape.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

//===----------------------------------------------------------------------===//
// sort, top_k
//===----------------------------------------------------------------------===//

LogicalResult SortOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  types.push_back(a.getX().getType());
  return success(succeeded(normalizeAxis(loc, a.getAxis(), dimsOf(a.getX()).size())));
}

static Value takeAlong(OpBuilder &b, Location loc, Value x, Value indices, int64_t axis) {
  return TakeAlongAxisOp::create(b, loc, x, indices, b.getI64IntegerAttr(axis));
}

SmallVector<Value> SortOp::decompose(OpBuilder &b) {
  int64_t axis = *normalizeAxis(std::nullopt, getAxis(), dimsOf(getX()).size());
  auto order =
      ArgsortOp::create(b, getLoc(), getX(), b.getI64IntegerAttr(axis), getDescendingAttr(), b.getBoolAttr(false));
  return {takeAlong(b, getLoc(), getX(), order.getIndices(), axis)};
}

LogicalResult TopKOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  Dims dims = dimsOf(a.getX());
  if (dims.empty())
    return emitOptionalError(loc, "S0302: top_k needs an operand of rank 1 or more");
  std::optional<int64_t> size = constantValue(dims.back());
  if (a.getK() < 0 || (size && a.getK() > *size))
    return emitOptionalError(loc, "S0306: k is ", a.getK(), ", but the last axis of ", printType(a.getX().getType()),
                             " has ", printDim(dims.back()), " elements");
  dims.back() = constantDim(a.getX().getContext(), a.getK());
  types.push_back(tensorType(dims, elementOf(a.getX())));
  types.push_back(tensorType(dims, IntegerType::get(a.getX().getContext(), 64)));
  return success();
}

SmallVector<Value> TopKOp::decompose(OpBuilder &b) {
  int64_t axis = dimsOf(getX()).size() - 1;
  auto order =
      ArgsortOp::create(b, getLoc(), getX(), b.getI64IntegerAttr(axis), b.getBoolAttr(true), b.getBoolAttr(true));
  Value indices = cropAxis(b, getLoc(), order.getIndices(), axis, constantDim(b.getContext(), 0),
                           constantDim(b.getContext(), getK()), 1, getK());
  return {takeAlong(b, getLoc(), getX(), indices, axis), indices};
}

LogicalResult ArgsortOp::infer(Adaptor a, std::optional<Location>, SmallVectorImpl<Type> &types) {
  types.assign(2, withElement(a.getX().getType(), IntegerType::get(a.getX().getContext(), 64)));
  return success();
}
std::string ArgsortOp::getKernelName() { return "symc_k_argsort_" + printElementType(elementOf(getX())); }
SmallVector<Dim> ArgsortOp::getKernelIntegers() {
  Dims dims = dimsOf(getX());
  int64_t axis = getAxis();
  return {product(getContext(), ArrayRef(dims).take_front(axis)), dims[axis],
          product(getContext(), ArrayRef(dims).drop_front(axis + 1)), constantDim(getContext(), getDescending()),
          constantDim(getContext(), getNanFirst())};
}

//===----------------------------------------------------------------------===//
// scatter
//===----------------------------------------------------------------------===//

LogicalResult ScatterOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  return inferScatter(a.getX(), a.getIndices(), a.getUpdates(), loc, types);
}

namespace {
/// x and the updates as rows, and who writes which.
struct Scattered {
  OpBuilder &b;
  Location loc;
  int64_t length;
  Value at, writers;
  Dims rows, updates;

  Scattered(OpBuilder &b, ScatterOp op)
      : b(b), loc(op.getLoc()),
        length(*indexTupleLength(std::nullopt, op.getX().getType(), op.getIndices().getType())) {
    at = linearIndex(b, loc, op.getX(), op.getIndices(), length);
    Dim count = elementCount(at.getType());
    at = symc::reshape(b, loc, at, count);
    Dims dims = dimsOf(op.getX());
    rows.push_back(product(b.getContext(), ArrayRef(dims).take_front(length)));
    llvm::append_range(rows, ArrayRef(dims).drop_front(length));
    updates = rows;
    updates[0] = count;
    writers = LastWriterOp::create(b, loc, at, DimsAttr::get(b.getContext(), rows[0]));
  }
  Tensor tensor(Value v) { return {b, loc, v}; }
  /// One value a row, spread over the rest of the row.
  Tensor overRows(Tensor v, ArrayRef<Dim> dims) {
    Dims column(dims.size(), constantDim(b.getContext(), 1));
    column[0] = dims[0];
    return v.with(broadcastLike(b, loc, symc::reshape(b, loc, v.value, column), tensorType(dims, elementOf(v.value))));
  }
  Tensor written() { return overRows(tensor(writers) >= 0.0, rows); }
  Tensor pick(Value from, Value indices) {
    return tensor(GatherOp::create(b, loc, from, indices, b.getI64IntegerAttr(0)));
  }
};
} // namespace

/// x with a row of zeros behind the others, so that there is a first one.
static Value withZeroRow(OpBuilder &b, Location loc, Value x) {
  Dims row = dimsOf(x);
  row[0] = constantDim(b.getContext(), 1);
  Value zeros = splat(b, loc, tensorType(row, elementOf(x)), 0);
  return ConcatOp::create(b, loc, ValueRange{x, zeros}, b.getI64IntegerAttr(0));
}

SmallVector<Value> ScatterOp::decompose(OpBuilder &b) {
  Scattered s(b, *this);
  Tensor x = s.tensor(symc::reshape(b, getLoc(), getX(), s.rows));
  Value updates = symc::reshape(b, getLoc(), getUpdates(), s.updates);
  std::optional<int64_t> count = constantValue(s.updates[0]);
  if (count == 0)
    return {getX()};
  if (!count)
    updates = withZeroRow(b, getLoc(), updates);
  // A place that nobody writes looks at the first row, in vain.
  Tensor who = maximum(s.tensor(s.writers), 0.0);
  return {reshapeLike(b, getLoc(), where(s.written(), s.pick(updates, who.value), x).value, getType())};
}

SmallVector<Value> ScatterOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Scattered s(b, *this);
  Tensor g = s.tensor(symc::reshape(b, getLoc(), cotangents[0], s.rows));
  Tensor dx = where(s.written(), 0.0, g);
  auto shape = DimsAttr::get(getContext(), s.updates[0]);
  Tensor number = s.tensor(IotaOp::create(b, getLoc(), shape, b.getI64IntegerAttr(0), TypeAttr::get(b.getI64Type())));
  Tensor wins = s.overRows(equal(s.pick(s.writers, s.at), number), s.updates);
  Tensor dupdates = where(wins, s.pick(g.value, s.at), 0.0);
  return {reshapeLike(b, getLoc(), dx.value, getX().getType()), Value(),
          reshapeLike(b, getLoc(), dupdates.value, getUpdates().getType())};
}

LogicalResult LastWriterOp::infer(Adaptor a, std::optional<Location>, SmallVectorImpl<Type> &types) {
  types.push_back(tensorType(a.getSize().getExprs(), IntegerType::get(a.getIndices().getContext(), 64)));
  return success();
}
std::string LastWriterOp::getKernelName() { return "symc_k_last_writer_i64"; }
SmallVector<Dim> LastWriterOp::getKernelIntegers() {
  return {elementCount(getIndices().getType()), getSize().getExprs().front()};
}

//===----------------------------------------------------------------------===//
// dynamic_slice, dynamic_update_slice
//===----------------------------------------------------------------------===//

/// One scalar a start, and the part inside the whole.
static LogicalResult checkPart(Value x, ArrayRef<Dim> part, ValueRange start, std::optional<Location> loc) {
  Dims dims = dimsOf(x);
  if (start.size() != dims.size())
    return emitOptionalError(loc, "S0309: ", printType(x.getType()), " needs ", dims.size(), " starts, not ",
                             start.size());
  for (Value s : start)
    if (!dimsOf(s).empty())
      return emitOptionalError(loc, "S0302: a start is a scalar, not ", printType(s.getType()));
  bool fits = part.size() == dims.size();
  for (size_t i = 0; fits && i < dims.size(); ++i) {
    std::optional<int64_t> less = constantValue(dims[i] - part[i]);
    fits = !less || *less >= 0;
  }
  if (!fits)
    return emitOptionalError(loc, "S0301: ", printType(x.getType()), " has no part ",
                             printType(tensorType(part, elementOf(x))));
  return success();
}

/// Where there is nothing to be computed, no start is looked at.
static SmallVector<SizeRequirement> partRequirements(Value x, ArrayRef<Dim> part) {
  SmallVector<SizeRequirement> requirements;
  std::string whole = printType(x.getType()), piece = printType(tensorType(part, elementOf(x)));
  for (auto [size, taken] : llvm::zip_equal(dimsOf(x), part))
    if (Dim rest = size - taken; !constantValue(rest))
      requirements.push_back({rest, 0, whole + " has no part " + piece + ": " + printDim(rest) + " is {value}"});
  return requirements;
}
SmallVector<SizeRequirement> DynamicSliceOp::getSizeRequirements() {
  return partRequirements(getX(), getSizes().getExprs());
}
SmallVector<SizeRequirement> DynamicUpdateSliceOp::getSizeRequirements() {
  return partRequirements(getX(), dimsOf(getUpdate()));
}

LogicalResult DynamicSliceOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  types.push_back(tensorType(a.getSizes().getExprs(), elementOf(a.getX())));
  return checkPart(a.getX(), a.getSizes().getExprs(), a.getStart(), loc);
}
LogicalResult DynamicUpdateSliceOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  types.push_back(a.getX().getType());
  if (elementOf(a.getX()) != elementOf(a.getUpdate()))
    return emitOptionalError(loc, "S0303: cannot put ", printType(a.getUpdate().getType()), " into ",
                             printType(a.getX().getType()));
  return checkPart(a.getX(), dimsOf(a.getUpdate()), a.getStart(), loc);
}

/// The start on an axis: where a part of `size` elements is inside `whole`, else 0 after a failed check.
static Scalar checkedStart(ElementBuilder &e, unsigned operand, Value start, Dim whole, Dim size) {
  Scalar value = toI64({e.b, e.loc, e.read(operand, {}), elementOf(start)});
  Scalar last = toI64(indexScalar(e, whole - size));
  Scalar ok = bitAnd(value >= 0.0, value <= last);
  e.check(ok.value, value.value, last.value, "start {value} is out of range: the last one possible is {bound}");
  return indexScalar(e, Index(toIndex(where(ok, value, 0.0))));
}

Value DynamicSliceOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Indices source;
  for (auto [axis, i] : llvm::enumerate(index)) {
    Scalar start = checkedStart(e, axis + 1, getStart()[axis], dimOf(getX().getType(), axis), dimOf(getType(), axis));
    source.push_back(e.add(start.value, i));
  }
  return e.read(0, source);
}

Value DynamicUpdateSliceOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Indices source;
  Value outside = e.read(0, index);
  std::optional<Scalar> inside;
  for (auto [axis, i] : llvm::enumerate(index)) {
    Dim size = dimOf(getUpdate().getType(), axis);
    if (constantValue(size) == 0)
      return outside;
    Scalar start = checkedStart(e, axis + 2, getStart()[axis], dimOf(getX().getType(), axis), size);
    Scalar local = indexScalar(e, i) - start, extent = indexScalar(e, size);
    Scalar here = bitAnd(local >= 0.0, local < extent), all = inside ? bitAnd(*inside, here) : here;
    inside.emplace(all);
    source.push_back(Index(clampIndex(local, extent).value));
  }
  Value element = e.read(1, source);
  return inside ? arith::SelectOp::create(e.b, e.loc, inside->value, element, outside).getResult() : element;
}

SmallVector<Value> DynamicSliceOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  SmallVector<Value> result(1 + getStart().size());
  Value zeros = splat(b, getLoc(), getX().getType(), 0.0);
  result[0] = DynamicUpdateSliceOp::create(b, getLoc(), zeros, cotangents[0], getStart());
  return result;
}

SmallVector<Value> DynamicUpdateSliceOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  SmallVector<Value> result(2 + getStart().size());
  Value zeros = splat(b, getLoc(), getUpdate().getType(), 0.0);
  result[0] = DynamicUpdateSliceOp::create(b, getLoc(), cotangents[0], zeros, getStart());
  auto sizes = DimsAttr::get(getContext(), dimsOf(getUpdate()));
  result[1] = DynamicSliceOp::create(b, getLoc(), cotangents[0], getStart(), sizes);
  return result;
}

#define GET_OP_CLASSES
#include "dialects/sym/Selection.cpp.inc"
