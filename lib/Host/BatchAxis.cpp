//===- BatchAxis.cpp - Which axis of a model's inputs counts examples -----===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Neither a graph nor a library says what an example is: it is an index of the first axis of what belongs to examples,
// and of x, labels and predictions that is one and the same dimension. Python's `fit` chooses as is done here
// (python/symc/training.py).
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Dataset.h"
#include "lib/Support/Json.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace symc::host {

/// The sizes that `--dim` put in the places of dimensions when the library was compiled.
static std::set<int64_t> fixedSizes(const Library &library) {
  std::set<int64_t> sizes;
  auto manifest = nlohmann::json::parse(library.model().manifest, nullptr, /*allow_exceptions=*/false);
  auto flags = manifest.find("flags");
  if (flags == manifest.end() || !flags->is_array())
    return sizes;
  for (const nlohmann::json &flag : *flags) {
    std::string text = flag.is_string() ? flag.get<std::string>() : "";
    size_t equals = text.rfind('=');
    int64_t size = 0;
    if (text.rfind("--dim ", 0) == 0 && equals != text.npos &&
        std::from_chars(text.data() + equals + 1, text.data() + text.size(), size).ec == std::errc())
      sizes.insert(size);
  }
  return sizes;
}

namespace {
struct Candidate {
  const symc_argument *first;
  int count = 0; // of inputs and results that begin with it
  bool dynamic;  // a dimension in the graph, fixed or not
};
} // namespace

static bool sameFront(const symc_argument &a, const symc_argument &b) {
  return a.rank && b.rank && a.dims[0] == b.dims[0] && (a.dims[0] >= 0 || a.shape[0] == b.shape[0]);
}

BatchAxis chooseBatchAxis(const Library &library, const symc_function &function) {
  BatchAxis axis;
  std::vector<Candidate> candidates;
  std::set<int64_t> fixed = fixedSizes(library);
  auto vote = [&](const symc_argument &argument, bool mayBeNew) {
    auto known = std::find_if(candidates.begin(), candidates.end(),
                              [&](const Candidate &candidate) { return sameFront(*candidate.first, argument); });
    if (known != candidates.end())
      ++known->count;
    else if (argument.rank && mayBeNew)
      candidates.push_back({&argument, 1, argument.dims[0] >= 0 || fixed.count(argument.shape[0]) > 0});
  };
  for (int32_t i = 0; i < function.input_count; ++i)
    vote(function.inputs[i], true);
  for (int32_t i = 0; i < function.output_count; ++i)
    vote(function.outputs[i], false);
  if (candidates.empty())
    return axis;
  // A size that was a number in the graph already counts examples only where there is nothing else.
  const Candidate *best = &candidates.front();
  for (const Candidate &candidate : candidates)
    if (candidate.dynamic > best->dynamic || (candidate.dynamic == best->dynamic && candidate.count > best->count))
      best = &candidate;
  for (const Candidate &other : candidates)
    if (&other != best && other.dynamic == best->dynamic && other.count == best->count && axis.doubt.empty())
      axis.doubt = "examples are counted by the first axis of input " + quoted(best->first->name) + ", " +
                   best->first->type + ", and not by that of " + quoted(other.first->name) + ", " + other.first->type +
                   ", only because it is the first input";
  axis.dim = best->first->dims[0];
  if (axis.dim < 0) {
    axis.dim = -1;
    axis.fixed = best->first->shape[0];
    axis.fixedByOption = best->dynamic;
  }
  return axis;
}

void Dataset::warnOfDoubt() const {
  bool cut = batch.dim >= 0 || exampleCount != batch.fixed;
  if (cut && !batch.doubt.empty())
    warn(code::BatchByOrder, batch.doubt, label,
         "inputs of examples come first in 'inputs'; one that belongs to no example is given whole to every call");
}

} // namespace symc::host
