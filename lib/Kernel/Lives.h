//===- Lives.h - Steps of a program and lives of its buffers ------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_KERNEL_LIVES_H
#define SYMC_LIB_KERNEL_LIVES_H

#include "lib/Kernel/Kernels.h"

namespace symc {

/// Calls `act` with each buffer that `buffer` may stand for: an allocation, a global, an argument of the program.
/// Views, rows, and what loops carry are names of these.
void forEachRoot(mlir::Value buffer, llvm::function_ref<void(mlir::Value)> act);

/// One numbering of all steps of a program, loops and branches entered, and the lives of its arena buffers in it. A
/// buffer from outside of a loop that is used inside lives as long as the loop runs.
struct Lives {
  struct Buffer {
    kernel::AllocOp alloc;
    int32_t first, last; // steps, inclusive
  };
  llvm::SmallVector<Buffer> buffers;
  llvm::DenseMap<mlir::Value, unsigned> bufferNumber; // result of kernel.alloc → index into buffers
  llvm::DenseMap<mlir::Operation *, int32_t> step;    // a loop or branch: where it begins
  int32_t steps = 0;

  /// With `separate` all buffers live from the first step to the last.
  explicit Lives(mlir::func::FuncOp program, bool separate = false);

private:
  llvm::DenseMap<mlir::Operation *, int32_t> end; // of a loop

  void number(mlir::Block &block);
  void use(mlir::Operation *op, mlir::Value buffer);
};

/// Bytes of a buffer with these sizes.
Dim byteSize(mlir::Type memref, llvm::ArrayRef<Dim> dims);

} // namespace symc
#endif
