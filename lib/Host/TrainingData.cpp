//===- TrainingData.cpp - What is trained on and what validates -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/TrainingData.h"
#include "lib/Host/Measure.h"

#include <cmath>

namespace symc::host {

TrainingData::TrainingData(const Library &library, const TrainOptions &options) {
  std::vector<int32_t> functions = {library.require("train_step")};
  bool split = options.validationSplit > 0;
  if (split)
    functions.push_back(library.require("evaluate"));
  if (int32_t statistics = measuringFunction(library); statistics >= 0)
    functions.push_back(statistics);
  data = Dataset::load(library, functions, options.data);
  trainCount = data.examples();
  if (split) {
    validationCount = std::llround(static_cast<double>(data.examples()) * options.validationSplit);
    trainCount -= validationCount;
    if (validationCount < 1 || trainCount < 1)
      throw usageError(code::OptionValue, "--validation-split leaves " + std::to_string(trainCount) + " of " +
                                              std::to_string(data.examples()) + " examples to train on and " +
                                              std::to_string(validationCount) + " to validate");
  }
  if (!options.validation.empty()) {
    DataOptions second = options.data;
    second.data = options.validation;
    second.files.clear(); // --in names training data
    separate = std::make_unique<Dataset>(Dataset::load(library, {library.require("evaluate")}, second));
    validationCount = separate->examples();
  }
  batch = host::batchSize(library, data, options.batchSize, trainCount);
  if (validationCount)
    host::batchSize(library, separate ? *separate : data, batch, validationCount);
}

Means TrainingData::validate(Instance &instance) const {
  return separate ? evaluate(instance, *separate, 0, validationCount, batch)
                  : evaluate(instance, data, trainCount, validationCount, batch);
}

uint64_t TrainingData::hash() const {
  uint64_t hash = data.hash() + 3 * static_cast<uint64_t>(trainCount);
  return separate ? hash ^ 5 * separate->hash() : hash;
}

} // namespace symc::host
