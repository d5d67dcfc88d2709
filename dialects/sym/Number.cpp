//===- Number.cpp - Numbers of graph files as elements --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Number.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/OpSchema.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace symc;

bool Number::classof(Attribute attr) {
  if (auto integer = dyn_cast_or_null<IntegerAttr>(attr))
    return integer.getType().isSignlessInteger(64) || integer.getType().isSignlessInteger(1) ||
           integer.getType().isUnsignedInteger(64);
  auto real = dyn_cast_or_null<FloatAttr>(attr);
  return real && real.getType().isF64();
}

std::string Number::text() const {
  if (auto real = dyn_cast<FloatAttr>(attr))
    return printNumber(real.getValueAsDouble());
  if (auto boolean = dyn_cast<BoolAttr>(attr))
    return boolean.getValue() ? "true" : "false";
  auto integer = cast<IntegerAttr>(attr);
  return llvm::toString(integer.getValue(), 10, /*Signed=*/!integer.getType().isUnsignedInteger());
}

TypedAttr Number::as(Type element) const {
  auto real = dyn_cast<FloatAttr>(attr);
  auto boolean = dyn_cast<BoolAttr>(attr);
  bool isUnsigned = attr.getType().isUnsignedInteger(); // one of u64, maybe beyond i64
  if (auto floating = dyn_cast<FloatType>(element)) {
    if (boolean)
      return {};
    APFloat value(floating.getFloatSemantics());
    if (real) {
      value = real.getValue();
      bool loses;
      value.convert(floating.getFloatSemantics(), APFloat::rmNearestTiesToEven, &loses);
    } else {
      value.convertFromAPInt(cast<IntegerAttr>(attr).getValue(), /*IsSigned=*/!isUnsigned,
                             APFloat::rmNearestTiesToEven);
    }
    return value.isInfinity() && !(real && real.getValue().isInfinity()) ? TypedAttr()
                                                                         : FloatAttr::get(floating, value);
  }
  unsigned width = element.getIntOrFloatBitWidth();
  if (isUnsigned && cast<IntegerAttr>(attr).getValue().isNegative())
    return element.isUnsignedInteger(64) ? attr : TypedAttr();
  int64_t integer;
  if (boolean) {
    integer = boolean.getValue();
  } else if (real) {
    // Beyond 2^53 it may stand for another number than the one that was written.
    double value = real.getValueAsDouble();
    if (!(std::fabs(value) <= 0x1p53) || value != std::trunc(value))
      return {};
    integer = static_cast<int64_t>(value);
  } else {
    integer = cast<IntegerAttr>(attr).getValue().getSExtValue();
  }
  if (width == 1)
    return real || integer < 0 || integer > 1 ? TypedAttr() : BoolAttr::get(element.getContext(), integer);
  bool fits = element.isUnsignedInteger() ? integer >= 0 && (width >= 63 || integer < int64_t(1) << width)
                                          : APInt(64, integer, /*isSigned=*/true).isSignedIntN(width);
  if (boolean || !fits)
    return {};
  return IntegerAttr::get(element, APInt(width, integer, /*isSigned=*/true, /*implicitTrunc=*/true));
}

bool symc::fitsElement(Attribute attr, Type element) { return bool(Number(cast<TypedAttr>(attr)).as(element)); }

LogicalResult symc::verifyNumbers(Operation *op) {
  const OpSchema *schema = op->getNumResults() ? findOpSchema(op->getName().stripDialect()) : nullptr;
  if (!schema)
    return success();
  Type element = elementOf(op->getResult(0));
  for (const AttrSchema &attribute : schema->attributes) {
    std::optional<Attribute> attr = op->getInherentAttr(attribute.name);
    if (!attr || !*attr)
      continue;
    if (auto real = dyn_cast<FloatAttr>(*attr); real && !isInRange(attribute.range, real.getValueAsDouble()))
      return op->emitOpError("S0306: ") << attribute.name << " must be " << wantedOf(attribute.range) << ", not "
                                        << Number(real).text();
    if (std::string misfit = attribute.isElement(element) ? attribute.misfit(*attr, element) : ""; !misfit.empty())
      return op->emitOpError("S0314: ") << attribute.name << " is " << Number(cast<TypedAttr>(*attr)).text() << ", "
                                        << misfit;
  }
  return success();
}
