//===- Gradient.cpp - Derivatives as ops of the graph ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/SymOps.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

LogicalResult GradOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  if (!dimsOf(a.getY()).empty())
    return emitOptionalError(loc, "S0713: 'grad' differentiates a scalar, not ", printType(a.getY().getType()),
                             "; hint: sum(…) or mean(…) makes one");
  llvm::append_range(types, a.getXs().getTypes());
  return success();
}

#define GET_OP_CLASSES
#include "dialects/sym/Gradient.cpp.inc"
