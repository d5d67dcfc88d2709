//===- Predict.h - `symc run` ---------------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_PREDICT_H
#define SYMC_HOST_PREDICT_H

#include "lib/Host/Dataset.h"

namespace symc::host {

struct PredictOptions {
  std::string function; // empty: predict
  DataOptions data;
  std::vector<std::pair<std::string, std::string>> out; // output name, .npy file
  InstanceOptions instance;
  std::string params;
  bool allowExtra = false, allowMissing = false;
  std::string trace;     // a file for what the kernels do
  int64_t batchSize = 0; // 0: all examples in one call
};

/// The mistakes that can be seen before anything is compiled or read.
void checkPredictOptions(const PredictOptions &options);

/// Runs a function on the data; writes the outputs that are asked for, or prints all as one JSON object.
int predict(const Library &library, const PredictOptions &options);

} // namespace symc::host

#endif // SYMC_HOST_PREDICT_H
