//===- JsonReader.cpp - Strict JSON with the place of every token ---------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/JsonReader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <unordered_map>

using namespace symc;

const JsonMember *JsonValue::find(std::string_view key) const {
  for (const JsonMember &member : members())
    if (member.key == key)
      return &member;
  return nullptr;
}

void *JsonDocument::allocate(size_t bytes) {
  constexpr size_t chunkSize = 1 << 16;
  bytes = (bytes + 7) & ~size_t(7);
  if (bytes > left) {
    size_t size = std::max(bytes, chunkSize);
    chunks.push_back(std::unique_ptr<char[]>(new char[size]));
    if (size > chunkSize) // large blocks stand alone, so that the rest of the current chunk is not lost
      return chunks.back().get();
    at = chunks.back().get();
    left = size;
  }
  void *out = at;
  at += bytes;
  left -= bytes;
  return out;
}

Diagnostic symc::located(const SourceText &source, TextRange range, std::string_view code, std::string message) {
  Diagnostic d;
  d.code = code;
  d.file = source.name();
  SourceText::Place begin = source.place(range.begin), end = source.place(range.end);
  d.line = begin.line;
  d.column = begin.column;
  if (range.end > range.begin) {
    d.endLine = end.line;
    d.endColumn = end.column;
  }
  d.message = std::move(message);
  return d;
}

DiagnosticNote symc::noteAt(const SourceText &source, TextRange range, std::string message) {
  SourceText::Place place = source.place(range.begin);
  return {std::move(message), source.name(), place.line, place.column};
}

//===----------------------------------------------------------------------===//
// Reader
//===----------------------------------------------------------------------===//

static bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
static bool isDigit(char c) { return c >= '0' && c <= '9'; }
static bool isWord(char c) {
  return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

/// Whether a well-formed decimal number that `from_chars` calls out of range is too large (else it is too small).
static bool overflows(std::string_view number) {
  long magnitude = 0, exponent = 0;
  bool seen = false, fraction = false;
  size_t i = number[0] == '-';
  for (; i < number.size() && number[i] != 'e' && number[i] != 'E'; ++i) {
    if (number[i] == '.') {
      fraction = true;
      continue;
    }
    seen |= number[i] != '0';
    if (seen && !fraction)
      ++magnitude;
    else if (!seen && fraction)
      --magnitude;
  }
  if (i < number.size()) {
    bool negative = number[++i] == '-';
    for (i += negative || number[i] == '+'; i < number.size(); ++i)
      exponent = std::min(exponent * 10 + (number[i] - '0'), 1000000000L);
    exponent = negative ? -exponent : exponent;
  }
  return magnitude + exponent > 0;
}

namespace {

class Reader {
public:
  Reader(const SourceText &source, Diagnostics &diagnostics)
      : source(source), diagnostics(diagnostics), text(source.text()), document(new JsonDocument) {}

  std::unique_ptr<JsonDocument> read() { return readText() ? std::move(document) : nullptr; }

private:
  struct Frame {
    uint32_t open;
    bool isObject;
    size_t start; // of its values or members among the pending ones
  };

  Diagnostic &note(Diagnostic &d, TextRange range, std::string message) {
    d.notes.push_back(noteAt(source, range, std::move(message)));
    return d;
  }

  bool error(TextRange range, std::string_view code, std::string message, std::string hint = "") {
    Diagnostic d = located(source, range, code, std::move(message));
    d.hint = std::move(hint);
    diagnostics.report(std::move(d));
    return false;
  }

  bool truncated(std::string expected);
  bool expected(std::string what, uint32_t commaBefore = noComma);
  void skipSpace() {
    while (at < text.size() && isSpace(text[at]))
      ++at;
  }
  bool readText();
  bool readValue(JsonValue &value, bool mayHoldControls);
  bool readWord(JsonValue &value);
  bool readNumber(JsonValue &value);
  bool readString(JsonValue &value, bool mayHoldControls);
  unsigned readEscape(std::string &out, bool mayHoldControls);
  int readHex4(size_t from) const;
  void close(JsonValue &value);
  void findDuplicates(Slice<JsonMember> members);
  TextRange word() const;
  TextRange character(size_t offset) const {
    return {uint32_t(offset), uint32_t(offset + std::max<size_t>(1, utf8Length(text, offset)))};
  }

  static constexpr uint32_t noComma = UINT32_MAX;
  const SourceText &source;
  Diagnostics &diagnostics;
  std::string_view text;
  std::unique_ptr<JsonDocument> document;
  size_t at = 0;
  std::vector<Frame> frames;
  std::vector<JsonValue> values;   // items of the open arrays
  std::vector<JsonMember> members; // members of the open objects
};

} // namespace

/// The word, number or single character at `at`.
TextRange Reader::word() const {
  size_t end = at;
  while (end < text.size() && (isWord(text[end]) || (end > at && strchr("+-.", text[end]) && text[end])))
    ++end;
  return end > at ? TextRange{uint32_t(at), uint32_t(end)} : character(at);
}

bool Reader::truncated(std::string what) {
  Diagnostic d = located(source, {uint32_t(text.size()), uint32_t(text.size())}, code::JsonTruncated,
                         "the file ends where " + what + " is expected");
  if (!frames.empty()) {
    uint32_t open = frames.back().open;
    note(d, {open, open + 1}, std::string("this '") + text[open] + "' is not closed");
  }
  diagnostics.report(std::move(d));
  return false;
}

/// Reports that something else stands at `at`, with the likely cause.
bool Reader::expected(std::string what, uint32_t commaBefore) {
  if (at >= text.size())
    return truncated(what);
  TextRange range = word();
  std::string_view found = text.substr(range.begin, range.end - range.begin);
  Diagnostic d = located(source, range, code::JsonSyntax, "expected " + what + ", found " + quoted(found));
  char c = text[at];
  bool wantsString = what.find("key") != std::string::npos || what.find("value") != std::string::npos;
  if (c == '/' || c == '#')
    d.hint = "JSON has no comments; 'doc' takes free text";
  else if (c == '\'' && wantsString)
    d.hint = "strings are written between double quotes";
  else if ((c == '}' || c == ']') && commaBefore != noComma) {
    d.hint = "remove the comma before it";
    note(d, {commaBefore, commaBefore + 1}, "the comma is here");
  } else if (c == ',')
    d.hint = "remove the comma";
  else if (c == '=' || c == ';')
    d.hint = "a key and its value are separated by ':', members by ','";
  else if (what[0] == '\'' && what[1] == ',' && (c == '"' || c == '{' || c == '[' || isWord(c) || c == '-'))
    d.hint = "a ',' is missing before it";
  else if (what == "':'" && (c == '"' || c == '{' || c == '[' || isDigit(c)))
    d.hint = "a ':' is missing before it";
  else if (isWord(c) && wantsString)
    d.hint =
        std::string(what.find("key") != std::string::npos ? "keys" : "strings") + " are written between double quotes";
  if ((c == '}' || c == ']') && !frames.empty() && commaBefore == noComma)
    note(d, {frames.back().open, frames.back().open + 1},
         std::string("inside this '") + text[frames.back().open] + "'");
  diagnostics.report(std::move(d));
  return false;
}

bool Reader::readText() {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") {
    error({0, 3}, code::JsonByteOrderMark, "the file begins with a byte order mark",
          "save it as UTF-8 without a byte order mark");
    at = 3;
  } else if (text.substr(0, 2) == "\xFF\xFE" || text.substr(0, 2) == "\xFE\xFF") {
    return error({0, 2}, code::JsonByteOrderMark, "the file begins with a byte order mark of UTF-16",
                 "save it as UTF-8 without a byte order mark");
  }
  skipSpace();
  if (at >= text.size())
    return error({uint32_t(at), uint32_t(at)}, code::JsonTruncated, "the file is empty");
  JsonValue value;
  if (!readValue(value, false))
    return false;
  // Invariant: `value` is the last complete value, or the begin of an array or object whose frame is on the stack.
  size_t handled = 0; // frames whose opening has been handled
  while (true) {
    bool opened = frames.size() > handled;
    if (!opened && frames.empty())
      break;
    Frame &frame = frames.back();
    uint32_t comma = noComma;
    if (opened) {
      handled = frames.size();
      skipSpace();
      if (at < text.size() && text[at] == (frame.isObject ? '}' : ']')) {
        close(value);
        handled = frames.size();
        continue;
      }
    } else {
      if (frame.isObject)
        members.back().value = value;
      else
        values.push_back(value);
      skipSpace();
      char closer = frame.isObject ? '}' : ']';
      if (at < text.size() && text[at] == closer) {
        close(value);
        handled = frames.size();
        continue;
      }
      if (at >= text.size() || text[at] != ',')
        return expected(frame.isObject ? "',' or '}'" : "',' or ']'");
      comma = uint32_t(at++);
      skipSpace();
    }
    bool mayHoldControls = false;
    if (frame.isObject) {
      if (at >= text.size() || text[at] != '"')
        return expected("a key", comma);
      JsonValue key;
      if (!readString(key, false))
        return false;
      members.push_back({key.kind == JsonValue::Bad ? std::string_view() : key.string(), key.range, JsonValue()});
      skipSpace();
      if (at >= text.size() || text[at] != ':')
        return expected("':'");
      ++at;
      skipSpace();
      mayHoldControls = members.back().key == "doc";
      comma = noComma;
    }
    if (at < text.size() && (text[at] == '}' || text[at] == ']'))
      return expected("a value", comma);
    if (!readValue(value, mayHoldControls))
      return false;
  }
  document->root = value;
  skipSpace();
  if (at < text.size())
    return error(word(), code::JsonTrailing,
                 "unexpected " + quoted(text.substr(word().begin, word().end - word().begin)) +
                     " after the end of the JSON text");
  return true;
}

