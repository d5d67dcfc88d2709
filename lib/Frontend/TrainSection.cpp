//===- TrainSection.cpp - Training and placement --------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/SectionReader.h"
#include "lib/Support/OtherNames.h"

#include <map>

using namespace symc;

/// Formulas by their names, or a list of ready ones and of such objects.
static void readMetrics(SectionReader &in, const JsonValue &metrics, TrainDecl &train) {
  auto refuse = [&](const JsonValue &value, const char *what) {
    if (!value.is(JsonValue::Bad))
      in.report.error(value.range, code::WrongKind, what + (", not " + std::string(kindName(value))));
  };
  std::map<std::string_view, TextRange> seen;
  auto add = [&](const OutputDecl &metric) {
    auto [first, isNew] = seen.try_emplace(metric.name.text, metric.name.range);
    if (isNew)
      return train.metrics.push_back(metric);
    in.report.error(metric.name.range, code::DuplicateOutput,
                    "the metric " + quoted(metric.name.text) + " is listed twice",
                    {"", "", {in.report.note(first->second, "first listed here")}});
  };
  auto addFormulas = [&](const JsonValue &object) {
    std::vector<OutputDecl> formulas;
    readNamedOutputs(in, object, "a metric", formulas);
    for (const OutputDecl &formula : formulas) {
      in.checkReserved(formula.name, in.reserved.metric, "a metric");
      auto before = seen.find(formula.name.text);
      if (before == seen.end() || before->second.begin < object.range.begin) // else a duplicate key, which is reported
        add(formula);
    }
  };
  if (metrics.is(JsonValue::Object))
    return addFormulas(metrics);
  if (!metrics.is(JsonValue::Array))
    return refuse(metrics, "'metrics' must be a list of names or an object");
  for (const JsonValue &item : metrics.items())
    if (item.is(JsonValue::Object))
      addFormulas(item);
    else if (item.is(JsonValue::String))
      add({{item.string(), item.range}, nullptr});
    else
      refuse(item, "a metric must be a name or an object of formulas");
}

/// A number that may be left out; one that is out of range is reported. `place` is set where there is one.
static std::optional<double> readNumber(SectionReader &in, const JsonValue &section, std::string_view key,
                                        bool positive, const JsonValue *&place) {
  const JsonValue *value = in.get(section, key);
  if (!value || value->is(JsonValue::Null))
    return std::nullopt;
  std::optional<double> number = in.number(*value, quoted(key));
  if (number && (positive ? *number <= 0 : *number < 0)) {
    std::string_view text = in.report.source.text().substr(value->range.begin, value->range.end - value->range.begin);
    in.report.error(value->range, code::TrainRange,
                    quoted(key) + " must be " + (positive ? "greater than 0" : "0 or more") + ", not " +
                        printable(text));
    return std::nullopt;
  }
  place = value;
  return number;
}

static std::vector<const JsonValue *> readPatterns(SectionReader &in, const JsonValue &section, std::string_view key) {
  std::vector<const JsonValue *> patterns;
  if (const JsonValue *list = in.get(section, key, JsonValue::Array))
    for (const JsonValue &pattern : list->items())
      if (wantKind(pattern, JsonValue::String, "a pattern of " + quoted(key), in.report))
        patterns.push_back(&pattern);
  return patterns;
}

void symc::readTrain(SectionReader &in, const JsonValue &section, GraphDecl &graph) {
  if (section.count == 0)
    return;
  in.checkKeys(section, "'train'",
               {"loss", "optimizer", "metrics", "learning_rate_schedule", "clip_global_norm", "weight_decay", "freeze",
                "accumulate_steps", "remat"},
               [](std::string_view key) { return findOtherName(otherSettings, key); });
  TrainDecl train;
  train.object = section.range;
  train.loss = in.get(section, "loss", JsonValue::String, true, "'train'");
  if (const JsonValue *optimizer = in.get(section, "optimizer"))
    train.optimizer = readChoice(*optimizer, "'optimizer'", in.report);
  else
    in.get(section, "optimizer", JsonValue::Object, true, "'train'");
  if (const JsonValue *schedule = in.get(section, "learning_rate_schedule"); schedule && !schedule->is(JsonValue::Null))
    train.schedule = readChoice(*schedule, "'learning_rate_schedule'", in.report);
  if (const JsonValue *metrics = in.get(section, "metrics"))
    readMetrics(in, *metrics, train);
  train.clipGlobalNorm = readNumber(in, section, "clip_global_norm", true, train.clipValue);
  train.weightDecay = readNumber(in, section, "weight_decay", false, train.decayValue).value_or(0);
  if (const JsonValue *steps = in.get(section, "accumulate_steps")) {
    std::optional<int64_t> count = in.integer(*steps, "'accumulate_steps'");
    if (count && *count < 1)
      in.report.error(steps->range, code::TrainRange,
                      "'accumulate_steps' must be 1 or more, not " + std::to_string(*count));
    train.accumulateSteps = count && *count >= 1 ? *count : 1;
    train.accumulateValue = steps;
  }
  train.freeze = readPatterns(in, section, "freeze");
  train.remat = readPatterns(in, section, "remat");
  graph.train = std::move(train);
}

void symc::readPlacement(SectionReader &in, const JsonValue &section, GraphDecl &graph) {
  in.checkKeys(section, "'placement'", {"default", "soft", "rules"});
  if (const JsonValue *device = in.get(section, "default"))
    in.checkDeviceValue(*device);
  in.get(section, "soft", JsonValue::Bool);
  if (const JsonValue *rules = in.get(section, "rules", JsonValue::Array))
    for (const JsonValue &rule : rules->items()) {
      if (!wantKind(rule, JsonValue::Object, "a rule of 'placement'", in.report))
        continue;
      in.checkKeys(rule, "a rule of 'placement'", {"match", "device"});
      if (const JsonValue *match = in.get(rule, "match", JsonValue::String, true, "a rule of 'placement'"))
        graph.placed.push_back(match);
      if (in.get(rule, "device", JsonValue::String, true, "a rule of 'placement'"))
        in.checkDevice(rule);
    }
}
