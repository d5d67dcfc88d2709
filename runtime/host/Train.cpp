//===- Train.cpp - The training loop --------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/host/Train.h"
#include "runtime/host/Checkpoint.h"
#include "runtime/host/Evaluate.h"
#include "runtime/host/History.h"
#include "runtime/host/Interrupt.h"
#include "runtime/host/Progress.h"
#include "runtime/host/Shuffle.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace symc::host {

/// A result that cannot be written must not be found out after hours of training.
static void checkWritable(const std::string &path) {
  if (path.empty())
    return;
  std::filesystem::path parent = std::filesystem::path(path).parent_path();
  std::error_code ignored;
  if (!parent.empty() && !std::filesystem::is_directory(parent, ignored))
    throw dataError(code::OutputUnwritable, path, "cannot be written: there is no directory " + printable(parent.string()));
  if (std::filesystem::is_directory(path, ignored))
    throw dataError(code::OutputUnwritable, path, "cannot be written: it is a directory");
}

void checkTrainOptions(const TrainOptions &options) {
  if (!options.validation.empty() && options.validationSplit > 0)
    throw usageError(code::OptionConflict, "--validation and --validation-split exclude each other");
  if (options.checkpoint.empty() && options.resume)
    throw usageError(code::MissingOption, "--resume needs --checkpoint DIR, where the checkpoint is");
  if (options.checkpoint.empty() && options.checkpointEvery)
    throw usageError(code::MissingOption, "--checkpoint-every needs --checkpoint DIR");
  if (!options.checkpoint.empty() && !options.resume && Checkpoint(options.checkpoint).exists())
    throw usageError(code::OptionConflict, printable(options.checkpoint) + " holds a checkpoint already",
                     "--resume goes on from it; a new run needs another directory");
  checkWritable(options.save);
  checkWritable(options.history);
}

static std::string graphHash(const symc_model &model) {
  nlohmann::json manifest = nlohmann::json::parse(model.manifest, nullptr, false);
  if (manifest.is_object() && manifest.contains("graph_sha256") && manifest["graph_sha256"].is_string())
    return manifest["graph_sha256"];
  return model.name;
}

namespace {

class Trainer {
public:
  Trainer(const Library &library, const TrainOptions &options)
      : library(library), options(options), trainIndex(library.require("train_step")),
        trainFunction(library.function(trainIndex)), hasValidation(options.validationSplit > 0 || !options.validation.empty()),
        instance(library, options.instance), outputs(trainFunction), means(outputs.count()),
        history(scoreNames(trainFunction), hasValidation, options.history), checkpoint(options.checkpoint) {}

  int run() {
    loadData();
    instanceSetUp();
    resume();
    started = std::chrono::steady_clock::now();
    catchInterrupts();
    while (state.epoch < options.epochs) {
      trainEpoch();
      if (!interrupted())
        finishEpoch();
      if (interrupted())
        return stop();
    }
    if (!options.checkpoint.empty())
      saveCheckpoint();
    if (!options.save.empty())
      instance.saveParameters(options.save);
    history.write(true);
    printf("%s\n", history.lastJson().c_str());
    return Done;
  }

private:
  void loadData() {
    std::vector<int32_t> functions = {trainIndex};
    if (hasValidation)
      functions.push_back(library.require("evaluate"));
    data = Dataset::load(library, functions, options.data);
    trainCount = data.examples();
    validationCount = 0;
    if (options.validationSplit > 0) {
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
      validation = Dataset::load(library, {library.require("evaluate")}, second);
      validationCount = validation.examples();
    }
    batch = batchSize(library, data, options.batchSize, trainCount);
    if (validationCount)
      batchSize(library, validationData(), batch, validationCount);
    batches = (trainCount + batch - 1) / batch;
    reader = std::make_unique<BatchReader>(data, trainFunction, std::min(batch, trainCount));
  }

  const Dataset &validationData() const { return options.validation.empty() ? data : validation; }

  void instanceSetUp() {
    if (!options.params.empty())
      instance.loadParameters(options.params, options.allowExtra);
    if (options.checkpoint.empty())
      return;
    identity.graph = graphHash(library.model());
    identity.data = data.hash() + 3 * static_cast<uint64_t>(trainCount);
    if (!options.validation.empty())
      identity.data ^= validation.hash() * 5;
    identity.seed = options.instance.seed;
    identity.batchSize = batch;
  }

