//===- Json.h - Values as JSON on one line --------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What symc prints as JSON is built as a value of nlohmann/json, its keys in the order in which they are given, and
// written by its serializer. Who builds one includes <nlohmann/json.hpp>.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_JSON_H
#define SYMC_SUPPORT_JSON_H

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace symc {

using Json = nlohmann::ordered_json;

/// The same where every float is an f32: it is printed with the digits that an f32 needs.
using F32Json =
    nlohmann::basic_json<nlohmann::ordered_map, std::vector, std::string, bool, std::int64_t, std::uint64_t, float>;

/// On one line, with a space behind ':' and ','. Bytes that are no UTF-8 become U+FFFD: what is said is said, whatever
/// is in it.
std::string jsonLine(const Json &value);
std::string jsonLine(const F32Json &value);

/// What a text holds; discarded where it is no JSON, or an object has a key twice, of which the last value would count.
Json parsedJson(std::string_view text);
/// A member of the object that the text is, on one line; nothing where it is none or has no such member.
std::optional<std::string> jsonMember(std::string_view text, const char *key);

/// A string literal.
std::string jsonQuoted(std::string_view text);

/// A number as JSON that is to be told even where it is "nan", "inf" or "-inf".
Json jsonReal(double value);

/// A number as JSON: a float that is a whole number without fraction (20, not 20.0), NaN and infinities as null.
template <typename AnyJson, typename T> AnyJson jsonNumber(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    constexpr T exact = T(int64_t(1) << std::numeric_limits<T>::digits); // every whole number up to it is a T
    bool negativeZero = value == 0 && std::signbit(value);
    if (value == std::trunc(value) && std::abs(value) <= exact && !negativeZero)
      return AnyJson(static_cast<int64_t>(value));
    if constexpr (sizeof(T) < sizeof(typename AnyJson::number_float_t))
      if (std::isfinite(value)) { // as the f64 that has the fewest digits of those that are this number
        char text[32];
        double shortest = 0;
        std::from_chars(text, std::to_chars(text, text + sizeof text, value).ptr, shortest);
        return AnyJson(shortest);
      }
  }
  return AnyJson(value);
}

} // namespace symc

#endif // SYMC_SUPPORT_JSON_H
