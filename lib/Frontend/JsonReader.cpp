//===- JsonReader.cpp - Strict JSON with the place of every token ---------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/JsonMistake.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>
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
// Strings and their places
//===----------------------------------------------------------------------===//

StringUnit symc::stringUnit(std::string_view text, size_t offset) {
  if (text[offset] != '\\') {
    auto bytes = uint32_t(std::max<size_t>(1, utf8Length(text, offset)));
    return {bytes, bytes};
  }
  unsigned point = 0;
  if (text.substr(offset + 1, 1) != "u")
    return {2, 1};
  std::string_view digits = text.substr(offset + 2, 4);
  std::from_chars(digits.data(), digits.data() + digits.size(), point, 16);
  if (point >= 0xD800 && point < 0xDC00) // the other half of the pair follows
    return {12, 4};
  return {6, point < 0x80 ? 1u : point < 0x800 ? 2u : 3u};
}

StringPlaces::StringPlaces(std::string_view text, const JsonValue &string) : begin(string.range.begin + 1) {
  if (string.count + 2 == string.range.end - string.range.begin)
    return; // no escapes
  uint32_t meant = 0;
  for (uint32_t i = begin; i + 1 < string.range.end;) {
    StringUnit unit = stringUnit(text, i);
    i += unit.written;
    meant += unit.meant;
    if (unit.written != unit.meant)
      shifts.push_back({meant, i - begin - meant});
  }
}

uint32_t StringPlaces::inText(size_t offset) const {
  auto after = std::upper_bound(shifts.begin(), shifts.end(), offset,
                                [](size_t wanted, const auto &shift) { return wanted < shift.first; });
  return begin + uint32_t(offset) + (after == shifts.begin() ? 0 : std::prev(after)->second);
}

//===----------------------------------------------------------------------===//
// Reader
//===----------------------------------------------------------------------===//

namespace {

/// The text as the lexer takes it, and how far it has come.
struct CountedText {
  std::string_view text;
  JsonStop stop;
};

/// An input iterator of nlohmann's lexer. It reads each byte once, and one byte past a number; copies share the count.
class CountingIterator {
public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char *;
  using reference = const char &;

  explicit CountingIterator(CountedText &counted) : counted(&counted) {}
  reference operator*() const { return counted->text[counted->stop.taken]; }
  CountingIterator &operator++() {
    ++counted->stop.taken;
    return *this;
  }
  /// Compared with the end only.
  bool operator!=(const CountingIterator &) const {
    if (counted->stop.taken != counted->text.size())
      return true;
    counted->stop.atEnd = true;
    return false;
  }

private:
  CountedText *counted;
};

/// Takes the events of nlohmann's parser; false ends the parse.
class TreeBuilder {
public:
  using Json = nlohmann::json;

  TreeBuilder(const SourceText &source, Diagnostics &diagnostics)
      : source(source), diagnostics(diagnostics), text(source.text()), counted{text, {}}, document(new JsonDocument) {}

  std::unique_ptr<JsonDocument> read();

  // What Json::sax_parse calls.
  bool null() { return scalar(JsonValue(), counted.stop.taken); }
  bool boolean(bool value);
  bool number_integer(int64_t value);
  bool number_unsigned(uint64_t value);
  bool number_float(double value, const std::string &);
  bool string(const std::string &value);
  bool binary(const Json::binary_t &) { return false; } // JSON has none
  bool start_object(size_t) { return open(true); }
  bool key(const std::string &name);
  bool end_object() { return close(); }
  bool start_array(size_t) { return open(false); }
  bool end_array() { return close(); }
  bool parse_error(size_t, const std::string &, const Json::exception &exception);

private:
  struct Frame {
    uint32_t open;
    bool isObject;
    size_t start; // of its values or members among the pending ones
  };

  bool error(TextRange range, std::string_view code, std::string message, std::string hint = "") {
    Diagnostic d = located(source, range, code, std::move(message));
    d.hint = std::move(hint);
    diagnostics.report(std::move(d));
    return false;
  }

  void advance(JsonProgress::Last what, TextRange range);
  void put(const JsonValue &value);
  uint32_t tokenBegin() const;
  bool scalar(JsonValue value, size_t end);
  bool number(JsonValue value);
  JsonValue stringValue(const std::string &decoded, bool mayHoldControls);
  void reportControls(TextRange range);
  bool open(bool isObject);
  bool close();
  void findDuplicates(Slice<JsonMember> members);

