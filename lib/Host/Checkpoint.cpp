//===- Checkpoint.cpp - A training run that survives being killed ---------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Checkpoint.h"
#include "lib/Host/OutputFile.h"
#include "lib/Host/Weights.h"
#include "lib/Support/SharedNames.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

namespace symc::host {

using nlohmann::json;

Checkpoint::Checkpoint(std::string directory)
    : directory(std::move(directory)), path(this->directory + "/checkpoint") {}

bool Checkpoint::exists() const {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

constexpr std::string_view bestStart = "/checkpoint.best-";

static std::string bestName(int64_t epoch) { return std::string(bestStart) + std::to_string(epoch); }

std::string Checkpoint::bestFile(int64_t epoch) const { return directory + bestName(epoch); }

/// Whether a file of the directory is called like a copy.
static bool isBestName(const std::filesystem::path &path) {
  std::string name = "/" + path.filename().string();
  return name.size() > bestStart.size() && name.compare(0, bestStart.size(), bestStart) == 0 &&
         name.find_first_not_of("0123456789", bestStart.size()) == name.npos;
}

bool Checkpoint::owns(const std::string &file) const {
  std::error_code ignored;
  std::filesystem::path place = std::filesystem::absolute(file, ignored).parent_path();
  return !file.empty() && isBestName(file) &&
         std::filesystem::weakly_canonical(place, ignored) ==
             std::filesystem::weakly_canonical(std::filesystem::absolute(directory, ignored), ignored);
}

void Checkpoint::forgetBest(int64_t exceptEpoch) const {
  std::error_code error;
  std::vector<std::string> others;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    if (isBestName(it->path()) && "/" + it->path().filename().string() != bestName(exceptEpoch))
      others.push_back(it->path().string());
  for (const std::string &other : others)
    std::filesystem::remove(other, error);
}

static std::string hex(double value) {
  char text[40];
  snprintf(text, sizeof text, "%a", value);
  return text;
}

static json hexList(const std::vector<double> &values) {
  json list = json::array();
  for (double value : values)
    list.push_back(hex(value));
  return list;
}

/// Reads back `count` numbers; anything else is a note that this program did not write.
static std::vector<double> fromHex(const json &list, size_t count) {
  if (!list.is_array() || list.size() != count)
    throw json::other_error::create(0, "wrong length", nullptr);
  std::vector<double> values;
  for (const json &item : list)
    values.push_back(strtod(item.get_ref<const std::string &>().c_str(), nullptr));
  return values;
}

/// Of the note. 2: the data are told by their XXH64.
constexpr int noteVersion = 2;

void Checkpoint::prepare() const {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    throw outputError(directory, error.value());
}

void Checkpoint::save(Instance &instance, const RunIdentity &identity, const Preparation &preparation,
                      const LoopState &state) {
  prepare();
  json history = json::array();
  for (const std::vector<double> &row : state.history)
    history.push_back(hexList(row));
  json note = {{"symc_train", noteVersion},   {"graph", identity.graph},       {"changes", identity.changes},
               {"data", identity.data},       {"seed", identity.seed},         {"batch_size", identity.batchSize},
               {"epoch", state.epoch},        {"position", state.position},    {"examples", state.examples},
               {"sums", hexList(state.sums)}, {"seconds", hex(state.seconds)}, {"history", history}};
  if (state.best.epoch)
    note["best"] = {{"epoch", state.best.epoch}, {"hash", state.best.hash}};
  if (!identity.constants.empty())
    note["constants"] = identity.constants;
  for (const auto &[key, text] : textsOf(preparation))
    note[key] = json::parse(text);
  // All of it is ASCII, unless a library calls its model otherwise.
  instance.saveState(path, note.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace));
}

/// The line of `changes` that gives an option; "no --freeze" without one.
static std::string changeOf(const std::string &changes, const std::string &option) {
  std::istringstream lines(changes);
  for (std::string line; std::getline(lines, line);)
    if (line.substr(0, line.find(' ')) == option)
      return line;
  return "no " + option;
}

LoopState Checkpoint::load(Instance &instance, const RunIdentity &identity, size_t scores, size_t columns) {
  auto differs = [&](const std::string &what) {
    throw dataError(code::CheckpointMismatch, path, "is a checkpoint of a run with " + what,
                    "resume with what the run was started with, or name another --checkpoint directory");
  };
  // Before the tensors, which are others where others are frozen: the option says more.
  json early = json::parse(textsOfWeights(path, {kNoteKey})[0].value_or(""), nullptr, /*allow_exceptions=*/false);
  if (early.is_object() && early.value("graph", json()).is_string() && early["graph"] != identity.graph)
    differs("another graph file, of which any change counts, one of a `doc` too");
  // A run that an older version of symc began, and a library that it wrote, do not say.
  if (early.is_object() && !identity.constants.empty() &&
      early.value("constants", json(identity.constants)) != identity.constants)
    differs("other constants, in a file that the graph names");
  if (early.is_object() && early.value("changes", json("")).is_string()) {
    std::string changes = early.value("changes", "");
    for (const char *option : {"--freeze", "--learning-rate", "--fast-math"})
      if (std::string was = changeOf(changes, option), is = changeOf(identity.changes, option); was != is)
        differs(was + ", and this one has " + is);
    std::string was = changeOf(changes, "--cpu"), is = changeOf(identity.changes, "--cpu");
    if (was != is && was != "no --cpu")
      remark(code::Resumed,
             "the run was begun with " + was + ", and goes on with " + is + ": it may end with other bytes", path);
  }
  std::string text = instance.loadState(path);
  try {
    json note = json::parse(text);
    if (note.at("symc_train") != noteVersion)
      throw dataError(code::CheckpointMismatch, path, "is a checkpoint of another version of symc",
                      "start the run again, in another --checkpoint directory");
    if (note.at("graph") != identity.graph)
      differs("another graph");
    if (note.at("seed") != identity.seed)
      differs("--seed " + note.at("seed").dump() + ", not " + std::to_string(identity.seed));
    if (note.at("batch_size") != identity.batchSize)
      differs("--batch-size " + note.at("batch_size").dump() + ", not " + std::to_string(identity.batchSize));
    if (note.at("data") != identity.data)
      differs("other data, another --scale or another split");
    LoopState state;
    state.epoch = note.at("epoch").get<int64_t>();
    state.position = note.at("position").get<int64_t>();
    state.examples = note.at("examples").get<int64_t>();
    state.sums = fromHex(note.at("sums"), scores);
    state.seconds = strtod(note.at("seconds").get_ref<const std::string &>().c_str(), nullptr);
    for (const json &row : note.at("history"))
      state.history.push_back(fromHex(row, columns));
    if (auto best = note.find("best"); best != note.end())
      state.best = {best->at("epoch").get<int64_t>(), best->at("hash").get<uint64_t>()};
    if (state.epoch < 0 || state.position < 0 || state.history.size() != static_cast<size_t>(state.epoch))
      throw json::other_error::create(0, "impossible state", nullptr);
    return state;
  } catch (const json::exception &) {
    throw dataError(code::CheckpointNote, path, "was not written by `symc train`",
                    "--checkpoint names the directory of an earlier run");
  }
}

} // namespace symc::host