/// Reads a scalar, or the opening bracket of an array or object.
bool Reader::readValue(JsonValue &value, bool mayHoldControls) {
  if (at >= text.size())
    return truncated("a value");
  char c = text[at];
  value = JsonValue();
  if (c == '{' || c == '[') {
    if (frames.size() >= jsonDepthLimit)
      return error({uint32_t(at), uint32_t(at + 1)}, code::JsonDepth,
                   "nested deeper than " + std::to_string(jsonDepthLimit) + " levels");
    frames.push_back({uint32_t(at), c == '{', c == '{' ? members.size() : values.size()});
    ++at;
    return true;
  }
  if (c == '"')
    return readString(value, mayHoldControls);
  if (isDigit(c) || c == '-' || c == '+' || c == '.')
    return readNumber(value);
  return readWord(value);
}

bool Reader::readWord(JsonValue &value) {
  TextRange range = word();
  std::string_view found = text.substr(range.begin, range.end - range.begin);
  value.range = range;
  if (found == "true" || found == "false") {
    value.kind = JsonValue::Bool;
    value.boolean = found == "true";
  } else if (found == "null") {
    value.kind = JsonValue::Null;
  } else if (found == "NaN" || found == "Infinity" || found == "nan" || found == "inf") {
    error(range, code::JsonNotANumber, quoted(found) + " is not a number of JSON",
          "numbers of a graph file are finite");
    value.kind = JsonValue::Bad;
  } else {
    for (auto [wrong, right] : {std::pair("True", "true"),
                                {"False", "false"},
                                {"None", "null"},
                                {"TRUE", "true"},
                                {"FALSE", "false"},
                                {"nil", "null"},
                                {"NULL", "null"}})
      if (found == wrong) {
        Diagnostic d = located(source, range, code::JsonSyntax, "expected a value, found " + quoted(found));
        d.suggestion = right;
        diagnostics.report(std::move(d));
        value.kind = JsonValue::Bad;
        at = range.end;
        return true;
      }
    return expected("a value");
  }
  at = range.end;
  return true;
}

