//===- Json.cpp - Values as JSON on one line ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Support/Json.h"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

using namespace symc;

template <typename AnyJson> static std::string onOneLine(const AnyJson &value) {
  // Each member and item on a line of its own, without indentation; strings hold no line breaks, only escapes of them.
  std::string text = value.dump(0, ' ', /*ensure_ascii=*/false, AnyJson::error_handler_t::replace);
  size_t size = 0;
  for (char c : text)
    if (c != '\n')
      text[size++] = c;
    else if (size && text[size - 1] == ',')
      text[size++] = ' ';
  text.resize(size);
  return text;
}

std::string symc::jsonLine(const Json &value) { return onOneLine(value); }
std::string symc::jsonLine(const F32Json &value) { return onOneLine(value); }

Json symc::parsedJson(std::string_view text) {
  std::vector<std::set<std::string>> keys; // of each open object
  bool repeats = false;
  auto watch = [&](int, Json::parse_event_t event, Json &parsed) {
    if (event == Json::parse_event_t::object_start)
      keys.emplace_back();
    else if (event == Json::parse_event_t::object_end)
      keys.pop_back();
    else if (event == Json::parse_event_t::key)
      repeats |= !keys.back().insert(parsed.get<std::string>()).second;
    return true;
  };
  Json value = Json::parse(text, watch, /*allow_exceptions=*/false);
  return repeats ? Json(Json::value_t::discarded) : value;
}

std::optional<std::string> symc::jsonMember(std::string_view text, const char *key) {
  Json value = parsedJson(text);
  auto found = value.find(key);
  return found == value.end() ? std::nullopt : std::optional<std::string>(onOneLine(*found));
}

std::string symc::jsonQuoted(std::string_view text) { return onOneLine(Json(text)); }

Json symc::jsonReal(double value) {
  if (std::isfinite(value))
    return jsonNumber<Json>(value);
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}
