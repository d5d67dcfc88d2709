//===- Names.cpp - The rules for names and types of a graph file ----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/Names.h"
#include "lib/Support/Suggest.h"

#include <charconv>

using namespace symc;

static bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool isDigit(char c) { return c >= '0' && c <= '9'; }

bool symc::isIdentifier(std::string_view name) {
  if (name.empty() || isDigit(name[0]))
    return false;
  for (char c : name)
    if (!isLetter(c) && !isDigit(c) && c != '_')
      return false;
  return true;
}

std::string symc::graphNameProblem(std::string_view name) {
  if (name.empty())
    return "is empty";
  if (name.size() > graphNameLimit)
    return "has more than " + std::to_string(graphNameLimit) + " bytes";
  for (size_t begin = 0; begin <= name.size();) {
    size_t end = std::min(name.find('/', begin), name.size());
    std::string_view segment = name.substr(begin, end - begin);
    if (segment.empty())
      return "has an empty segment between '/'";
    if (segment == "." || segment == "..")
      return "has the segment " + quoted(segment);
    if (!isLetter(segment[0]) && segment[0] != '_')
      return "has a segment that begins with " +
             quoted(segment.substr(0, std::max<size_t>(1, utf8Length(segment, 0)))) +
             "; the first character is a letter or '_'";
    for (size_t i = 0; i < segment.size(); ++i) {
      char c = segment[i];
      if (!isLetter(c) && !isDigit(c) && c != '_' && c != '.' && c != '-')
        return "contains " + quoted(segment.substr(i, std::max<size_t>(1, utf8Length(segment, i)))) +
               "; letters, digits and '_.-/' are allowed";
    }
    begin = end + 1;
  }
  return {};
}

std::string symc::publicNameProblem(std::string_view name) {
  if (name.empty())
    return "is empty";
  if (name.size() > graphNameLimit)
    return "has more than " + std::to_string(graphNameLimit) + " bytes";
  if (!isLetter(name[0]))
    return "does not begin with a letter";
  for (size_t i = 0; i < name.size(); ++i)
    if (!isLetter(name[i]) && !isDigit(name[i]) && name[i] != '_')
      return "contains " + quoted(name.substr(i, std::max<size_t>(1, utf8Length(name, i)))) +
             "; letters, digits and '_' are allowed";
  return {};
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

std::optional<ElementType> symc::elementTypeByName(std::string_view name) {
  for (size_t i = 0; i < kElementTypeCount; ++i)
    if (kElementTypes[i].name == name)
      return ElementType(i);
  return std::nullopt;
}

/// What other systems call an element type.
static std::string_view elsewhere(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"float", "f32"},   {"float32", "f32"},   {"double", "f64"},   {"float64", "f64"}, {"half", "f16"},
      {"float16", "f16"}, {"int", "i32"},       {"int32", "i32"},    {"int64", "i64"},   {"long", "i64"},
      {"uint8", "u8"},    {"byte", "u8"},       {"boolean", "bool"}, {"i1", "bool"},     {"int8", "i8"},
      {"int16", "i16"},   {"bfloat16", "bf16"}, {"uint16", "u16"},   {"uint32", "u32"},  {"uint64", "u64"},
      {"ui8", "u8"}};
  for (auto [other, own] : names)
    if (other == name)
      return own;
  return {};
}

namespace {

/// Reads `f32[batch, 2]`.
class TypeParser {
public:
  TypeParser(std::string_view text, TypeText &type, SyntaxError &error) : text(text), type(type), error(error) {}

  bool parse() { return parseElement() && parseShape() && parseEnd() && checkLimits(); }

private:
  bool parseElement();
  bool parseShape();
  bool parseDim();
  bool parseSize(DimText &dim);
  bool parseSeparator(bool &closed);
  bool parseEnd();
  bool checkLimits();

  bool refuseDim();
  bool unclosed();
  bool fail(std::string_view code, size_t begin, size_t end, std::string message, std::string hint = "");

