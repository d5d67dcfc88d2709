//===- JsonMistake.cpp - Why a text is no JSON ----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The parser says that a text is wrong and how far it was right. What stands there, and what was probably meant, is
// looked up in the text.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/JsonMistake.h"

#include <algorithm>

using namespace symc;

static bool isDigit(char c) { return c >= '0' && c <= '9'; }
static bool isWord(char c) {
  return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}
static bool isSign(char c) { return c == '+' || c == '-' || c == '.'; }
static bool startsNumber(char c) { return isDigit(c) || isSign(c); }
static bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

size_t symc::skipJsonSpace(std::string_view text, size_t offset) {
  while (offset < text.size() && isSpace(text[offset]))
    ++offset;
  return offset;
}

namespace {

class Explainer {
public:
  Explainer(const SourceText &source, const JsonProgress &progress, JsonStop stop, Diagnostics &diagnostics)
      : source(source), diagnostics(diagnostics), text(source.text()), progress(progress), stop(stop) {}

  void explain();

private:
  void error(TextRange range, std::string_view code, std::string message, std::string hint = "") {
    Diagnostic d = located(source, range, code, std::move(message));
    d.hint = std::move(hint);
    diagnostics.report(std::move(d));
  }
  void truncated(std::string_view what);
  void expected(std::string_view what);
  void key();
  void value();
  void word(TextRange range);
  void number(size_t begin, size_t reached);
  void string(size_t begin);
  void escape(uint32_t begin);

  char charAt(size_t offset) const { return offset < text.size() ? text[offset] : '\0'; }
  std::string_view part(TextRange range) const { return text.substr(range.begin, range.end - range.begin); }
  TextRange character(size_t offset) const {
    return {uint32_t(offset), uint32_t(offset + std::max<size_t>(1, utf8Length(text, offset)))};
  }
  TextRange wordAt(size_t offset) const;

  static constexpr uint32_t noComma = UINT32_MAX;
  const SourceText &source;
  Diagnostics &diagnostics;
  std::string_view text;
  const JsonProgress &progress;
  JsonStop stop;
  size_t at = 0;            // what is wrong begins here
  uint32_t comma = noComma; // behind this one
};

} // namespace

/// The word, number or single character there.
TextRange Explainer::wordAt(size_t offset) const {
  size_t end = offset;
  while (isWord(charAt(end)) || (end > offset && isSign(charAt(end))))
    ++end;
  return end > offset ? TextRange{uint32_t(offset), uint32_t(end)} : character(offset);
}

void Explainer::explain() {
  at = progress.range.end;
  bool read = progress.last >= JsonProgress::Scalar;
  if (progress.last == JsonProgress::Scalar && at < text.size()) {
    // `01`, `0x1`, `nullable`: the lexer ends a number or word where it can, but the next one must not touch it.
    TextRange whole = wordAt(progress.range.begin);
    if (!startsNumber(text[whole.begin]) && whole.end > at)
      return word(whole);
    if (startsNumber(text[whole.begin]) && (isWord(text[at]) || text[at] == '.'))
      return number(whole.begin, at);
  }
  at = skipJsonSpace(text, at);
  if (read && !progress.nested) {
    TextRange more = wordAt(at);
    return error(more, code::JsonTrailing, "unexpected " + quoted(part(more)) + " after the end of the JSON text");
  }
  if (progress.last == JsonProgress::Key) {
    if (at >= text.size() || text[at] != ':')
      return expected("':'");
    at = skipJsonSpace(text, at + 1);
    return value();
  }
  if (read) {
    if (at >= text.size() || text[at] != ',')
      return expected(progress.inObject ? "',' or '}'" : "',' or ']'");
    comma = uint32_t(at);
    at = skipJsonSpace(text, at + 1);
  }
  if (progress.nested && progress.inObject)
    return key();
  value();
}

void Explainer::truncated(std::string_view what) {
  Diagnostic d = located(source, {uint32_t(text.size()), uint32_t(text.size())}, code::JsonTruncated,
                         "the file ends where " + std::string(what) + " is expected");
  if (progress.nested)
    d.notes.push_back(noteAt(source, {progress.open, progress.open + 1},
                             std::string("this '") + text[progress.open] + "' is not closed"));
  diagnostics.report(std::move(d));
}

/// Something else stands at `at`.
void Explainer::expected(std::string_view what) {
  if (at >= text.size())
    return truncated(what);
  TextRange range = wordAt(at);
  Diagnostic d =
      located(source, range, code::JsonSyntax, "expected " + std::string(what) + ", found " + quoted(part(range)));
  char c = text[at];
  bool wantsKey = what == "a key", wantsString = wantsKey || what == "a value";
  bool closes = c == '}' || c == ']', opensValue = c == '"' || c == '{' || c == '[';
  if (c == '/' || c == '#')
    d.hint = "JSON has no comments; 'doc' takes free text";
  else if (c == '\'' && wantsString)
    d.hint = "strings are written between double quotes";
  else if (closes && comma != noComma) {
    d.hint = "remove the comma before it";
    d.notes.push_back(noteAt(source, {comma, comma + 1}, "the comma is here"));
  } else if (c == ',')
    d.hint = "remove the comma";
  else if (c == '=' || c == ';')
    d.hint = "a key and its value are separated by ':', members by ','";
  else if (what.substr(0, 2) == "'," && (opensValue || isWord(c) || c == '-'))
    d.hint = "a ',' is missing before it";
  else if (what == "':'" && (opensValue || isDigit(c)))
    d.hint = "a ':' is missing before it";
  else if (isWord(c) && wantsString)
    d.hint = std::string(wantsKey ? "keys" : "strings") + " are written between double quotes";
  if (closes && progress.nested && comma == noComma)
    d.notes.push_back(
        noteAt(source, {progress.open, progress.open + 1}, std::string("inside this '") + text[progress.open] + "'"));
  diagnostics.report(std::move(d));
}

