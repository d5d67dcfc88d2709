//===- BestEpoch.cpp - The best epoch of a run --------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/BestEpoch.h"
#include "lib/Host/ByteSource.h"
#include "lib/Host/OutputFile.h"
#include "lib/Support/Hash.h"
#include "lib/Support/Suggest.h"
#include "lib/Support/TrainingLog.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>

namespace symc::host {

namespace {

struct Direction {
  std::string_view name;
  bool isGreaterBetter;
};

/// Of the loss and the ready-made metrics, and of other metrics whose names end so.
constexpr Direction directions[] = {{"accuracy", true}, {"precision", true}, {"recall", true},
                                    {"f1", true},       {"mean_iou", true},  {"loss", false},
                                    {"mse", false},     {"mae", false},      {"perplexity", false}};

/// "accuracy" ends in it, and so does "pixel_accuracy".
bool endsIn(std::string_view name, std::string_view word) {
  if (name.size() < word.size() || name.substr(name.size() - word.size()) != word)
    return false;
  return name.size() == word.size() || name[name.size() - word.size() - 1] == '_';
}

} // namespace

Monitor::Monitor(const std::string &option, const std::vector<std::string> &columns) {
  size_t colon = option.find(':');
  column = option.substr(0, colon);
  auto isScore = [](const std::string &name) {
    return name != column::epoch && name != column::steps && name != column::seconds;
  };
  auto found = std::find(columns.begin(), columns.end(), column);
  if (found == columns.end() || !isScore(column)) {
    std::string all;
    Suggestion near(column);
    for (const std::string &name : columns)
      if (isScore(name)) {
        all += (all.empty() ? "" : ", ") + name;
        near.consider(name);
      }
    throw usageError(code::OptionValue, "--monitor " + printable(option) + ": the scores of an epoch are " + all, "",
                     near.best());
  }
  index = found - columns.begin();
  if (colon != option.npos) {
    std::string direction = option.substr(colon + 1);
    if (direction != "min" && direction != "max")
      throw usageError(code::OptionValue,
                       "--monitor " + printable(option) + ": the best value is the min or the max, not " +
                           symc::quoted(direction),
                       "", suggest(direction, std::vector<std::string>{"min", "max"}));
    isGreaterBetter = direction == "max";
    return;
  }
  for (const Direction &known : directions)
    if (endsIn(column, known.name)) {
      isGreaterBetter = known.isGreaterBetter;
      return;
    }
  throw usageError(code::OptionValue, "--monitor " + column + ": the name does not say which values are better",
                   "--monitor " + column + ":max when greater ones are, --monitor " + column + ":min when smaller");
}

bool Monitor::add(const std::vector<double> &row) {
  ++epochs;
  double now = row[index];
  if (!std::isfinite(now) || (best && !(isGreaterBetter ? now > value : now < value)))
    return false;
  best = epochs;
  value = now;
  return true;
}

static void readBlocks(const std::string &path, const std::function<void(const char *, size_t)> &use) {
  std::unique_ptr<ByteSource> from = openFile(path);
  std::vector<char> block(1 << 16);
  while (size_t bytes = from->read(block.data(), block.size()))
    use(block.data(), bytes);
}

static uint64_t hashOf(const std::string &path) {
  Hash hash;
  readBlocks(path, [&](const char *data, size_t bytes) { hash.add(data, bytes); });
  return hash.value();
}

BestCopy BestParameters::save(Instance &instance, const Preparation &preparation, int64_t epoch) const {
  // The copy first: the file never is of an epoch whose copy is missing.
  BestCopy copy;
  if (checkpoint) {
    saveParameters(instance, checkpoint->bestFile(epoch), preparation);
    copy = {epoch, hashOf(checkpoint->bestFile(epoch))};
  }
  saveParameters(instance, file, preparation);
  return copy;
}

void BestParameters::restore(int64_t epoch, const std::string &monitor, const BestCopy &known) const {
  std::string copy = checkpoint->bestFile(epoch);
  std::error_code ignored;
  if (!std::filesystem::exists(copy, ignored))
    throw dataError(code::BestMissing, copy,
                    "is missing: the parameters of epoch " + std::to_string(epoch) + ", the best one by " + monitor,
                    "resume with the --save-best and --monitor that the run was started with, or without --save-best");
  if (known.epoch != epoch || hashOf(copy) != known.hash)
    throw dataError(code::BestMissing, copy,
                    "is not what the run wrote: it does not match the checksum in " + printable(checkpoint->file()),
                    printable(file) + " is left as it is; resume without --save-best, or start again in another "
                                      "--checkpoint directory");
  OutputFile to(file);
  readBlocks(copy, [&](const char *data, size_t bytes) { to.write(data, bytes); });
  to.commit();
}

} // namespace symc::host
