//===- GraphReader.cpp - The structure of a graph file --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/SectionReader.h"

#include "lib/Support/OtherNames.h"

#include <algorithm>

using namespace symc;

static void readSections(SectionReader &in, const JsonValue &root, GraphDecl &graph) {
  readVersion(in, root);
  readModelName(in, root, graph);
  graph.doc = in.doc(root);
  if (const JsonValue *dims = in.get(root, "dims", JsonValue::Object))
    readDims(in, *dims, graph);
  if (const JsonValue *inputs = in.get(root, "inputs", JsonValue::Object))
    readTensors(in, *inputs, TensorRole::Input, graph.inputs);
  if (const JsonValue *parameters = in.get(root, "parameters", JsonValue::Object))
    readTensors(in, *parameters, TensorRole::Parameter, graph.parameters);
  if (const JsonValue *constants = in.get(root, "constants", JsonValue::Object))
    readTensors(in, *constants, TensorRole::Constant, graph.constants);
  if (const JsonValue *functions = in.get(root, "functions", JsonValue::Object))
    readFunctions(in, *functions, graph);
  if (const JsonValue *nodes = in.get(root, "nodes", JsonValue::Array))
    readNodes(in, *nodes, graph.nodes);
  if (const JsonValue *outputs = in.get(root, "outputs"))
    readOutputs(in, *outputs, graph.outputs);
  else
    in.get(root, "outputs", JsonValue::Array, true, "the graph file");
  if (const JsonValue *entries = in.get(root, "entry_points", JsonValue::Object))
    readEntryPoints(in, *entries, graph);
  if (const JsonValue *train = in.get(root, "train", JsonValue::Object))
    readTrain(in, *train, graph);
  if (const JsonValue *placement = in.get(root, "placement", JsonValue::Object))
    readPlacement(in, *placement, graph);
  in.notYet(root, "mesh", "process groups");
  in.notYet(root, "strategy", "process groups");
}

/// Whether names may be missing from the graph for reasons that are reported.
static bool isIncomplete(const SectionReader &in, const JsonValue &root, const GraphDecl &graph) {
  for (std::string_view key : {"inputs", "parameters", "constants", "functions", "nodes"}) {
    const JsonValue *section = in.get(root, key);
    bool wanted = section && section->is(key == "nodes" ? JsonValue::Array : JsonValue::Object);
    if ((section && !wanted) || in.isMisspelt(root, key))
      return true;
  }
  const JsonValue *nodes = in.get(root, "nodes");
  auto unnamed = [](const NodeDecl &node) { return node.names.empty(); };
  auto bad = [](const FunctionDecl &function) { return function.bad; };
  return (nodes && nodes->items().size() != graph.nodes.size()) ||
         std::any_of(graph.nodes.begin(), graph.nodes.end(), unnamed) ||
         std::any_of(graph.functions.begin(), graph.functions.end(), bad);
}

GraphDecl symc::readGraph(const JsonValue &root, const Reporter &report, const ReservedNames &reserved) {
  GraphDecl graph;
  if (!root.is(JsonValue::Object)) {
    if (!root.is(JsonValue::Bad))
      report.error(root.range, code::RootNotObject, "a graph file is one object, not " + std::string(kindName(root)),
                   "it begins with '{'");
    return graph;
  }
  SectionReader in(report, reserved);
  in.checkKeys(root, "the graph file",
               {"symc", "$schema", "name", "dims", "inputs", "parameters", "constants", "functions", "nodes", "outputs",
                "entry_points", "doc", "train", "placement", "mesh", "strategy"},
               [](std::string_view key) { return findOtherName(otherSections, key); });
  readSections(in, root, graph);
  graph.incomplete = isIncomplete(in, root, graph);
  return graph;
}
