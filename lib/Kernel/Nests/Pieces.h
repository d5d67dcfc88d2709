//===- Pieces.h - Tensors side by side along an axis --------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// An element of a concatenation is a choice among its inputs, and one of a tensor that is
// placed among zeros (the gradient of a slice) whether there is anything: along the lanes
// of a vector that is a gather from each and a blend. In a nest that stays inside of one
// piece there is nothing to choose.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_KERNEL_NESTS_PIECES_H
#define SYMC_LIB_KERNEL_NESTS_PIECES_H

#include "lib/Kernel/Nests/Evaluator.h"

namespace symc {

/// A tensor that is made of others side by side along `axis`, whole along the other axes.
struct Pieces {
  struct Piece {
    mlir::Value input; // null: the value that PlaceOp has elsewhere
    Dim begin, end;
  };
  int64_t axis;
  llvm::SmallVector<Piece> pieces;

  /// Nothing when `op` makes no such tensor.
  static std::optional<Pieces> of(mlir::Operation *op);
  /// The one that holds all of [begin, end), if that is certain.
  const Piece *holding(Dim begin, Dim end) const;
};

/// Where the last axis is cut so that each nest of values of one shape stays inside of one piece of all that they are
/// made of, element by element. Empty where that does not pay.
llvm::SmallVector<int64_t> cutsOfLastAxis(const Memory &memory, llvm::ArrayRef<mlir::Value> values);

} // namespace symc
#endif
