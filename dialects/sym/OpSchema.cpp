//===- OpSchema.cpp - The ops as graph files see them ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/OpSchema.h"
#include "dialects/sym/SymOps.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace symc;

#include "dialects/sym/OpSchema.inc"

bool symc::isInRange(NumberRange range, double value) {
  switch (range) {
  case NumberRange::Any:
    return true;
  case NumberRange::NotNan:
    return !std::isnan(value);
  case NumberRange::Finite:
    return std::isfinite(value);
  case NumberRange::FiniteNotZero:
    return std::isfinite(value) && value != 0;
  case NumberRange::NotNegative:
    return value >= 0;
  case NumberRange::FiniteNotNegative:
    return std::isfinite(value) && value >= 0;
  }
  return false;
}

llvm::StringRef symc::wantedOf(NumberRange range) {
  switch (range) {
  case NumberRange::Any:
    break;
  case NumberRange::NotNan:
    return "a number";
  case NumberRange::Finite:
    return "finite";
  case NumberRange::FiniteNotZero:
    return "finite and not 0";
  case NumberRange::NotNegative:
    return "0 or more";
  case NumberRange::FiniteNotNegative:
    return "finite and 0 or more";
  }
  return "a number";
}

std::string AttrSchema::misfit(mlir::Attribute attr, mlir::Type element) const {
  if (kind != AttrKind::Number) // what an op computes with
    element = arithmeticType(element);
  std::string type = printElementType(element);
  mlir::TypedAttr value = Number(llvm::cast<mlir::TypedAttr>(attr)).as(element);
  if (!value)
    return "which " + type + " cannot represent";
  // 0 is another kind of norm, and divides.
  bool keepsFromZero = kind == AttrKind::Order || range == NumberRange::FiniteNotZero;
  auto real = llvm::dyn_cast<mlir::FloatAttr>(attr), rounded = llvm::dyn_cast<mlir::FloatAttr>(value);
  if (keepsFromZero && real && rounded && rounded.getValue().isZero() && !real.getValue().isZero())
    return "which " + type + " rounds to 0";
  // An order is a power and, back again, a root.
  if (double order = real ? real.getValueAsDouble() : 0; kind == AttrKind::Order && order != 0)
    if (std::isinf(1 / order) || !fitsElement(mlir::FloatAttr::get(real.getType(), 1 / order), element))
      return "the reciprocal of which " + type + " cannot represent";
  return "";
}

bool OpSchema::takesFunctions() const {
  return llvm::any_of(attributes, [](const AttrSchema &attribute) { return attribute.kind == AttrKind::Function; });
}

llvm::ArrayRef<OpSchema> symc::opSchemas() { return kOpSchemas; }

const OpSchema *symc::findOpSchema(llvm::StringRef mnemonic) {
  const auto *it = llvm::lower_bound(
      kOpSchemas, mnemonic, [](const OpSchema &schema, llvm::StringRef name) { return schema.mnemonic < name; });
  return it != std::end(kOpSchemas) && it->mnemonic == mnemonic ? it : nullptr;
}
