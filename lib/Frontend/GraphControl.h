//===- GraphControl.h - Calls, loops and branches -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_GRAPHCONTROL_H
#define SYMC_FRONTEND_GRAPHCONTROL_H

#include "lib/Frontend/GraphFunctions.h"

namespace symc {

/// A call, loop or branch whose attributes are read.
struct ControlNode {
  const OpSchema &schema;
  llvm::MutableArrayRef<Operand> operands;
  llvm::ArrayRef<AttributeArgument> written;
  mlir::NamedAttrList attributes;
  const OpPlace &place;

  std::string name() const { return quoted(schema.mnemonic); }
  /// Where the value of the attribute stands.
  TextRange rangeOf(llvm::StringRef attribute) const;
  std::string_view function(llvm::StringRef attribute) const;
  TextRange rangeOf(const Operand &operand) const { return place.inExpression ? operand.range : place.op; }
};

/// Builds the ops that take functions.
class ControlBuilder : GraphPart {
public:
  using GraphPart::GraphPart;

  /// The results; empty after reporting.
  llvm::SmallVector<mlir::Value> build(const OpSchema &schema, llvm::MutableArrayRef<Operand> operands,
                                       llvm::ArrayRef<AttributeArgument> attributes, const OpPlace &place);

private:
  llvm::SmallVector<mlir::Value> buildScan(const ControlNode &node);
  llvm::SmallVector<mlir::Value> buildWhile(const ControlNode &node);
  llvm::SmallVector<mlir::Value> buildCond(const ControlNode &node);
  std::pair<FunctionBody *, FunctionBody *> bodiesFor(const ControlNode &node, llvm::StringRef one,
                                                      llvm::StringRef other, llvm::MutableArrayRef<Operand> operands,
                                                      const std::string &hint,
                                                      llvm::SmallVectorImpl<mlir::Value> &values);
  bool checkTrips(const ControlNode &node, size_t carries);
  bool checkCarries(const ControlNode &node, const FunctionBody &body, size_t carries);
  bool checkBranches(const ControlNode &node, const FunctionBody &one, const FunctionBody &other);
  llvm::SmallVector<mlir::Value> fillRegions(mlir::Operation *op, llvm::ArrayRef<FunctionBody *> bodies,
                                             mlir::TypeRange arguments, const ControlNode &node);
};

} // namespace symc

#endif // SYMC_FRONTEND_GRAPHCONTROL_H
