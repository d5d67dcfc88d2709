//===- TrainLog.h - What TensorBoard shows of a run -----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_TRAINLOG_H
#define SYMC_HOST_TRAINLOG_H

#include "lib/Host/EventFile.h"
#include "lib/Host/Library.h"

namespace symc::host {

/// `--logdir`: the runs `train` and `validation` with the loss and the metrics under the same tags, so that their
/// curves share a chart, and the distribution of every parameter, once an epoch.
class TrainLog {
public:
  TrainLog(const std::string &directory, bool validation);

  /// A row of the history: epoch, steps, scores, validation scores, seconds.
  void add(const std::vector<std::string> &scores, const std::vector<double> &row, Instance &instance);

private:
  EventFile train;
  std::unique_ptr<EventFile> validation;
};

} // namespace symc::host

#endif // SYMC_HOST_TRAINLOG_H
