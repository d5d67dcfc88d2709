//===- TrainLog.cpp - What TensorBoard shows of a run --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/TrainLog.h"
#include "lib/Host/OutputFile.h"
#include "lib/Host/Results.h"
#include "lib/Support/TrainingLog.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>

namespace symc::host {

/// Points of the loss within an epoch, at most.
constexpr int64_t pointsPerEpoch = 25;

constexpr const char *gradientTags = "gradients/", *rateTag = "learning_rate", *speedTag = "examples_per_second";
constexpr const char *trainRun = "/train", *validationRun = "/validation";

/// Where run `number` of a log directory is; the first stands in the directory itself.
static std::string runDirectory(const std::string &directory, int number) {
  return number == 1 ? directory : directory + "/run_" + std::to_string(number);
}

/// `made` receives what was not there.
static void makeDirectories(const std::string &path, std::vector<std::string> &made) {
  std::error_code error;
  std::filesystem::path parent;
  for (const std::filesystem::path &part : std::filesystem::path(path)) {
    parent /= part;
    if (std::filesystem::create_directory(parent, error))
      made.push_back(parent.string());
    if (error)
      throw outputError(path, error.value());
  }
}

/// Creates the directory of a new run, which no other process has taken; or finds the last one.
static std::string chooseRun(const std::string &directory, bool goesOn, std::vector<std::string> &made) {
  int number = 1;
  std::error_code ignored;
  if (goesOn) {
    while (std::filesystem::is_directory(runDirectory(directory, number + 1) + trainRun, ignored))
      ++number;
    makeDirectories(runDirectory(directory, number) + trainRun, made);
    return runDirectory(directory, number);
  }
  for (;; ++number) {
    std::string run = runDirectory(directory, number);
    makeDirectories(run, made);
    if (mkdir((run + trainRun).c_str(), 0777) == 0) {
      made.push_back(run + trainRun);
      return run;
    }
    if (errno != EEXIST)
      throw outputError(run, errno);
  }
}

std::vector<int32_t> loggedFunctions(const Library &library, const TrainOptions &options) {
  std::vector<int32_t> functions;
  if (options.logGradients)
    functions.push_back(library.require("gradients", "--log-gradients"));
  if (int32_t shown = LogImages(library, options.logImages).functionIndex(); shown >= 0)
    functions.push_back(shown);
  return functions;
}

TrainLog::TrainLog(const std::string &directory, const TrainOptions &options, const TrainingData &data,
                   Instance &instance, bool endsEpoch)
    : options(options), data(data), instance(instance), graph(instance.library().model()),
      learningRate(instance.library().model()), images(instance.library(), options.logImages),
      scores(scoreNames(instance.library().function(instance.library().require("train_step")))) {
  bool goesOn = instance.step() > 0 && options.resume;
  std::string run = chooseRun(directory, goesOn, made);
  train = std::make_unique<EventFile>(run + trainRun);
  if (data.validationExamples()) {
    makeDirectories(run + validationRun, made);
    validation = std::make_unique<EventFile>(run + validationRun);
  }
  for (EventFile *file : {train.get(), validation.get()})
    if (file && goesOn)
      file->restart(instance.step() + !endsEpoch);
  if (graph.isKnown())
    train->graph(graph.graphDef());
  train->flush();
}

void TrainLog::discard() {
  std::error_code ignored;
  for (std::unique_ptr<EventFile> *file : {&train, &validation})
    if (*file) {
      std::filesystem::remove((*file)->name(), ignored);
      file->reset();
    }
  for (auto directory = made.rbegin(); directory != made.rend(); ++directory)
    std::filesystem::remove(*directory, ignored); // not what others wrote to meanwhile
}

void TrainLog::beginEpoch(const int64_t *rows, int64_t count, bool isFirst) {
  if (options.logGradients && isFirst)
    addGradients(rows, count);
  seconds = 0;
  examples = 0;
  began = std::chrono::steady_clock::now();
}

void TrainLog::addGradients(const int64_t *rows, int64_t count) {
  const Library &library = instance.library();
  int32_t index = library.require("gradients");
  const symc_function &function = library.function(index);
  BatchReader reader(data.training(), function, count);
  Results results(library, index, data.training().dimsOfBatch(library, count));
  instance.call(index, reader.gather(rows, count), results.tensors(), data.training().name());
  for (int32_t i = 0; i < function.output_count; ++i)
    train->histogram(gradientTags + std::string(function.outputs[i].name), instance.step(), results.reals(i));
  train->flush();
}

void TrainLog::addStep(double loss, int64_t count, int64_t position, int64_t batches) {
  examples += count;
  int64_t every = (batches + pointsPerEpoch - 1) / pointsPerEpoch;
  if (position % every || position == batches) // which the epoch's own point stands for
    return;
  train->scalar(column::loss, instance.step(), loss);
  addLearningRate(instance.step());
  train->flush();
}

/// What a name is shown under: TensorBoard has one kind of data a tag, so that a second one gets a scope.
template <typename IsTaken> static std::string freeTag(std::string name, const char *scope, IsTaken isTaken) {
  while (isTaken(name))
    name = scope + name;
  return name;
}

bool TrainLog::isScore(const std::string &tag) const {
  return std::find(scores.begin(), scores.end(), tag) != scores.end();
}

void TrainLog::addLearningRate(int64_t step) {
  if (std::optional<double> rate = learningRate.of(step - 1))
    train->scalar(freeTag(rateTag, "optimizer/", [&](const std::string &tag) { return isScore(tag); }), step, *rate);
}

void TrainLog::endSteps() { seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(); }

void TrainLog::addEpoch(const std::vector<double> &row) {
  int64_t step = static_cast<int64_t>(row[1]);
  for (size_t i = 0; i < scores.size(); ++i) {
    train->scalar(scores[i], step, row[2 + i]);
    if (validation)
      validation->scalar(scores[i], step, row[2 + scores.size() + i]);
  }
  addLearningRate(step);
  if (seconds > 0 && examples > 0)
    train->scalar(freeTag(speedTag, "train/", [&](const std::string &tag) { return isScore(tag); }), step,
                  static_cast<double>(examples) / seconds);
  const symc_model &model = instance.library().model();
  auto isTaken = [&](const std::string &tag) {
    return isScore(tag) || tag == rateTag || tag == speedTag || tag.compare(0, strlen(gradientTags), gradientTags) == 0;
  };
  for (int32_t i = 0; i < model.parameter_count; ++i)
    if (std::optional<DataType> type = fromDlpack(model.parameters[i].dtype); type && isFloat(*type))
      train->histogram(freeTag(model.parameters[i].name, "parameters/", isTaken), step,
                       parameterValues(instance, model.parameters[i]));
  images.addFilters(*train, instance);
  const Dataset &shown = validation ? data.validation() : data.training();
  int64_t first = validation ? data.firstValidation() : 0;
  int64_t count = validation ? data.validationExamples() : data.trainingExamples();
  images.addValues(validation ? *validation : *train, instance, shown, first, std::min(count, data.batchSize()));
  train->flush();
  if (validation)
    validation->flush();
}

void TrainLog::addRunMetadata(const std::vector<KernelTrace::Span> &spans) {
  train->runMetadata("step_" + std::to_string(instance.step()), instance.step(), graph.runMetadata(spans));
  train->flush();
}

} // namespace symc::host
