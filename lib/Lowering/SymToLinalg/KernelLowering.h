//===- KernelLowering.h - One kernel from sym to linalg -----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_SYMTOLINALG_KERNELLOWERING_H
#define SYMC_LIB_LOWERING_SYMTOLINALG_KERNELLOWERING_H

#include "lib/Lowering/SymToLinalg/Evaluator.h"

namespace symc {

/// A kernel whose ops are being replaced: its writes, and what its reads stand for.
struct KernelLowering {
  explicit KernelLowering(mlir::func::FuncOp kernel);

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

  /// Writes of values of one shape by a single generic. Values that stand in memory already are copied.
  void emitWrites(mlir::OpBuilder &b, Memory &memory, llvm::ArrayRef<kernel::WriteOp> writes);
  /// All of `writes`, one generic a shape, in program order of each shape's first.
  void emitAllWrites(mlir::OpBuilder &b, Memory &memory, llvm::ArrayRef<kernel::WriteOp> writes);
};

/// Sizes that a heuristic takes symbolic dimensions to be; results never depend on it.
int64_t estimate(mlir::AffineExpr expr);
/// Sets sym.outer, sym.extent and sym.grain: `outer` loops over the leading sizes of `domain`, the first of them cut
/// into chunks of about the same work; `work` is the cost of one trip of it, in elements.
void setSchedule(mlir::func::FuncOp kernel, unsigned outer, llvm::ArrayRef<mlir::AffineExpr> domain);

void lowerElementwise(KernelLowering &lowering);
void lowerReduction(KernelLowering &lowering);
void lowerContraction(KernelLowering &lowering);
void lowerOpaque(KernelLowering &lowering);

} // namespace symc
#endif
