//===- Build.h - Shorthands for derivatives and decompositions ----*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_BUILD_H
#define SYMC_DIALECTS_SYM_BUILD_H

#include "dialects/sym/SymOps.h"

namespace symc {

/// A splat of `value` with the sizes and element type of `type`: a constant, broadcast where a size is symbolic.
mlir::Value splat(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type, double value);
mlir::Value splat(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type, mlir::TypedAttr value);
/// A size as a scalar tensor of `element`.
mlir::Value sizeValue(mlir::OpBuilder &b, mlir::Location loc, Dim size, mlir::Type element);
/// `x` broadcast to the sizes of `like`; `x` itself when it has them.
mlir::Value broadcastLike(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Type like);
/// `x` under the sizes of `like` (same element count).
mlir::Value reshapeLike(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Type like);
mlir::Value reshape(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, llvm::ArrayRef<Dim> dims);
/// Sum over `axes`, with or without keeping them as size 1.
mlir::Value sumOver(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, llvm::ArrayRef<int64_t> axes, bool keep);
/// A reduced value (axes gone or of size 1) spread over the axes again, to the sizes of `like`.
mlir::Value spread(mlir::OpBuilder &b, mlir::Location loc, mlir::Value reduced, llvm::ArrayRef<int64_t> axes,
                   mlir::Type like);
/// Axes of an optional `axis` attribute, normalised and sorted; all axes when absent. Emits a located error otherwise.
mlir::FailureOr<llvm::SmallVector<int64_t>> normalizeAxes(std::optional<mlir::Location> loc,
                                                          std::optional<llvm::ArrayRef<int64_t>> axis, int64_t rank);

} // namespace symc
#endif
