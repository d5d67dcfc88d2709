//===- GraphPart.h - What the parts of the importer work on ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_GRAPHPART_H
#define SYMC_FRONTEND_GRAPHPART_H

#include "lib/Frontend/ImportContext.h"

namespace symc {

struct GraphParts;

/// A part of the importer: one kind of thing that a graph file declares. It reports for itself and asks the others by
/// their names (GraphParts.h).
class GraphPart {
public:
  explicit GraphPart(GraphParts &parts);

protected:
  GraphParts &parts;
  ImportContext &context;
  mlir::OpBuilder &builder;
  Reporter &report;
  const GraphDecl &graph;
};

} // namespace symc

#endif // SYMC_FRONTEND_GRAPHPART_H
