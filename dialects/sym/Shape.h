//===- Shape.h - What the moves share -----------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_SHAPE_H
#define SYMC_DIALECTS_SYM_SHAPE_H

#include "dialects/sym/Build.h"
#include "dialects/sym/Expr.h"

namespace symc {

/// No size is a negative number: of attributes in which nothing is inferred.
bool areSizes(mlir::Attribute dims);
/// One axis, normalised; a located error when it is out of range.
mlir::FailureOr<int64_t> normalizeAxis(std::optional<mlir::Location> loc, int64_t axis, int64_t rank);

/// A stretch of an axis.
struct AxisPart {
  int64_t axis, begin, end;
};
/// Where the op places x along the one axis along which it is not whole. Nothing where there are more such axes, or
/// none, where x is spread in steps, or where symbolic sizes leave open whether it lies inside.
std::optional<AxisPart> partOf(sym::PlaceOp op);

/// Elements offset, offset + 1, … of `axis`; `x` itself when these are all.
mlir::Value cropAxis(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, int64_t axis, Dim offset, Dim size,
                     int64_t step = 1, int64_t needed = 0);

/// `index` into `tensor`, or its first element where not `inside`, if the tensor may be empty: then no index is valid,
/// and one with other parts than 0 would be far outside.
void stayInside(ElementBuilder &e, mlir::Operation *op, mlir::Value tensor, Scalar inside,
                llvm::SmallVectorImpl<Index> &index);

/// A value of type `index` in operator notation.
inline Scalar indexScalar(ElementBuilder &e, const Index &index) {
  return {e.b, e.loc, e.value(index), e.b.getIndexType()};
}
inline Scalar indexScalar(ElementBuilder &e, Dim size) { return indexScalar(e, LinearForm::size(size)); }
/// An i64 value of the given integer, from its element type.
Scalar toI64(Scalar x);
mlir::Value toIndex(Scalar x);
/// Into [0, size).
Scalar clampIndex(Scalar index, Scalar size);
Scalar zeroElement(ElementBuilder &e, mlir::Type element);
/// Checks -size <= i < size and counts negative ones from the end, or checks 0 <= i < size when `fromEnd` is false; a
/// valid index in any case.
Scalar checkedIndex(ElementBuilder &e, Scalar i, Dim size, std::string what, bool fromEnd = true);

/// How many axes of x the index tuples along the last axis of `indices` fix.
mlir::FailureOr<int64_t> indexTupleLength(std::optional<mlir::Location> loc, mlir::Type x, mlir::Type indices);
/// The tuples as checked positions among these axes made one.
mlir::Value linearIndex(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value indices, int64_t length);
/// The shape function of scatter and scatter_add.
mlir::LogicalResult inferScatter(mlir::Value x, mlir::Value indices, mlir::Value updates,
                                 std::optional<mlir::Location> loc, llvm::SmallVectorImpl<mlir::Type> &types);

} // namespace symc
#endif
