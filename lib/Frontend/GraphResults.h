//===- GraphResults.h - Outputs, loss, metrics and entry points -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_GRAPHRESULTS_H
#define SYMC_FRONTEND_GRAPHRESULTS_H

#include "lib/Frontend/GraphPart.h"

namespace symc {

struct GraphResult {
  mlir::Value value;
  std::string name;
  sym::Role role;
  std::string entry, stream; // the entry point, and the dimension that it has one step of
};

/// The results of the model.
class ResultTable : GraphPart {
public:
  using GraphPart::GraphPart;

  void build();
  const std::vector<GraphResult> &all() const { return results; }
  void replace(mlir::Value from, mlir::Value to);

private:
  void buildTraining();
  void buildMetrics(const TrainDecl &train, mlir::Value loss);
  /// One of the ready ones, on the operands of the only loss.
  void buildReadyMetric(const DeclaredName &declared, llvm::ArrayRef<mlir::Operation *> losses,
                        std::vector<GraphResult> &totals);
  void checkPlacementRules();
  std::string streamOf(const EntryDecl &entry);
  mlir::Value scalarResult(const JsonValue &text, std::string_view name, std::string_view what, TextRange range);

  std::vector<GraphResult> results;
};

} // namespace symc

#endif // SYMC_FRONTEND_GRAPHRESULTS_H