bool Reader::readNumber(JsonValue &value) {
  size_t begin = at;
  auto digits = [&] {
    size_t from = at;
    while (at < text.size() && isDigit(text[at]))
      ++at;
    return at - from;
  };
  auto wrong = [&](std::string hint) {
    at = begin;
    TextRange range = word();
    if (range.end == begin + 1 && begin + 1 < text.size()) { // the word after a sign or point belongs to it
      at = begin + 1;
      range = {uint32_t(begin), isWord(text[at]) ? word().end : uint32_t(begin + 1)};
    }
    std::string_view found = text.substr(begin, range.end - begin);
    if (found == "-Infinity" || found == "-inf" || found == "-NaN" || found == "-nan")
      return error(range, code::JsonNotANumber, quoted(found) + " is not a number of JSON",
                   "numbers of a graph file are finite");
    return error(range, code::JsonSyntax, quoted(found) + " is not a number of JSON", std::move(hint));
  };
  if (text[at] == '+')
    return wrong("a number has no '+' sign");
  if (text[at] == '-')
    ++at;
  if (at >= text.size())
    return truncated("a digit");
  if (text[at] == '.')
    return wrong("write a digit before the point");
  size_t first = at, count = digits();
  if (count == 0)
    return wrong("");
  if (count > 1 && text[first] == '0')
    return wrong("a number has no leading zeros");
  value.integral = true;
  if (at < text.size() && text[at] == '.') {
    value.integral = false;
    ++at;
    if (at >= text.size())
      return truncated("a digit");
    if (digits() == 0)
      return wrong("write a digit after the point");
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    value.integral = false;
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-'))
      ++at;
    if (at >= text.size())
      return truncated("a digit");
    if (digits() == 0)
      return wrong("write a digit after the exponent's letter");
  }
  if (at < text.size() && (isWord(text[at]) || text[at] == '.'))
    return wrong("");
  value.kind = JsonValue::Number;
  value.range = {uint32_t(begin), uint32_t(at)};
  const char *from = text.data() + begin, *to = text.data() + at;
  if (value.integral) {
    int64_t integer;
    value.fits = std::from_chars(from, to, integer).ec == std::errc();
    if (value.fits) {
      value.integer = integer;
      return true;
    }
  }
  double real = 0;
  if (std::from_chars(from, to, real).ec == std::errc::result_out_of_range) {
    std::string_view number = text.substr(begin, at - begin);
    if (overflows(number)) {
      error(value.range, code::JsonNumberRange, quoted(number) + " is too large for a 64-bit float");
      value.kind = JsonValue::Bad;
    }
    real = 0;
  }
  value.real = real;
  return true;
}

//===----------------------------------------------------------------------===//
// Strings
//===----------------------------------------------------------------------===//

int Reader::readHex4(size_t from) const {
  if (from + 4 > text.size())
    return -1;
  int out = 0;
  for (size_t i = from; i < from + 4; ++i) {
    char c = text[i];
    int digit = isDigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0)
      return -1;
    out = out * 16 + digit;
  }
  return out;
}

