//===- GraphDef.cpp - The graph as TensorBoard reads it ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/GraphDef.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

namespace symc::host {

using nlohmann::json;

/// TensorFlow's DataType of "f32[batch, 2]".
static uint64_t dataTypeOf(const std::string &type) {
  static const std::map<std::string, uint64_t> numbers = {
      {"f32", 1},   {"f64", 2},   {"i32", 3},  {"u8", 4},   {"i16", 5},  {"i8", 6},  {"i64", 9},
      {"bool", 10}, {"bf16", 14}, {"u16", 17}, {"f16", 19}, {"u32", 22}, {"u64", 23}};
  auto found = numbers.find(type.substr(0, type.find('[')));
  return found == numbers.end() ? 0 : found->second;
}

/// TensorShapeProto { dim = 2 { size = 1 } }; -1 where a size is symbolic.
static ProtoWriter shapeOf(const json &shape) {
  ProtoWriter message;
  for (const json &size : shape)
    message.message(2, ProtoWriter().number(1, static_cast<uint64_t>(size.get<int64_t>())));
  return message;
}

/// An entry of NodeDef's map attr = 5 { key = 1, value = 2 }.
static void addAttribute(ProtoWriter &node, const std::string &name, const ProtoWriter &value) {
  node.message(5, ProtoWriter().bytes(1, name).message(2, value));
}

GraphDescription::GraphDescription(const symc_model &model) {
  json manifest = json::parse(model.manifest, nullptr, /*allow_exceptions=*/false);
  auto found = manifest.find("graph");
  if (found == manifest.end() || !found->is_object() || !found->contains("nodes") || !found->contains("device"))
    return;
  graph = std::make_unique<json>(found->at("nodes"));
  // "cpu:0" as TensorFlow writes it.
  device = found->at("device").get<std::string>();
  std::transform(device.begin(), device.end(), device.begin(), [](unsigned char c) { return toupper(c); });
  device = "/device:" + device;
  for (const json &node : *graph)
    names.insert(node.at("name").get<std::string>());
}

GraphDescription::~GraphDescription() = default;

ProtoWriter GraphDescription::graphDef() const {
  ProtoWriter message;
  for (const json &described : *graph) {
    // NodeDef { name = 1, op = 2, input = 3, device = 4 }
    ProtoWriter node;
    node.bytes(1, described.at("name")).bytes(2, described.at("op"));
    for (const json &input : described.at("inputs"))
      node.bytes(3, input);
    for (const json &control : described.at("control"))
      node.bytes(3, "^" + control.get<std::string>());
    node.bytes(4, device);
    const json &types = described.at("types"), &shapes = described.at("shapes");
    // AttrValue { list = 1 { shape = 7 }, s = 2, type = 6 }
    ProtoWriter list;
    for (const json &shape : shapes)
      list.message(7, shapeOf(shape));
    addAttribute(node, "_output_shapes", ProtoWriter().message(1, list));
    if (!types.empty()) {
      addAttribute(node, "dtype", ProtoWriter().number(6, dataTypeOf(types[0])));
      addAttribute(node, "type", ProtoWriter().bytes(2, types[0])); // as symc writes it, with names of dimensions
    }
    message.message(1, node);
  }
  // VersionDef { producer = 1 }
  return message.message(4, ProtoWriter().number(1, 22));
}

/// The node of the graph that has this name, or that it is made for.
std::string GraphDescription::nodeOf(std::string name) const {
  for (std::string part = name;;) {
    if (names.count(part))
      return part;
    size_t slash = part.rfind('/');
    if (slash == part.npos)
      return name;
    part.resize(slash);
  }
}

ProtoWriter GraphDescription::runMetadata(const std::vector<KernelTrace::Span> &spans) const {
  struct Use {
    double time = 0, bytes = 0; // µs
    int32_t thread = 0;
  };
  // Nodes of a scope beside each other.
  auto byScope = [](const std::string &a, const std::string &b) {
    auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c); };
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [&](char x, char y) { return rank(x) < rank(y); });
  };
  std::map<std::string, Use, decltype(byScope)> uses(byScope);
  for (const KernelTrace::Span &span : spans)
    for (const KernelTrace::Node &node : span.kernel->nodes) {
      Use &use = uses[nodeOf(node.name)];
      use.thread = span.thread;
      use.time += node.time * span.duration;
      use.bytes += node.memory * static_cast<double>(span.written);
    }
  ProtoWriter stats;
  stats.bytes(1, device);
  uint64_t begin = 1;
  for (const auto &[name, use] : uses) {
    auto micros = static_cast<uint64_t>(std::max(1.0, std::round(use.time))), bytes = static_cast<uint64_t>(use.bytes);
    // AllocatorMemoryUsed { allocator_name = 1, total_bytes = 2, peak_bytes = 3 }
    ProtoWriter memory;
    memory.bytes(1, "arena").number(2, bytes).number(3, bytes);
    // NodeExecStats { node_name = 1, all_start_micros = 2, op_end_rel_micros = 4, all_end_rel_micros = 5, memory = 6,
    // scheduled_micros = 9, thread_id = 10, all_end_rel_nanos = 16 }
    ProtoWriter node;
    node.bytes(1, name).number(2, begin).number(4, micros).number(5, micros).message(6, memory);
    node.number(9, begin).number(10, use.thread).number(16, static_cast<uint64_t>(1000 * use.time));
    stats.message(2, node);
    // TensorBoard takes for the time of a scope that from its first begin to its last end. What a node takes is in
    // several parts of the step: put one after another, the times of a scope add up.
    begin += micros;
  }
  // RunMetadata { step_stats = 1 { dev_stats = 1 { device = 1, node_stats = 2 } } }
  return ProtoWriter().message(1, ProtoWriter().message(1, stats));
}

} // namespace symc::host
