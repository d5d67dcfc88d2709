//===- GraphNodes.h - Nodes as operations ---------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_GRAPHNODES_H
#define SYMC_FRONTEND_GRAPHNODES_H

#include "lib/Frontend/ExpressionBuilder.h"
#include "lib/Frontend/GraphNames.h"
#include "llvm/Support/SaveAndRestore.h"

namespace symc {

/// Builds nodes and expressions where the builder stands.
class NodeBuilder : GraphPart {
public:
  using GraphPart::GraphPart;

  /// The nodes of the graph.
  void buildGraph();
  /// The nodes of a scope; circles among them are reported.
  void build(Scope &scope);
  /// The one result of a name or expression; null after reporting, or when it depends on something reported.
  mlir::Value buildValue(Scope &scope, const JsonValue &text, std::string_view holder, TextRange holderRange);
  /// The same of an output of the graph.
  mlir::Value buildOutput(const JsonValue &text, std::string_view name, TextRange range) {
    ++nodeNumber;
    return buildValue(main, text, name, range);
  }

  /// What a layer of the node that is being built asks for; null after reporting.
  mlir::Value makeParameter(const OpPlace &place, const LayerParameter &parameter);
  /// Of the node that is being built, in file order; outputs follow the nodes.
  uint32_t number() const { return nodeNumber; }
  /// While it lives, another body is built in the middle of an expression.
  auto interrupt() { return llvm::SaveAndRestore(layer); }

private:
  Resolved resolve(const Scope &scope, std::string_view name, TextRange range);
  /// The results of an expression; empty after reporting.
  llvm::SmallVector<mlir::Value> buildText(Scope &scope, const JsonValue &text, std::string_view holder,
                                           TextRange holderRange);
  void buildNode(Scope &scope, uint32_t index);
  llvm::SmallVector<mlir::Value> buildExpr(Scope &scope, const NodeDecl &node);
  llvm::SmallVector<mlir::Value> buildOp(Scope &scope, const NodeDecl &node);
  void setValues(Scope &scope, uint32_t index, llvm::ArrayRef<mlir::Value> values);

  Scope main;
  uint32_t nodeNumber = 0;
  std::optional<TextRange> layer; // for which the node's expression has made parameters
};

} // namespace symc

#endif // SYMC_FRONTEND_GRAPHNODES_H
