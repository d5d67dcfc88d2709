//===- Bench.cpp - `symc bench` -------------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Bench.h"
#include "lib/Host/KernelTrace.h"
#include "lib/Host/Memory.h"
#include "lib/Host/Numbers.h"
#include "lib/Host/SyntheticInputs.h"
#include "lib/Support/Json.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <sched.h>

namespace symc::host {

namespace {

struct Arguments {
  std::vector<Buffer> memory;
  std::vector<Shape> shapes;
  std::vector<DLTensor> tensors;
};

class Bench {
public:
  Bench(const Library &library, const BenchOptions &options)
      : library(library), options(options),
        index(library.require(functionName(), options.function.empty() ? "" : "--function " + options.function)),
        function(library.function(index)), dims(library.dimensions(index, options.dims)),
        instance(library, options.instance) {}

  int run() {
    if (!options.params.empty())
      instance.loadParameters(options.params, options.allowExtra, options.allowMissing);
    std::unique_ptr<KernelTrace> kernels;
    if (!options.trace.empty()) // what cannot be traced is found out before a second is spent
      kernels = std::make_unique<KernelTrace>(instance, options.trace);
    allocate();
    tryInputs();
    measure();
    print();
    if (kernels)
      trace(*kernels);
    return Done;
  }

private:
  using Clock = std::chrono::steady_clock;

  std::string functionName() const {
    if (!options.function.empty())
      return options.function;
    return library.find("train_step") >= 0 ? "train_step" : "predict";
  }

  void allocateOne(Arguments &arguments, const symc_argument &argument, Shape shape) {
    std::optional<int64_t> count = elementCount(shape);
    uint64_t bytes = saturatingMultiply(count.value_or(INT64_MAX), byteSize(typeOf(argument)));
    if (!count || bytes > machineMemory())
      throw usageError(code::OptionValue, std::string(argument.name) + " is " + formatType(typeOf(argument), shape) +
                                              " at these dimensions, more than this machine's memory");
    arguments.shapes.push_back(std::move(shape));
    arguments.memory.emplace_back(bytes);
  }

  void makeViews(Arguments &arguments, const symc_argument *list) {
    for (size_t i = 0; i < arguments.memory.size(); ++i)
      arguments.tensors.push_back(view(arguments.memory[i].data(), typeOf(list[i]), arguments.shapes[i]));
  }

  void allocate() {
    for (int32_t i = 0; i < function.input_count; ++i)
      allocateOne(inputs, function.inputs[i], shapeOf(function.inputs[i], dims));
    for (int32_t i = 0; i < function.output_count; ++i)
      allocateOne(outputs, function.outputs[i], library.outputShape(index, i, dims));
    makeViews(inputs, function.inputs);
    makeViews(outputs, function.outputs);
  }

  void fill(int64_t bound) {
    SyntheticNumbers numbers(library.settings(options.instance).seed);
    for (int32_t i = 0; i < function.input_count; ++i)
      numbers.fill(inputs.memory[i].data(), typeOf(function.inputs[i]), elementCount(inputs.shapes[i]).value_or(0),
                   bound);
  }

  void tryInputs() {
    for (int64_t bound : indexBounds) {
      fill(bound);
      if (bound == 1 || instance.tryCall(index, inputs.tensors, outputs.tensors) != SYMC_CHECK_FAILED)
        break;
    }
    call(1);
  }

  void call(int64_t times) {
    for (int64_t i = 0; i < times; ++i)
      instance.call(index, inputs.tensors, outputs.tensors);
  }

  /// Some more calls, which are not measured.
  void trace(KernelTrace &kernels) {
    for (int64_t i = 0; i < 20; ++i)
      kernels.call(function.name, i + 1, [&] { call(1); });
  }

  double secondsOf(int64_t times) {
    Clock::time_point start = Clock::now();
    call(times);
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  /// A sample is long enough (20 µs) for the clock; samples are taken for about a second.
  void measure() {
    int64_t perSample = 1;
    double sample = secondsOf(1), warm = sample;
    while (warm < 0.1) { // caches, page faults, the clock of the CPU
      if (sample < 20e-6)
        perSample *= 2;
      warm += sample = secondsOf(perSample);
    }
    double total = 0;
    while ((total < 1.0 && samples.size() < 20000) || samples.size() < 5) {
      double seconds = secondsOf(perSample);
      samples.push_back(seconds * 1e9 / static_cast<double>(perSample));
      total += seconds;
    }
    std::sort(samples.begin(), samples.end());
    runs = static_cast<int64_t>(samples.size()) * perSample;
  }

  double quantile(double fraction) const {
    double position = fraction * static_cast<double>(samples.size() - 1);
    size_t below = static_cast<size_t>(position);
    size_t above = std::min(below + 1, samples.size() - 1);
    return samples[below] + (samples[above] - samples[below]) * (position - static_cast<double>(below));
  }

  static int threadsOfProcess() {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
  }

  void print() const {
    DimValues shown = options.fixedDims;
    for (int32_t i = 0; i < function.dim_count; ++i)
      shown[library.model().dims[function.dims[i]].name] = dims[function.dims[i]];
    int threads = library.settings(options.instance).threads;
    if (!threads)
      threads = threadsOfProcess();
    auto tenths = [](double ns) { return jsonNumber<Json>(std::round(ns * 10) / 10); };
    Json row = {{"function", function.name},
                {"dims", shown},
                {"threads", threads},
                {"runs", runs},
                {"median_ns", tenths(quantile(.5))},
                {"min_ns", tenths(samples.front())},
                {"p90_ns", tenths(quantile(.9))}};
    printf("%s\n", jsonLine(row).c_str());
  }

  const Library &library;
  const BenchOptions &options;
  int32_t index;
  const symc_function &function;
  std::vector<int64_t> dims;
  Instance instance;
  Arguments inputs, outputs;
  std::vector<double> samples; // ns a call, sorted
  int64_t runs = 0;
};

} // namespace

int bench(const Library &library, const BenchOptions &options) { return Bench(library, options).run(); }

} // namespace symc::host
