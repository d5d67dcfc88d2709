//===- Indexing.cpp - Elements by computed indices ------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Contraction.h"
#include "dialects/sym/Requirements.h"
#include "dialects/sym/Shape.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

static Value asI64(OpBuilder &b, Location loc, Value indices) {
  return convert(Tensor{b, loc, indices}, b.getI64Type()).value;
}
static DimsAttr oneSize(Dim size) { return DimsAttr::get(size.getContext(), size); }

//===----------------------------------------------------------------------===//
// gather
//===----------------------------------------------------------------------===//

LogicalResult GatherOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  Dims dims = dimsOf(a.getX()), indices = dimsOf(a.getIndices());
  FailureOr<int64_t> axis = normalizeAxis(loc, a.getAxis(), dims.size());
  if (failed(axis))
    return failure();
  dims.erase(dims.begin() + *axis);
  dims.insert(dims.begin() + *axis, indices.begin(), indices.end());
  types.push_back(tensorType(dims, elementOf(a.getX())));
  return success();
}

Value GatherOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  int64_t axis = *normalizeAxis(std::nullopt, getAxis(), getX().getType().getRank());
  int64_t count = getIndices().getType().getRank();
  Scalar i{e.b, e.loc, e.read(1, index.slice(axis, count)), elementOf(getIndices())};
  Scalar at = checkedIndex(e, i, dimOf(getX().getType(), axis), "index");
  Indices source(index.take_front(axis));
  source.push_back(toIndex(at));
  llvm::append_range(source, index.drop_front(axis + count));
  return e.read(0, source);
}

SmallVector<Value> GatherOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  int64_t axis = *normalizeAxis(std::nullopt, getAxis(), getX().getType().getRank());
  Dim count = elementCount(getIndices().getType());
  Dims flat = dimsOf(getX());
  Dim size = flat[axis];
  flat[axis] = count;
  Value updates = reshape(b, getLoc(), cotangents[0], flat);
  Value indices = reshape(b, getLoc(), asI64(b, getLoc(), getIndices()), count);
  return {IndexAddOp::create(b, getLoc(), indices, updates, b.getI64IntegerAttr(axis), oneSize(size)), Value()};
}

//===----------------------------------------------------------------------===//
// take_along_axis
//===----------------------------------------------------------------------===//

LogicalResult TakeAlongAxisOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  Dims dims = dimsOf(a.getX()), indices = dimsOf(a.getIndices());
  FailureOr<int64_t> axis = normalizeAxis(loc, a.getAxis(), dims.size());
  if (failed(axis))
    return failure();
  bool fits = dims.size() == indices.size();
  Dims out(indices);
  for (size_t i = 0; fits && i < dims.size(); ++i) {
    if (static_cast<int64_t>(i) == *axis)
      continue;
    fits = dims[i] == indices[i] || isOne(dims[i]) || isOne(indices[i]);
    out[i] = isOne(indices[i]) ? dims[i] : indices[i];
  }
  if (!fits)
    return emitOptionalError(loc, "S0301: cannot take ", printType(a.getIndices().getType()), " along axis ", *axis,
                             " of ", printType(a.getX().getType()));
  types.push_back(tensorType(out, elementOf(a.getX())));
  return success();
}

/// The place in a tensor that is broadcast, but for one axis.
static Indices placeIn(ElementBuilder &e, Type tensor, ArrayRef<Index> index, int64_t axis) {
  Indices place(index);
  for (auto [i, size] : llvm::enumerate(dimsOf(tensor)))
    if (static_cast<int64_t>(i) != axis && isOne(size))
      place[i] = e.number(0);
  return place;
}

Value TakeAlongAxisOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  int64_t axis = *normalizeAxis(std::nullopt, getAxis(), index.size());
  Scalar i{e.b, e.loc, e.read(1, placeIn(e, getIndices().getType(), index, axis)), elementOf(getIndices())};
  Indices source = placeIn(e, getX().getType(), index, axis);
  source[axis] = toIndex(checkedIndex(e, i, dimOf(getX().getType(), axis), "index"));
  return e.read(0, source);
}

