//===- Body.cpp - Scalar bodies on vectors --------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Vectorize/Body.h"

using namespace mlir;
using namespace symc;
using namespace symc::vectorize;

Value BodyEmitter::vector(const Lanes &value, unsigned lanes) {
  if (value.isVector())
    return value.value;
  Value base = e.splat(value.value, lanes);
  if (!value.step)
    return base;
  Value steps = e.iota(lanes, value.value.getType());
  if (e.known(value.step) != 1)
    steps = e.op("arith.muli", {steps, e.splat(value.step, lanes)}, steps.getType());
  return e.op("arith.addi", {base, steps}, base.getType());
}

static unsigned lanesIn(ArrayRef<Lanes> values) {
  for (const Lanes &value : values)
    if (value.isVector())
      return lanesOf(value.value);
  return 0;
}

Lanes BodyEmitter::add(const Lanes &x, const Lanes &y) {
  if (unsigned lanes = lanesIn({x, y})) {
    if (x.isUniform() && e.known(x.value) == 0)
      return y;
    if (y.isUniform() && e.known(y.value) == 0)
      return x;
    Value a = vector(x, lanes);
    return {e.op("arith.addi", {a, vector(y, lanes)}, a.getType()), {}};
  }
  return {e.add(x.value, y.value), !x.step ? y.step : !y.step ? x.step : e.add(x.step, y.step)};
}

Lanes BodyEmitter::mul(const Lanes &x, const Lanes &y) {
  if (unsigned lanes = lanesIn({x, y})) {
    if (x.isUniform() && e.known(x.value) == 1)
      return y;
    if (y.isUniform() && e.known(y.value) == 1)
      return x;
    Value a = vector(x, lanes);
    return {e.op("arith.muli", {a, vector(y, lanes)}, a.getType()), {}};
  }
  assert((x.isUniform() || y.isUniform()) && "not linear");
  if (x.step)
    return {e.mul(x.value, y.value), e.mul(x.step, y.value)};
  return {e.mul(x.value, y.value), y.step ? e.mul(y.step, x.value) : Value()};
}

/// i64 arithmetic on values that count up stays scalar.
Lanes BodyEmitter::counting(Operation *op, ArrayRef<Lanes> operands) {
  if (llvm::isa<arith::IndexCastOp, arith::IndexCastUIOp>(op) &&
      registerType(op->getResult(0).getType()) == getElementTypeOrSelf(operands[0].value.getType()))
    return operands[0];
  if (lanesIn(operands) || llvm::all_of(operands, [](const Lanes &l) { return l.isUniform(); }))
    return {};
  if (llvm::any_of(operands, [&](const Lanes &l) { return l.value.getType() != e.i64; }))
    return {};
  if (llvm::isa<arith::AddIOp>(op))
    return add(operands[0], operands[1]);
  if (llvm::isa<arith::SubIOp>(op)) {
    const Lanes &x = operands[0], &y = operands[1];
    Value zero = e.number(0);
    Value step = e.sub(x.step ? x.step : zero, y.step ? y.step : zero);
    return {e.sub(x.value, y.value), e.known(step) == 0 ? Value() : step};
  }
  if (llvm::isa<arith::MulIOp>(op) && (operands[0].isUniform() || operands[1].isUniform()))
    return mul(operands[0], operands[1]);
  return {};
}

SmallVector<Lanes> BodyEmitter::evaluate(Operation *op, function_ref<Lanes(Value)> lookup) {
  TypedAttr number;
  if (auto constantOp = dyn_cast<arith::ConstantOp>(op)) {
    number = constantOp.getValue();
    if (auto integer = dyn_cast<IntegerAttr>(number))
      number = IntegerAttr::get(registerType(number.getType()), integer.getInt());
    return {{e.constant(number), {}}};
  }
  SmallVector<Lanes> operands;
  for (Value operand : op->getOperands())
    operands.push_back(lookup(operand));
  if (op->getNumResults() == 1)
    if (Lanes result = counting(op, operands); result.value)
      return {result};
  unsigned lanes = lanesIn(operands);
  for (const Lanes &operand : operands)
    if (operand.step && !lanes)
      lanes = width;
  SmallVector<Value> values;
  for (const Lanes &operand : operands)
    values.push_back(lanes ? vector(operand, lanes) : operand.value);
  SmallVector<Type> types;
  for (Type type : op->getResultTypes()) {
    type = registerType(type);
    types.push_back(lanes ? Type(VectorType::get(lanes, type)) : type);
  }
  // Casts between index and other integers are casts between integers here.
  if (llvm::isa<arith::IndexCastOp, arith::IndexCastUIOp>(op)) {
    unsigned from = getElementTypeOrSelf(values[0].getType()).getIntOrFloatBitWidth();
    unsigned to = getElementTypeOrSelf(types[0]).getIntOrFloatBitWidth();
    StringRef name = to < from ? "arith.trunci" : llvm::isa<arith::IndexCastOp>(op) ? "arith.extsi" : "arith.extui";
    return {{e.op(name, values, types[0]), {}}};
  }
  SmallVector<Lanes> results;
  for (Value result : e.op(op->getName().getStringRef(), values, types, op->getAttrDictionary()))
    results.push_back({result, {}});
  return results;
}
