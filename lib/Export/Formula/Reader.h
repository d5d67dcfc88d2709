//===- Reader.h - Graphs as expressions ---------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_EXPORT_FORMULA_READER_H
#define SYMC_EXPORT_FORMULA_READER_H

#include "dialects/sym/SymOps.h"
#include "lib/Export/Formula/Expression.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSet.h"

namespace symc::formula {

/// A named node of up to this many operations is written out where it is used.
constexpr size_t kInlineOperations = 10;
/// What has no name is written out, too, up to a size that nobody reads.
constexpr size_t kUnnamedOperations = 2000;

/// Reads the ops of a block as expressions.
class GraphReader {
public:
  GraphReader(Algebra &algebra, llvm::DenseMap<mlir::Value, std::string> names)
      : algebra(algebra), names(std::move(names)) {
    for (auto &[value, name] : this->names)
      taken.insert(name);
  }

  /// The value is written by its name alone, whatever computes it.
  void keepName(mlir::Value v) { kept.insert(v); }
  /// Reads the ops of the block, in order.
  void read(mlir::Block &block);
  Ex expressionOf(mlir::Value v);
  /// Definitions that the expression refers to, in an order in which they can be read.
  std::vector<std::pair<std::string, Ex>> definitionsFor(llvm::ArrayRef<Ex> expressions) const;

private:
  Algebra &algebra;
  llvm::DenseMap<mlir::Value, std::string> names;
  llvm::StringSet<> taken; // names that a definition cannot have
  llvm::DenseSet<mlir::Value> kept;
  llvm::DenseMap<mlir::Value, Ex> expressions;
  std::vector<std::pair<std::string, Ex>> definitions;

  void readOp(mlir::Operation *op);
  Ex build(mlir::Operation *op);
  Ex buildCall(mlir::Operation *op);
  Ex matrixOperand(mlir::Value v, bool isTransposed);
  /// With the last two axes swapped.
  Ex transposed(Ex x);
};

} // namespace symc::formula
#endif