SmallVector<Value> TakeAlongAxisOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  int64_t axis = *normalizeAxis(std::nullopt, getAxis(), getX().getType().getRank());
  Value indices = asI64(b, getLoc(), getIndices());
  indices = broadcastLike(b, getLoc(), indices, tensorType(dimsOf(getOut()), b.getI64Type()));
  Value all = IndexAddAlongOp::create(b, getLoc(), indices, cotangents[0], b.getI64IntegerAttr(axis),
                                      oneSize(dimOf(getX().getType(), axis)));
  return {unbroadcast(b, getLoc(), all, getX().getType()), Value()};
}

//===----------------------------------------------------------------------===//
// one_hot, iota
//===----------------------------------------------------------------------===//

LogicalResult OneHotOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  Dims dims = dimsOf(a.getIndices());
  FailureOr<int64_t> axis = normalizeAxis(loc, a.getAxis(), dims.size() + 1);
  if (failed(axis))
    return failure();
  if (a.getDepth() < 0)
    return emitOptionalError(loc, "S0306: depth of one_hot is ", a.getDepth());
  dims.insert(dims.begin() + *axis, constantDim(a.getIndices().getContext(), a.getDepth()));
  types.push_back(tensorType(dims, a.getDtype().value_or(Float32Type::get(a.getIndices().getContext()))));
  return success();
}

Value OneHotOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  int64_t axis = *normalizeAxis(std::nullopt, getAxis(), index.size());
  Indices source(index);
  source.erase(source.begin() + axis);
  Scalar wanted = toI64({e.b, e.loc, e.read(0, source), elementOf(getIndices())});
  Scalar on = equal(wanted, toI64(indexScalar(e, index[axis])));
  Scalar off = literal(zeroElement(e, elementOf(getOut())), getOffValue());
  return where(on, literal(off, getOnValue()), off).value;
}

LogicalResult IotaOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  Dims dims(a.getShape().getExprs());
  FailureOr<int64_t> axis = normalizeAxis(loc, a.getAxis(), dims.size());
  if (failed(axis))
    return failure();
  Type element = a.getDtype().value_or(IntegerType::get(a.getShape().getContext(), 64));
  std::optional<int64_t> size = constantValue(dims[*axis]);
  if (size && *size - 1 > largestNumber(element) && !isTooLarge(tensorType(dims, element)))
    return emitOptionalError(loc, "S0314: iota over ", *size, " elements goes up to ", *size - 1, ", which ",
                             printElementType(element), " of 'dtype' cannot represent");
  types.push_back(tensorType(dims, element));
  return success();
}

Value IotaOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Scalar i = indexScalar(e, index[*normalizeAxis(std::nullopt, getAxis(), index.size())]);
  return convert(toI64(i), elementOf(getOut())).value;
}

//===----------------------------------------------------------------------===//
// gather_nd, scatter_add, embedding
//===----------------------------------------------------------------------===//

FailureOr<int64_t> symc::indexTupleLength(std::optional<Location> loc, Type x, Type indices) {
  Dims dims = dimsOf(indices);
  std::optional<int64_t> length = dims.empty() ? std::nullopt : constantValue(dims.back());
  if (!length || *length < 1 || *length > cast<RankedTensorType>(x).getRank())
    return LogicalResult(emitOptionalError(loc, "S0301: the last axis of the indices ", printType(indices),
                                           " is no number of axes of ", printType(x)));
  return *length;
}

/// Sizes of what the tuples find.
static Dims foundDims(Type x, Type indices, int64_t length) {
  Dims dims = dimsOf(indices);
  dims.pop_back();
  llvm::append_range(dims, ArrayRef(dimsOf(x)).drop_front(length));
  return dims;
}

LogicalResult GatherNdOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  FailureOr<int64_t> length = indexTupleLength(loc, a.getX().getType(), a.getIndices().getType());
  if (failed(length))
    return failure();
  types.push_back(tensorType(foundDims(a.getX().getType(), a.getIndices().getType(), *length), elementOf(a.getX())));
  return success();
}

