//===- NestLowering.h - One kernel from tensors to nests ----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_KERNEL_NESTS_NESTLOWERING_H
#define SYMC_LIB_KERNEL_NESTS_NESTLOWERING_H

#include "lib/Kernel/Nests/NestBuilder.h"

namespace symc {

/// A tensor that goes to a buffer, or to the part of one that begins at `begin` along an axis.
struct Write {
  mlir::Value value, buffer;
  int64_t axis = 0;
  Dim begin; // null: the whole buffer
};

/// A kernel whose ops are being replaced: its writes, and what its reads stand for.
struct NestLowering {
  explicit NestLowering(mlir::func::FuncOp kernel);

  mlir::func::FuncOp kernel;
  mlir::Location loc;
  Memory memory;
  llvm::SmallVector<kernel::WriteOp> writes;

  /// A builder before the return of a kernel function.
  static mlir::OpBuilder atEnd(mlir::func::FuncOp function);
  /// The same memory as seen by the second part of a split kernel.
  Memory inSecondPart(mlir::func::FuncOp second) const;
  /// Removes the sym ops that have been lowered.
  void eraseTensors();

  /// Writes of values of one shape by a nest for each piece of the last axis, which begin at `cuts` and at 0. Values
  /// that stand in memory already are copied.
  void emitWrites(mlir::OpBuilder &b, Memory &memory, llvm::ArrayRef<Write> writes, llvm::ArrayRef<int64_t> cuts = {});
  /// All of `writes`, shape after shape in program order of each shape's first.
  void emitAllWrites(mlir::OpBuilder &b, Memory &memory, llvm::ArrayRef<kernel::WriteOp> writes, bool inPieces = false);
};

/// Whether a reduction of all of its leading axis is cut, and into how many partial results.
struct PartsChoice {
  int64_t parts, leastElements;
};

/// The kernel's first `outer` loops are those of all of its nests.
void setOuter(mlir::func::FuncOp kernel, unsigned outer);

void lowerElementwise(NestLowering &lowering);
void lowerReduction(NestLowering &lowering, PartsChoice choice);
void lowerContraction(NestLowering &lowering);
void lowerOpaque(NestLowering &lowering);

} // namespace symc
#endif
