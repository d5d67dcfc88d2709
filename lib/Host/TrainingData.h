//===- TrainingData.h - What is trained on and what validates -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_TRAININGDATA_H
#define SYMC_HOST_TRAININGDATA_H

#include "lib/Host/Train.h"

namespace symc::host {

/// The data sets of a run, cut into training and validation examples and into batches. Read once, also for several
/// runs.
class TrainingData {
public:
  TrainingData(const Library &library, const TrainOptions &options);

  const Dataset &training() const { return data; }
  int64_t trainingExamples() const { return trainCount; }
  int64_t batchSize() const { return batch; }
  int64_t batches() const { return trainCount / batch + (trainCount % batch != 0); } // a batch may be any number

  /// 0: no validation.
  int64_t validationExamples() const { return validationCount; }
  /// Where they are: example `firstValidation` of `validation` is the first.
  const Dataset &validation() const { return separate ? *separate : data; }
  int64_t firstValidation() const { return separate ? 0 : trainCount; }
  /// Mean scores of `evaluate` over the validation examples.
  Means validate(Instance &instance) const;

  /// What belongs beside the parameters: what was done to the data, and the codes that the parameters had before.
  const Preparation &preparation() const { return prepared; }

  /// Of everything that decides how training goes on.
  uint64_t hash() const;

private:
  Dataset data;
  std::unique_ptr<Dataset> separate; // --validation
  Preparation prepared;
  int64_t trainCount = 0, validationCount = 0, batch = 0;
};

} // namespace symc::host

#endif // SYMC_HOST_TRAININGDATA_H