static void appendUtf8(std::string &out, uint32_t point) {
  if (point < 0x80) {
    out += char(point);
  } else if (point < 0x800) {
    out += char(0xC0 | point >> 6);
    out += char(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    out += char(0xE0 | point >> 12);
    out += char(0x80 | (point >> 6 & 0x3F));
    out += char(0x80 | (point & 0x3F));
  } else {
    out += char(0xF0 | point >> 18);
    out += char(0x80 | (point >> 12 & 0x3F));
    out += char(0x80 | (point >> 6 & 0x3F));
    out += char(0x80 | (point & 0x3F));
  }
}

/// Decodes the escape whose backslash stands at `at`; gives the bytes it takes in the text. A wrong one is reported,
/// stands for '?', and the reading goes on behind it.
unsigned Reader::readEscape(std::string &out, bool mayHoldControls) {
  char c = at + 1 < text.size() ? text[at + 1] : '\0';
  uint32_t point = 0;
  unsigned length = 2;
  switch (c) {
  case '"':
  case '\\':
  case '/':
    point = c;
    break;
  case 'b':
    point = '\b';
    break;
  case 'f':
    point = '\f';
    break;
  case 'n':
    point = '\n';
    break;
  case 'r':
    point = '\r';
    break;
  case 't':
    point = '\t';
    break;
  case 'u': {
    int unit = readHex4(at + 2);
    if (unit < 0) {
      error({uint32_t(at), uint32_t(at + 2)}, code::JsonSyntax, "'\\u' needs four hexadecimal digits");
      out += '?';
      return 2;
    }
    length = 6;
    point = unit;
    if (unit >= 0xD800 && unit <= 0xDFFF) {
      int second = at + 7 < text.size() && text[at + 6] == '\\' && text[at + 7] == 'u' ? readHex4(at + 8) : -1;
      if (unit >= 0xDC00 || second < 0xDC00 || second > 0xDFFF) {
        error({uint32_t(at), uint32_t(at + 6)}, code::JsonSurrogate,
              quoted(text.substr(at, 6)) + " is half of a surrogate pair");
        out += '?';
        return 6;
      }
      point = 0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00);
      length = 12;
    }
    break;
  }
  default: {
    TextRange range = {uint32_t(at), at + 1 < text.size() ? character(at + 1).end : uint32_t(at + 1)};
    error(range, code::JsonSyntax, quoted(text.substr(at, range.end - at)) + " is not an escape of JSON",
          "a backslash is written '\\\\'");
    out += '?';
    return range.end - range.begin;
  }
  }
  if (point < 0x20 && !mayHoldControls)
    error({uint32_t(at), uint32_t(at + length)}, code::JsonControl,
          "the control character " + quoted(text.substr(at, length)) + " in a string",
          "control characters may stand in 'doc' only");
  appendUtf8(out, point);
  return length;
}

bool Reader::readString(JsonValue &value, bool mayHoldControls) {
  size_t begin = at++, errorsBefore = diagnostics.errorCount();
  std::string decoded;
  bool escaped = false, saidUtf8 = false;
  while (true) {
    if (at >= text.size()) {
      Diagnostic d =
          located(source, {uint32_t(at), uint32_t(at)}, code::JsonTruncated, "the file ends inside a string");
      note(d, {uint32_t(begin), uint32_t(begin + 1)}, "the string begins here");
      diagnostics.report(std::move(d));
      return false;
    }
    char c = text[at];
    if (c == '"')
      break;
    if (c == '\n' || c == '\r')
      return error({uint32_t(begin), uint32_t(at)}, code::JsonSyntax, "a string that does not end on its line",
                   mayHoldControls ? "a line break is written '\\n'" : "a '\"' is missing");
    if (c == '\\') {
      if (!escaped)
        decoded.assign(text.data() + begin + 1, at - begin - 1);
      escaped = true;
      at += readEscape(decoded, mayHoldControls);
      continue;
    }
    size_t length = utf8Length(text, at);
    if (length == 0 && !saidUtf8) {
      error(character(at), code::JsonUtf8, "the byte " + quoted(text.substr(at, 1)) + " is not UTF-8");
      saidUtf8 = true;
    }
    if (static_cast<unsigned char>(c) < 0x20)
      error(character(at), code::JsonSyntax, "the control character " + quoted(text.substr(at, 1)) + " in a string",
            mayHoldControls ? "control characters are written as escapes"
                            : "control characters may stand in 'doc' only");
    length = std::max<size_t>(1, length);
    if (escaped)
      decoded.append(text.data() + at, length);
    at += length;
  }
  ++at;
  value.kind = JsonValue::String;
  value.range = {uint32_t(begin), uint32_t(at)};
  value.bytes = text.data() + begin + 1;
  value.count = uint32_t(at - begin - 2);
  if (escaped) {
    char *copy = static_cast<char *>(document->allocate(decoded.size()));
    std::memcpy(copy, decoded.data(), decoded.size());
    value.bytes = copy;
    value.count = uint32_t(decoded.size());
  }
  if (diagnostics.errorCount() != errorsBefore) // what such a string says is nobody's mistake any more
    value.kind = JsonValue::Bad;
  return true;
}

