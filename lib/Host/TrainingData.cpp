//===- TrainingData.cpp - What is trained on and what validates -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/TrainingData.h"
#include "lib/Host/Measure.h"
#include "lib/Host/TrainLog.h"

namespace symc::host {

/// Says which inputs have other codes than `before`, in the parameters that the run starts from.
static void tellOfOtherCodes(const TrainOptions &options, const CategoryCodes &before, const CategoryCodes &codes) {
  for (const auto &[input, columns] : before) {
    auto now = codes.find(input);
    if (now != codes.end() && now->second != columns)
      remark(code::CategoryCodes,
             "the categories of input " + symc::quoted(input) + " have other codes here than in these parameters",
             options.params);
    for (const auto &[name, ignored] : options.data.csvInputs)
      if (now == codes.end() && name == input)
        remark(code::CategoryCodes,
               "input " + symc::quoted(input) + " holds numbers here, and texts in the training of these parameters",
               options.params);
  }
}

TrainingData::TrainingData(const Library &library, const TrainOptions &options) {
  std::vector<int32_t> functions = {library.require("train_step")};
  bool split = options.validationSplit > 0;
  if (split)
    functions.push_back(library.require("evaluate"));
  if (int32_t statistics = measuringFunction(library); statistics >= 0)
    functions.push_back(statistics);
  std::vector<int32_t> logged = loggedFunctions(library, options);
  functions.insert(functions.end(), logged.begin(), logged.end());
  DataOptions first = options.data;
  first.heldOut = options.validationSplit;
  first.prepareAsTrained(library, options.params);
  // Parameters of a whole model go on with the codes that they were trained with. Those that only partly fit are for
  // other data, whose texts get codes of their own.
  CategoryCodes before = first.known.codes;
  if (options.allowMissing)
    first.known.codes.clear();
  data = Dataset::load(library, functions, first);
  data.warnOfDoubt();
  prepared = data.preparation();
  if (options.allowMissing)
    tellOfOtherCodes(options, before, prepared.codes);
  else
    prepared.codes.insert(before.begin(), before.end());
  trainCount = data.examples();
  if (split) {
    validationCount = heldOutExamples(data.examples(), options.validationSplit);
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
    second.known = prepared;
    second.codesFrom = "training part";
    logged.insert(logged.begin(), library.require("evaluate"));
    separate = std::make_unique<Dataset>(Dataset::load(library, logged, second));
    validationCount = separate->examples();
  }
  batch = host::batchSize(library, data, options.batchSize, trainCount);
  if (validationCount)
    host::batchSize(library, separate ? *separate : data, batch, validationCount);
}

Means TrainingData::validate(Instance &instance) const {
  return evaluate(instance, validation(), firstValidation(), validationCount, batch);
}

uint64_t TrainingData::hash() const {
  uint64_t hash = data.hash() + 3 * static_cast<uint64_t>(trainCount);
  return separate ? hash ^ 5 * separate->hash() : hash;
}

} // namespace symc::host
