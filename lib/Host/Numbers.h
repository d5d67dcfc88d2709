//===- Numbers.h - Numbers as text, exactly -------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_NUMBERS_H
#define SYMC_HOST_NUMBERS_H

#include <charconv>
#include <cmath>
#include <cstdio>
#include <string>

namespace symc::host {

/// The shortest decimal that reads back as the same number: "0.1", "nan", "inf".
template <typename T> std::string shortest(T value) {
  if constexpr (std::is_floating_point_v<T>)
    if (std::isnan(value))
      return "nan"; // without the sign that some operations leave
  char text[64];
  return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

/// For people: six digits.
inline std::string brief(double value) {
  if (std::isnan(value))
    return "nan";
  char text[32];
  snprintf(text, sizeof text, "%.6g", value);
  return text;
}

} // namespace symc::host

#endif // SYMC_HOST_NUMBERS_H
