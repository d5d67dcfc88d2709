//===- Topics.cpp - What `symc help NAME` knows ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "tools/symc/Topics.h"
#include "lib/Support/OtherNames.h"
#include "lib/Support/Suggest.h"
#include "tools/symc/Options.h"

namespace symc::cli {

static const Topic topics[] = {
#define TOPIC(name, text) {name, text},
#include "tools/symc/Topics.inc"
};

std::vector<const Topic *> findTopics(std::string_view name) {
  std::vector<const Topic *> found;
  for (const Topic &topic : topics)
    if (name == topic.name)
      found.push_back(&topic);
  return found;
}

host::Error unknownTopic(const std::string &word) {
  std::string message = "there is no help on " + symc::quoted(word);
  const OtherName *other = nullptr;
  auto look = [&](const auto &table) {
    if (!other)
      other = findOtherName(table, word);
  };
  look(otherOps);
  look(otherInitializers);
  look(otherMetrics);
  look(otherOptimizers);
  look(otherSchedules);
  look(otherSettings);
  look(otherCommands);
  if (other)
    return host::usageError(code::UnknownCommand, message, std::string(other->hint), std::string(other->here));
  Suggestion near(word);
  for (const CommandInfo &command : commands())
    near.consider(command.name);
  for (const Topic &topic : topics)
    near.consider(topic.name);
  return host::usageError(code::UnknownCommand, message,
                          near.best().empty() ? "`symc` lists the commands, `symc help ops` the operators" : "",
                          near.best());
}

} // namespace symc::cli
