//===- TrainLog.h - What TensorBoard shows of a run ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_TRAINLOG_H
#define SYMC_HOST_TRAINLOG_H

#include "lib/Host/GraphDef.h"
#include "lib/Host/LearningRate.h"
#include "lib/Host/LogImages.h"
#include "lib/Host/TrainingData.h"

#include <chrono>

namespace symc::host {

/// `--logdir`: the runs `train` and `validation` with the loss and the metrics under the same tags, so that their
/// curves share a chart; docs/tensorboard.md says what else.
class TrainLog {
public:
  /// `directory` gets the runs, or, where it has some, a new run_2, run_3 … below it. A run that goes on after
  /// completed steps goes on in the last of these; `endsEpoch`: with the end of the epoch that the last step was of.
  TrainLog(const std::string &directory, const TrainOptions &options, const TrainingData &data, Instance &instance,
           bool endsEpoch);

  /// Before an epoch's first step, whose examples are `rows[0..count)`, or the first after resuming within it:
  /// `isFirst` says which.
  void beginEpoch(const int64_t *rows, int64_t count, bool isFirst);
  /// Behind a step, the `position`-th of `batches` in its epoch; `loss` is the mean over the epoch until there.
  void addStep(double loss, int64_t examples, int64_t position, int64_t batches);
  /// Behind the last step, before validation.
  void endSteps();
  /// A row of the history: epoch, steps, scores, validation scores, seconds.
  void addEpoch(const std::vector<double> &row);
  /// What the kernels of the last step did.
  void addRunMetadata(const std::vector<KernelTrace::Span> &spans);

  /// Removes what it has written, and its directories, of a run that came to nothing. Nothing can be added any more.
  void discard();

private:
  bool isScore(const std::string &tag) const;
  void addLearningRate(int64_t step);
  void addGradients(const int64_t *rows, int64_t count);

  const TrainOptions &options;
  const TrainingData &data;
  Instance &instance;
  GraphDescription graph;
  LearningRate learningRate;
  LogImages images;
  std::vector<std::string> scores; // the loss and the metrics
  std::vector<std::string> made;   // directories, in this order
  std::unique_ptr<EventFile> train, validation;
  std::chrono::steady_clock::time_point began;
  double seconds = 0; // of the steps of this epoch
  int64_t examples = 0;
};

/// The functions that a log calls besides those of training.
std::vector<int32_t> loggedFunctions(const Library &library, const TrainOptions &options);

} // namespace symc::host

#endif // SYMC_HOST_TRAINLOG_H
