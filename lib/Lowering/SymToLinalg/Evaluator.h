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
#ifndef SYMC_LIB_LOWERING_SYMTOLINALG_EVALUATOR_H
#define SYMC_LIB_LOWERING_SYMTOLINALG_EVALUATOR_H

#include "lib/Kernel/Kernels.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace symc {

/// Where the tensors of one kernel function stand in memory.
struct Memory {
  mlir::func::FuncOp kernel;
  /// Reads and what has been written or stored so far.
  llvm::DenseMap<mlir::Value, mlir::Value> buffers;
  /// Reductions that are done: the buffers of their accumulators, over the axes that are kept.
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::Value>> accumulators;

  /// The value of a size, as index, at the kernel's start.
  mlir::Value size(mlir::Location loc, mlir::AffineExpr expr);
};

/// Emits elements where its builder stands; an element asked for twice is computed once.
class Evaluator {
public:
  Evaluator(mlir::OpBuilder &b, mlir::Location loc, Memory &memory) : b(b), loc(loc), memory(memory) {}

  /// Element of a tensor at `index` (values of type index, one an axis). The value has the bodyType of its type.
  mlir::Value element(mlir::Value tensor, mlir::ValueRange index);
  /// An element of memory.
  mlir::Value load(mlir::Value buffer, mlir::ValueRange index);
  /// Called for reads of memory; answers null to have a memref.load.
  std::function<mlir::Value(mlir::Value buffer, mlir::ValueRange index)> onLoad;

private:
  mlir::Value compute(mlir::Value tensor, mlir::ValueRange index);
  mlir::Value reshaped(sym::ReshapeOp reshape, mlir::ValueRange index);
  mlir::Value finished(ReductionOpInterface reduction, mlir::ValueRange index);
  mlir::Value constant(sym::ConstantOp constant);
  mlir::Value zero() { return mlir::arith::ConstantIndexOp::create(b, loc, 0); }

  mlir::OpBuilder &b;
  mlir::Location loc;
  Memory &memory;
  std::map<std::pair<void *, std::vector<void *>>, mlir::Value> known;
};

/// A linalg.generic under construction: `outs` at `outMaps` over `domain`. Buffers that are read at the index of the
/// loops become its inputs.
class GenericBuilder {
public:
  using Body = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::OpBuilder &b, Evaluator &,
                                                                 mlir::ValueRange index, mlir::ValueRange outs)>;

  static mlir::linalg::GenericOp create(mlir::OpBuilder &b, mlir::Location loc, Memory &memory,
                                        llvm::ArrayRef<mlir::AffineExpr> domain,
                                        llvm::ArrayRef<mlir::utils::IteratorType> iterators, mlir::ValueRange outs,
                                        llvm::ArrayRef<mlir::AffineMap> outMaps, Body body);
};

} // namespace symc
#endif
