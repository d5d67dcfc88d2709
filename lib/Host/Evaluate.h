//===- Evaluate.h - Loss and metrics over a data set ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_EVALUATE_H
#define SYMC_HOST_EVALUATE_H

#include "lib/Host/Dataset.h"

namespace symc::host {

/// Memory for the results of `train_step` and `evaluate`: the loss and the metrics, which are scalars, then the totals
/// that the value of a metric over a data set is made of.
class ScoreOutputs {
public:
  explicit ScoreOutputs(const symc_function &function);
  ScoreOutputs(const ScoreOutputs &) = delete; // `views` points into it
  const std::vector<DLTensor> &tensors() const { return views; }
  /// Of the loss and the metrics.
  size_t count() const { return types.size(); }
  double value(size_t score) const;

  /// The totals of a metric, among those of all.
  struct Totals {
    size_t score, first, count;
    /// The value of the metric over the examples that were added up.
    double (*finish)(const double *totals, size_t count);
  };
  const std::vector<Totals> &totals() const { return metrics; }
  const std::vector<double> &totalsOfCall() const { return sums; }

private:
  std::vector<DataType> types;
  std::vector<double> memory; // of scalars, eight bytes each, whatever the type
  std::vector<double> sums;
  std::vector<Totals> metrics;
  std::vector<Shape> shapes;
  std::vector<DLTensor> views;
};

/// "loss", then the names of the metrics.
std::vector<std::string> scoreNames(const symc_function &function);

/// The loss and the metrics over the examples of several calls.
class Means {
public:
  explicit Means(const ScoreOutputs &outputs);
  void add(const ScoreOutputs &outputs, int64_t batchExamples);
  size_t count() const { return scores; }
  /// The mean over batches weighted by examples, or what the totals of a metric say. A batch whose labels are all
  /// ignored has none.
  double mean(size_t score) const;

  /// Batch means times their examples, then totals: what a training run that goes on later keeps.
  std::vector<double> sums;
  int64_t examples = 0;

private:
  size_t scores;
  std::vector<ScoreOutputs::Totals> metrics;
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
