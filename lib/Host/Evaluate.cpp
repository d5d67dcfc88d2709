//===- Evaluate.cpp - Loss and metrics over a data set --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Evaluate.h"
#include "lib/Host/Interrupt.h"
#include "lib/Support/Json.h"
#include "lib/Support/TrainingLog.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

namespace symc::host {

ScalarOutputs::ScalarOutputs(const symc_function &function) : memory(function.output_count) {
  for (int32_t i = 0; i < function.output_count; ++i) {
    const symc_argument &output = function.outputs[i];
    types.push_back(typeOf(output));
    if (output.rank || !isFloat(types.back()))
      throw dataError(code::LibraryVersion, "",
                      std::string(function.name) + " gives " + quoted(output.name) + " as " + output.type +
                          "; a floating scalar was expected");
    views.push_back(view(&memory[i], types.back(), scalar));
  }
}

double ScalarOutputs::value(size_t index) const {
  double value;
  convert(&memory[index], types[index], &value, DataType::F64, 1);
  return value;
}

std::vector<std::string> scoreNames(const symc_function &function) {
  std::vector<std::string> names;
  for (int32_t i = 0; i < function.output_count; ++i)
    names.emplace_back(i ? function.outputs[i].name : column::loss);
  return names;
}

void Means::add(const ScalarOutputs &outputs, int64_t batchExamples) {
  for (size_t i = 0; i < sums.size(); ++i)
    sums[i] += outputs.value(i) * static_cast<double>(batchExamples);
  examples += batchExamples;
}

std::string scoresJson(const symc_function &function, const Means &means) {
  Json scores;
  std::vector<std::string> names = scoreNames(function);
  for (size_t i = 0; i < names.size(); ++i)
    scores[names[i]] = jsonNumber<Json>(means.mean(i));
  scores[column::examples] = means.examples;
  return jsonLine(scores);
}

int64_t batchSize(const Library &library, const Dataset &data, int64_t asked, int64_t examples) {
  const BatchAxis &axis = data.axis();
  if (!data.examples())
    throw dataError(code::DataShape, data.name(), "has no input whose first axis counts examples");
  if (axis.dim < 0) {
    if (asked && asked != axis.fixed)
      throw usageError(code::OptionValue, "--batch-size " + std::to_string(asked) +
                                              ": the library is compiled for batches of " + std::to_string(axis.fixed));
    if (examples % axis.fixed)
      throw dataError(code::DataShape, data.name(),
                      std::to_string(examples) + " examples are no multiple of " + std::to_string(axis.fixed) +
                          ", the batch that the library is compiled for",
                      "compile without --dim, so that the batch stays dynamic");
    return axis.fixed;
  }
  const symc_dim &dim = library.model().dims[axis.dim];
  int64_t batch = asked ? asked : std::clamp<int64_t>(32, dim.min, dim.max) / dim.multiple_of * dim.multiple_of;
  batch = std::max<int64_t>(batch, 1);
  auto allowed = [&](int64_t size) { return library.inBounds(axis.dim, size); };
  std::string bounds = library.bounds(axis.dim);
  if (!allowed(batch) && batch <= examples)
    throw usageError(code::OptionValue, "--batch-size " + std::to_string(batch) +
                                            " is outside the bounds of dimension " + quoted(dim.name) + bounds);
  if (int64_t rest = examples % batch; rest && !allowed(rest))
    throw dataError(code::DataShape, data.name(),
                    std::to_string(examples) + " examples leave a last batch of " + std::to_string(rest) +
                        ", outside the bounds of dimension " + quoted(dim.name) + bounds,
                    "choose another --batch-size");
  return batch;
}

Means evaluate(Instance &instance, const Dataset &data, int64_t first, int64_t count, int64_t batch) {
  int32_t index = instance.library().require("evaluate");
  const symc_function &function = instance.library().function(index);
  ScalarOutputs outputs(function);
  BatchReader reader(data, function, std::min(batch, count));
  Means means(outputs.count());
  for (int64_t done = 0; done < count && !interrupted(); done += batch) {
    int64_t examples = std::min(batch, count - done);
    instance.call(index, reader.slice(first + done, examples), outputs.tensors(), data.name());
    means.add(outputs, examples);
  }
  return means;
}

} // namespace symc::host
