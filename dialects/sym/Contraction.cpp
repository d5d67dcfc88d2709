//===- Contraction.cpp - Matrix products and convolutions -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Contraction.h"
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/Window.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

//===----------------------------------------------------------------------===//
// matmul
//===----------------------------------------------------------------------===//

FailureOr<Dims> symc::broadcastLeading(std::optional<Location> loc, ArrayRef<Dim> a, ArrayRef<Dim> b, Type typeA,
                                       Type typeB) {
  Dims dims;
  size_t rank = std::max(a.size(), b.size());
  for (size_t i = 0; i < rank; ++i) {
    Dim one = constantDim(typeA.getContext(), 1);
    Dim x = i + a.size() >= rank ? a[i + a.size() - rank] : one;
    Dim y = i + b.size() >= rank ? b[i + b.size() - rank] : one;
    if (!isOne(x) && !isOne(y) && x != y)
      return LogicalResult(emitOptionalError(loc, "S0301: leading sizes ", printDim(x), " and ", printDim(y), " of ",
                                             printType(typeA), " and ", printType(typeB), " differ"));
    dims.push_back(isOne(x) ? y : x);
  }
  return dims;
}

LogicalResult MatmulOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, ValueRange operands,
                                         DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                         SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Type typeA = op.getA().getType(), typeB = op.getB().getType();
  Dims a = dimsOf(typeA), b = dimsOf(typeB);
  if (failed(checkElements(loc, "matmul", operands)))
    return failure();
  if (a.empty() || b.empty())
    return emitOptionalError(loc, "S0302: matmul takes no scalars: ", printType(typeA), " and ", printType(typeB));
  bool rowVector = a.size() == 1, columnVector = b.size() == 1;
  if ((rowVector && op.getTransposeA()) || (columnVector && op.getTransposeB()))
    return emitOptionalError(loc, "S0315: a vector cannot be transposed: ", printType(rowVector ? typeA : typeB));
  if (rowVector)
    a.insert(a.begin(), constantDim(context, 1));
  if (columnVector)
    b.push_back(constantDim(context, 1));
  if (op.getTransposeA())
    std::swap(a[a.size() - 1], a[a.size() - 2]);
  if (op.getTransposeB())
    std::swap(b[b.size() - 1], b[b.size() - 2]);
  if (a.back() != b[b.size() - 2])
    return emitOptionalError(loc, "S0301: cannot multiply ", printType(typeA),
                             op.getTransposeA() ? " (transposed)" : "", " by ", printType(typeB),
                             op.getTransposeB() ? " (transposed)" : "", ": inner sizes ", printDim(a.back()), " and ",
                             printDim(b[b.size() - 2]), " differ");
  FailureOr<Dims> dims = broadcastLeading(loc, ArrayRef(a).drop_back(2), ArrayRef(b).drop_back(2), typeA, typeB);
  if (failed(dims))
    return failure();
  if (!rowVector)
    dims->push_back(a[a.size() - 2]);
  if (!columnVector)
    dims->push_back(b.back());
  types.push_back(tensorType(*dims, elementOf(op.getA())));
  return success();
}

ContractForm MatmulOp::getContractForm() { return ContractForm::matmul; }

NamedAttrList MatmulOp::getContractAttributes() {
  NamedAttrList attributes;
  Builder b(getContext());
  if (getTransposeA())
    attributes.append("transpose_a", b.getBoolAttr(true));
  if (getTransposeB())
    attributes.append("transpose_b", b.getBoolAttr(true));
  for (StringRef name : {kLowerAAttr, kLowerOutAttr})
    if (Attribute lower = (*this)->getDiscardableAttr(name))
      attributes.append(name, lower);
  return attributes;
}

Value symc::multiply(OpBuilder &b, Location loc, Value x, Value y, bool tx, bool ty) {
  return MatmulOp::create(b, loc, x, y, b.getBoolAttr(tx), b.getBoolAttr(ty));
}

Value symc::known(Value x, StringRef attribute) {
  x.getDefiningOp()->setDiscardableAttr(attribute, UnitAttr::get(x.getContext()));
  return x;
}

Value symc::flattenRows(OpBuilder &b, Location loc, Value x) {
  Dims dims = dimsOf(x);
  if (dims.size() <= 2)
    return x;
  return reshape(b, loc, x, {symc::product(b.getContext(), ArrayRef(dims).drop_back()), dims.back()});
}

/// A vector as a matrix of one row.
static Value asRow(OpBuilder &b, Location loc, Value x) {
  return rankOf(x) == 1 ? reshape(b, loc, x, {constantDim(b.getContext(), 1), dimOf(x.getType(), 0)}) : x;
}
Value symc::asColumn(OpBuilder &b, Location loc, Value x) {
  return rankOf(x) == 1 ? reshape(b, loc, x, {dimOf(x.getType(), 0), constantDim(b.getContext(), 1)}) : x;
}

