//===- Dims.cpp - Sizes of tensors ----------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Dims.h"
#include "dialects/sym/SymOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace symc;

bool symc::sameDims(ArrayRef<Dim> a, ArrayRef<Dim> b) { return a == b; }

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

Dim symc::dimOf(Type type, unsigned axis) {
  auto tensor = cast<RankedTensorType>(type);
  if (auto dims = dyn_cast_or_null<sym::DimsAttr>(tensor.getEncoding()))
    return dims.getExprs()[axis];
  return constantDim(type.getContext(), tensor.getDimSize(axis));
}

Dims symc::dimsOf(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  if (auto dims = dyn_cast_or_null<sym::DimsAttr>(tensor.getEncoding()))
    return Dims(dims.getExprs());
  Dims result;
  for (int64_t size : tensor.getShape())
    result.push_back(constantDim(type.getContext(), size));
  return result;
}

Dim symc::product(MLIRContext *context, ArrayRef<Dim> dims) {
  Dim result = constantDim(context, 1);
  for (Dim dim : dims)
    result = result * dim;
  return result;
}

Dim symc::elementCount(Type tensor) { return product(tensor.getContext(), dimsOf(tensor)); }

RankedTensorType symc::tensorType(ArrayRef<Dim> dims, Type element) {
  SmallVector<int64_t> shape;
  Dims exprs;
  bool dynamic = false;
  for (Dim dim : dims) {
    exprs.push_back(dim);
    std::optional<int64_t> size = constantValue(exprs.back());
    shape.push_back(size.value_or(ShapedType::kDynamic));
    dynamic |= !size;
  }
  Attribute encoding;
  if (dynamic)
    encoding = sym::DimsAttr::get(element.getContext(), exprs);
  return RankedTensorType::get(shape, element, encoding);
}

RankedTensorType symc::withElement(Type like, Type element) {
  auto tensor = cast<RankedTensorType>(like);
  return RankedTensorType::get(tensor.getShape(), element, tensor.getEncoding());
}

/// A size where every symbol is 1; nothing when it overflows.
static std::optional<int64_t> evaluateAtOnes(Dim expr) {
  if (!expr.isBinary())
    return constantValue(expr).value_or(1);
  std::optional<int64_t> a = evaluateAtOnes(expr.getLHS()), b = evaluateAtOnes(expr.getRHS());
  if (!a || !b)
    return std::nullopt;
  if (expr.getKind() == Dim::Kind::FloorDiv && *b < 1)
    return 1; // a quotient by what is no divisor there may be anything elsewhere
  int64_t result;
  switch (expr.getKind()) {
  case Dim::Kind::Add:
    return llvm::AddOverflow(*a, *b, result) ? std::nullopt : std::optional(result);
  case Dim::Kind::Mul:
    return llvm::MulOverflow(*a, *b, result) ? std::nullopt : std::optional(result);
  case Dim::Kind::Max:
    return std::max(*a, *b);
  default:
    return llvm::divideFloorSigned(*a, *b);
  }
}

/// The most factors of a term, constants apart.
static unsigned degree(Dim expr) {
  if (!expr.isBinary())
    return !expr.isConstant();
  unsigned a = degree(expr.getLHS()), b = degree(expr.getRHS());
  return expr.getKind() == Dim::Kind::Mul ? a + b : expr.getKind() == Dim::Kind::Add ? std::max(a, b) : 1;
}

bool symc::isTooLarge(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  unsigned factors = 0;
  int64_t bytes = std::max(1u, tensor.getElementType().getIntOrFloatBitWidth() / 8);
  for (Dim dim : dimsOf(tensor)) {
    if (isOverflown(dim))
      return true;
    // A product of more fits where all but few are 0 or 1, and each squaring would double the expression.
    if ((factors += degree(dim)) > 63)
      return true;
    std::optional<int64_t> size = evaluateAtOnes(dim);
    if (!size || llvm::MulOverflow(bytes, std::max<int64_t>(*size, 1), bytes))
      return true;
  }
  return false;
}

std::string symc::printElementType(Type element) { return infoOf(elementTypeOf(element)).name; }

std::string symc::printType(Type tensor) {
  std::string text = printElementType(cast<RankedTensorType>(tensor).getElementType()) + "[";
  llvm::ListSeparator separator;
  for (Dim dim : dimsOf(tensor))
    text += (StringRef(separator) + printDim(dim)).str();
  return text + "]";
}
