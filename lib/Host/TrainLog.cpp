//===- TrainLog.cpp - What TensorBoard shows of a run --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/TrainLog.h"
#include "lib/Host/OutputFile.h"
#include "lib/Support/TrainingLog.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <sys/stat.h>

namespace symc::host {

/// Points of the loss within an epoch, at most.
constexpr int64_t pointsPerEpoch = 25;

constexpr const char *trainRun = "/train", *validationRun = "/validation";

/// Where run `number` of a log directory is; the first stands in the directory itself.
static std::string runDirectory(const std::string &directory, int number) {
  return number == 1 ? directory : directory + "/run_" + std::to_string(number);
}

static void makeDirectories(const std::string &path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    throw outputError(path, error.value());
}

/// Creates the directory of a new run, which no other process has taken; or finds the last one.
static std::string chooseRun(const std::string &directory, bool goesOn) {
  int number = 1;
  std::error_code ignored;
  if (goesOn) {
    while (std::filesystem::is_directory(runDirectory(directory, number + 1) + trainRun, ignored))
      ++number;
    makeDirectories(runDirectory(directory, number) + trainRun);
    return runDirectory(directory, number);
  }
  for (;; ++number) {
    std::string run = runDirectory(directory, number);
    makeDirectories(run);
    if (mkdir((run + trainRun).c_str(), 0777) == 0)
      return run;
    if (errno != EEXIST)
      throw outputError(run, errno);
  }
}

std::vector<int32_t> loggedFunctions(const Library &library, const TrainOptions &options) {
  std::vector<int32_t> functions;
  if (options.logGradients)
    functions.push_back(library.require("gradients", /*named=*/true));
  if (int32_t shown = LogImages(library, options.logImages).functionIndex(); shown >= 0)
    functions.push_back(shown);
  return functions;
}

TrainLog::TrainLog(const std::string &directory, const TrainOptions &options, const TrainingData &data,
                   Instance &instance)
    : options(options), data(data), instance(instance), graph(instance.library().model()),
      learningRate(instance.library().model()), images(instance.library(), options.logImages) {
  bool goesOn = instance.step() > 0 && options.resume;
  std::string run = chooseRun(directory, goesOn);
  train = std::make_unique<EventFile>(run + trainRun);
  if (data.validationExamples()) {
    makeDirectories(run + validationRun);
    validation = std::make_unique<EventFile>(run + validationRun);
  }
  for (EventFile *file : {train.get(), validation.get()})
    if (file && goesOn)
      file->restart(instance.step());
  if (graph.isKnown())
    train->graph(graph.graphDef());
  train->flush();
}

void TrainLog::beginEpoch(const int64_t *rows, int64_t count) {
  if (options.logGradients)
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
  std::vector<Shape> shapes;
  std::vector<Buffer> memory(function.output_count);
  for (int32_t i = 0; i < function.output_count; ++i) // gradients of parameters, which have no symbolic sizes
    shapes.emplace_back(function.outputs[i].shape, function.outputs[i].shape + function.outputs[i].rank);
  std::vector<DLTensor> results;
  for (int32_t i = 0; i < function.output_count; ++i) {
    memory[i].resize(elementCount(shapes[i]).value_or(0) * byteSize(typeOf(function.outputs[i])));
    results.push_back(view(memory[i].data(), typeOf(function.outputs[i]), shapes[i]));
  }
  instance.call(index, reader.gather(rows, count), results, data.training().name());
  for (int32_t i = 0; i < function.output_count; ++i) {
    std::vector<double> values(elementCount(shapes[i]).value_or(0));
    convert(memory[i].data(), typeOf(function.outputs[i]), values.data(), DataType::F64,
            static_cast<int64_t>(values.size()));
    train->histogram(std::string("gradients/") + function.outputs[i].name, instance.step(), values);
  }
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

void TrainLog::addLearningRate(int64_t step) {
  if (std::optional<double> rate = learningRate.of(step - 1))
    train->scalar("learning_rate", step, *rate);
}

void TrainLog::endSteps() { seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(); }

void TrainLog::addEpoch(const std::vector<std::string> &scores, const std::vector<double> &row) {
  int64_t step = static_cast<int64_t>(row[1]);
  for (size_t i = 0; i < scores.size(); ++i) {
    train->scalar(scores[i], step, row[2 + i]);
    if (validation)
      validation->scalar(scores[i], step, row[2 + scores.size() + i]);
  }
  addLearningRate(step);
  if (seconds > 0 && examples > 0)
    train->scalar("examples_per_second", step, static_cast<double>(examples) / seconds);
  const symc_model &model = instance.library().model();
  for (int32_t i = 0; i < model.parameter_count; ++i)
    if (std::optional<DataType> type = fromDlpack(model.parameters[i].dtype); type && isFloat(*type))
      train->histogram(model.parameters[i].name, step, parameterValues(instance, model.parameters[i]));
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
