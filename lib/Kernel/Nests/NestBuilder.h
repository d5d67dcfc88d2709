//===- NestBuilder.h - A kernel.nest under construction -----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_KERNEL_NESTS_NESTBUILDER_H
#define SYMC_LIB_KERNEL_NESTS_NESTBUILDER_H

#include "lib/Kernel/Nests/Evaluator.h"

namespace symc {

/// Erases the ops of a body whose values nothing uses: element builders make more than an element needs.
void eraseDeadOps(mlir::Block &block);

/// A kernel.nest under construction. What its body reads at linear places becomes `reads`.
class NestBuilder {
public:
  /// The elements that a point of the nest yields; `index` is the iterations of the loops.
  using Body = llvm::function_ref<llvm::SmallVector<mlir::Value>(Evaluator &, mlir::OpBuilder &inner,
                                                                 llvm::ArrayRef<Index> index)>;
  using Combine = llvm::function_ref<llvm::SmallVector<mlir::Value>(
      mlir::OpBuilder &inner, mlir::ValueRange accumulators, mlir::ValueRange elements)>;

  NestBuilder(mlir::OpBuilder &b, mlir::Location loc, Memory &memory) : b(b), loc(loc), memory(memory) {}

  void addLoop(Dim size, kernel::Iterator iterator = kernel::Iterator::parallel);
  void addLoops(llvm::ArrayRef<Dim> sizes) {
    for (Dim size : sizes)
      addLoop(size);
  }
  unsigned numLoops() const { return domain.size(); }
  /// The iterations of all loops, and of those that do not reduce.
  Indices index() const;
  Indices keptIndex() const;

  /// A buffer that gets an element of each point, or of each iteration of the loops that do not reduce.
  void addWrite(mlir::Value buffer, llvm::ArrayRef<Index> at);
  /// The iterations of `loop` end at `end` as well as at its size.
  void setBound(unsigned loop, const LinearForm &end);
  /// A reduction of the next writes, as many as there are neutral elements.
  void addCombiner(llvm::ArrayRef<mlir::TypedAttr> neutral, Combine combine);

  kernel::NestOp create(Body body);

private:
  kernel::LinearAttr attr(const LinearForm &form) const;
  mlir::Value read(mlir::Block &block, mlir::Value buffer, llvm::ArrayRef<Index> index);

  mlir::OpBuilder &b;
  mlir::Location loc;
  Memory &memory;
  Dims domain;
  llvm::SmallVector<kernel::Iterator> iterators;
  llvm::SmallVector<mlir::Value> reads, writes;
  llvm::SmallVector<LinearForm> readPlaces, writePlaces;
  llvm::SmallVector<mlir::Attribute> neutralElements;
  llvm::SmallVector<std::unique_ptr<mlir::Region>> combiners;
  kernel::BoundAttr bound;
};

} // namespace symc
#endif