Value symc::unbroadcast(OpBuilder &b, Location loc, Value cotangent, Type like) {
  Dims have = dimsOf(cotangent), want = dimsOf(like);
  SmallVector<int64_t> axes;
  size_t added = have.size() - want.size();
  for (size_t i = 0; i < have.size(); ++i)
    if (i < added || (isOne(want[i - added]) && !isOne(have[i])))
      axes.push_back(i);
  return reshapeLike(b, loc, sumOver(b, loc, cotangent, axes, false), like);
}

SmallVector<Value> MatmulOp::decompose(OpBuilder &b) {
  Value x = getA(), y = getB();
  bool ta = getTransposeA(), tb = getTransposeB();
  int64_t rankA = rankOf(x), rankB = rankOf(y);
  if (rankA == 1 || rankB == 1) {
    Value out = multiply(b, getLoc(), asRow(b, getLoc(), x), asColumn(b, getLoc(), y), ta, tb);
    return {reshapeLike(b, getLoc(), out, getType())};
  }
  if ((rankA == 2 && rankB == 2) || (rankA == 3 && rankB == 3 && dimOf(x.getType(), 0) == dimOf(y.getType(), 0)))
    return {};
  if (rankB == 2 && !ta)
    return {reshapeLike(b, getLoc(), multiply(b, getLoc(), flattenRows(b, getLoc(), x), y, false, tb), getType())};

  // Stacks of different shapes become one stack of as many matrices each.
  Dims dims = dimsOf(getOut());
  ArrayRef<Dim> batch = ArrayRef(dims).drop_back(2);
  Dim count = symc::product(b.getContext(), batch);
  auto stacked = [&](Value v) {
    Dims own = dimsOf(v), wide(batch), flat{count};
    wide.append(own.end() - 2, own.end());
    flat.append(own.end() - 2, own.end());
    Value spreadOut = broadcastLike(b, getLoc(), v, tensorType(wide, elementOf(v)));
    return reshape(b, getLoc(), spreadOut, isOne(count) ? ArrayRef(flat).drop_front() : ArrayRef(flat));
  };
  Value out = multiply(b, getLoc(), stacked(x), stacked(y), ta, tb);
  for (StringRef attribute : {kLowerAAttr, kLowerOutAttr})
    if ((*this)->hasAttr(attribute))
      out = known(out, attribute);
  return {reshapeLike(b, getLoc(), out, getType())};
}

SmallVector<Value> MatmulOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Location loc = getLoc();
  Value x = getA(), y = getB(), g = cotangents[0];
  bool ta = getTransposeA(), tb = getTransposeB();
  int64_t rankA = rankOf(x), rankB = rankOf(y);
  if (rankA == 1 || rankB == 1) {
    // The cotangent gets back the axes of the vectors.
    x = asRow(b, loc, x), y = asColumn(b, loc, y);
    Dims dims = dimsOf(g);
    if (rankB == 1)
      dims.push_back(constantDim(b.getContext(), 1));
    if (rankA == 1)
      dims.insert(dims.end() - 1, constantDim(b.getContext(), 1));
    g = reshape(b, loc, g, dims);
  }
  bool lowerA = (*this)->hasAttr(kLowerAAttr), lowerOut = (*this)->hasAttr(kLowerOutAttr);
  if (rankOf(y) == 2 && rankOf(x) > 2 && !ta) {
    // One product over all rows instead of a sum of products.
    x = flattenRows(b, loc, x), g = flattenRows(b, loc, g);
    lowerA = lowerOut = false;
  }
  Value da = ta ? multiply(b, loc, y, g, tb, true) : multiply(b, loc, g, y, false, !tb);
  Value db = tb ? multiply(b, loc, g, x, true, ta) : multiply(b, loc, x, g, !ta, false);
  if (lowerA && !ta)
    da = known(da, kLowerOutAttr);
  if (lowerOut && !ta)
    da = known(da, kLowerAAttr);
  if (tb ? lowerOut : lowerA)
    db = known(db, kLowerAAttr);
  return {reshapeLike(b, loc, unbroadcast(b, loc, da, x.getType()), getA().getType()),
          reshapeLike(b, loc, unbroadcast(b, loc, db, y.getType()), getB().getType())};
}

//===----------------------------------------------------------------------===//
// dot
//===----------------------------------------------------------------------===//

