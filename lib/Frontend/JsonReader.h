//===- JsonReader.h - Strict JSON with the place of every token -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Reads RFC 8259 and nothing more into a tree that knows where each key and value stands in the text, down to the
// characters of a string. The lexer and the parser are nlohmann/json's; here are the places, and what a graph file
// forbids beyond the grammar. No recursion; the memory is a fixed multiple of the text. Strings without escapes are
// views of the text, so a text must outlive its document.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_JSONREADER_H
#define SYMC_FRONTEND_JSONREADER_H

#include "lib/Support/Diagnostics.h"

#include <memory>
#include <string_view>
#include <vector>

namespace symc {

/// Bytes [begin, end) of a text.
struct TextRange {
  uint32_t begin = 0;
  uint32_t end = 0;
};

template <typename T> struct Slice {
  const T *first = nullptr;
  size_t count = 0;
  const T *begin() const { return first; }
  const T *end() const { return first + count; }
  size_t size() const { return count; }
  bool empty() const { return count == 0; }
  const T &operator[](size_t i) const { return first[i]; }
};

struct JsonMember;

class JsonValue {
public:
  /// Bad: a value whose mistake has been reported already.
  enum Kind : uint8_t { Null, Bool, Number, String, Array, Object, Bad };

  Kind kind = Null;
  bool boolean = false;
  bool integral = false; // a number without fraction and exponent
  bool fits = false;     // ... that fits in 64 signed bits
  uint32_t count = 0;    // bytes, items or members
  TextRange range;
  union {
    int64_t integer; // integral && fits
    double real;     // any other number
    const char *bytes;
    const JsonValue *first;
    const JsonMember *firstMember;
  };

  JsonValue() : integer(0) {}

  bool is(Kind k) const { return kind == k; }
  bool isInteger() const { return kind == Number && integral && fits; }
  double number() const { return integral && fits ? static_cast<double>(integer) : real; }
  std::string_view string() const { return {bytes, count}; }
  Slice<JsonValue> items() const { return {kind == Array ? first : nullptr, kind == Array ? count : 0}; }
  Slice<JsonMember> members() const { return {kind == Object ? firstMember : nullptr, kind == Object ? count : 0}; }
  /// The member of that name; null when there is none. Of duplicates (which are errors) the first.
  const JsonMember *find(std::string_view key) const;
};

struct JsonMember {
  std::string_view key;
  TextRange keyRange; // with the quotes
  JsonValue value;
};

/// Owns the tree.
class JsonDocument {
public:
  JsonValue root;

  void *allocate(size_t bytes);

private:
  std::vector<std::unique_ptr<char[]>> chunks;
  size_t left = 0;
  char *at = nullptr;
};

/// Nesting beyond which a text is refused.
constexpr unsigned jsonDepthLimit = 256;

/// Null after the first mistake of syntax, which ends the reading. Duplicate keys, control characters in strings and a
/// byte order mark are reported and the reading goes on.
std::unique_ptr<JsonDocument> readJson(const SourceText &source, Diagnostics &diagnostics);

/// A character or an escape of a string literal: its bytes in the text, and in the string that it stands for.
struct StringUnit {
  uint32_t written;
  uint32_t meant;
};
/// The unit at `offset` of the text. Of a wrong one, the bytes among which its mistake stands.
StringUnit stringUnit(std::string_view text, size_t offset);

/// Where each byte of a string value stands in the text: escapes make the two differ.
class StringPlaces {
public:
  StringPlaces(std::string_view text, const JsonValue &string);
  /// The offset in the text of byte `offset` of the string; its size gives the closing quote.
  uint32_t inText(size_t offset) const;

private:
  uint32_t begin;
  std::vector<std::pair<uint32_t, uint32_t>> shifts; // from this byte on, so much further
};

/// A diagnostic about a range of a text.
Diagnostic located(const SourceText &source, TextRange range, std::string_view code, std::string message);
DiagnosticNote noteAt(const SourceText &source, TextRange range, std::string message);

} // namespace symc

#endif // SYMC_FRONTEND_JSONREADER_H
