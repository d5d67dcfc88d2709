//===- Train.cpp - The training loop --------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Train.h"
#include "lib/Host/BestEpoch.h"
#include "lib/Host/Checkpoint.h"
#include "lib/Host/FileUse.h"
#include "lib/Host/History.h"
#include "lib/Host/Interrupt.h"
#include "lib/Host/Measure.h"
#include "lib/Host/Numbers.h"
#include "lib/Host/OutputFile.h"
#include "lib/Host/Progress.h"
#include "lib/Host/Shuffle.h"
#include "lib/Host/TrainLog.h"
#include "lib/Host/TrainingData.h"
#include "lib/Support/Json.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace symc::host {

/// A result that cannot be written must not be found out after hours of training.
static void checkWritable(const std::string &path) {
  if (path.empty())
    return;
  std::filesystem::path parent = std::filesystem::path(path).parent_path();
  std::error_code ignored;
  if (!parent.empty() && !std::filesystem::is_directory(parent, ignored))
    throw dataError(code::OutputUnwritable, path,
                    "cannot be written: there is no directory " + printable(parent.string()));
  auto destination = std::make_unique<Destination>();
  if (!destination->find(path.c_str()))
    throw outputError(path, errno);
  // Behind links another folder may count, and one that is there may be closed to this process.
  std::string folder = std::filesystem::path(destination->path).parent_path().string();
  if (!destination->exists && access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) != 0)
    throw outputError(path, errno);
}

/// Throws where runs, which differ in what they write, would write over what they read, or two results to one file.
static void useFiles(const std::vector<TrainOptions> &runs) {
  const TrainOptions &options = runs.front();
  FileUse files;
  files.reads("--data", options.data.data);
  files.reads("--validation", options.validation);
  for (const auto &[input, file] : options.data.files)
    files.reads("--in " + input, file);
  files.readsModel(options.data.model);
  if (!options.checkpoint.empty()) {
    Checkpoint checkpoint(options.checkpoint);
    files.writes("--checkpoint", checkpoint.file());
    for (const auto &[option, path] : {std::pair("--save", &options.save),
                                       {"--save-best", &options.saveBest},
                                       {"--history", &options.history},
                                       {"--trace", &options.trace}})
      if (checkpoint.owns(*path))
        throw usageError(code::OptionConflict,
                         std::string(option) + " " + printable(*path) +
                             " has the name of a copy that --checkpoint keeps and removes",
                         "give it another name or directory");
  }
  files.writes("--save", options.save);    // it may replace --params: a model that is trained further
  files.reads("--params", options.params); // which a run that begins again needs as they were
  for (const TrainOptions &run : runs) {
    files.writes("--history", run.history);
    files.writes("--save-best", run.saveBest);
  }
  files.writes("--trace", options.trace);
}

void checkTrainOptions(const TrainOptions &options) {
  if (!options.validation.empty() && options.validationSplit > 0)
    throw usageError(code::OptionConflict, "--validation and --validation-split exclude each other");
  if (!options.checkpoint.empty() && !options.resume && Checkpoint(options.checkpoint).exists())
    throw usageError(code::OptionConflict, printable(options.checkpoint) + " holds a checkpoint already",
                     "--resume goes on from it; a new run needs another directory");
  for (const char *option : {options.patience ? "--patience" : "", options.saveBest.empty() ? "" : "--save-best"})
    if (*option && options.validation.empty() && !(options.validationSplit > 0))
      throw usageError(code::MissingOption, std::string(option) + " needs validation data",
                       "--validation-split 0.2 holds some out, --validation D2 is another data set");
  if (options.repeat > 1 && !options.trace.empty())
    throw usageError(code::OptionConflict, "--repeat trains several models: --trace follows one");
  if (options.repeat > 1 && (!options.save.empty() || !options.checkpoint.empty()))
    throw usageError(code::OptionConflict, "--repeat trains several models: --save and --checkpoint keep one");
  checkWritable(options.save);
  checkWritable(options.saveBest);
  checkWritable(options.history);
  if (options.repeat > 1)
    for (const auto &[option, path] : {std::pair("--history", &options.history), {"--save-best", &options.saveBest}})
      if (!path->empty() && !isReplaced(*path))
        throw usageError(code::OptionConflict, "--repeat writes a file a seed, and " + std::string(option) + " " +
                                                   printable(*path) + " is none");
  struct stat status;
  if (!options.saveBest.empty() && stat(options.saveBest.c_str(), &status) == 0 && S_ISFIFO(status.st_mode))
    throw usageError(code::OptionValue, "--save-best " + printable(options.saveBest) +
                                            " is a pipe, and the file is written whenever an epoch is the best");
  checkWritable(options.trace);
  useFiles({options});
  if (options.resume && !options.params.empty() && Checkpoint(options.checkpoint).exists())
    warn(code::OptionConflict,
         "--params " + printable(options.params) + " has no effect: the run goes on from its checkpoint",
         Checkpoint(options.checkpoint).file());
}