  void resume() {
    if (!options.resume)
      return;
    if (!checkpoint.exists()) {
      say(printable(options.checkpoint) + " holds no checkpoint: starting at the beginning");
      return;
    }
    state = checkpoint.load(instance, identity, means.sums.size(), history.columns().size());
    for (const std::vector<double> &row : state.history)
      history.add(row);
    means.sums = state.sums;
    means.examples = state.examples;
    if (state.epoch >= options.epochs)
      say("the run was finished after " + std::to_string(state.epoch) + " epochs: saving again");
    else
      say("resuming in epoch " + std::to_string(state.epoch + 1) + " after " + std::to_string(instance.step()) + " steps");
  }

  double seconds() const {
    return state.seconds + std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  }

  void trainEpoch() {
    std::vector<int64_t> rows = shuffledRows(trainCount, options.instance.seed, state.epoch);
    std::string label = "epoch " + std::to_string(state.epoch + 1) + "/" + std::to_string(options.epochs);
    while (state.position < batches && !interrupted()) {
      int64_t first = state.position * batch, count = std::min(batch, trainCount - first);
      instance.call(trainIndex, reader->gather(&rows[first], count), outputs.tensors());
      means.add(outputs, count);
      ++state.position;
      checkLoss(outputs.value(0));
      progress.update(label, state.position, batches, means.mean(0));
      if (options.checkpointEvery && instance.step() % options.checkpointEvery == 0 && !interrupted())
        saveCheckpoint();
    }
  }

  void checkLoss(double loss) {
    if (std::isfinite(loss) || warned)
      return;
    warned = true;
    progress.clear();
    warn(code::NotFinite, "the loss is " + std::string(std::isnan(loss) ? "NaN" : "infinite") + " at step " +
                              std::to_string(instance.step()) + " (epoch " + std::to_string(state.epoch + 1) +
                              "); training goes on",
         "", "a smaller learning rate or clip_global_norm may help; this is said once");
  }

  void finishEpoch() {
    std::vector<double> row = {static_cast<double>(state.epoch + 1), static_cast<double>(instance.step())};
    for (size_t i = 0; i < means.sums.size(); ++i)
      row.push_back(means.mean(i));
    if (hasValidation) {
      int64_t first = options.validation.empty() ? trainCount : 0;
      Means scores = evaluate(instance, validationData(), first, validationCount, batch);
      if (interrupted())
        return; // the epoch is trained but not finished: a resumed run validates again
      for (size_t i = 0; i < scores.sums.size(); ++i)
        row.push_back(scores.mean(i));
    }
    row.push_back(seconds());
    history.add(row);
    ++state.epoch;
    state.position = 0;
    means = Means(outputs.count());
    progress.clear();
    say(history.lastLine(options.epochs));
    history.write(false);
    if (!options.checkpoint.empty() && !options.checkpointEvery && state.epoch < options.epochs)
      saveCheckpoint();
  }

  void saveCheckpoint() {
    state.sums = means.sums;
    state.examples = means.examples;
    state.history = history.rows();
    LoopState saved = state;
    saved.seconds = seconds();
    checkpoint.save(instance, identity, saved);
  }

  int stop() {
    progress.clear();
    if (!options.checkpoint.empty())
      saveCheckpoint();
    if (!history.rows().empty())
      history.write(true);
    say("interrupted after " + std::to_string(instance.step()) + " steps" +
        (options.checkpoint.empty() ? "; without --checkpoint nothing is kept"
                                    : "; --resume goes on from " + printable(checkpoint.file())));
    return interruptExitCode();
  }

  const Library &library;
  const TrainOptions &options;
  int32_t trainIndex;
  const symc_function &trainFunction;
  bool hasValidation;
  Instance instance;
  ScalarOutputs outputs;
  Means means;
  History history;
  Checkpoint checkpoint;
  RunIdentity identity;
  LoopState state;
  Dataset data, validation;
  std::unique_ptr<BatchReader> reader;
  Progress progress;
  int64_t trainCount = 0, validationCount = 0, batch = 0, batches = 0;
  std::chrono::steady_clock::time_point started;
  bool warned = false;
};

} // namespace

int train(const Library &library, const TrainOptions &options) { return Trainer(library, options).run(); }

} // namespace symc::host
