//===- Elementwise.cpp - Elementwise operators ----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The ops are whole in Elementwise.td; their classes are compiled here, where the operator
// notation of their bodies is visible.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Expr.h"
#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

#define GET_OP_CLASSES
#include "dialects/sym/SymOps.cpp.inc"