/// A text of the manifest; empty where it has none.
static std::string manifestText(const symc_model &model, const char *key) {
  nlohmann::json manifest = nlohmann::json::parse(model.manifest, nullptr, false);
  auto found = manifest.find(key);
  return found != manifest.end() && found->is_string() ? found->get<std::string>() : "";
}

/// What options changed in what the graph computes, a line each.
static std::string graphChanges(const symc_model &model) {
  nlohmann::json manifest = nlohmann::json::parse(model.manifest, nullptr, false);
  std::string changes;
  if (!manifest.is_object())
    return changes;
  for (const nlohmann::json &flag : manifest.value("flags", nlohmann::json()))
    if (flag.is_string())
      for (const char *option : {"--freeze ", "--learning-rate ", "--fast-math"})
        if (std::string text = flag; text.compare(0, strlen(option), option) == 0)
          changes += text + "\n";
  std::string cpus;
  if (auto target = manifest.find("target"); target != manifest.end() && target->is_object())
    for (const nlohmann::json &cpu : target->value("cpus", nlohmann::json()))
      if (cpu.is_string())
        cpus += (cpus.empty() ? "--cpu " : ",") + cpu.get<std::string>();
  return cpus.empty() ? changes : changes + cpus + "\n";
}

namespace {

class Trainer {
public:
  Trainer(const Library &library, const TrainOptions &options, const TrainingData &data)
      : options(options), data(data), trainIndex(library.require("train_step")),
        trainFunction(library.function(trainIndex)), instance(library, options.instance), outputs(trainFunction),
        means(outputs), history(scoreNames(trainFunction), data.validationExamples() > 0, options.history),
        checkpoint(options.checkpoint), best(options.saveBest, options.checkpoint.empty() ? nullptr : &checkpoint),
        reader(data.training(), trainFunction, std::min(data.batchSize(), data.trainingExamples())) {
    if (options.patience || !options.saveBest.empty())
      monitor.emplace(options.monitor, history.columns());
  }

  /// Done, or the exit code of an interrupt.
  int run() {
    instanceSetUp();
    resume();
    if (!options.logdir.empty() && !isFinished())
      log = std::make_unique<TrainLog>(options.logdir, options, data, instance, state.position == data.batches());
    if ((!options.trace.empty() || options.logRunMetadata) && !isFinished())
      kernels = std::make_unique<KernelTrace>(instance, options.trace);
    started = std::chrono::steady_clock::now();
    int64_t stepsBefore = instance.step();
    try {
      trainEpochs();
    } catch (const Error &) {
      if (log && instance.step() == stepsBefore)
        log->discard();
      throw;
    }
    if (interrupted())
      return stop();
    if (state.epoch < options.epochs)
      remark(code::StoppedEarly, "stopped after epoch " + std::to_string(state.epoch) + ": " + bestSoFar());
    // What was trained is kept before anything that only tells of it may fail.
    if (!options.checkpoint.empty())
      saveCheckpoint();
    if (!options.save.empty())
      saveParameters(instance, options.save, data.preparation());
    if (!options.saveBest.empty() && !monitor->bestEpoch())
      warn(code::NothingKept, "is not written: " + bestSoFar(), options.saveBest);
    history.write(true);
    finishTrace();
    return Done;
  }