/// x with the axes that the tuples fix made one.
static Value mergeAxes(OpBuilder &b, Location loc, Value x, int64_t length) {
  Dims dims = dimsOf(x), merged{product(b.getContext(), ArrayRef(dims).take_front(length))};
  llvm::append_range(merged, ArrayRef(dims).drop_front(length));
  return reshape(b, loc, x, merged);
}
Value symc::linearIndex(OpBuilder &b, Location loc, Value x, Value indices, int64_t length) {
  auto sizes = DimsAttr::get(b.getContext(), ArrayRef(dimsOf(x)).take_front(length));
  return LinearIndexOp::create(b, loc, indices, sizes, b.getBoolAttr(true), b.getStringAttr("index"));
}

SmallVector<Value> GatherNdOp::decompose(OpBuilder &b) {
  int64_t length = *indexTupleLength(std::nullopt, getX().getType(), getIndices().getType());
  return {GatherOp::create(b, getLoc(), mergeAxes(b, getLoc(), getX(), length),
                           linearIndex(b, getLoc(), getX(), getIndices(), length), b.getI64IntegerAttr(0))};
}

LogicalResult symc::inferScatter(Value x, Value indices, Value updates, std::optional<Location> loc,
                                 SmallVectorImpl<Type> &types) {
  FailureOr<int64_t> length = indexTupleLength(loc, x.getType(), indices.getType());
  if (failed(length))
    return failure();
  Type wanted = tensorType(foundDims(x.getType(), indices.getType(), *length), elementOf(x));
  if (updates.getType() != wanted)
    return emitOptionalError(loc, "S0301: the updates are ", printType(updates.getType()), ", but the indices ",
                             printType(indices.getType()), " of ", printType(x.getType()), " need ", printType(wanted));
  types.push_back(x.getType());
  return success();
}
LogicalResult ScatterAddOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  return inferScatter(a.getX(), a.getIndices(), a.getUpdates(), loc, types);
}

SmallVector<Value> ScatterAddOp::decompose(OpBuilder &b) {
  int64_t length = *indexTupleLength(std::nullopt, getX().getType(), getIndices().getType());
  Value at = linearIndex(b, getLoc(), getX(), getIndices(), length);
  Dim count = elementCount(at.getType());
  Dims flat{count}, all = dimsOf(getX());
  llvm::append_range(flat, ArrayRef(all).drop_front(length));
  Value added =
      IndexAddOp::create(b, getLoc(), reshape(b, getLoc(), at, count), reshape(b, getLoc(), getUpdates(), flat),
                         b.getI64IntegerAttr(0), oneSize(product(getContext(), ArrayRef(all).take_front(length))));
  return {AddOp::create(b, getLoc(), getX(), reshapeLike(b, getLoc(), added, getType()))};
}

LogicalResult EmbeddingOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  Dims table = dimsOf(a.getTable());
  if (table.size() != 2)
    return emitOptionalError(loc, "S0302: the table of an embedding has rank 2, not ",
                             printType(a.getTable().getType()));
  std::pair<StringRef, std::optional<int64_t>> wanted[] = {{"input_dim", a.getInputDim()},
                                                           {"output_dim", a.getOutputDim()}};
  for (auto [axis, entry] : llvm::enumerate(wanted))
    if (entry.second && constantValue(table[axis]) != *entry.second)
      return emitOptionalError(loc, "S0315: ", entry.first, " is ", *entry.second, ", but the table is ",
                               printType(a.getTable().getType()));
  Dims dims = dimsOf(a.getIndices());
  dims.push_back(table[1]);
  types.push_back(tensorType(dims, elementOf(a.getTable())));
  return success();
}

SmallVector<Value> EmbeddingOp::decompose(OpBuilder &b) {
  return {GatherOp::create(b, getLoc(), getTable(), getIndices(), b.getI64IntegerAttr(0))};
}

