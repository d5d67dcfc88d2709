//===- Train.h - The training loop ----------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_TRAIN_H
#define SYMC_HOST_TRAIN_H

#include "lib/Host/Evaluate.h"

namespace symc::host {

struct TrainOptions {
  DataOptions data;
  std::string validation;     // a second data set, or ...
  double validationSplit = 0; // ... the last fraction of the first
  int64_t epochs = 1;
  int64_t batchSize = 0; // 0: 32, or what the library is compiled for
  InstanceOptions instance;
  std::string params; // initial parameters
  bool allowExtra = false, allowMissing = false;
  std::string save;
  std::string saveBest;             // the parameters of the best epoch, ...
  int64_t patience = 0;             // ... and how many worse ones end the run (0: none do), ...
  std::string monitor = "val_loss"; // ... by this column of the history
  std::string checkpoint;
  int64_t checkpointEvery = 0; // steps; 0: at the end of every epoch
  bool resume = false;
  std::string history;
  std::string logdir;
  bool logGradients = false;
  std::vector<std::string> logImages; // names of nodes
  bool logRunMetadata = false;
  std::string trace;  // a file for what the kernels of the first steps do
  int64_t repeat = 1; // runs with the seeds seed, seed+1, …
};

/// The mistakes that can be seen before anything is compiled or read.
void checkTrainOptions(const TrainOptions &options);

/// Trains, prints the last row of the history on standard output (of several runs: mean and deviation of the last
/// rows), and gives the exit code.
int train(const Library &library, const TrainOptions &options);

} // namespace symc::host

#endif // SYMC_HOST_TRAIN_H
