//===- Plan.h - Steps and buffers of a model function -------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_PLAN_H
#define SYMC_LIB_LOWERING_CPU_PLAN_H

#include "lib/Lowering/CPU/Kernels.h"

namespace symc {

/// The steps of an outlined model function and the lives of its arena buffers.
struct FunctionPlan {
  struct Buffer {
    sym::AllocOp alloc;
    int32_t first, last; // steps, inclusive
  };
  llvm::SmallVector<mlir::func::CallOp> steps;
  llvm::SmallVector<Buffer> buffers;
  llvm::DenseMap<mlir::Value, unsigned> bufferNumber; // result of sym.alloc → index into buffers

  /// With `separate` all buffers live from the first step to the last.
  explicit FunctionPlan(mlir::func::FuncOp function, bool separate = false);
};

/// Bytes of a buffer with these sizes.
mlir::AffineExpr byteSize(mlir::Type memref, llvm::ArrayRef<mlir::AffineExpr> dims);

} // namespace symc
#endif
