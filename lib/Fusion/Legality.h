//===- Legality.h - What a fused region may be --------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A legal region, which the lowering relies on and `verifyRegion` checks:
//
// All regions. One block of primitive ops; what it reads are arguments and splat constants. A
// *move* is an op that reads at other indices than it writes (an ElementOp without scalar body:
// broadcast_to, transpose, slice, gather, …) or at none (iota, random), or a reshape that only
// adds or drops axes of size 1. All other ops *compute*. A chain of moves is never stored: its
// reader evaluates it at the index that it wants.
//
// elementwise. No reductions or contractions. All computed values, and all results, have the
// sizes S. Chains of moves begin at arguments or constants, never at computed values. So an
// element of the results is one expression in elements of the arguments, and a kernel is one
// loop nest over S. A region of moves alone is a copy. A concat of computed values, which
// nothing in the region reads, is a result beside these: each of them is written to its part.
//
// contraction. One matmul or convolution on two arguments; all else as in an elementwise region
// over the sizes of its result, computed from it at the same index. Moves are copies of elements
// (broadcast_to, transpose, unit reshapes), so that what is read beside is one affine map each.
//
// reduction. All reductions have operands of the same sizes F, the full space. Computed values
// have the sizes F or those of a reduction's result (with or without the reduced axes as 1s).
// Either
//  - rows: there is N ≥ 1 so that every reduction reduces exactly the axes N and up. Everything
//    keeps the first N indices: an element with outer index o is computed from computed values
//    with outer index o alone. Values over F may be results and may depend on reductions (softmax);
//  - or columns: every reduction reduces the same axes, no value over F is a result or depends on
//    a reduction of the region. A computed value over F is the prologue of the reductions, one
//    over the reduced sizes their epilogue.
//
// opaque. One op on arguments.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FUSION_LEGALITY_H
#define SYMC_FUSION_LEGALITY_H

#include "dialects/sym/SymOps.h"
#include "lib/Fusion/Access.h"

namespace symc {

/// Whether the op only moves: see above.
bool isMove(mlir::Operation *op);
/// A reshape that only adds or drops axes of size 1.
bool isUnitReshape(mlir::Operation *op);
/// A matrix product or convolution.
bool isContraction(mlir::Operation *op);
/// A constant with one value for all elements.
bool isSplat(mlir::Value value);

/// Puts values that ops of a scalar body compute side by side.
bool joinsComputed(mlir::Operation *op);

/// The number of outer axes when all axes behind them, and no others, are reduced; nothing otherwise or without any.
std::optional<unsigned> rowAxes(ReductionOpInterface reduction);

/// Ops that are to be one region, in program order; moves only when they are stored.
struct OpSet {
  AccessMap &accesses;
  llvm::SmallVector<mlir::Operation *, 16> ops;
  /// Whether something outside reads the op's result.
  std::function<bool(mlir::Operation *)> isResult;
  /// Whether a move outside of the set is stored, so that reads end there.
  std::function<bool(mlir::Operation *)> isStored;
  bool diagnose = false; // says at its op what is not legal
};

/// The kind of region that the ops make; fails when they make none that is legal.
mlir::FailureOr<sym::FusionKind> classify(const OpSet &set);

/// Checks that a region is legal as described above; says what is not, at its op.
mlir::LogicalResult verifyRegion(sym::FusedOp region);

} // namespace symc
#endif
