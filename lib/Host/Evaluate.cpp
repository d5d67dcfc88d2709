//===- Evaluate.cpp - Loss and metrics over a data set --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Evaluate.h"
#include "lib/Host/Interrupt.h"
#include "lib/Support/Json.h"
#include "lib/Support/Program.h"
#include "lib/Support/TrainingLog.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace symc::host {

static double perplexity(const double *totals, size_t) { return std::exp(totals[0] / totals[1]); }

/// Over the batches in which something counts.
static double ratio(const double *totals, size_t) { return totals[0] / totals[1]; }

/// Over the classes that occur.
static double meanIou(const double *totals, size_t count) {
  size_t classes = count / 2, met = 0;
  double sum = 0;
  for (size_t i = 0; i < classes; ++i)
    if (double either = totals[classes + i]; either > 0) {
      sum += totals[i] / either;
      ++met;
    }
  return sum / static_cast<double>(met);
}

/// What part of `all` predictions and labels of a class are hits, in the mean over the classes that occur; of one
/// class, 0 where it does not.
template <double (*all)(double predictions, double labels)> static double hits(const double *totals, size_t count) {
  size_t classes = count / 3, met = 0;
  double sum = 0;
  for (size_t i = 0; i < classes; ++i) {
    double predictions = totals[classes + i], labels = totals[2 * classes + i];
    if (predictions + labels == 0)
      continue;
    ++met;
    if (double among = all(predictions, labels); among > 0)
      sum += totals[i] / among;
  }
  return classes == 1 ? sum : sum / static_cast<double>(met);
}

static double ofPredictions(double predictions, double) { return predictions; }
static double ofLabels(double, double labels) { return labels; }
static double ofBoth(double predictions, double labels) { return (predictions + labels) / 2; }

namespace {
/// What has totals, in so many rows, and how its value comes from them.
struct TotalsKind {
  std::string_view name;
  size_t rows;
  double (*finish)(const double *totals, size_t count);
};
} // namespace

static constexpr TotalsKind totalsKinds[] = {
    {column::loss, 2, ratio},      {"accuracy", 2, ratio},   {"top_5_accuracy", 2, ratio},
    {"perplexity", 2, perplexity}, {"mean_iou", 2, meanIou}, {"precision", 3, hits<ofPredictions>},
    {"recall", 3, hits<ofLabels>}, {"f1", 3, hits<ofBoth>},
};

/// The metric, or the loss, whose totals an output is, or nothing.
static std::string_view totalsOf(std::string_view output) {
  constexpr std::string_view ending = SYMC_TOTALS_ENDING;
  bool ends = output.size() > ending.size() && output.substr(output.size() - ending.size()) == ending;
  return ends ? output.substr(0, output.size() - ending.size()) : std::string_view();
}

ScoreOutputs::ScoreOutputs(const symc_function &function) : shapes(function.output_count) {
  auto refuse = [&](const symc_argument &output, const char *wanted) {
    return dataError(code::LibraryVersion, "",
                     std::string(function.name) + " gives " + quoted(output.name) + " as " + output.type + "; " +
                         wanted + " was expected");
  };
  std::vector<std::string> names = scoreNames(function);
  size_t all = 0;
  for (int32_t i = 0; i < function.output_count; ++i) {
    const symc_argument &output = function.outputs[i];
    std::string_view metric = totalsOf(output.name);
    if (metric.empty()) {
      types.push_back(typeOf(output));
      if (output.rank || !isFloat(types.back()))
        throw refuse(output, "a floating scalar");
      continue;
    }
    shapes[i].assign(output.shape, output.shape + output.rank);
    auto count = elementCount(shapes[i]);
    size_t score = std::find(names.begin(), names.end(), metric) - names.begin();
    const auto *kind = std::find_if(std::begin(totalsKinds), std::end(totalsKinds),
                                    [&](const TotalsKind &candidate) { return candidate.name == metric; });
    if (typeOf(output) != DataType::F64 || !count || *count < 2 || score == names.size() ||
        kind == std::end(totalsKinds) || *count % kind->rows)
      throw refuse(output, "what this symc knows of that metric");
    metrics.push_back({score, all, static_cast<size_t>(*count), kind->finish});
    all += *count;
  }
  memory.resize(types.size());
  sums.resize(all);
  size_t scalar = 0, next = 0;
  for (int32_t i = 0; i < function.output_count; ++i) {
    bool isTotals = !totalsOf(function.outputs[i].name).empty();
    double *place = isTotals ? &sums[metrics[next++].first] : &memory[scalar++];
    views.push_back(view(place, typeOf(function.outputs[i]), shapes[i]));
  }
}

