//===- TrainReader.cpp - Optimizers and schedules -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Names, options, ranges and defaults of optimizers and schedules come from the table of dialects/sym/TrainOptions.h.
//
//===----------------------------------------------------------------------===//

#include "dialects/sym/TrainOptions.h"
#include "lib/Frontend/ImportContext.h"
#include "lib/Support/OtherNames.h"
#include "lib/Support/Suggest.h"

using namespace mlir;
using namespace symc;

namespace {

/// Checks the options of an optimizer or schedule against the table.
class MethodReader {
public:
  MethodReader(ImportContext &context, ArrayRef<TrainMethod> methods, OtherKeys otherNames, std::string_view what)
      : context(context), methods(methods), otherNames(otherNames), what(what) {}

  /// Null after reporting.
  DictionaryAttr read(const ChoiceDecl &choice, std::string_view unknownCode);

private:
  Attribute readOption(const TrainOption &option, const JsonValue &value);
  bool checkRange(const TrainOption &option, double number, TextRange range);

  ImportContext &context;
  ArrayRef<TrainMethod> methods;
  OtherKeys otherNames;
  std::string_view what;
};

} // namespace

bool MethodReader::checkRange(const TrainOption &option, double number, TextRange range) {
  const char *wanted = nullptr;
  switch (option.range) {
  case TrainOptionRange::Any:
    break;
  case TrainOptionRange::NotNegative:
    wanted = number >= 0 ? nullptr : "0 or more";
    break;
  case TrainOptionRange::Positive:
    wanted = number > 0 ? nullptr : option.kind == TrainOptionKind::Integer ? "1 or more" : "greater than 0";
    break;
  case TrainOptionRange::Fraction:
    wanted = number >= 0 && number < 1 ? nullptr : "in [0, 1)";
    break;
  }
  if (wanted)
    context.report.error(range, code::TrainRange,
                         quoted(view(option.name)) + " must be " + wanted + ", not " +
                             printable(context.textOf(range)));
  return !wanted;
}

Attribute MethodReader::readOption(const TrainOption &option, const JsonValue &value) {
  std::string said = quoted(view(option.name));
  const Reporter &report = context.report;
  auto integer = [&](const JsonValue &item) -> std::optional<int64_t> {
    if (!wantKind(item, JsonValue::Number, said, report))
      return std::nullopt;
    if (!item.isInteger()) {
      report.error(item.range, code::IntegerExpected,
                   said + " must be an integer of 64 bits, not " + quoted(context.textOf(item.range)));
      return std::nullopt;
    }
    return checkRange(option, static_cast<double>(item.integer), item.range) ? std::optional(item.integer)
                                                                             : std::nullopt;
  };
  auto number = [&](const JsonValue &item) -> std::optional<double> {
    if (!wantKind(item, JsonValue::Number, said, report) || !checkRange(option, item.number(), item.range))
      return std::nullopt;
    return item.number();
  };
  Builder &b = context.b;
  switch (option.kind) {
  case TrainOptionKind::Boolean:
    return wantKind(value, JsonValue::Bool, said, report) ? Attribute(b.getBoolAttr(value.boolean)) : Attribute();
  case TrainOptionKind::Integer: {
    auto read = integer(value);
    return read ? Attribute(b.getI64IntegerAttr(*read)) : Attribute();
  }
  case TrainOptionKind::Number: {
    auto read = number(value);
    return read ? Attribute(b.getF64FloatAttr(*read)) : Attribute();
  }
  case TrainOptionKind::Integers:
  case TrainOptionKind::Numbers: {
    if (!wantKind(value, JsonValue::Array, said, report))
      return {};
    bool whole = option.kind == TrainOptionKind::Integers, good = true;
    SmallVector<int64_t> integers;
    SmallVector<double> numbers;
    for (const JsonValue &item : value.items()) {
      if (whole) {
        auto read = integer(item);
        good &= bool(read);
        integers.push_back(read.value_or(0));
      } else {
        auto read = number(item);
        good &= bool(read);
        numbers.push_back(read.value_or(0));
      }
    }
    if (!good)
      return {};
    return whole ? Attribute(b.getDenseI64ArrayAttr(integers)) : Attribute(b.getDenseF64ArrayAttr(numbers));
  }
  }
  return {};
}

