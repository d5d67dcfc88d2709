//===- Measure.cpp - Parameters that are numbers of the data ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Host/Measure.h"
#include "lib/Host/Interrupt.h"

#include <algorithm>
#include <cmath>

namespace symc::host {

namespace {
/// What a layer gets: the mean and the deviation of each of its features over the examples so far, from those of
/// batches (Chan, Golub and LeVeque 1979), which loses nothing when means are large.
class Moments {
public:
  Moments(const symc_argument &mean, const symc_argument &deviation)
      : meanName(mean.name), deviationName(deviation.name), shape(mean.shape, mean.shape + mean.rank),
        means(*elementCount(shape)), squares(means.size()), batchMeans(means.size()), batchDeviations(means.size()) {}

  void addViews(std::vector<DLTensor> &views) {
    views.push_back(view(batchMeans.data(), DataType::F64, shape));
    views.push_back(view(batchDeviations.data(), DataType::F64, shape));
  }

  void addBatch(int64_t examples) {
    auto before = static_cast<double>(count), here = static_cast<double>(examples), all = before + here;
    for (size_t i = 0; i < means.size(); ++i) {
      double step = batchMeans[i] - means[i];
      means[i] += step * here / all;
      squares[i] += batchDeviations[i] * batchDeviations[i] * here + step * step * before * here / all;
    }
    count += examples;
  }

  void store(Instance &instance) const {
    std::vector<double> deviations(squares);
    for (double &deviation : deviations) {
      deviation = std::sqrt(deviation / static_cast<double>(count));
      if (deviation == 0) // a feature that never changes becomes 0
        deviation = 1;
    }
    instance.setParameter(meanName, means);
    instance.setParameter(deviationName, deviations);
  }

  bool operator==(const Moments &other) const { return means == other.means && squares == other.squares; }

private:
  std::string meanName, deviationName;
  Shape shape;
  std::vector<double> means, squares; // squares: sums of squared differences from the mean
  std::vector<double> batchMeans, batchDeviations;
  int64_t count = 0;
};
} // namespace

int32_t measuringFunction(const Library &library) {
  for (int32_t i = 0; i < library.model().function_count; ++i)
    if (library.function(i).flags & SYMC_FUNCTION_MEASURES)
      return i;
  return -1;
}

static std::vector<Moments> layersOf(const symc_function &function) {
  std::vector<Moments> layers;
  for (int32_t i = 0; i + 1 < function.output_count; i += 2)
    layers.emplace_back(function.outputs[i], function.outputs[i + 1]);
  return layers;
}

/// What a layer begins with: the values of given parameters, or nothing where they are still 0 and 1.
static std::vector<std::vector<double>> givenMoments(const Instance &instance, const symc_function &function) {
  std::vector<std::vector<double>> given;
  for (int32_t i = 0; i < function.output_count; ++i) {
    given.push_back(instance.parameter(function.outputs[i].name));
    double initial = i % 2;
    if (std::all_of(given.back().begin(), given.back().end(), [&](double value) { return value == initial; }))
      given.back().clear();
  }
  return given;
}

/// Says which layers lose what the parameters of a file said of other data.
static void tellOfOtherMoments(const Instance &instance, const symc_function &function,
                               const std::vector<std::vector<double>> &before, const std::string &params) {
  for (int32_t i = 0; i + 1 < function.output_count; i += 2) {
    auto isNew = [&](int32_t k) {
      return !before[k].empty() && before[k] != instance.parameter(function.outputs[k].name);
    };
    if (isNew(i) || isNew(i + 1))
      remark(code::MeasuredAnew,
             symc::quoted(function.outputs[i].name) + " and " + symc::quoted(function.outputs[i + 1].name) +
                 " are measured of this training part, in place of what these parameters say; --freeze " +
                 function.outputs[i].name + " keeps both",
             params);
  }
}

void measureParameters(Instance &instance, const Dataset &data, int64_t examples, int64_t batch,
                       const std::string &params) {
  int32_t index = measuringFunction(instance.library());
  if (index < 0)
    return;
  const symc_function &function = instance.library().function(index);
  std::vector<std::vector<double>> given = givenMoments(instance, function);
  BatchReader reader(data, function, std::min(batch, examples));
  std::vector<Moments> known;
  // A layer may stand behind another one: each time all over the data the next of them gets what it will get in
  // training.
  for (int32_t pass = 0; 2 * pass < function.output_count; ++pass) {
    std::vector<Moments> layers = layersOf(function);
    std::vector<DLTensor> views;
    for (Moments &layer : layers)
      layer.addViews(views);
    for (int64_t done = 0; done < examples; done += batch) {
      if (interrupted())
        return;
      int64_t count = std::min(batch, examples - done);
      instance.call(index, reader.slice(done, count), views, data.name());
      for (Moments &layer : layers)
        layer.addBatch(count);
    }
    if (layers == known)
      break;
    for (const Moments &layer : layers)
      layer.store(instance);
    known = std::move(layers);
  }
  if (!params.empty())
    tellOfOtherMoments(instance, function, given, params);
}

} // namespace symc::host
