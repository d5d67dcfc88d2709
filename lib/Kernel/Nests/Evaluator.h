//===- Evaluator.h - Elements of a kernel's tensors ---------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A kernel's tensors are pulled: to compute an element of a value, compute the elements of
// its operands that it is made of, until something is reached that stands in memory.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_KERNEL_NESTS_EVALUATOR_H
#define SYMC_LIB_KERNEL_NESTS_EVALUATOR_H

#include "lib/Kernel/Kernels.h"

namespace symc {

/// Where the tensors of one kernel function stand in memory.
struct Memory {
  mlir::func::FuncOp kernel;
  /// Reads and what has been written or stored so far.
  llvm::DenseMap<mlir::Value, mlir::Value> buffers;
  /// Reductions that are done: the buffers of their accumulators, over the axes that are kept.
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::Value>> accumulators;
};

/// Emits elements where its builder stands; an element asked for twice is computed once.
class Evaluator {
public:
  /// What stands around the code.
  struct Source {
    /// An element of memory; null to have a memref.load.
    std::function<mlir::Value(mlir::Value buffer, llvm::ArrayRef<Index> index)> read;
    /// The iteration of a loop.
    std::function<mlir::Value(unsigned loop)> loop;
    /// How many iterations a loop has; null where that is not known.
    std::function<Dim(unsigned loop)> size;
  };

  Evaluator(mlir::OpBuilder &b, mlir::Location loc, Memory &memory, Source source)
      : b(b), loc(loc), memory(memory), source(std::move(source)) {}

  /// Element of a tensor at `index`. The value has the bodyType of its type.
  mlir::Value element(mlir::Value tensor, llvm::ArrayRef<Index> index);
  /// An element of memory.
  mlir::Value load(mlir::Value buffer, llvm::ArrayRef<Index> index);
  /// The value of a form, of type `index`.
  mlir::Value materialize(const LinearForm &form);

private:
  using Key = std::vector<const void *>;

  mlir::Value compute(mlir::Value tensor, llvm::ArrayRef<Index> index);
  mlir::Value reshaped(sym::ReshapeOp reshape, ElementBuilder &e, llvm::ArrayRef<Index> index);
  mlir::Value inOnePiece(mlir::Operation *op, ElementBuilder &e, llvm::ArrayRef<Index> index);
  mlir::Value finished(ReductionOpInterface reduction, llvm::ArrayRef<Index> index);
  mlir::Value constant(sym::ConstantOp constant);

  mlir::OpBuilder &b;
  mlir::Location loc;
  Memory &memory;
  Source source;
  std::map<Key, mlir::Value> elements, values;
};

} // namespace symc
#endif
