//===- Products.h - Sums of products ------------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_INTERPRETER_PRODUCTS_H
#define SYMC_LIB_INTERPRETER_PRODUCTS_H

#include "lib/Interpreter/Rules.h"

namespace symc::interpreter {

/// Stacks of matrices, [..., m, k] by [..., k, n]; leading axes are broadcast. `counts`, where given, tells which terms
/// of a row of the result there are.
Array product(Scope &s, const Array &a, const Array &b,
              llvm::function_ref<bool(int64_t row, int64_t l)> counts = nullptr);
Array transposedMatrices(const Array &x);
/// Adds a bias, null for none, along the last axis.
void addBias(Scope &s, Array &out, mlir::Value bias);
/// The activation that an attribute names; softmax is over the last axis.
void applyActivation(Scope &s, Array &out, std::optional<llvm::StringRef> activation);

} // namespace symc::interpreter
#endif