DictionaryAttr MethodReader::read(const ChoiceDecl &choice, std::string_view unknownCode) {
  const Reporter &report = context.report;
  const TrainMethod *method = findMethod(methods, ref(choice.name.text));
  if (!method) {
    Suggestion nearest(choice.name.text);
    for (const TrainMethod &candidate : methods)
      nearest.consider(view(candidate.name));
    const OtherName *other = otherNames(choice.name.text);
    report.error(choice.name.range, unknownCode, "unknown " + std::string(what) + " " + quoted(choice.name.text),
                 {other ? std::string(other->hint) : "", other ? std::string(other->here) : nearest.best(), {}});
    return {};
  }
  bool good = true;
  std::vector<std::string> meant;
  if (choice.options) {
    std::vector<std::string_view> keys;
    for (const TrainOption &option : method->options)
      keys.push_back(view(option.name));
    size_t before = report.diagnostics.errorCount();
    meant = checkKeys(*choice.options, quoted(choice.name.text), keys, report);
    good = report.diagnostics.errorCount() == before;
  }
  NamedAttrList options;
  for (const TrainOption &option : method->options) {
    const JsonMember *member = choice.options ? choice.options->find(view(option.name)) : nullptr;
    Attribute attribute;
    if (member) {
      attribute = readOption(option, member->value);
      good &= bool(attribute);
    } else if (llvm::is_contained(meant, option.name)) {
      continue;
    } else if (option.required) {
      TextRange range =
          choice.options ? TextRange{choice.options->range.begin, choice.options->range.begin + 1} : choice.name.range;
      report.error(range, code::MissingKey,
                   std::string(what) + " " + quoted(choice.name.text) + " lacks the key " + quoted(view(option.name)));
      good = false;
    } else if (option.kind == TrainOptionKind::Boolean) {
      attribute = context.b.getBoolAttr(option.standard != 0);
    } else if (option.kind == TrainOptionKind::Number) {
      attribute = context.b.getF64FloatAttr(option.standard);
    }
    if (attribute)
      options.append(option.name, attribute);
  }
  auto boundaries = dyn_cast_or_null<DenseI64ArrayAttr>(options.get("boundaries"));
  auto values = dyn_cast_or_null<DenseF64ArrayAttr>(options.get("values"));
  if (good && boundaries && values) {
    const JsonMember *member = choice.options->find("boundaries");
    if (values.size() != boundaries.size() + 1) {
      report.error(choice.options->find("values")->value.range, code::BadSchedule,
                   "'values' has " + std::to_string(values.size()) + " entries, not one more than the " +
                       std::to_string(boundaries.size()) + " of 'boundaries'");
      good = false;
    }
    for (int64_t i = 1; i < boundaries.size() && good; ++i)
      if (boundaries[i] <= boundaries[i - 1]) {
        report.error(member->value.items()[i].range, code::BadSchedule, "'boundaries' must ascend");
        good = false;
      }
  }
  return good ? options.getDictionary(context.context) : DictionaryAttr();
}

