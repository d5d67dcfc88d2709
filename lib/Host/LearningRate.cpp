//===- LearningRate.cpp - The rate of a training step --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/LearningRate.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace symc::host {

/// At `t` updates, from the base rate; lib/Autodiff/Schedules.cpp builds the same out of ops.
static std::optional<double> scheduled(const std::string &kind, double base, const nlohmann::json &options, double t) {
  auto number = [&](const char *name) { return options.at(name).get<double>(); };
  if (kind == "constant")
    return base;
  if (kind == "step")
    return base * std::pow(number("gamma"), std::floor(t / number("step_size")));
  if (kind == "exponential") {
    double exponent = t / number("decay_steps");
    return base * std::pow(number("decay_rate"), number("staircase") != 0 ? std::floor(exponent) : exponent);
  }
  if (kind == "linear_warmup")
    return base * std::min(1.0, (t + 1) / number("warmup_steps"));
  if (kind == "piecewise") {
    auto boundaries = options.at("boundaries").get<std::vector<double>>();
    auto values = options.at("values").get<std::vector<double>>();
    return values.at(std::upper_bound(boundaries.begin(), boundaries.end(), t) - boundaries.begin());
  }
  if (kind == "cosine") {
    double alpha = number("alpha"), part = std::min(t, number("decay_steps")) / number("decay_steps");
    return base * ((1 - alpha) * (0.5 * (1 + std::cos(M_PI * part))) + alpha);
  }
  if (kind == "polynomial") {
    double end = number("end_learning_rate"), part = std::min(t, number("decay_steps")) / number("decay_steps");
    return (base - end) * std::pow(1 - part, number("power")) + end;
  }
  return std::nullopt;
}

LearningRate::LearningRate(const symc_model &model) {
  nlohmann::json manifest = nlohmann::json::parse(model.manifest, nullptr, /*allow_exceptions=*/false);
  if (auto found = manifest.find("train"); found != manifest.end())
    train = std::make_unique<nlohmann::json>(*found);
}

LearningRate::~LearningRate() = default;

std::optional<double> LearningRate::of(int64_t steps) const {
  if (!train)
    return std::nullopt;
  try {
    const nlohmann::json &schedule = train->at("schedule");
    if (schedule.empty())
      return std::nullopt;
    int64_t updates = steps / std::max<int64_t>(1, train->at("accumulate_steps").get<int64_t>());
    return scheduled(schedule.begin().key(), train->at("learning_rate").get<double>(), schedule.begin().value(),
                     static_cast<double>(updates));
  } catch (const std::exception &) {
    return std::nullopt; // of a later version
  }
}

} // namespace symc::host
