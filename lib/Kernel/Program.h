//===- Program.h - Tensors of a block become buffers of a program -*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_KERNEL_PROGRAM_H
#define SYMC_LIB_KERNEL_PROGRAM_H

#include "lib/Kernel/KernelTable.h"
#include "llvm/ADT/DenseSet.h"

namespace symc {

/// Where a value that a block hands to its terminator is to be in the end.
struct Place {
  /// Null: nowhere, the value is not needed.
  mlir::Value buffer;
  /// The argument of the block whose contents stand in the buffer until then; null: nothing that matters.
  mlir::BlockArgument old;
};

/// The value whose memory `value` is: reshapes only rename it.
mlir::Value memoryOf(mlir::Value value);

/// The order of a block's ops, and what may be written over what.
class BlockOrder {
public:
  explicit BlockOrder(mlir::Block &block);

  /// Whether writing a result of `region` over the argument is seen by no reader of the argument's old contents, and by
  /// no failed call if `failing` (then the last op in which the call may fail counts).
  bool canOverwrite(sym::FusedOp region, mlir::Value result, mlir::BlockArgument argument, bool failing) const;
  /// The last op in which the call may fail; null: in none.
  mlir::Operation *lastCheck() const { return last; }

private:
  mlir::Block &block;
  llvm::DenseMap<mlir::Operation *, unsigned> order;
  mlir::Operation *last = nullptr;
};

/// Turns blocks of regions, constants, reshapes, loops and branches into steps of a program where its builder stands.
class ProgramBuilder {
public:
  ProgramBuilder(mlir::OpBuilder &b, KernelTable &kernels) : b(b), kernels(kernels) {}

  /// The buffer of a tensor. Arguments of a block must have theirs before the block is built.
  llvm::DenseMap<mlir::Value, mlir::Value> buffers;

  /// Builds the steps of a block; each operand of its terminator ends in its place. `failing`: no place with old
  /// contents is written before the last op in which the call may fail.
  void build(mlir::Block &block, llvm::ArrayRef<Place> places, bool failing = false);

private:
  /// An argument of a body is another name of a value.
  void bind(mlir::BlockArgument argument, mlir::Value value) {
    mlir::Value buffer = buffers.lookup(value); // first: a new entry moves the others
    buffers[argument] = buffer;
  }
  mlir::Value view(mlir::Location loc, mlir::Value buffer, mlir::Type tensor);
  mlir::Value alloc(mlir::Location loc, mlir::Type tensor);
  void copy(mlir::Location loc, mlir::Type type, mlir::Value from, mlir::Value to);
  void planPlaces(mlir::Block &block, llvm::ArrayRef<Place> places, const BlockOrder &order, bool failing,
                  llvm::DenseSet<unsigned> &direct);
  llvm::SmallVector<std::pair<unsigned, mlir::Value>> copyArguments(mlir::Block &block, llvm::ArrayRef<Place> places);
  mlir::Value resultBuffer(mlir::Value out);
  void convert(mlir::Operation &op);
  void convertRegion(sym::FusedOp region);

  // Loops.cpp
  struct Loop;
  llvm::SmallVector<mlir::Value> placeCarries(Loop &loop);
  void bindArguments(Loop &loop, mlir::Block &block, mlir::Value iteration);
  void buildIteration(Loop &loop, llvm::ArrayRef<mlir::Value> stacks);
  mlir::Value convertLoop(Loop loop);
  void convertScan(sym::ScanOp scan);
  void convertWhile(sym::WhileOp loop);
  void convertCond(sym::CondOp cond);
  mlir::Value ownBuffer(mlir::Location loc, mlir::Value init);

  mlir::OpBuilder &b;
  KernelTable &kernels;
  llvm::DenseMap<mlir::Value, mlir::Value> destination; // value → buffer that it is written to directly
};

} // namespace symc
#endif