FailureOr<SmallVector<LayerParameter>> EmbeddingOp::getLayerParameters(Location loc, DictionaryAttr attributes,
                                                                       ArrayRef<RankedTensorType> operands) {
  SmallVector<LayerParameter> parameters;
  if (operands.size() > 1)
    return parameters;
  auto rows = attributes.getAs<IntegerAttr>("input_dim"), columns = attributes.getAs<IntegerAttr>("output_dim");
  if (!rows || !columns)
    return LogicalResult(::mlir::emitError(loc, "S0311: embedding without a table needs input_dim and output_dim"));
  if (rows.getInt() < 1 || columns.getInt() < 1)
    return LogicalResult(::mlir::emitError(loc, "S0306: input_dim and output_dim of embedding are at least 1"));
  MLIRContext *context = loc.getContext();
  auto type = RankedTensorType::get({rows.getInt(), columns.getInt()}, Float32Type::get(context));
  parameters.push_back({"table", type, InitAttr::get(context, InitKind::uniform, -0.05, 0.05)});
  return parameters;
}

//===----------------------------------------------------------------------===//
// linear_index, index_add
//===----------------------------------------------------------------------===//

LogicalResult LinearIndexOp::infer(Adaptor a, std::optional<Location>, SmallVectorImpl<Type> &types) {
  Dims dims = dimsOf(a.getIndices());
  if (a.getTuples())
    dims.pop_back();
  types.push_back(tensorType(dims, IntegerType::get(a.getIndices().getContext(), 64)));
  return success();
}

Value LinearIndexOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Type element = elementOf(getIndices());
  ArrayRef<Dim> sizes = getSizes().getExprs();
  if (!getTuples())
    return checkedIndex(e, {e.b, e.loc, e.read(0, index), element}, sizes[0], getWhat().str(), false).value;
  Value position;
  for (auto [k, size] : llvm::enumerate(sizes)) {
    Indices source(index);
    source.push_back(e.number(k));
    Scalar at = checkedIndex(e, {e.b, e.loc, e.read(0, source), element}, size, getWhat().str());
    position = position ? (at.with(position) * toI64(indexScalar(e, size)) + at).value : at.value;
  }
  return position;
}

LogicalResult IndexAddOp::infer(Adaptor a, std::optional<Location>, SmallVectorImpl<Type> &types) {
  Dims dims = dimsOf(a.getUpdates());
  dims[a.getAxis()] = a.getSize().getExprs().front();
  types.push_back(tensorType(dims, elementOf(a.getUpdates())));
  return success();
}
LogicalResult IndexAddAlongOp::infer(Adaptor a, std::optional<Location>, SmallVectorImpl<Type> &types) {
  Dims dims = dimsOf(a.getUpdates());
  dims[a.getAxis()] = a.getSize().getExprs().front();
  types.push_back(tensorType(dims, elementOf(a.getUpdates())));
  return success();
}

/// Sizes before the axis, of the updates along it, of the result along it, after it.
static SmallVector<Dim> scatterSizes(Value updates, int64_t axis, Dim size) {
  Dims dims = dimsOf(updates);
  MLIRContext *context = updates.getContext();
  return {product(context, ArrayRef(dims).take_front(axis)), dims[axis], size,
          product(context, ArrayRef(dims).drop_front(axis + 1))};
}

std::string IndexAddOp::getKernelName() { return "symc_k_scatter_add_" + printElementType(elementOf(getUpdates())); }
SmallVector<Dim> IndexAddOp::getKernelIntegers() {
  return scatterSizes(getUpdates(), getAxis(), getSize().getExprs().front());
}
std::string IndexAddAlongOp::getKernelName() {
  return "symc_k_scatter_add_along_" + printElementType(elementOf(getUpdates()));
}
SmallVector<Dim> IndexAddAlongOp::getKernelIntegers() {
  return scatterSizes(getUpdates(), getAxis(), getSize().getExprs().front());
}

SmallVector<Value> IndexAddOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {Value(), GatherOp::create(b, getLoc(), cotangents[0], getIndices(), getAxisAttr())};
}
SmallVector<Value> IndexAddAlongOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {Value(), TakeAlongAxisOp::create(b, getLoc(), cotangents[0], getIndices(), getAxisAttr())};
}

#define GET_OP_CLASSES
#include "dialects/sym/Indexing.cpp.inc"
