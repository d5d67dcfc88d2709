//===- Dims.h - Sizes of tensors ----------------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// One size an axis, as the encoding of a tensor's type has them when one is not constant.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_DIMS_H
#define SYMC_DIALECTS_SYM_DIMS_H

#include "dialects/sym/Dim.h"
#include "mlir/IR/BuiltinTypes.h"

namespace symc {

/// Bounds of slices: nothing is open.
using OpenInts = llvm::SmallVector<std::optional<int64_t>, 4>;
OpenInts openInts(mlir::ArrayAttr attr);
mlir::ArrayAttr openIntsAttr(mlir::MLIRContext *context, llvm::ArrayRef<std::optional<int64_t>> bounds);
/// Those of an attribute whose entries may be sizes as well.
using OpenBounds = llvm::SmallVector<std::optional<Dim>, 4>;
OpenBounds openBounds(mlir::ArrayAttr attr);
mlir::ArrayAttr openBoundsAttr(mlir::MLIRContext *context, llvm::ArrayRef<std::optional<Dim>> bounds);

using Dims = llvm::SmallVector<Dim, 4>;

bool sameDims(llvm::ArrayRef<Dim> a, llvm::ArrayRef<Dim> b);
/// A size of the tensor is overflown, or its bytes, with symbolic dimensions as 1, do not fit in 63 bits, or its sizes
/// have more than 63 symbolic factors.
bool isTooLarge(mlir::Type tensor);

/// Sizes of a ranked tensor.
Dim dimOf(mlir::Type tensor, unsigned axis);
Dims dimsOf(mlir::Type tensor);
inline Dims dimsOf(mlir::Value tensor) { return dimsOf(tensor.getType()); }
/// Product of all sizes.
Dim elementCount(mlir::Type tensor);
Dim product(mlir::MLIRContext *context, llvm::ArrayRef<Dim> dims);

/// The tensor type with these sizes; its encoding holds them when one is not constant.
mlir::RankedTensorType tensorType(llvm::ArrayRef<Dim> dims, mlir::Type element);
/// `like` with another element type.
mlir::RankedTensorType withElement(mlir::Type like, mlir::Type element);

std::string printElementType(mlir::Type element);
/// As a graph file writes it: `f32[batch, 2]`.
std::string printType(mlir::Type tensor);

} // namespace symc
#endif
