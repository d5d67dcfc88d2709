//===- Effect.cpp - Ops that return their operand and act -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/NodeNames.h"
#include "dialects/sym/Requirements.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

LogicalResult AssertOp::infer(Adaptor a, std::optional<Location>, SmallVectorImpl<Type> &types) {
  types.push_back(a.getX().getType());
  return success();
}

/// One condition for all elements.
SmallVector<Value> AssertOp::decompose(OpBuilder &b) {
  if (rankOf(getCondition()) == 0)
    return {};
  Value all = AllOp::create(b, getLoc(), getCondition(), DenseI64ArrayAttr(), b.getBoolAttr(false));
  return {AssertOp::create(b, getLoc(), getX(), all, getMessageAttr())};
}

Value AssertOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  StringRef node = nodeName(getLoc());
  Value number = arith::ConstantIntOp::create(e.b, e.loc, 0, 64);
  if ((*this)->hasAttr(kChecksSize)) {
    e.check(e.read(1, {}), number, number, getMessage().str());
    return e.read(0, index);
  }
  std::string said = node.empty() ? "an assertion does not hold" : "the assertion '" + node.str() + "' does not hold";
  if (!getMessage().empty())
    said += ": " + getMessage().str();
  e.check(e.read(1, {}), number, number, said);
  return e.read(0, index);
}

LogicalResult PrintOp::infer(Adaptor a, std::optional<Location>, SmallVectorImpl<Type> &types) {
  types.push_back(a.getX().getType());
  return success();
}

SmallVector<Value> PrintOp::buildVjp(OpBuilder &, ValueRange cotangents) { return {cotangents[0]}; }

SmallVector<Value> AssertOp::buildVjp(OpBuilder &, ValueRange cotangents) { return {cotangents[0], Value()}; }

#define GET_OP_CLASSES
#include "dialects/sym/Effect.cpp.inc"
