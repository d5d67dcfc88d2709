//===- Nodes.h - What a manifest says of a graph ------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_EXPORT_NODES_H
#define SYMC_EXPORT_NODES_H

#include "lib/Lowering/ModelDescription.h"
#include "mlir/IR/BuiltinOps.h"

namespace symc {

/// The nodes of @model with all that they are made of, inputs and parameters first, then in the order of the graph. The
/// module has no calls any more. Nodes in bodies of loops and branches are in scopes of these, and what a loop carries
/// to its next iteration is a control input of the carry.
std::vector<NodeDescription> describeNodes(mlir::ModuleOp module);

/// Optimizer and schedule; none where the graph has no section `train`.
std::optional<TrainDescription> describeTraining(mlir::ModuleOp module);

} // namespace symc
#endif
