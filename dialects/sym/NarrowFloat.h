//===- NarrowFloat.h - Conversions of f16 and bf16 ----------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Bodies hold numbers of f16 and bf16 as their bits. The conversions are made of integer
// arithmetic, so that they are the same on machines with and without instructions for them.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_NARROWFLOAT_H
#define SYMC_DIALECTS_SYM_NARROWFLOAT_H

#include "dialects/sym/Expr.h"

namespace symc {

/// A number of f16 or bf16 as f32: exact.
Scalar widenFloat(Scalar x);
/// Any number as one of f16 or bf16, rounded once, ties to even.
Scalar narrowFloat(Scalar x, mlir::Type element);

} // namespace symc
#endif