void symc::checkTrainNumbers(ImportContext &context, const TrainDecl &train, Type parameter,
                             std::optional<double> rate) {
  Type element = arithmeticType(parameter);
  auto inElement = [&](double number) {
    return dyn_cast_or_null<FloatAttr>(Number(context.b.getF64FloatAttr(number)).as(element));
  };
  auto check = [&](std::string_view name, const JsonValue &value, bool positive) {
    if (!value.is(JsonValue::Number))
      return;
    auto rounded = inElement(value.number());
    if (rounded && !(positive && rounded.getValue().isZero()))
      return;
    context.report.error(value.range, code::LiteralType,
                         quoted(name) + " is " + printable(context.textOf(value.range)) + ", which " +
                             printElementType(element) + (rounded ? " rounds to 0" : " cannot represent"),
                         "a trainable parameter is " + printElementType(parameter));
  };
  auto checkChoice = [&](const std::optional<ChoiceDecl> &choice, ArrayRef<TrainMethod> methods) {
    const TrainMethod *method = choice && choice->options ? findMethod(methods, ref(choice->name.text)) : nullptr;
    if (!method)
      return;
    for (const TrainOption &option : method->options) {
      const JsonMember *member = choice->options->find(view(option.name));
      if (!member || (option.kind != TrainOptionKind::Number && option.kind != TrainOptionKind::Numbers))
        continue;
      if (rate && option.name == kLearningRate)
        continue;
      if (member->value.is(JsonValue::Array))
        for (const JsonValue &item : member->value.items())
          check(view(option.name), item, false);
      else
        check(view(option.name), member->value, option.range == TrainOptionRange::Positive);
    }
  };
  checkChoice(train.optimizer, optimizers());
  checkChoice(train.schedule, schedules());
  if (train.clipValue)
    check("clip_global_norm", *train.clipValue, true);
  if (train.decayValue)
    check("weight_decay", *train.decayValue, false);
  if (rate && !inElement(*rate))
    context.report.diagnostics.report(ofOption("learning_rate", code::LiteralType,
                                               printElementType(element) +
                                                   " cannot represent it, and a trainable parameter is " +
                                                   printElementType(parameter)));
}

/// A schedule of absolute rates leaves the optimizer's own without effect.
static void refuseRate(ImportContext &context, TextRange schedule) {
  symc::Diagnostic diagnostic =
      ofOption("learning_rate", code::OptionValue, "it has no effect: the schedule says every rate itself",
               "all schedules but 'piecewise' begin with the optimizer's rate");
  diagnostic.notes.push_back(context.report.note(schedule, "the rates are here"));
  context.report.diagnostics.report(std::move(diagnostic));
}

bool symc::buildTrain(ImportContext &context, const TrainDecl &train, std::optional<double> rate) {
  DictionaryAttr options, scheduleOptions;
  if (train.optimizer)
    options = MethodReader(
                  context, optimizers(), [](auto name) { return findOtherName(otherOptimizers, name); }, "optimizer")
                  .read(*train.optimizer, code::UnknownOptimizer);
  if (train.schedule)
    scheduleOptions =
        MethodReader(
            context, schedules(), [](auto name) { return findOtherName(otherSchedules, name); }, "schedule")
            .read(*train.schedule, code::UnknownSchedule);
  if (!options || (train.schedule && !scheduleOptions))
    return false;
  OpBuilder &b = context.b;
  auto optimizer = *sym::symbolizeOptimizerKind(ref(train.optimizer->name.text)); // the table has the name
  if (rate) {
    NamedAttrList changed(options);
    changed.set(kLearningRate, b.getF64FloatAttr(*rate));
    options = changed.getDictionary(context.context);
    // Only `piecewise` has values.
    if (scheduleOptions && scheduleOptions.get("values"))
      refuseRate(context, train.schedule->name.range);
  }
  auto schedule =
      train.schedule ? *sym::symbolizeScheduleKind(ref(train.schedule->name.text)) : sym::ScheduleKind::constant;
  auto clip = train.clipGlobalNorm ? b.getF64FloatAttr(*train.clipGlobalNorm) : FloatAttr();
  SmallVector<StringRef> remat;
  for (const JsonValue *pattern : train.remat)
    remat.push_back(ref(pattern->string()));
  sym::TrainOp::create(b, context.location(train.object, "train"),
                       sym::OptimizerKindAttr::get(context.context, optimizer), options,
                       sym::ScheduleKindAttr::get(context.context, schedule), scheduleOptions, clip,
                       b.getF64FloatAttr(train.weightDecay), b.getI64IntegerAttr(train.accumulateSteps),
                       remat.empty() ? ArrayAttr() : b.getStrArrayAttr(remat));
  return true;
}