StringPlaces::StringPlaces(std::string_view text, const JsonValue &string) : begin(string.range.begin + 1) {
  if (string.count + 2 == string.range.end - string.range.begin)
    return; // no escapes
  uint32_t decoded = 0;
  for (uint32_t i = begin; i + 1 < string.range.end;) {
    if (text[i] != '\\') {
      ++i, ++decoded;
      continue;
    }
    uint32_t length = 2, bytes = 1;
    if (text[i + 1] == 'u' && i + 6 < string.range.end) {
      unsigned unit = 0;
      if (std::from_chars(text.data() + i + 2, text.data() + i + 6, unit, 16).ptr == text.data() + i + 6) {
        length = 6;
        bytes = unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
        if (unit >= 0xD800 && unit < 0xDC00 && i + 12 < string.range.end &&
            text[i + 6] == '\\') // the reader has checked the second half
          length = 12, bytes = 4;
      }
    }
    i += length;
    decoded += bytes;
    shifts.push_back({decoded, i - begin - decoded});
  }
}

uint32_t StringPlaces::inText(size_t offset) const {
  auto after = std::upper_bound(shifts.begin(), shifts.end(), offset,
                                [](size_t wanted, const auto &shift) { return wanted < shift.first; });
  return begin + uint32_t(offset) + (after == shifts.begin() ? 0 : std::prev(after)->second);
}

//===----------------------------------------------------------------------===//
// Arrays and objects
//===----------------------------------------------------------------------===//

/// Moves the values since the frame's opening bracket into the document; `at` stands on the closing bracket.
void Reader::close(JsonValue &value) {
  Frame frame = frames.back();
  frames.pop_back();
  ++at;
  value = JsonValue();
  value.range = {frame.open, uint32_t(at)};
  if (frame.isObject) {
    value.kind = JsonValue::Object;
    value.count = uint32_t(members.size() - frame.start);
    auto *copy = static_cast<JsonMember *>(document->allocate(value.count * sizeof(JsonMember)));
    std::uninitialized_copy(members.begin() + frame.start, members.end(), copy);
    members.resize(frame.start);
    value.firstMember = copy;
    findDuplicates(value.members());
  } else {
    value.kind = JsonValue::Array;
    value.count = uint32_t(values.size() - frame.start);
    auto *copy = static_cast<JsonValue *>(document->allocate(value.count * sizeof(JsonValue)));
    std::uninitialized_copy(values.begin() + frame.start, values.end(), copy);
    values.resize(frame.start);
    value.first = copy;
  }
}

void Reader::findDuplicates(Slice<JsonMember> all) {
  auto duplicate = [&](const JsonMember &member, const JsonMember &first) {
    Diagnostic d = located(source, member.keyRange, code::JsonDuplicateKey, "duplicate key " + quoted(member.key));
    note(d, first.keyRange, "first written here");
    diagnostics.report(std::move(d));
  };
  if (all.size() <= 16) {
    for (size_t i = 1; i < all.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (all[j].key == all[i].key) {
          duplicate(all[i], all[j]);
          break;
        }
    return;
  }
  std::unordered_map<std::string_view, const JsonMember *> seen;
  seen.reserve(all.size());
  for (const JsonMember &member : all) {
    auto [place, isNew] = seen.try_emplace(member.key, &member);
    if (!isNew)
      duplicate(member, *place->second);
  }
}

std::unique_ptr<JsonDocument> symc::readJson(const SourceText &source, Diagnostics &diagnostics) {
  return Reader(source, diagnostics).read();
}