  const History &rows() const { return history; }

private:
  /// An epoch that was begun is ended, whatever patience says meanwhile.
  bool isFinished() const {
    return state.epoch >= options.epochs ||
           (options.patience && state.position == 0 && monitor->epochsWithoutBetter() >= options.patience);
  }

  std::string bestSoFar() const {
    if (int64_t epoch = monitor->bestEpoch())
      return "the best " + monitor->name() + " is " + brief(monitor->bestValue()) + ", of epoch " +
             std::to_string(epoch);
    return monitor->name() + " is finite in no epoch";
  }

  void instanceSetUp() {
    if (!options.params.empty())
      instance.loadParameters(options.params, options.allowExtra, options.allowMissing);
    if (options.checkpoint.empty())
      return;
    checkpoint.prepare();
    const symc_model &model = instance.library().model();
    identity.graph = manifestText(model, "graph_sha256");
    if (identity.graph.empty())
      identity.graph = model.name;
    identity.constants = manifestText(model, "constants_xxh64");
    identity.changes = graphChanges(model);
    identity.data = data.hash();
    identity.seed = *options.instance.seed;
    identity.batchSize = data.batchSize();
  }

  void resume() {
    if (!options.resume)
      return;
    if (!checkpoint.exists()) {
      remark(code::Resumed, "holds no checkpoint: starting at the beginning", options.checkpoint);
      return;
    }
    state = checkpoint.load(instance, identity, means.sums.size(), history.columns().size());
    for (const std::vector<double> &row : state.history) {
      history.add(row);
      if (monitor)
        monitor->add(row);
    }
    if (!options.saveBest.empty() && monitor->bestEpoch())
      best.restore(monitor->bestEpoch(), monitor->name(), state.best);
    means.sums = state.sums;
    means.examples = state.examples;
    if (isFinished())
      remark(code::Resumed, "the run was finished after " + std::to_string(state.epoch) + " epochs: saving again",
             checkpoint.file());
    else
      remark(code::Resumed,
             "resuming in epoch " + std::to_string(state.epoch + 1) + " after " + std::to_string(instance.step()) +
                 " steps",
             checkpoint.file());
  }

  double seconds() const {
    return state.seconds + std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  }

  /// Until the run is finished or interrupted.
  void trainEpochs() {
    if (state.epoch == 0 && state.position == 0) // else the checkpoint has them
      measureParameters(instance, data.training(), data.trainingExamples(), data.batchSize(), options.params);
    while (!isFinished() && !interrupted()) {
      trainEpoch();
      if (!interrupted())
        finishEpoch();
    }
  }

  void trainEpoch() {
    std::vector<int64_t> rows = shuffledRows(data.trainingExamples(), *options.instance.seed, state.epoch);
    std::string label = "epoch " + std::to_string(state.epoch + 1) + "/" + std::to_string(options.epochs);
    logging([&] {
      log->beginEpoch(rows.data(), std::min(data.batchSize(), data.trainingExamples()), state.position == 0);
    });
    while (state.position < data.batches() && !interrupted()) {
      int64_t first = state.position * data.batchSize();
      int64_t count = std::min(data.batchSize(), data.trainingExamples() - first);
      trainStep(reader.gather(&rows[first], count));
      means.add(outputs, count);
      ++state.position;
      logging([&] { log->addStep(means.mean(0), count, state.position, data.batches()); });
      checkLoss(outputs.value(0));
      progress.update(label, state.position, data.batches(), means.mean(0));
      if (options.checkpointEvery && instance.step() % options.checkpointEvery == 0 && !interrupted())
        saveCheckpoint();
    }
    logging([&] { log->endSteps(); });
  }