  bool atEnd() const { return at >= text.size(); }
  std::string_view from(size_t begin) const { return text.substr(begin, at - begin); }
  std::string_view character() const { return text.substr(at, std::max<size_t>(1, utf8Length(text, at))); }
  void skipBlanks() {
    while (!atEnd() && (text[at] == ' ' || text[at] == '\t'))
      ++at;
  }
  void skipWord() {
    while (!atEnd() && (isLetter(text[at]) || isDigit(text[at]) || text[at] == '_'))
      ++at;
  }

  std::string_view text;
  TypeText &type;
  SyntaxError &error;
  size_t at = 0;
  size_t open = 0; // where '[' is
};

} // namespace

bool TypeParser::fail(std::string_view code, size_t begin, size_t end, std::string message, std::string hint) {
  error = SyntaxError();
  error.code = code;
  error.range = {uint32_t(begin), uint32_t(std::max(begin, end))};
  error.message = std::move(message);
  error.hint = std::move(hint);
  return false;
}

bool TypeParser::unclosed() {
  fail(code::BadType, at, at, "the type ends and '[' is not closed");
  error.note = "this '['";
  error.noteRange = {uint32_t(open), uint32_t(open + 1)};
  return false;
}

bool TypeParser::parseElement() {
  skipBlanks();
  size_t begin = at;
  skipWord();
  std::string_view word = from(begin);
  if (word.empty())
    return fail(code::BadType, 0, text.size(), quoted(text) + " is not a type",
                "a type is an element type and a shape in brackets: 'f32[batch, 2]'");
  std::optional<ElementType> element = elementTypeByName(word);
  if (!element) {
    fail(code::UnknownElementType, begin, at, "unknown element type " + quoted(word));
    error.suggestion = elsewhere(word);
    if (error.suggestion.empty()) {
      Suggestion nearest(word);
      for (const ElementTypeInfo &info : kElementTypes)
        nearest.consider(info.name);
      error.suggestion = nearest.best();
    }
    return false;
  }
  type.element = *element;
  type.elementRange = {uint32_t(begin), uint32_t(at)};
  type.dims.clear();
  return true;
}

bool TypeParser::parseShape() {
  std::string_view word = from(type.elementRange.begin);
  skipBlanks();
  if (atEnd() || text[at] != '[')
    return fail(code::BadType, at, std::min(text.size(), at + 1),
                atEnd() ? "the type " + quoted(text) + " has no shape"
                        : "expected '[' after the element type, found " + quoted(character()),
                "a scalar is written '" + std::string(word) + "[]'");
  open = at++;
  skipBlanks();
  if (!atEnd() && text[at] == ']') {
    ++at;
    return true;
  }
  for (bool closed = false; !closed;)
    if (!parseDim() || !parseSeparator(closed))
      return false;
  return true;
}

/// A number or the name of a symbolic dimension.
bool TypeParser::parseDim() {
  skipBlanks();
  if (atEnd())
    return unclosed();
  DimText dim{false, 0, {}, {}};
  size_t begin = at;
  if (isDigit(text[at])) {
    if (!parseSize(dim))
      return false;
  } else if (isLetter(text[at]) || text[at] == '_') {
    skipWord();
    dim.symbolic = true;
    dim.name = from(begin);
  } else {
    return refuseDim();
  }
  dim.range = {uint32_t(begin), uint32_t(at)};
  type.dims.push_back(dim);
  return true;
}

bool TypeParser::parseSize(DimText &dim) {
  size_t begin = at;
  while (!atEnd() && (isDigit(text[at]) || isLetter(text[at]) || text[at] == '_' || text[at] == '.'))
    ++at;
  std::string_view number = from(begin);
  const char *last = number.data() + number.size();
  auto [end, status] = std::from_chars(number.data(), last, dim.size);
  if (status == std::errc::result_out_of_range)
    return fail(code::BadDimension, begin, at, "the dimension " + quoted(number) + " does not fit in 64 bits");
  if (end != last)
    return fail(code::BadDimension, begin, at, quoted(number) + " is not a dimension",
                "a dimension is a whole number or the name of a symbolic one");
  if (number.size() > 1 && number[0] == '0')
    return fail(code::BadDimension, begin, at, "the dimension " + quoted(number) + " has leading zeros");
  return true;
}