double ScoreOutputs::value(size_t score) const {
  double value;
  convert(&memory[score], types[score], &value, DataType::F64, 1);
  return value;
}

std::vector<std::string> scoreNames(const symc_function &function) {
  std::vector<std::string> names;
  for (int32_t i = 0; i < function.output_count; ++i)
    if (totalsOf(function.outputs[i].name).empty())
      names.emplace_back(i ? function.outputs[i].name : column::loss);
  return names;
}

Means::Means(const ScoreOutputs &outputs)
    : sums(outputs.count() + outputs.totalsOfCall().size()), scores(outputs.count()), metrics(outputs.totals()) {}

void Means::add(const ScoreOutputs &outputs, int64_t batchExamples) {
  for (size_t i = 0; i < scores; ++i)
    sums[i] += outputs.value(i) * static_cast<double>(batchExamples);
  for (size_t i = scores; i < sums.size(); ++i)
    sums[i] += outputs.totalsOfCall()[i - scores];
  examples += batchExamples;
}

double Means::mean(size_t score) const {
  if (!examples)
    return 0;
  for (const ScoreOutputs::Totals &metric : metrics)
    if (metric.score == score)
      return metric.finish(&sums[scores + metric.first], metric.count);
  return sums[score] / static_cast<double>(examples);
}

std::string scoresJson(const symc_function &function, const Means &means) {
  Json scores;
  std::vector<std::string> names = scoreNames(function);
  for (size_t i = 0; i < names.size(); ++i)
    scores[names[i]] = jsonNumber<Json>(means.mean(i));
  scores[column::examples] = means.examples;
  return jsonLine(scores);
}

/// An input that counts examples along another axis, beside its first or not, is of all of them or of none.
static void refuseOtherAxes(const Library &library, const Dataset &data) {
  int32_t dim = data.axis().dim;
  for (const Column &column : data.columns())
    for (int32_t axis = 1; axis < column.argument->rank; ++axis)
      if (dim >= 0 && column.argument->dims[axis] == dim)
        throw dataError(code::DataShape, data.name(),
                        "input " + quoted(column.argument->name) + " is " + column.argument->type + ", with " +
                            quoted(library.model().dims[dim].name) +
                            " behind its first axis, and is not cut into batches",
                        "--batch-size " + std::to_string(data.examples()) + " gives all examples to one call");
}

int64_t batchSize(const Library &library, const Dataset &data, int64_t asked, int64_t examples) {
  const BatchAxis &axis = data.axis();
  if (!data.examples())
    throw dataError(code::DataShape, data.name(), "has no input whose first axis counts examples");
  if (axis.dim < 0) {
    if (asked && asked != axis.fixed)
      throw usageError(code::OptionValue, "--batch-size " + std::to_string(asked) +
                                              ": the library is compiled for batches of " + std::to_string(axis.fixed));
    if (axis.fixed == 0 || examples % axis.fixed)
      throw dataError(code::DataShape, data.name(),
                      std::to_string(examples) + " examples are no multiple of " + std::to_string(axis.fixed) +
                          ", the batch that the library is compiled for",
                      axis.fixedByOption ? "compile without --dim, so that the batch stays dynamic"
                                         : "a name in place of " + std::to_string(axis.fixed) +
                                               " in the graph file, as in 'f32[batch, 5]', makes the batch dynamic");
    return axis.fixed;
  }
  const symc_dim &dim = library.model().dims[axis.dim];
  int64_t batch = asked ? asked : std::clamp<int64_t>(32, dim.min, dim.max) / dim.multiple_of * dim.multiple_of;
  batch = std::max<int64_t>(batch, 1);
  if (std::min(batch, examples) < data.examples())
    refuseOtherAxes(library, data);
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
  ScoreOutputs outputs(function);
  BatchReader reader(data, function, std::min(batch, count));
  Means means(outputs);
  for (int64_t done = 0; done < count && !interrupted(); done += batch) {
    int64_t examples = std::min(batch, count - done);
    callOn(data, instance, index, reader.slice(first + done, examples), outputs.tensors());
    means.add(outputs, examples);
  }
  return means;
}

} // namespace symc::host