  /// A log that cannot go on, on a full disk say, is no reason to stop training.
  void logging(const std::function<void()> &add) {
    if (!log)
      return;
    try {
      add();
    } catch (const Error &error) {
      if (error.exit != WrongEnvironment)
        throw;
      progress.clear();
      warn(error.diagnostic.code, error.diagnostic.message + "; the log ends here, training goes on",
           error.diagnostic.file);
      log.reset();
    }
  }

  void trainStep(const std::vector<DLTensor> &inputs) {
    auto call = [&] { callOn(data.training(), instance, trainIndex, inputs, outputs.tensors()); };
    if (!kernels)
      return call();
    // Of the first steps of a run the last one is logged, when caches are warm; not all runs have ten.
    constexpr int64_t warmSteps = 10;
    bool isFirst = options.logRunMetadata && instance.step() < warmSteps;
    kernels->call("train_step", instance.step() + 1, call, isFirst);
    metadataWaits = isFirst;
    if (instance.step() == warmSteps)
      logMetadata();
  }

  void logMetadata() {
    if (std::exchange(metadataWaits, false))
      logging([&] { log->addRunMetadata(kernels->lastSpans()); });
  }

  void finishTrace() {
    if (!kernels)
      return;
    logMetadata();
    kernels->finish();
  }

  void checkLoss(double loss) {
    if (std::isfinite(loss) || warned)
      return;
    warned = true;
    progress.clear();
    warn(code::NotFinite,
         "the loss is " + std::string(std::isnan(loss) ? "NaN" : "infinite") + " at step " +
             std::to_string(instance.step()) + " (epoch " + std::to_string(state.epoch + 1) + "); training goes on",
         "",
         instance.step() == 1 ? "nothing is updated yet: it comes of the data or the initial values, and `symc bisect "
                                "--nan` finds where; this is said once"
                              : "a smaller learning rate or clip_global_norm may help; this is said once");
  }

  void finishEpoch() {
    std::vector<double> row = {static_cast<double>(state.epoch + 1), static_cast<double>(instance.step())};
    for (size_t i = 0; i < means.count(); ++i)
      row.push_back(means.mean(i));
    if (data.validationExamples()) {
      Means scores = data.validate(instance);
      if (interrupted())
        return; // the epoch is trained but not finished: a resumed run validates again
      for (size_t i = 0; i < scores.count(); ++i)
        row.push_back(scores.mean(i));
    }
    row.push_back(seconds());
    history.add(row);
    if (monitor && monitor->add(row) && !options.saveBest.empty())
      state.best = best.save(instance, data.preparation(), monitor->bestEpoch());
    logging([&] { log->addEpoch(row); });
    ++state.epoch;
    state.position = 0;
    means = Means(outputs);
    progress.clear();
    say(history.lastLine(options.epochs));
    history.write(false);
    if (!options.checkpoint.empty() && !options.checkpointEvery && !isFinished())
      saveCheckpoint();
  }

  void saveCheckpoint() {
    state.sums = means.sums;
    state.examples = means.examples;
    state.history = history.rows();
    LoopState saved = state;
    saved.seconds = seconds();
    checkpoint.save(instance, identity, data.preparation(), saved);
    if (!options.saveBest.empty())
      checkpoint.forgetBest(monitor->bestEpoch());
  }

  int stop() {
    progress.clear();
    if (!options.checkpoint.empty())
      saveCheckpoint();
    if (!history.rows().empty())
      history.write(true);
    finishTrace();
    std::string said = "interrupted after " + std::to_string(instance.step()) + " steps; ";
    bool hasBest = !options.saveBest.empty() && monitor->bestEpoch();
    if (options.checkpoint.empty())
      sayOrWarn(code::NothingKept,
                said + "without --checkpoint " +
                    (hasBest ? printable(options.saveBest) + " alone is kept: " + bestSoFar() : "nothing is kept"));
    else
      sayOrWarn(code::Resumed, said + "--resume goes on from " + printable(checkpoint.file()));
    return interruptExitCode();
  }

