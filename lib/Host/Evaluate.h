//===- Evaluate.h - Loss and metrics over a data set ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_EVALUATE_H
#define SYMC_HOST_EVALUATE_H

#include "lib/Host/Dataset.h"

namespace symc::host {

/// Memory for the scalar results of `train_step` and `evaluate`: the loss, then the metrics.
class ScalarOutputs {
public:
  explicit ScalarOutputs(const symc_function &function);
  ScalarOutputs(const ScalarOutputs &) = delete; // `views` points into it
  const std::vector<DLTensor> &tensors() const { return views; }
  size_t count() const { return types.size(); }
  double value(size_t index) const;

private:
  std::vector<DataType> types;
  std::vector<double> memory; // eight bytes each, whatever the type
  std::vector<DLTensor> views;
  Shape scalar;
};

/// "loss", then the names of the metrics.
std::vector<std::string> scoreNames(const symc_function &function);

/// Sums of batch means weighted by examples.
struct Means {
  std::vector<double> sums;
  int64_t examples = 0;

  explicit Means(size_t count) : sums(count) {}
  void add(const ScalarOutputs &outputs, int64_t batchExamples);
  double mean(size_t index) const { return examples ? sums[index] / static_cast<double>(examples) : 0; }
};

/// The means by name and the number of examples, as one JSON object.
std::string scoresJson(const symc_function &function, const Means &means);

/// How many examples a call takes; an error when the library's batch dimension does not allow it, or does not allow
/// the rest that `examples` leave. `asked` 0: 32, or what the library is compiled for.
int64_t batchSize(const Library &library, const Dataset &data, int64_t asked, int64_t examples);

/// Runs `evaluate` over the examples [first, first+count) in order.
Means evaluate(Instance &instance, const Dataset &data, int64_t first, int64_t count, int64_t batch);

} // namespace symc::host

#endif // SYMC_HOST_EVALUATE_H
