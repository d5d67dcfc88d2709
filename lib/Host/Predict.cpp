//===- Predict.cpp - `symc run` -------------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Predict.h"
#include "lib/Host/Evaluate.h"
#include "lib/Host/FileUse.h"
#include "lib/Host/KernelTrace.h"
#include "lib/Host/NestedLists.h"
#include "lib/Support/Suggest.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace symc::host {

namespace {

class Predictor {
public:
  Predictor(const Library &library, const PredictOptions &options)
      : library(library), options(options),
        index(options.function.empty() ? library.require("predict")
                                       : library.require(options.function, "--function " + options.function)),
        function(library.function(index)) {
    for (size_t i = 0; i < options.out.size(); ++i) {
      const std::string &name = options.out[i].first;
      std::vector<std::string> known;
      for (int32_t o = 0; o < function.output_count; ++o)
        known.emplace_back(function.outputs[o].name);
      if (std::find(known.begin(), known.end(), name) == known.end())
        throw usageError(code::OptionValue,
                         "--out: " + std::string(function.name) + " has no output " + symc::quoted(name), "",
                         suggest(name, known));
      for (size_t j = 0; j < i; ++j)
        if (options.out[j].first == name)
          throw usageError(code::RepeatedOption, "--out gives " + symc::quoted(name) + " twice");
    }
  }

  int run() {
    bool whole = options.batchSize == 0;
    data = Dataset::load(library, {index}, options.data, whole);
    data.warnOfDoubt();
    Instance instance(library, options.instance);
    if (!options.params.empty())
      instance.loadParameters(options.params, options.allowExtra, options.allowMissing);
    else
      library.warnOfInitialParameters(function);
    results.resize(function.output_count);
    std::optional<KernelTrace> trace;
    if (!options.trace.empty())
      kernels = &trace.emplace(instance, options.trace);
    if (whole) {
      BatchReader reader(data, function, 1);
      call(instance, reader.slice(0, 1), 0, 0);
    } else {
      checkBatched();
      int64_t batch = batchSize(library, data, options.batchSize, data.examples());
      BatchReader reader(data, function, std::min(batch, data.examples()));
      for (int64_t first = 0; first < data.examples(); first += batch) {
        int64_t count = std::min(batch, data.examples() - first);
        call(instance, reader.slice(first, count), first, count);
      }
    }
    if (kernels)
      kernels->finish();
    write();
    return Done;
  }

private:
  bool wanted(int32_t output) const {
    return options.out.empty() || std::any_of(options.out.begin(), options.out.end(), [&](const auto &item) {
             return item.first == function.outputs[output].name;
           });
  }

  /// Results of batches are put one after another along their first axis, which must be the batch.
  void checkBatched() {
    if (!data.examples())
      throw usageError(code::OptionConflict, "--batch-size needs inputs whose first axis counts examples");
    const BatchAxis &axis = data.axis();
    auto countsExamples = [&](const symc_argument &output) {
      return output.rank && output.dims[0] == axis.dim && (axis.dim >= 0 || output.shape[0] == axis.fixed);
    };
    for (int32_t i = 0; i < function.output_count; ++i)
      if (wanted(i) && !countsExamples(function.outputs[i]))
        throw usageError(code::OptionConflict,
                         "--batch-size: output " + symc::quoted(function.outputs[i].name) + " is " +
                             function.outputs[i].type + " and cannot be computed batch by batch",
                         "leave out --batch-size, and all examples run in one call");
  }

  /// `count` 0: not batched.
  void call(Instance &instance, const std::vector<DLTensor> &inputs, int64_t first, int64_t count) {
    std::vector<int64_t> dims = data.dims();
    if (count && data.axis().dim >= 0)
      dims[data.axis().dim] = count;
    for (size_t i = 0; i < dims.size(); ++i)
      if (dims[i] < 0) // no input of this function has it
        dims[i] = library.model().dims[i].min;
      else if (!library.inBounds(static_cast<int32_t>(i), dims[i]))
        throw dataError(code::DataShape, data.name(),
                        "dimension " + symc::quoted(library.model().dims[i].name) + " is " + std::to_string(dims[i]) +
                            ", outside its bounds" + library.bounds(static_cast<int32_t>(i)),
                        "--batch-size N runs N examples at a time");
    std::vector<Shape> shapes(function.output_count);
    std::vector<DLTensor> outputs;
    for (int32_t i = 0; i < function.output_count; ++i) {
      shapes[i] = library.outputShape(index, i, dims);
      outputs.push_back(
          view(wanted(i) ? place(i, shapes[i], first, count) : nullptr, typeOf(function.outputs[i]), shapes[i]));
    }
    auto run = [&] { callOn(data, instance, index, inputs, outputs); };
    if (kernels)
      kernels->call(function.name, ++calls, run);
    else
      run();
  }

  /// Memory for a result: a new tensor, or the rows from `first` on of the whole result.
  void *place(int32_t output, const Shape &shape, int64_t first, int64_t count) {
    Tensor &result = results[output];
    DataType type = typeOf(function.outputs[output]);
    if (first == 0) {
      result.type = type;
      result.shape = shape;
      if (count)
        result.shape[0] = data.examples();
      std::optional<int64_t> elements = elementCount(result.shape);
      if (!elements || saturatingMultiply(*elements, byteSize(type)) > machineMemory())
        throw Error(WrongEnvironment,
                    makeDiagnostic(code::OutOfMemory, "",
                                   "output " + symc::quoted(function.outputs[output].name) + ", " +
                                       formatType(type, result.shape) + ", does not fit in this machine's memory"));
      result.data.resize(*elements * byteSize(type));
    }
    int64_t rowElements = 1;
    for (size_t axis = 1; axis < shape.size(); ++axis)
      rowElements *= shape[axis];
    return result.data.data() + first * rowElements * byteSize(type);
  }

  void write() {
    for (const auto &[name, path] : options.out)
      for (int32_t i = 0; i < function.output_count; ++i)
        if (name == function.outputs[i].name)
          writeNpy(path, results[i].type, results[i].shape, results[i].data.data());
    if (!options.out.empty())
      return;
    int64_t notFinite = 0;
    std::vector<std::string> names;
    for (int32_t i = 0; i < function.output_count; ++i)
      names.emplace_back(function.outputs[i].name);
    std::string text = nestedLists(names, results, notFinite) + "\n";
    fwrite(text.data(), 1, text.size(), stdout);
    if (notFinite)
      warn(code::NotFinite,
           std::to_string(notFinite) + (notFinite == 1 ? " result is" : " results are") +
               " NaN or infinite and printed as null",
           "", "--out writes them as they are");
  }

  const Library &library;
  const PredictOptions &options;
  int32_t index;
  const symc_function &function;
  Dataset data;
  std::vector<Tensor> results;
  KernelTrace *kernels = nullptr; // without --trace
  int64_t calls = 0;
};

} // namespace

void checkPredictOptions(const PredictOptions &options) {
  FileUse files;
  files.readsModel(options.data.model);
  files.reads("--data", options.data.data);
  files.reads("--params", options.params);
  for (const auto &[input, file] : options.data.files)
    files.reads("--in " + input, file);
  for (const auto &[output, file] : options.out)
    files.writes("--out " + output, file);
  files.writes("--trace", options.trace);
}

int predict(const Library &library, const PredictOptions &options) { return Predictor(library, options).run(); }

} // namespace symc::host
