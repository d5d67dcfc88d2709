//===- Reporter.cpp - Mistakes of a graph file and their places -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/GraphReader.h"
#include "lib/Support/OtherNames.h"
#include "lib/Support/Suggest.h"

using namespace symc;

//===----------------------------------------------------------------------===//
// Reporter
//===----------------------------------------------------------------------===//

Diagnostic Reporter::describe(TextRange range, std::string_view code, std::string message, More more) const {
  Diagnostic d = located(source, range, code, std::move(message));
  d.hint = std::move(more.hint);
  d.suggestion = std::move(more.suggestion);
  d.notes = std::move(more.notes);
  constexpr size_t callsShown = 3;
  for (size_t i = 0; i < within.size() && i < callsShown; ++i)
    d.notes.push_back(within[within.size() - 1 - i]);
  return d;
}

void Reporter::error(TextRange range, std::string_view code, std::string message, More more) const {
  diagnostics.report(describe(range, code, std::move(message), std::move(more)));
}

void Reporter::warning(TextRange range, std::string_view code, std::string message, More more) const {
  Diagnostic d = describe(range, code, std::move(message), std::move(more));
  d.severity = Severity::Warning;
  diagnostics.report(std::move(d));
}

void Reporter::remark(TextRange range, std::string_view code, std::string message, More more) const {
  Diagnostic d = describe(range, code, std::move(message), std::move(more));
  d.severity = Severity::Remark;
  diagnostics.report(std::move(d));
}

void Reporter::error(const StringPlaces &places, const SyntaxError &mistake) const {
  More more{mistake.hint, mistake.suggestion, {}};
  auto inText = [&](TextRange range) { return TextRange{places.inText(range.begin), places.inText(range.end)}; };
  if (!mistake.note.empty())
    more.notes.push_back(note(inText(mistake.noteRange), mistake.note));
  error(inText(mistake.range), mistake.code, mistake.message, std::move(more));
}

static std::string_view nameOf(JsonValue::Kind kind) {
  switch (kind) {
  case JsonValue::Null:
    return "null";
  case JsonValue::Bool:
    return "true or false";
  case JsonValue::Number:
    return "a number";
  case JsonValue::String:
    return "a string";
  case JsonValue::Array:
    return "a list";
  case JsonValue::Object:
    return "an object";
  case JsonValue::Bad:
    break;
  }
  return "a wrong value";
}

std::string_view symc::kindName(const JsonValue &value) {
  if (value.is(JsonValue::Bool))
    return value.boolean ? "true" : "false";
  return nameOf(value.kind);
}

bool symc::wantKind(const JsonValue &value, JsonValue::Kind kind, std::string_view what, const Reporter &report) {
  if (value.is(kind))
    return true;
  if (!value.is(JsonValue::Bad))
    report.error(value.range, code::WrongKind,
                 std::string(what) + " must be " + std::string(nameOf(kind)) + ", not " + std::string(kindName(value)));
  return false;
}

std::vector<std::string> symc::checkKeys(const JsonValue &object, std::string_view where,
                                         const std::vector<std::string_view> &known, const Reporter &report,
                                         OtherKeys otherKeys) {
  std::vector<std::string> meant;
  for (const JsonMember &member : object.members()) {
    bool found = member.key.empty() && member.keyRange.end - member.keyRange.begin > 2; // a bad string
    for (std::string_view key : known)
      found |= key == member.key;
    if (found)
      continue;
    if (const OtherName *other = otherKeys ? otherKeys(member.key) : nullptr) {
      std::string here(other->here);
      report.error(member.keyRange, code::UnknownKey, "unknown key " + quoted(member.key) + " in " + std::string(where),
                   {std::string(other->hint), here, {}});
      if (!here.empty())
        meant.push_back(here);
      continue;
    }
    Suggestion nearest(member.key);
    for (std::string_view key : known)
      nearest.consider(key);
    std::string hint;
    if (nearest.best().empty() && known.size() <= 8) {
      hint = known.empty() ? "there are no keys here" : "the keys here are ";
      for (size_t i = 0; i < known.size(); ++i)
        hint += (i ? ", " : "") + quoted(known[i]);
    }
    report.error(member.keyRange, code::UnknownKey, "unknown key " + quoted(member.key) + " in " + std::string(where),
                 {hint, nearest.best(), {}});
    if (!nearest.best().empty())
      meant.push_back(nearest.best());
  }
  return meant;
}

std::optional<ChoiceDecl> symc::readChoice(const JsonValue &value, std::string_view what, const Reporter &report) {
  ChoiceDecl choice;
  if (value.is(JsonValue::String)) {
    choice.name = {value.string(), value.range};
    return choice;
  }
  if (!value.is(JsonValue::Object)) {
    if (!value.is(JsonValue::Bad))
      report.error(value.range, code::WrongKind,
                   std::string(what) + " must be a name or an object with one key, not " +
                       std::string(kindName(value)));
    return std::nullopt;
  }
  if (value.count != 1) {
    report.error(value.count ? value.members()[1].keyRange : value.range, code::WrongKind,
                 std::string(what) + " must be an object with one key, not " + std::to_string(value.count));
    return std::nullopt;
  }
  const JsonMember &member = value.members()[0];
  choice.name = {member.key, member.keyRange};
  if (!wantKind(member.value, JsonValue::Object, quoted(member.key), report))
    return std::nullopt;
  choice.options = &member.value;
  return choice;
}