void Explainer::key() {
  if (at >= text.size() || text[at] != '"')
    return expected("a key");
  string(at);
}

void Explainer::value() {
  if (at >= text.size() || text[at] == '}' || text[at] == ']')
    return expected("a value");
  if (text[at] == '"')
    return string(at);
  if (startsNumber(text[at]))
    return number(at, stop.atEnd ? text.size() : stop.taken - 1);
  word(wordAt(at));
}

//===----------------------------------------------------------------------===//
// Words and numbers
//===----------------------------------------------------------------------===//

static bool isNotFinite(std::string_view word) {
  if (word.substr(0, 1) == "-")
    word.remove_prefix(1);
  return word == "NaN" || word == "Infinity" || word == "nan" || word == "inf";
}

void Explainer::word(TextRange range) {
  std::string_view found = part(range);
  if (isNotFinite(found))
    return error(range, code::JsonNotANumber, quoted(found) + " is not a number of JSON",
                 "numbers of a graph file are finite");
  static constexpr std::pair<std::string_view, const char *> meant[] = {
      {"True", "true"},   {"False", "false"}, {"None", "null"}, {"TRUE", "true"},
      {"FALSE", "false"}, {"nil", "null"},    {"NULL", "null"}};
  for (auto [wrong, right] : meant)
    if (found == wrong) {
      Diagnostic d = located(source, range, code::JsonSyntax, "expected a value, found " + quoted(found));
      d.suggestion = right;
      return diagnostics.report(std::move(d));
    }
  at = range.begin;
  expected("a value");
}

/// A number that begins there and is right up to `reached`.
void Explainer::number(size_t begin, size_t reached) {
  size_t first = begin + (text[begin] == '-');
  bool touched = isWord(charAt(reached)) || charAt(reached) == '.';
  if (stop.overflow && !touched) {
    TextRange range = {uint32_t(begin), uint32_t(reached)};
    return error(range, code::JsonNumberRange, quoted(part(range)) + " is too large for a 64-bit float");
  }
  if (stop.atEnd && reached == text.size())
    return truncated("a digit");
  TextRange range = wordAt(begin);
  if (!isWord(text[begin]) && isWord(charAt(begin + 1))) // the word after a sign or point belongs to it
    range.end = wordAt(begin + 1).end;
  if (isNotFinite(part(range)))
    return word(range);
  std::string hint;
  if (text[begin] == '+')
    hint = "a number has no '+' sign";
  else if (charAt(first) == '.')
    hint = "write a digit before the point";
  else if (charAt(first) == '0' && isDigit(charAt(first + 1)))
    hint = "a number has no leading zeros";
  else if (reached > first && text[reached - 1] == '.')
    hint = "write a digit after the point";
  else if (reached > first && !isDigit(text[reached - 1]))
    hint = "write a digit after the exponent's letter";
  error(range, code::JsonSyntax, quoted(part(range)) + " is not a number of JSON", std::move(hint));
}

//===----------------------------------------------------------------------===//
// Strings
//===----------------------------------------------------------------------===//

void Explainer::string(size_t begin) {
  if (stop.atEnd) {
    Diagnostic d = located(source, {uint32_t(text.size()), uint32_t(text.size())}, code::JsonTruncated,
                           "the file ends inside a string");
    d.notes.push_back(noteAt(source, {uint32_t(begin), uint32_t(begin + 1)}, "the string begins here"));
    return diagnostics.report(std::move(d));
  }
  // The character or escape that the lexer did not take.
  size_t wrong = begin + 1, last = stop.taken - 1;
  while (utf8Length(text, wrong) && wrong + stringUnit(text, wrong).written <= last)
    wrong += stringUnit(text, wrong).written;
  char c = text[wrong];
  if (c == '\\')
    escape(uint32_t(wrong));
  else if (c == '\n' || c == '\r')
    error({uint32_t(begin), uint32_t(wrong)}, code::JsonSyntax, "a string that does not end on its line",
          progress.inDoc ? "a line break is written '\\n'" : "a '\"' is missing");
  else if (utf8Length(text, wrong) == 0)
    error(character(wrong), code::JsonUtf8, "the byte " + quoted(text.substr(wrong, 1)) + " is not UTF-8");
  else
    error(character(wrong), code::JsonSyntax, "the control character " + quoted(text.substr(wrong, 1)) + " in a string",
          progress.inDoc ? "control characters are written as escapes" : "control characters may stand in 'doc' only");
}

/// A wrong escape, whose backslash stands there.
void Explainer::escape(uint32_t begin) {
  if (text[begin + 1] != 'u') {
    TextRange range = {begin, character(begin + 1).end};
    return error(range, code::JsonSyntax, quoted(part(range)) + " is not an escape of JSON",
                 "a backslash is written '\\\\'");
  }
  TextRange digits = {begin + 2, begin + 6};
  if (part(digits).find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
    return error({begin, begin + 2}, code::JsonSyntax, "'\\u' needs four hexadecimal digits");
  error({begin, begin + 6}, code::JsonSurrogate, quoted(part({begin, begin + 6})) + " is half of a surrogate pair");
}

void symc::reportJsonMistake(const SourceText &source, const JsonProgress &progress, JsonStop stop,
                             Diagnostics &diagnostics) {
  Explainer(source, progress, stop, diagnostics).explain();
}
