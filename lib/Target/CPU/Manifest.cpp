//===- Manifest.cpp - What a library says of itself ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// `symc inspect` prints it; nothing in it depends on where or when a model is compiled.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/Program.h"
#include "lib/Target/CPU/Library.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/TargetParser/X86TargetParser.h"
#include <nlohmann/json.hpp>

using namespace llvm;
using namespace symc;
using Json = nlohmann::ordered_json;

namespace {
Json arguments(ArrayRef<ArgumentDescription> list) {
  Json result = Json::array();
  for (const ArgumentDescription &argument : list) {
    Json entry = {{"name", argument.name}, {"type", argument.type}};
    if (!argument.doc.empty())
      entry["doc"] = argument.doc;
    result.push_back(entry);
  }
  return result;
}

Json training(const TrainDescription &train) {
  Json options = Json::object();
  for (const TrainDescription::Option &option : train.scheduleOptions)
    options[option.name] = option.isList ? Json(option.values) : Json(option.values.front());
  return {{"optimizer", train.optimizer},
          {"learning_rate", train.learningRate},
          {"schedule", {{train.schedule, options}}},
          {"accumulate_steps", train.accumulateSteps}};
}

Json graph(const ModelDescription &model) {
  Json nodes = Json::array();
  for (const NodeDescription &node : model.nodes) {
    Json types = Json::array(), shapes = Json::array();
    for (const ArgumentDescription &result : node.results) {
      types.push_back(result.type);
      shapes.push_back(result.shape);
    }
    nodes.push_back({{"name", node.name},
                     {"op", node.op},
                     {"inputs", node.inputs},
                     {"control", node.control},
                     {"types", types},
                     {"shapes", shapes}});
  }
  return {{"device", model.device}, {"nodes", nodes}};
}

/// Features that the code may use, of all its variants.
Json features(ArrayRef<Cpu> cpus) {
  SetVector<StringRef> all;
  for (const Cpu &cpu : cpus) {
    SmallVector<StringRef> names;
    X86::getFeaturesForCPU(cpu.level, names);
    all.insert_range(names);
    if (cpu.level == "x86-64-v4")
      all.insert("avx512f");
    for (StringRef name : split(cpu.features, ','))
      if (name.consume_front("+"))
        all.insert(name);
  }
  SmallVector<StringRef> sorted(all.begin(), all.end());
  llvm::sort(sorted);
  Json result = Json::array();
  for (StringRef name : sorted)
    result.push_back(name.str());
  return result;
}

/// Whether every monomial of `a` is at most that of `b`. Monomials are never negative.
bool dominated(const SizeFormula &a, const SizeFormula &b) {
  auto at = [](const SizeFormula &f, const std::string &key) {
    auto found = f.find(key);
    return found == f.end() ? 0 : found->second;
  };
  return all_of(a, [&](const auto &term) { return term.second <= at(b, term.first); }) &&
         all_of(b, [&](const auto &term) { return at(a, term.first) <= term.second; });
}

std::string print(const SizeFormula &formula) {
  std::string text;
  // The constant term has the empty name and stands first in the map; people write it last.
  auto add = [&](int64_t factor, const std::string &monomial) {
    if (factor == 0)
      return;
    text += text.empty() ? (factor < 0 ? "-" : "") : factor < 0 ? " - " : " + ";
    std::string size = std::to_string(factor < 0 ? -static_cast<uint64_t>(factor) : static_cast<uint64_t>(factor));
    if (monomial.empty())
      text += size;
    else
      text += size == "1" ? monomial : size + "*" + monomial;
  };
  for (const auto &[monomial, factor] : formula)
    if (!monomial.empty())
      add(factor, monomial);
  if (auto constant = formula.find(""); constant != formula.end())
    add(constant->second, "");
  return text.empty() ? "0" : text;
}

/// The largest live set as a formula: of the sums at each time, those that are not dominated by another.
std::string liveFormula(ArrayRef<BufferDescription> buffers) {
  std::vector<SizeFormula> largest;
  for (const BufferDescription &start : buffers) {
    SizeFormula sum;
    for (const BufferDescription &buffer : buffers)
      if (buffer.first <= start.first && start.first <= buffer.last)
        for (const auto &[monomial, factor] : buffer.bytes)
          sum[monomial] += factor;
    if (any_of(largest, [&](const SizeFormula &other) { return dominated(sum, other); }))
      continue;
    erase_if(largest, [&](const SizeFormula &other) { return dominated(other, sum); });
    largest.push_back(sum);
  }
  if (largest.empty())
    return "0";
  if (largest.size() == 1)
    return print(largest.front());
  std::vector<std::string> texts;
  for (const SizeFormula &formula : largest)
    texts.push_back(print(formula));
  return "max(" + join(texts, ", ") + ")";
}
} // namespace

std::string symc::emitManifest(const ModelDescription &model, const std::vector<Cpu> &cpus) {
  Json manifest = {{"model", model.name},
                   {"symc", SYMC_VERSION},
                   {"llvm", LLVM_VERSION_STRING},
                   {"abi", SYMC_ABI_VERSION},
                   {"graph_sha256", model.graphSha256},
                   {"flags", model.flags}};
  if (!model.constantsXxh64.empty())
    manifest["constants_xxh64"] = model.constantsXxh64;
  if (!model.doc.empty())
    manifest["doc"] = model.doc;
  Json names = Json::array();
  for (const Cpu &cpu : cpus)
    names.push_back(cpu.name);
  manifest["target"] = {{"kind", "cpu"},
                        {"triple", cpus.empty() ? "" : cpus.front().triple},
                        {"cpus", names},
                        {"features", features(cpus)}};
  Json dims = Json::object();
  for (const DimDescription &dim : model.dims) {
    Json entry = {{"min", dim.min}};
    if (dim.max != std::numeric_limits<int64_t>::max())
      entry["max"] = dim.max;
    if (dim.multipleOf != 1)
      entry["multiple_of"] = dim.multipleOf;
    dims[dim.name] = entry;
  }
  manifest["dims"] = dims;
  manifest["inputs"] = model.inputs;
  Json functions = Json::array(), memory = Json::object(), parameters = Json::array();
  for (const FunctionDescription &function : model.functions) {
    functions.push_back({{"name", function.name},
                         {"inputs", arguments(function.inputs)},
                         {"outputs", arguments(function.outputs)},
                         {"parameters", function.parameters},
                         {"kernels", function.kernels}});
    if (!function.stream.empty())
      functions.back()["stream"] = function.stream;
    memory[function.name] = {{"live_bytes", liveFormula(function.buffers)}};
  }
  for (const SlotDescription &parameter : model.parameters) {
    int64_t count = 1;
    for (int64_t size : parameter.shape)
      count *= size;
    parameters.push_back(
        {{"name", parameter.name}, {"type", parameter.type}, {"count", count}, {"trainable", parameter.trainable}});
    if (parameter.embedded)
      parameters.back()["embedded"] = true;
  }
  if (Json categories = Json::parse(model.categories, nullptr, /*allow_exceptions=*/false); categories.is_object())
    manifest["categories"] = categories;
  if (Json scale = Json::parse(model.scale, nullptr, /*allow_exceptions=*/false); scale.is_object())
    manifest["scale"] = scale;
  manifest["functions"] = functions;
  manifest["parameters"] = parameters;
  manifest["memory"] = memory;
  if (model.train)
    manifest["train"] = training(*model.train);
  if (!model.nodes.empty())
    manifest["graph"] = graph(model);
  return manifest.dump(2, ' ', false, Json::error_handler_t::replace);
}
