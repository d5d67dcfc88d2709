//===- Reader.h - Graphs as expressions ---------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_EXPORT_FORMULA_READER_H
#define SYMC_EXPORT_FORMULA_READER_H

#include "dialects/sym/SymOps.h"
#include "lib/Export/Formula/Definition.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSet.h"

namespace symc::formula {

/// A named node of up to this many operations is written out where it is used.
constexpr size_t kInlineOperations = 10;
/// What has no name is written out, too, up to a size that nobody reads.
constexpr size_t kUnnamedOperations = 2000;

/// What values are to be called.
struct ValueNames {
  llvm::DenseMap<mlir::Value, std::string> graph; // nodes, inputs and parameters: each name is one of its own
  llvm::DenseMap<mlir::Value, std::string> local; // nodes in bodies, which other bodies may have too
  llvm::StringSet<> taken;                        // what nothing else can be called

  /// Adds the nodes in the bodies of a loop or branch of the graph, and in those inside of them.
  void addLocal(mlir::Operation *op);
};

/// Reads the ops of a block as expressions.
class GraphReader {
public:
  GraphReader(Algebra &algebra, ValueNames names) : algebra(algebra), names(std::move(names)) {
    scopes.push_back({this->names.taken, {}});
  }

  /// The value is written by its name alone, whatever computes it.
  void keepName(mlir::Value v) { kept.insert(v); }
  /// Reads the ops of the block, in order.
  void read(mlir::Block &block);
  Ex expressionOf(mlir::Value v) { return expressions.at(v); }
  /// Definitions that the expressions refer to, in an order in which they can be read.
  std::vector<Definition> definitionsFor(llvm::ArrayRef<Ex> expressions) const {
    return neededBy(expressions, scopes.front().definitions);
  }

private:
  /// The graph, a body, or a body in that.
  struct Scope {
    llvm::StringSet<> names; // that are seen here: of the graph, of what the body closes over, and its own
    std::vector<Definition> definitions;
  };
  Algebra &algebra;
  ValueNames names;
  llvm::DenseSet<mlir::Value> kept;
  llvm::DenseMap<mlir::Value, Ex> expressions;
  llvm::SmallVector<Scope> scopes;
  llvm::DenseMap<mlir::Value, std::string> rowNames; // what a row of a stack is called

  void readOp(mlir::Operation *op);
  Ex build(mlir::Operation *op);
  Ex buildCall(mlir::Operation *op);
  Ex matrixOperand(mlir::Value v, bool isTransposed);
  /// With the last two axes swapped.
  Ex transposed(Ex x);
  Ex cofactors(Ex a, const Dims &shape);

  bool isTaken(llvm::StringRef name) const { return scopes.back().names.contains(name); }
  /// A name that nothing else has in this scope: the wanted one, or with a number.
  std::string fresh(llvm::StringRef wanted);
  void define(std::vector<std::string> names, Ex value) {
    scopes.back().definitions.push_back({std::move(names), value});
  }
  /// Others refer to the result by the expression, or by a name where that is large.
  void settle(mlir::Value result, Ex e);

  // Loops and branches (Control.cpp)
  /// Begins the scope of a body of the loop or branch.
  void enterBody(mlir::Operation *op);
  void readScan(sym::ScanOp scan);
  void readWhile(sym::WhileOp loop);
  void readCond(sym::CondOp cond);
  /// What a body sees of outer values: by their names, where they are not small.
  void bindInvariants(mlir::Operation *loop);
  /// Defines the function of these arguments that gives these values of the body. Answers with its name.
  Ex defineFunction(mlir::Region &body, llvm::ArrayRef<mlir::BlockArgument> arguments,
                    llvm::ArrayRef<mlir::Value> values);
  Ex defineFunction(mlir::Region &body, Function function);
  /// How the body of a loop calls a carry or row.
  std::string argumentName(mlir::BlockArgument argument);
  /// What the file calls it, in the graph or in a body; of a loop or branch, the first result. Empty: nothing.
  std::string graphName(mlir::Value v) const;
  std::string localName(mlir::Value v) const;
  /// What the file calls the value of a body.
  std::string nameWanted(mlir::Value yielded) const;
  /// What a function or loop is given: a number, where it has to be one.
  Ex passed(mlir::Value v);
  Ex passed(mlir::ValueRange values);
  /// The values that the body of a loop gives, without stacks of the same.
  llvm::SmallVector<mlir::Value> yieldedBy(mlir::Operation *loop, mlir::Block &body);
  /// Names the results of a loop by its carries and by what its body yields.
  std::vector<std::string> nameResults(mlir::Operation *loop, mlir::Block &body);
  std::string nameResult(mlir::Value result, llvm::StringRef wanted);
};

} // namespace symc::formula
#endif