LogicalResult DotOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands,
                                      DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                      SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Type typeA = op.getA().getType(), typeB = op.getB().getType();
  Dims a = dimsOf(typeA), b = dimsOf(typeB);
  if (failed(checkElements(loc, "dot", operands)))
    return failure();
  if (a.empty() || b.empty()) {
    types.push_back(a.empty() ? typeB : typeA);
    return success();
  }
  size_t inner = b.size() == 1 ? 0 : b.size() - 2;
  if (a.back() != b[inner])
    return emitOptionalError(loc, "S0301: cannot multiply ", printType(typeA), " by ", printType(typeB),
                             ": inner sizes ", printDim(a.back()), " and ", printDim(b[inner]), " differ");
  a.pop_back();
  b.erase(b.begin() + inner);
  a.append(b);
  types.push_back(tensorType(a, elementOf(op.getA())));
  return success();
}

SmallVector<Value> DotOp::decompose(OpBuilder &b) {
  Location loc = getLoc();
  Value x = getA(), y = getB();
  if (rankOf(x) == 0 || rankOf(y) == 0)
    return {MulOp::create(b, loc, broadcastLike(b, loc, x, getType()), broadcastLike(b, loc, y, getType()))};
  if (rankOf(x) == 1 && rankOf(y) == 1)
    return {sumOver(b, loc, MulOp::create(b, loc, x, y), {0}, false)};
  if (rankOf(y) <= 2)
    return {multiply(b, loc, x, y)};
  // The axis that is summed over comes first; the others are one.
  int64_t rank = rankOf(y);
  SmallVector<int64_t> axes{rank - 2};
  llvm::append_range(axes, llvm::seq<int64_t>(rank - 2));
  axes.push_back(rank - 1);
  y = TransposeOp::create(b, loc, y, b.getDenseI64ArrayAttr(axes));
  Dims dims = dimsOf(y);
  y = reshape(b, loc, y, {dims[0], symc::product(b.getContext(), ArrayRef(dims).drop_front())});
  x = rankOf(x) == 1 ? asRow(b, loc, x) : flattenRows(b, loc, x);
  return {reshapeLike(b, loc, multiply(b, loc, x, y), getType())};
}

//===----------------------------------------------------------------------===//
// The three convolutions
//===----------------------------------------------------------------------===//

template <class Op> static NamedAttrList convolutionAttributes(Op op) {
  NamedAttrList attributes;
  attributes.append("strides", op.getStridesAttr());
  attributes.append("dilations", op.getDilationsAttr());
  attributes.append("padding", op.getPaddingAttr());
  attributes.append("groups", Builder(op.getContext()).getI64IntegerAttr(op.getGroups()));
  return attributes;
}
/// Another of the three with the windows of `like`.
template <class Op, class Like> static Value convolution(OpBuilder &b, Like like, Type type, Value x, Value y) {
  return Op::create(b, like.getLoc(), type, x, y, like.getStridesAttr(), like.getDilationsAttr(), like.getPaddingAttr(),
                    b.getI64IntegerAttr(like.getGroups()));
}

ContractForm ConvolutionOp::getContractForm() { return ContractForm::conv2d; }
ContractForm ConvolutionInputOp::getContractForm() { return ContractForm::conv2d_input; }
ContractForm ConvolutionFilterOp::getContractForm() { return ContractForm::conv2d_filter; }
SmallVector<SizeRequirement> ConvolutionOp::getSizeRequirements() {
  SmallVector<int64_t> extents;
  for (unsigned axis = 0; axis < getStrides().size(); ++axis)
    if (auto size = constantValue(dimOf(getB().getType(), axis)))
      extents.push_back((*size - 1) * getDilations()[axis] + 1);
    else
      return {};
  return windowRequirements(getA().getType(), extents, getPadding().getExprs());
}
NamedAttrList ConvolutionOp::getContractAttributes() { return convolutionAttributes(*this); }
NamedAttrList ConvolutionInputOp::getContractAttributes() { return convolutionAttributes(*this); }
NamedAttrList ConvolutionFilterOp::getContractAttributes() { return convolutionAttributes(*this); }

SmallVector<Value> ConvolutionOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {convolution<ConvolutionInputOp>(b, *this, getA().getType(), cotangents[0], getB()),
          convolution<ConvolutionFilterOp>(b, *this, getB().getType(), getA(), cotangents[0])};
}
SmallVector<Value> ConvolutionInputOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {convolution<ConvolutionOp>(b, *this, getA().getType(), cotangents[0], getB()),
          convolution<ConvolutionFilterOp>(b, *this, getB().getType(), cotangents[0], getA())};
}
SmallVector<Value> ConvolutionFilterOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {convolution<ConvolutionInputOp>(b, *this, getA().getType(), getB(), cotangents[0]),
          convolution<ConvolutionOp>(b, *this, getB().getType(), getA(), cotangents[0])};
}

#define GET_OP_CLASSES
#include "dialects/sym/Contraction.cpp.inc"
