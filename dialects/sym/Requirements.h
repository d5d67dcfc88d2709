//===- Requirements.h - What functions ask of symbolic sizes ------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_REQUIREMENTS_H
#define SYMC_DIALECTS_SYM_REQUIREMENTS_H

#include "dialects/sym/Dims.h"
#include "dialects/sym/Element.h"
#include "mlir/IR/BuiltinOps.h"

namespace symc {

/// An assertion that is about numbers made of sizes, not one of the file.
constexpr llvm::StringLiteral kChecksSize = "sym.checks_size";

/// The largest integer n such that the type has 0, 1, …, n, in floating types without those that round to infinity;
/// INT64_MAX where no size is above.
int64_t largestNumber(mlir::Type element);

/// Whether a size is at least `least` wherever the symbolic dimensions are inside their bounds.
bool isAtLeast(mlir::ModuleOp module, Dim size, int64_t least);

/// What the ops inside of `function` require, in their order, without what always holds and what was said before. No
/// size may be negative, and one that stands as a number is one of its element type.
std::vector<SizeRequirement> sizeRequirements(mlir::Operation *function);

} // namespace symc
#endif
