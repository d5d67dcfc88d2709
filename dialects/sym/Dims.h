//===- Dims.h - Sizes as expressions in symbolic dimensions ------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A size is an mlir::AffineExpr over the context's numbered symbols: a polynomial with
// integer coefficients whose factors are symbols and floordivs. `canonical` makes equal sizes
// equal expressions, and `tensorType` canonicalises what it is given.
//
// The operators of AffineExpr wrap around where constants do not fit in 64 bits: they are for
// parts of sizes that were accepted. What makes sizes out of a user's numbers computes with
// Size, which is overflown from there on. Types are accepted in two places, which ask `isTooLarge`:
// results of the ops of a file by the importer, those of the ops that they decompose into by
// Decompose.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_DIMS_H
#define SYMC_DIALECTS_SYM_DIMS_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpImplementation.h"
#include <optional>
#include <string>

namespace symc {

/// Bounds of slices: nothing is open.
using OpenInts = llvm::SmallVector<std::optional<int64_t>, 4>;
OpenInts openInts(mlir::ArrayAttr attr);
mlir::ArrayAttr openIntsAttr(mlir::MLIRContext *context, llvm::ArrayRef<std::optional<int64_t>> bounds);

using Dims = llvm::SmallVector<mlir::AffineExpr, 4>;

mlir::AffineExpr symbolDim(mlir::MLIRContext *context, llvm::StringRef name);
mlir::AffineExpr constantDim(mlir::MLIRContext *context, int64_t value);
/// Sum-of-products form with sorted terms: two sizes are equal when their canonical forms are the same expression.
mlir::AffineExpr canonical(mlir::AffineExpr expr);
inline bool sameDim(mlir::AffineExpr a, mlir::AffineExpr b) { return canonical(a) == canonical(b); }
bool sameDims(llvm::ArrayRef<mlir::AffineExpr> a, llvm::ArrayRef<mlir::AffineExpr> b);
std::optional<int64_t> constantValue(mlir::AffineExpr expr);
/// Of a canonical form: a number in it does not fit in 64 bits.
bool isOverflown(mlir::AffineExpr expr);
/// A size of the tensor is overflown, or its bytes, with symbolic dimensions as 1, do not fit in 63 bits, or its sizes
/// have more than 63 symbolic factors.
bool isTooLarge(mlir::Type tensor);
inline bool isOne(mlir::AffineExpr expr) { return constantValue(expr) == 1; }

/// A canonical size with arithmetic that tells when a number does not fit in 64 bits.
class Size {
public:
  Size(mlir::AffineExpr expr) : expr(canonical(expr)) {}
  operator mlir::AffineExpr() const { return expr; }

  Size operator+(Size other) const;
  Size operator-(Size other) const;
  Size operator*(Size other) const;
  Size operator+(int64_t other) const;
  Size operator-(int64_t other) const;
  Size operator*(int64_t other) const;
  Size floorDiv(Size other) const;
  Size floorDiv(int64_t other) const;
  Size ceilDiv(int64_t other) const;

private:
  mlir::AffineExpr expr;
};

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

/// Value at these values of the symbols (by number); nothing when it overflows or divides by zero.
std::optional<int64_t> evaluate(mlir::AffineExpr expr, llvm::ArrayRef<int64_t> values);
/// Numbers of the symbols in `expr`, in ascending order.
llvm::SmallVector<unsigned> symbolsIn(mlir::AffineExpr expr);
/// Emits arith on values of type `integer` (index, i64). `symbol` gives the value of a numbered symbol.
mlir::Value materialize(mlir::OpBuilder &b, mlir::Location loc, mlir::Type integer, mlir::AffineExpr expr,
                        llvm::function_ref<mlir::Value(unsigned)> symbol);

/// A size as #sym.dims has it.
mlir::FailureOr<mlir::AffineExpr> parseDim(mlir::AsmParser &parser);
/// `2*batch + 1`, with `divide` for the floor division.
std::string printDim(mlir::AffineExpr expr, llvm::StringRef divide = "//");
std::string printElementType(mlir::Type element);
/// As a graph file writes it: `f32[batch, 2]`.
std::string printType(mlir::Type tensor);

} // namespace symc
#endif
