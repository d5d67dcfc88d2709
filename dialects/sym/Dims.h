//===- Dims.h - Sizes as expressions in symbolic dimensions ------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A size is an mlir::AffineExpr over the context's numbered symbols: a polynomial with
// integer coefficients whose factors are symbols and floordivs. Build sizes with the
// operators of AffineExpr (+, -, *, floorDiv, ceilDiv); `canonical` makes equal sizes equal
// expressions, and `tensorType` canonicalises what it is given.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_DIMS_H
#define SYMC_DIALECTS_SYM_DIMS_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include <optional>
#include <string>

namespace symc {

/// An open bound in `Sym_OpenInts`.
constexpr int64_t kOpen = INT64_MIN;

using Dims = llvm::SmallVector<mlir::AffineExpr, 4>;

mlir::AffineExpr symbolDim(mlir::MLIRContext *context, llvm::StringRef name);
mlir::AffineExpr constantDim(mlir::MLIRContext *context, int64_t value);
/// Sum-of-products form with sorted terms: two sizes are equal when their canonical forms are the same expression.
mlir::AffineExpr canonical(mlir::AffineExpr expr);
inline bool sameDim(mlir::AffineExpr a, mlir::AffineExpr b) { return canonical(a) == canonical(b); }
bool sameDims(llvm::ArrayRef<mlir::AffineExpr> a, llvm::ArrayRef<mlir::AffineExpr> b);
std::optional<int64_t> constantValue(mlir::AffineExpr expr);
inline bool isOne(mlir::AffineExpr expr) { return constantValue(expr) == 1; }

/// Sizes of a ranked tensor.
mlir::AffineExpr dimOf(mlir::Type tensor, unsigned axis);
Dims dimsOf(mlir::Type tensor);
inline Dims dimsOf(mlir::Value tensor) { return dimsOf(tensor.getType()); }
/// Product of all sizes.
mlir::AffineExpr elementCount(mlir::Type tensor);
mlir::AffineExpr product(mlir::MLIRContext *context, llvm::ArrayRef<mlir::AffineExpr> dims);

/// The tensor type with these sizes; its encoding holds them when one is not constant.
mlir::RankedTensorType tensorType(llvm::ArrayRef<mlir::AffineExpr> dims, mlir::Type element);
/// `like` with another element type.
mlir::RankedTensorType withElement(mlir::Type like, mlir::Type element);

/// `expr` with every symbol that has an entry in `values` (by number) replaced; null entries stay.
mlir::AffineExpr substitute(mlir::AffineExpr expr, llvm::ArrayRef<mlir::AffineExpr> values);
/// Value at these values of the symbols (by number); nothing when it overflows or divides by zero.
std::optional<int64_t> evaluate(mlir::AffineExpr expr, llvm::ArrayRef<int64_t> values);
/// Numbers of the symbols in `expr`, in ascending order.
llvm::SmallVector<unsigned> symbolsIn(mlir::AffineExpr expr);
/// Emits arith on `index` values. `symbol` gives the value of a numbered symbol.
mlir::Value materialize(mlir::OpBuilder &b, mlir::Location loc, mlir::AffineExpr expr,
                        llvm::function_ref<mlir::Value(unsigned)> symbol);

/// `2*batch + 1`, with `divide` for the floor division.
std::string printDim(mlir::AffineExpr expr, llvm::StringRef divide = "//");
std::string printElementType(mlir::Type element);
/// As a graph file writes it: `f32[batch, 2]`.
std::string printType(mlir::Type tensor);

} // namespace symc
#endif