  const SourceText &source;
  Diagnostics &diagnostics;
  std::string_view text;
  CountedText counted;
  std::unique_ptr<JsonDocument> document;
  JsonProgress progress;
  std::vector<Frame> frames;
  std::vector<JsonValue> values;   // items of the open arrays
  std::vector<JsonMember> members; // members of the open objects
};

} // namespace

std::unique_ptr<JsonDocument> TreeBuilder::read() {
  constexpr std::string_view mark = "\xEF\xBB\xBF"; // which the lexer skips
  if (text.substr(0, mark.size()) == mark) {
    progress.range = {0, uint32_t(mark.size())};
    error(progress.range, code::JsonByteOrderMark, "the file begins with a byte order mark",
          "save it as UTF-8 without a byte order mark");
  } else if (text.substr(0, 2) == "\xFF\xFE" || text.substr(0, 2) == "\xFE\xFF") {
    error({0, 2}, code::JsonByteOrderMark, "the file begins with a byte order mark of UTF-16",
          "save it as UTF-8 without a byte order mark");
    return nullptr;
  }
  auto begin = uint32_t(skipJsonSpace(text, progress.range.end));
  if (begin == text.size()) {
    error({begin, begin}, code::JsonTruncated, "the file is empty");
    return nullptr;
  }
  CountingIterator first(counted), last(counted);
  // Not strict: what follows the value is looked at here, where the lexer would take a NUL for the end.
  if (!Json::sax_parse(first, last, this, nlohmann::json::input_format_t::json, /*strict=*/false))
    return nullptr;
  if (skipJsonSpace(text, progress.range.end) < text.size()) {
    reportJsonMistake(source, progress, {}, diagnostics);
    return nullptr;
  }
  return std::move(document);
}

bool TreeBuilder::parse_error(size_t, const std::string &, const Json::exception &exception) {
  constexpr int outOfRange = 406; // https://json.nlohmann.me/home/exceptions: a number that is no finite f64
  counted.stop.overflow = exception.id == outOfRange;
  reportJsonMistake(source, progress, counted.stop, diagnostics);
  return false;
}

void TreeBuilder::advance(JsonProgress::Last what, TextRange range) {
  progress.last = what;
  progress.range = range;
  progress.nested = !frames.empty();
  progress.inObject = progress.nested && frames.back().isObject;
  progress.open = progress.nested ? frames.back().open : 0;
  progress.inDoc = what == JsonProgress::Key && members.back().key == "doc";
}

/// `value` is complete: it belongs to the innermost array or object.
void TreeBuilder::put(const JsonValue &value) {
  if (frames.empty())
    document->root = value;
  else if (frames.back().isObject)
    members.back().value = value;
  else
    values.push_back(value);
}

/// Where the token begins that the lexer has taken: white space and at most one separator lie before it.
uint32_t TreeBuilder::tokenBegin() const {
  size_t begin = skipJsonSpace(text, progress.range.end);
  if (text[begin] == ',' || text[begin] == ':')
    begin = skipJsonSpace(text, begin + 1);
  return uint32_t(begin);
}

bool TreeBuilder::scalar(JsonValue value, size_t end) {
  value.range = {tokenBegin(), uint32_t(end)};
  put(value);
  advance(JsonProgress::Scalar, value.range);
  return true;
}

bool TreeBuilder::boolean(bool value) {
  JsonValue out;
  out.kind = JsonValue::Bool;
  out.boolean = value;
  return scalar(out, counted.stop.taken);
}

/// Only behind a number the lexer has taken one byte more, if there is one.
bool TreeBuilder::number(JsonValue value) {
  value.kind = JsonValue::Number;
  return scalar(value, counted.stop.taken - !counted.stop.atEnd);
}

bool TreeBuilder::number_integer(int64_t value) {
  JsonValue out;
  out.integral = out.fits = true;
  out.integer = value;
  return number(out);
}

bool TreeBuilder::number_unsigned(uint64_t value) {
  if (value <= uint64_t(INT64_MAX))
    return number_integer(int64_t(value));
  JsonValue out;
  out.integral = true;
  out.real = double(value);
  return number(out);
}