  const TrainOptions &options;
  const TrainingData &data;
  int32_t trainIndex;
  const symc_function &trainFunction;
  Instance instance;
  ScoreOutputs outputs;
  Means means;
  History history;
  Checkpoint checkpoint;
  BestParameters best;
  std::optional<Monitor> monitor;
  RunIdentity identity;
  LoopState state;
  BatchReader reader;
  std::unique_ptr<TrainLog> log;
  std::unique_ptr<KernelTrace> kernels;
  bool metadataWaits = false; // what the last step's kernels took may be the last to log
  Progress progress;
  std::chrono::steady_clock::time_point started;
  bool warned = false;
};

} // namespace

/// Mean and deviation of each column over runs that differ in their seed.
static std::string stability(const std::vector<std::string> &columns, const std::vector<std::vector<double>> &rows) {
  Json json = {{"runs", rows.size()}};
  std::string said = "over " + std::to_string(rows.size()) + " seeds:";
  double count = static_cast<double>(rows.size());
  for (size_t c = 0; c < columns.size(); ++c) {
    double mean = 0, squares = 0;
    for (const std::vector<double> &row : rows)
      mean += row[c] / count;
    for (const std::vector<double> &row : rows)
      squares += (row[c] - mean) * (row[c] - mean);
    double deviation = std::sqrt(squares / (count - 1));
    if (c < 2 && deviation == 0) { // else runs were stopped early
      json[columns[c]] = static_cast<int64_t>(mean);
      continue;
    }
    json[columns[c]] = {{"mean", jsonNumber<Json>(mean)}, {"deviation", jsonNumber<Json>(deviation)}};
    said += " " + columns[c] + " " + brief(mean) + " ± " + brief(deviation);
  }
  say(said);
  return jsonLine(json);
}

/// h.csv of seed 3: h-3.csv.
static std::string withSeed(const std::string &path, uint64_t seed) {
  if (path.empty())
    return path;
  std::filesystem::path name(path);
  return (name.parent_path() / (name.stem().string() + "-" + std::to_string(seed) + name.extension().string()))
      .string();
}

int train(const Library &library, const TrainOptions &options) {
  TrainingData data(library, options);
  // Several runs are made for their numbers alone.
  if (options.repeat == 1 && options.save.empty() && options.checkpoint.empty() && options.saveBest.empty())
    warn(code::NothingKept, "the trained parameters are not kept", "", "--save FILE or --checkpoint DIR keeps them");
  std::vector<TrainOptions> runs(options.repeat, options);
  for (int64_t run = 0; run < options.repeat; ++run) {
    TrainOptions &one = runs[run];
    uint64_t seed = library.settings(options.instance).seed + run;
    one.instance.seed = seed;
    if (options.repeat == 1)
      break;
    one.history = withSeed(options.history, seed);
    one.saveBest = withSeed(options.saveBest, seed);
    one.logdir = options.logdir.empty() ? "" : options.logdir + "/seed-" + std::to_string(seed);
    checkWritable(one.history);
    checkWritable(one.saveBest);
  }
  useFiles(runs);
  std::vector<std::vector<double>> lastRows;
  for (const TrainOptions &run : runs) {
    if (options.repeat > 1)
      say("seed " + std::to_string(*run.instance.seed));
    Trainer trainer(library, run, data);
    if (int exit = trainer.run())
      return exit;
    lastRows.push_back(trainer.rows().rows().back());
    if (&run == &runs.back())
      printf("%s\n",
             (options.repeat > 1 ? stability(trainer.rows().columns(), lastRows) : trainer.rows().lastJson()).c_str());
  }
  return Done;
}

} // namespace symc::host