/// Says why what stands here begins no dimension.
bool TypeParser::refuseDim() {
  char c = text[at];
  size_t begin = at;
  if (c == '-' && at + 1 < text.size() && isDigit(text[at + 1])) {
    ++at;
    while (!atEnd() && isDigit(text[at]))
      ++at;
    return fail(code::BadDimension, begin, at, "the dimension " + quoted(from(begin)) + " is negative",
                "a size that is known at run time only is a name: 'f32[batch, 2]'");
  }
  if (c == ',' || c == ']')
    return fail(code::BadType, at, at + 1, "expected a dimension, found " + quoted(character()),
                c == ']' ? "remove the comma before it" : "");
  return fail(code::BadDimension, at, at + character().size(), quoted(character()) + " is not a dimension",
              c == '?' ? "a size that is known at run time only is a name: 'f32[batch, 2]'"
                       : "a dimension is a whole number or the name of a symbolic one");
}

/// After a dimension: the comma before the next one, or the bracket that closes the shape.
bool TypeParser::parseSeparator(bool &closed) {
  skipBlanks();
  if (atEnd())
    return unclosed();
  closed = text[at] == ']';
  if (!closed && text[at] != ',') {
    bool arithmetic = std::string_view("+-*/%").find(text[at]) != std::string_view::npos;
    return fail(code::BadType, at, at + character().size(), "expected ',' or ']', found " + quoted(character()),
                arithmetic ? "a type names dimensions; arithmetic on them is derived by the compiler" : "");
  }
  ++at;
  return true;
}

bool TypeParser::parseEnd() {
  skipBlanks();
  return atEnd() || fail(code::BadType, at, text.size(), "unexpected " + quoted(text.substr(at)) + " after the type");
}

bool TypeParser::checkLimits() {
  if (type.dims.size() > dimensionLimit)
    return fail(code::TooManyDimensions, type.dims[dimensionLimit].range.begin, type.dims.back().range.end,
                "the type has " + std::to_string(type.dims.size()) + " dimensions, more than " +
                    std::to_string(dimensionLimit));
  // Symbolic dimensions count as 1, and so do empty ones: the others must not wrap either.
  uint64_t bytes = byteSize(type.element);
  for (const DimText &dim : type.dims)
    if (!dim.symbolic && dim.size > 1 && __builtin_mul_overflow(bytes, uint64_t(dim.size), &bytes))
      bytes = UINT64_MAX;
  if (bytes > uint64_t(INT64_MAX))
    return fail(code::TensorTooLarge, 0, text.size(), "the bytes of " + quoted(text) + " do not fit in 63 bits");
  return true;
}

bool symc::parseTypeText(std::string_view text, TypeText &type, SyntaxError &error) {
  return TypeParser(text, type, error).parse();
}

bool symc::parseDevice(std::string_view text, std::string &kind, unsigned &number, SyntaxError &error) {
  error = SyntaxError();
  error.code = code::BadDevice;
  error.range = {0, uint32_t(text.size())};
  error.message = quoted(text) + " is not a device";
  error.hint = "a device is written 'cpu:N' or 'cuda:N', N from 0 to 65535";
  size_t colon = text.find(':');
  kind = text.substr(0, colon);
  if (kind == "gpu" || kind == "GPU" || kind == "CUDA" || kind == "CPU") {
    error.suggestion = kind == "CPU" ? "cpu" : "cuda";
    error.hint = "";
    return false;
  }
  if (kind != "cpu" && kind != "cuda") {
    std::string nearest = suggest(kind, std::vector<std::string>{"cpu", "cuda"});
    if (!nearest.empty()) {
      error.suggestion = nearest;
      error.hint = "";
    }
    return false;
  }
  if (colon == std::string_view::npos)
    return false;
  std::string_view digits = text.substr(colon + 1);
  auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  bool leadingZero = digits.size() > 1 && digits[0] == '0';
  return status == std::errc() && end == digits.data() + digits.size() && isDigit(digits[0]) && !leadingZero &&
         number <= 65535;
}
