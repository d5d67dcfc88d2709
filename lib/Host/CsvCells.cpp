//===- CsvCells.cpp - The cells of a file of separated values -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/CsvCells.h"
#include "lib/Host/ElementVisitor.h"
#include "lib/Host/Errors.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace symc::host {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

bool isUtf8(std::string_view text) {
  for (size_t i = 0, length; i < text.size(); i += length)
    if (!(length = utf8Length(text, i)))
      return false;
  return true;
}

static std::string_view trimNumber(std::string_view text) {
  text = trim(text);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-' && text[1] != '+')
    text.remove_prefix(1);
  return text;
}

template <typename T> static Parse parse(std::string_view text, T &element) {
  if constexpr (std::is_same_v<T, Truth>) {
    element.byte = text == "1" || text == "true" || text == "True";
    return element.byte || text == "0" || text == "false" || text == "False" ? Parse::Ok : Parse::NotANumber;
  } else if constexpr (isNarrow<T>) {
    double wide = 0;
    Parse parsed = parse(text, wide);
    element = T(wide);
    return parsed == Parse::Ok && std::isinf(Value<T>(element)) && !std::isinf(wide) ? Parse::OutOfRange : parsed;
  } else {
    if constexpr (std::is_unsigned_v<T>)
      if (text.size() > 1 && text[0] == '-' && text[1] != '-') { // -0 is a number, too
        Parse parsed = parse(text.substr(1), element);
        return parsed == Parse::Ok && element != 0 ? Parse::OutOfRange : parsed;
      }
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), element);
    if (code == std::errc::invalid_argument || end != text.data() + text.size())
      return Parse::NotANumber;
    if (code != std::errc::result_out_of_range)
      return Parse::Ok;
    if constexpr (std::is_floating_point_v<T>) {
      // Too small is rounded like any other number; too large is an error.
      double wide = strtod(std::string(text).c_str(), nullptr);
      if (std::fabs(wide) > 1)
        return Parse::OutOfRange;
      element = static_cast<T>(wide);
      return Parse::Ok;
    }
    return Parse::OutOfRange;
  }
}

Parse parseCell(std::string_view text, DataType type, void *out) {
  return visitElement(type, [&](auto element) {
    Parse parsed = parse(trimNumber(text), element);
    memcpy(out, &element, sizeof element);
    return parsed;
  });
}

bool isNumber(std::string_view text) {
  double value;
  return parseCell(text, DataType::F64, &value) != Parse::NotANumber;
}

bool isNoValue(std::string_view text) {
  std::string word(trim(text));
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::string_view words[] = {"", "na", "n/a", "#n/a", "null", "none", "missing", "?", "-", "."};
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

bool hasDecimalComma(std::string_view text) {
  std::string number(text);
  if (std::count(number.begin(), number.end(), ',') != 1)
    return false;
  number[number.find(',')] = '.';
  return isNumber(number);
}

std::string cellProblem(std::string_view text, Parse result, DataType type, const std::string &input) {
  std::string what = text.empty()                  ? "an empty cell, needed as"
                     : result == Parse::OutOfRange ? quoted(text) + " is out of the range of"
                     : isFloat(type)               ? quoted(text) + " is not a number of type"
                     : type == DataType::Bool      ? quoted(text) + " is not a"
                                                   : quoted(text) + " is not an integer of type";
  return what + " " + name(type) + ", the type of input " + quoted(input);
}

} // namespace symc::host
