//===- Topics.h - What `symc help NAME` knows -----------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TOOLS_SYMC_TOPICS_H
#define SYMC_TOOLS_SYMC_TOPICS_H

#include "lib/Host/Errors.h"

#include <string>
#include <string_view>
#include <vector>

namespace symc::cli {

/// An op, optimizer, schedule, initialiser or metric, or a list of them: what the definitions of the dialect say,
/// written by tools/gen/help_topics.py. It is part of the program, so that no file has to be found and no compiler
/// loaded.
struct Topic {
  const char *name;
  const char *text; // ends with a line break
};

/// Those of this name: `mse` is a loss and a metric.
std::vector<const Topic *> findTopics(std::string_view name);

/// The error for a word that is neither a command nor a topic.
host::Error unknownTopic(const std::string &word);

} // namespace symc::cli

#endif // SYMC_TOOLS_SYMC_TOPICS_H