bool TreeBuilder::number_float(double value, const std::string &written) {
  JsonValue out;
  out.integral = written.find_first_not_of("-0123456789") == std::string::npos; // one of more than 64 bits
  out.real = value;
  return number(out);
}

/// The string literal that the lexer has taken.
JsonValue TreeBuilder::stringValue(const std::string &decoded, bool mayHoldControls) {
  JsonValue value;
  value.kind = JsonValue::String;
  value.range = {tokenBegin(), uint32_t(counted.stop.taken)};
  value.count = uint32_t(decoded.size());
  value.bytes = text.data() + value.range.begin + 1;
  if (decoded.size() + 2 == value.range.end - value.range.begin) // without escapes
    return value;
  char *copy = static_cast<char *>(document->allocate(decoded.size()));
  std::memcpy(copy, decoded.data(), decoded.size());
  value.bytes = copy;
  auto isControl = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  if (!mayHoldControls && std::any_of(decoded.begin(), decoded.end(), isControl)) {
    reportControls(value.range);
    value.kind = JsonValue::Bad; // what such a string says is nobody's mistake any more
  }
  return value;
}

/// The escapes of a string that are control characters.
void TreeBuilder::reportControls(TextRange range) {
  for (uint32_t i = range.begin + 1; i + 1 < range.end;) {
    StringUnit unit = stringUnit(text, i);
    std::string_view written = text.substr(i, unit.written);
    bool isControl = written.size() == 2 ? std::strchr("bfnrt", written[1]) != nullptr
                                         : written.substr(0, 4) == "\\u00" && written[4] < '2';
    if (isControl)
      error({i, i + unit.written}, code::JsonControl, "the control character " + quoted(written) + " in a string",
            "control characters may stand in 'doc' only");
    i += unit.written;
  }
}

bool TreeBuilder::string(const std::string &decoded) {
  JsonValue value = stringValue(decoded, progress.inDoc);
  put(value);
  advance(JsonProgress::String, value.range);
  return true;
}

bool TreeBuilder::key(const std::string &name) {
  JsonValue key = stringValue(name, false);
  members.push_back({key.is(JsonValue::Bad) ? std::string_view() : key.string(), key.range, JsonValue()});
  advance(JsonProgress::Key, key.range);
  return true;
}

//===----------------------------------------------------------------------===//
// Arrays and objects
//===----------------------------------------------------------------------===//

bool TreeBuilder::open(bool isObject) {
  TextRange bracket = {uint32_t(counted.stop.taken - 1), uint32_t(counted.stop.taken)};
  if (frames.size() >= jsonDepthLimit)
    return error(bracket, code::JsonDepth, "nested deeper than " + std::to_string(jsonDepthLimit) + " levels");
  frames.push_back({bracket.begin, isObject, isObject ? members.size() : values.size()});
  advance(JsonProgress::Open, bracket);
  return true;
}

/// Moves what stands since `start` into the document.
template <typename T> static Slice<T> settle(JsonDocument &document, std::vector<T> &pending, size_t start) {
  size_t count = pending.size() - start;
  T *copy = static_cast<T *>(document.allocate(count * sizeof(T)));
  std::uninitialized_copy(pending.begin() + start, pending.end(), copy);
  pending.resize(start);
  return {copy, count};
}

bool TreeBuilder::close() {
  Frame frame = frames.back();
  frames.pop_back();
  JsonValue value;
  value.range = {frame.open, uint32_t(counted.stop.taken)};
  if (frame.isObject) {
    Slice<JsonMember> all = settle(*document, members, frame.start);
    value.kind = JsonValue::Object;
    value.firstMember = all.begin();
    value.count = uint32_t(all.size());
    findDuplicates(all);
  } else {
    Slice<JsonValue> all = settle(*document, values, frame.start);
    value.kind = JsonValue::Array;
    value.first = all.begin();
    value.count = uint32_t(all.size());
  }
  put(value);
  advance(JsonProgress::Close, {value.range.end - 1, value.range.end});
  return true;
}

void TreeBuilder::findDuplicates(Slice<JsonMember> all) {
  auto duplicate = [&](const JsonMember &member, const JsonMember &first) {
    Diagnostic d = located(source, member.keyRange, code::JsonDuplicateKey, "duplicate key " + quoted(member.key));
    d.notes.push_back(noteAt(source, first.keyRange, "first written here"));
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
  return TreeBuilder(source, diagnostics).read();
}
