//===- LinearAlgebra.cpp - Factorisations and solvers ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

//===----------------------------------------------------------------------===//
// Diagonals
//===----------------------------------------------------------------------===//

LogicalResult DiagonalOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange operands,
                                           DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                           SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Dims dims = dimsOf(op.getX());
  dims.erase(dims.begin() + op.getSecond());
  types.push_back(tensorType(dims, elementOf(op.getX())));
  return success();
}

Value DiagonalOp::buildElement(ElementBuilder &e, ValueRange index) {
  SmallVector<Value> source(index);
  source.insert(source.begin() + getSecond(), index[getFirst()]);
  return e.read(0, source);
}

SmallVector<Value> DiagonalOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {DiagonalEmbedOp::create(b, getLoc(), cotangents[0], getFirst(), getSecond())};
}

LogicalResult DiagonalEmbedOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange operands,
                                                DictionaryAttr attributes, OpaqueProperties properties,
                                                RegionRange regions, SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Dims dims = dimsOf(op.getX());
  dims.insert(dims.begin() + op.getSecond(), AffineExpr(dims[op.getFirst()]));
  types.push_back(tensorType(dims, elementOf(op.getX())));
  return success();
}

Value DiagonalEmbedOp::buildElement(ElementBuilder &e, ValueRange index) {
  SmallVector<Value> source(index);
  source.erase(source.begin() + getSecond());
  Value element = e.read(0, source);
  Value zero = arith::ConstantOp::create(e.b, e.loc, e.b.getZeroAttr(element.getType()));
  Value on = arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::eq, index[getFirst()], index[getSecond()]);
  return arith::SelectOp::create(e.b, e.loc, on, element, zero);
}

SmallVector<Value> DiagonalEmbedOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {DiagonalOp::create(b, getLoc(), cotangents[0], getFirst(), getSecond())};
}

#define GET_OP_CLASSES
#include "dialects/sym/LinearAlgebra.cpp.inc"
