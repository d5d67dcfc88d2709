//===- TrainingLog.h - The columns of a training log ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// `symc train` writes them, `symc eval` prints some of them, and a metric of a graph cannot be called like one.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_TRAININGLOG_H
#define SYMC_SUPPORT_TRAININGLOG_H

#include <string_view>

namespace symc {

namespace column {
inline constexpr const char *epoch = "epoch";
inline constexpr const char *steps = "steps";
inline constexpr const char *loss = "loss";
inline constexpr const char *seconds = "seconds";
inline constexpr const char *examples = "examples";
/// What the loss and the metrics of validation data begin with.
inline constexpr std::string_view validation = "val_";
} // namespace column

inline bool isLogColumn(std::string_view name) {
  for (std::string_view taken : {column::epoch, column::steps, column::loss, column::seconds, column::examples})
    if (name == taken)
      return true;
  return name.substr(0, column::validation.size()) == column::validation;
}

} // namespace symc

#endif // SYMC_SUPPORT_TRAININGLOG_H
