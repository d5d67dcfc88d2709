//===- LearningRate.h - The rate of a training step ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_LEARNINGRATE_H
#define SYMC_HOST_LEARNINGRATE_H

#include "symc/runtime.h"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <optional>

namespace symc::host {

/// The schedule that a library's manifest tells of, computed as its training step does.
class LearningRate {
public:
  explicit LearningRate(const symc_model &model);
  ~LearningRate();

  /// Of the step that comes after `steps` completed ones; none for a manifest without a schedule that this symc knows.
  std::optional<double> of(int64_t steps) const;

private:
  std::unique_ptr<nlohmann::json> train;
};

} // namespace symc::host

#endif // SYMC_HOST_LEARNINGRATE_H
