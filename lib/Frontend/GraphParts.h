//===- GraphParts.h - The parts of the importer ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_GRAPHPARTS_H
#define SYMC_FRONTEND_GRAPHPARTS_H

#include "lib/Frontend/GraphControl.h"
#include "lib/Frontend/GraphFunctions.h"
#include "lib/Frontend/GraphNames.h"
#include "lib/Frontend/GraphNodes.h"
#include "lib/Frontend/GraphParameters.h"
#include "lib/Frontend/GraphResults.h"
#include "lib/Frontend/Import.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace symc {

/// One import: what all parts share, and the parts.
struct GraphParts {
  GraphParts(Reporter &report, mlir::MLIRContext *mlirContext, const ImportOptions &options, const GraphDecl &graph)
      : builder(mlirContext), context(report, builder, report.source.name()), report(report), options(options),
        graph(graph), maker(context, [this](const OpPlace &place, const LayerParameter &parameter) {
          return nodes.makeParameter(place, parameter);
        }) {}

  mlir::OpBuilder builder;
  ImportContext context;
  Reporter &report;
  const ImportOptions &options;
  const GraphDecl &graph;
  OpMaker maker;
  mlir::func::FuncOp model;

  NameTable names{*this};
  ParameterTable parameters{*this};
  FunctionTable functions{*this};
  ControlBuilder control{*this};
  NodeBuilder nodes{*this};
  ResultTable results{*this};
};

/// Enters the dimensions that the types of inputs introduce, with their bounds and what the options fix.
void declareDims(ImportContext &context, const GraphDecl &graph, const ImportOptions &options);

} // namespace symc

#endif // SYMC_FRONTEND_GRAPHPARTS_H
