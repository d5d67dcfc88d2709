//===- GraphDef.h - The graph as TensorBoard reads it --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Field numbers are those of TensorFlow's graph.proto, node_def.proto,
// attr_value.proto, tensor_shape.proto, step_stats.proto and config.proto.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_GRAPHDEF_H
#define SYMC_HOST_GRAPHDEF_H

#include "lib/Host/KernelTrace.h"
#include "lib/Host/ProtoWriter.h"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <set>

namespace symc::host {

/// What the manifest of a library tells of its graph, where it was compiled so that it does.
class GraphDescription {
public:
  explicit GraphDescription(const symc_model &model);
  ~GraphDescription();

  bool isKnown() const { return graph != nullptr; }
  /// A GraphDef: a NodeDef a node, with `_output_shapes`.
  ProtoWriter graphDef() const;
  /// A RunMetadata: time and memory a node, of one call. The time of a kernel, over its threads, and the bytes that it
  /// writes are shared among its nodes as symc_trace_part::about says.
  ProtoWriter runMetadata(const std::vector<KernelTrace::Span> &spans) const;

private:
  std::string nodeOf(std::string name) const;

  std::unique_ptr<nlohmann::json> graph;
  std::string device = "/device:CPU:0";
  std::set<std::string> names;
};

} // namespace symc::host

#endif // SYMC_HOST_GRAPHDEF_H
