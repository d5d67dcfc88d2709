//===- ExpressionBuilder.h - Expressions as operations ------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// An expression is sugar: it expands to operations named after the node that holds it (`J/sub`, `J/sub_1`; the last one
// is `J` itself). Numbers and sizes are folded until they meet a tensor, whose element type they take.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_EXPRESSIONBUILDER_H
#define SYMC_FRONTEND_EXPRESSIONBUILDER_H

#include "lib/Frontend/ImportContext.h"

namespace symc {

/// What a name of an expression stands for.
struct Resolved {
  mlir::Value value;                           // a tensor
  Dim size;                                    // a dimension
  bool bad() const { return !value && !size; } // reported
};

/// Where an expression stands: what it sees, and what its operations are named after.
struct ExpressionScope {
  std::function<Resolved(std::string_view name, TextRange range)> resolve;
  /// Whether a call of that name is one of a function of the file.
  std::function<bool(std::string_view name)> isFunction;
  /// Whether the name is one of a tensor.
  std::function<bool(std::string_view name)> isTensor;
  /// The results of a call; empty after reporting.
  std::function<llvm::SmallVector<mlir::Value>(std::string_view function, llvm::MutableArrayRef<Operand> operands,
                                               const OpPlace &place)>
      call;
  /// The same of an op that is given functions by name.
  std::function<llvm::SmallVector<mlir::Value>(const OpSchema &schema, llvm::MutableArrayRef<Operand> operands,
                                               llvm::ArrayRef<AttributeArgument> attributes, const OpPlace &place)>
      control;
  /// Tells the importer of an operation's name.
  std::function<void(llvm::StringRef name, TextRange holder)> named;
};

/// The results of the expression; empty after reporting. A number or size alone is
/// reported unless it has become a tensor.
llvm::SmallVector<mlir::Value> buildExpression(ImportContext &context, OpMaker &maker, const ExpressionScope &scope,
                                               const Expression &expression, const StringPlaces &places,
                                               std::string_view holder, TextRange holderRange);

} // namespace symc

#endif // SYMC_FRONTEND_EXPRESSIONBUILDER_H
