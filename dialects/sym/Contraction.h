//===- Contraction.h - Matrix products as parts of other ops ------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_CONTRACTION_H
#define SYMC_DIALECTS_SYM_CONTRACTION_H

#include "dialects/sym/SymOps.h"

namespace symc {

/// What is known of a sym.matmul, and then of its kernel.contract, whose operands or result are shares of causal
/// attention. They may be dropped anywhere: the numbers are the same without, but for infinities that would meet zeros.
/// In the matrices of `a`, as they lie in memory, all is 0 above the diagonal.
constexpr llvm::StringLiteral kLowerAAttr("sym.lower_a");
/// In the matrices of the result any finite numbers do above the diagonal, and all is 0 there in its cotangent.
constexpr llvm::StringLiteral kLowerOutAttr("sym.lower_out");
/// The product x, of which `attribute`, one of these, is true.
mlir::Value known(mlir::Value x, llvm::StringRef attribute);

/// sym.matmul, with transposed operands where told.
mlir::Value multiply(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value y, bool tx = false,
                     bool ty = false);
/// All axes but the last in one; a vector or matrix as it is.
mlir::Value flattenRows(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x);
/// A vector as a matrix of one column; anything else as it is.
mlir::Value asColumn(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x);
/// Sizes of leading axes, broadcast as NumPy broadcasts; nothing, with an error that shows the types, where they do not
/// fit.
mlir::FailureOr<Dims> broadcastLeading(std::optional<mlir::Location> loc, llvm::ArrayRef<Dim> a, llvm::ArrayRef<Dim> b,
                                       mlir::Type typeA, mlir::Type typeB);
/// Sums a cotangent over the axes along which a value of the type `like` was broadcast.
mlir::Value unbroadcast(mlir::OpBuilder &b, mlir::Location loc, mlir::Value cotangent, mlir::Type like);

} // namespace symc
#endif
