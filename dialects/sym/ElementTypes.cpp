//===- ElementTypes.cpp - Element types as MLIR has them ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/ElementTypes.h"
#include "llvm/Support/ErrorHandling.h"

using namespace mlir;
using namespace symc;

Type symc::mlirType(MLIRContext *context, ElementType type) {
  unsigned bits = 8 * byteSize(type);
  switch (infoOf(type).kind) {
  case NumberKind::Signed:
    return IntegerType::get(context, bits);
  case NumberKind::Unsigned:
    return IntegerType::get(context, bits, IntegerType::Unsigned);
  case NumberKind::Bool:
    return IntegerType::get(context, 1);
  case NumberKind::BFloat:
    return BFloat16Type::get(context);
  case NumberKind::Float:
    break;
  }
  return bits == 16   ? Type(Float16Type::get(context))
         : bits == 32 ? Type(Float32Type::get(context))
                      : Type(Float64Type::get(context));
}

ElementType symc::elementTypeOf(Type element) {
  for (size_t i = 0; i < kElementTypeCount; ++i)
    if (auto type = static_cast<ElementType>(i); mlirType(element.getContext(), type) == element)
      return type;
  llvm_unreachable("no element type of tensors");
}
