//===- SectionReader.cpp - What the readers of sections share -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/SectionReader.h"

using namespace symc;

void SectionReader::checkKeys(const JsonValue &object, std::string_view where,
                              const std::vector<std::string_view> &known, OtherKeys otherKeys) {
  for (std::string &key : symc::checkKeys(object, where, known, report, otherKeys))
    meant.insert({object.range.begin, std::move(key)});
}

const JsonValue *SectionReader::get(const JsonValue &object, std::string_view key, JsonValue::Kind kind, bool required,
                                    std::string_view where) {
  const JsonValue *value = get(object, key);
  if (!value) {
    if (required && !isMisspelt(object, key))
      report.error({object.range.begin, object.range.begin + 1}, code::MissingKey,
                   std::string(where) + " lacks the key " + quoted(key));
    return nullptr;
  }
  return value->is(kind) || wantKind(*value, kind, quoted(key), report) ? value : nullptr;
}

std::optional<int64_t> SectionReader::integer(const JsonValue &value, std::string_view what) {
  if (value.isInteger())
    return value.integer;
  if (value.is(JsonValue::Number)) {
    std::string_view text = report.source.text().substr(value.range.begin, value.range.end - value.range.begin);
    report.error(value.range, code::IntegerExpected,
                 std::string(what) + " must be an integer of 64 bits, not " + quoted(text),
                 value.integral ? "" : "integers are written without fraction and exponent");
  } else if (!value.is(JsonValue::Bad)) {
    report.error(value.range, code::WrongKind,
                 std::string(what) + " must be an integer, not " + std::string(kindName(value)));
  }
  return std::nullopt;
}

std::optional<double> SectionReader::number(const JsonValue &value, std::string_view what) {
  return wantKind(value, JsonValue::Number, what, report) ? std::optional(value.number()) : std::nullopt;
}

void SectionReader::notYet(const JsonValue &object, std::string_view key, std::string_view what) {
  const JsonMember *member = object.find(key);
  if (!member)
    return;
  const JsonValue &value = member->value;
  bool nothing = value.is(JsonValue::Null) || (value.is(JsonValue::Bool) && !value.boolean) ||
                 ((value.is(JsonValue::Object) || value.is(JsonValue::Array)) && value.count == 0);
  if (!nothing && !value.is(JsonValue::Bad))
    report.error(member->keyRange, code::KeyNotYet,
                 "this version of symc does not have the key " + quoted(key) + " (" + std::string(what) + ")");
}

void SectionReader::checkDeviceValue(const JsonValue &value) {
  if (!wantKind(value, JsonValue::String, "a device", report))
    return;
  std::string kind;
  unsigned number = 0;
  SyntaxError error;
  if (!parseDevice(value.string(), kind, number, error))
    report.error(StringPlaces(report.source.text(), value), error);
  else if (kind != "cpu" || number != 0)
    report.error(value.range, code::DeviceNotYet,
                 "this version of symc does not have the device " + quoted(value.string()), "'cpu:0' is there");
}

void SectionReader::checkDevice(const JsonValue &object) {
  if (const JsonValue *device = get(object, "device"))
    checkDeviceValue(*device);
}

/// A string that is wrong as JSON, which is reported, is empty.
static bool isWrongString(std::string_view name, TextRange range) {
  return name.empty() && range.end - range.begin > 2;
}

bool SectionReader::readGraphName(std::string_view name, TextRange range, std::string_view what) {
  std::string problem = graphNameProblem(name);
  if (problem.empty() || isWrongString(name, range))
    return problem.empty();
  report.error(range, code::BadName, "the name " + quoted(name) + " of " + std::string(what) + " " + problem);
  return false;
}

bool SectionReader::readPublicName(std::string_view name, TextRange range, std::string_view what, std::string hint) {
  std::string problem = publicNameProblem(name);
  if (problem.empty() || isWrongString(name, range))
    return problem.empty();
  report.error(range, code::BadPublicName, "the name " + quoted(name) + " of " + std::string(what) + " " + problem,
               hint.empty() ? "it becomes a name of the C interface: a letter, then letters, digits and '_'" : hint);
  return false;
}

void SectionReader::checkReserved(const DeclaredName &name, NameRule rule, std::string_view what) {
  if (std::optional<NameHolder> holder = rule(name.text))
    report.error(name.range, holder->code,
                 std::string(what) + " cannot be called " + quoted(name.text) + ", as " + std::string(holder->what) +
                     " is");
}
