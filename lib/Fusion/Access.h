//===- Access.h - Which elements an op reads ----------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What ops read, as maps between axes. The map of a move is not written down anywhere: its
// element builder is run once on symbolic indices, and the indices that it reads at are seen.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FUSION_ACCESS_H
#define SYMC_FUSION_ACCESS_H

#include "lib/Fusion/CostModel.h"

namespace symc {

/// An index that is not one of the reader's.
constexpr int kOtherIndex = -1;

/// A value, and for each of its axes the axis of the reader's index space whose index it is read at.
struct Access {
  mlir::Value value;
  llvm::SmallVector<int, 4> axes;
};

/// Reads of the ops of one function or region.
class AccessMap {
public:
  /// The sizes that the op runs over: those of its result, or of the operand that it reduces.
  static Dims spaceOf(mlir::Operation *op);

  /// The values that `op` reads in the end: moves on the way are followed, unless `stops` says to stop at a value.
  llvm::SmallVector<Access> readsOf(mlir::Operation *op, llvm::function_ref<bool(mlir::Value)> stops);

  /// Whether all that `op` reads are elements as they stand in memory, each at some of the reader's own indices.
  bool readsCopies(mlir::Operation *op, llvm::function_ref<bool(mlir::Value)> stops);
  /// Arithmetic of the moves that one element of `op` is read through.
  unsigned costOfReads(mlir::Operation *op, const FusionCosts &costs, llvm::function_ref<bool(mlir::Value)> stops);

  /// Whether reading what `op` reads, or computing it, may fail the call (an index out of range).
  bool mayFail(mlir::Operation *op, llvm::function_ref<bool(mlir::Value)> stops);

private:
  struct Read {
    unsigned operand;
    llvm::SmallVector<int, 4> axes;
  };
  struct Move {
    llvm::SmallVector<Read, 2> reads;
    bool copies = false; // its value is the element that it reads
    OpCounts ops;        // of one element
    bool checks = false; // its element may fail the call
  };
  llvm::DenseMap<mlir::Operation *, Move> moves;

  Move probe(mlir::Operation *move);
  void follow(const Access &access, llvm::function_ref<bool(mlir::Value)> stops,
              llvm::SmallVectorImpl<Access> &results);
};

/// The value has the sizes `space` and is read at the reader's own index.
bool readsSameIndex(const Access &access, llvm::ArrayRef<Dim> space);
/// The same when axes of size 1 do not count.
bool readsSameIndexUpToUnits(const Access &access, llvm::ArrayRef<Dim> space);
/// The first axes of the value are `outer`, and read at the reader's first indices.
bool keepsOuterIndex(const Access &access, llvm::ArrayRef<Dim> outer);

} // namespace symc
#endif
