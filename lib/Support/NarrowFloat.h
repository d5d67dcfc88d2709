//===- NarrowFloat.h - Numbers of f16 and bf16 -----------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Conversions of single numbers, on any machine: for initial values and data. Kernels convert
// by dialects/sym/NarrowFloat.cpp, with the same results.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_NARROWFLOAT_H
#define SYMC_SUPPORT_NARROWFLOAT_H

#include <stdint.h>
#include <string.h>

namespace symc {

/// `value` rounded to the nearest number, ties to even, of a type of 16 bits with `fraction` bits behind the point.
inline uint16_t narrowFloat(double value, int fraction) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  constexpr uint64_t infinity = uint64_t(0x7ff) << 52, implicit = uint64_t(1) << 52;
  const int special = (1 << (15 - fraction)) - 1, bias = special >> 1;
  const auto sign = static_cast<unsigned>(bits >> 63 << 15);
  bits &= ~(uint64_t(1) << 63);
  if (bits > infinity) // NaN, which stays one
    return static_cast<uint16_t>(sign | special << fraction | 1 << (fraction - 1));
  int exponent = static_cast<int>(bits >> 52) - 1023 + bias, drop = 52 - fraction;
  if (exponent >= special)
    return static_cast<uint16_t>(sign | special << fraction);
  uint64_t base = 0;
  if (exponent > 0)
    base = static_cast<uint64_t>(exponent - 1) << fraction; // the implicit bit adds one to the exponent
  else
    drop += 1 - exponent; // subnormal
  if (drop > 53)
    return static_cast<uint16_t>(sign);
  uint64_t significand = (bits & (implicit - 1)) | implicit, kept = significand >> drop;
  uint64_t rest = significand - (kept << drop), half = uint64_t(1) << (drop - 1);
  kept += rest > half || (rest == half && (kept & 1));
  return static_cast<uint16_t>(sign | (base + kept)); // a carry goes to the exponent, up to infinity
}
inline uint16_t toF16(double value) { return narrowFloat(value, 10); }
inline uint16_t toBF16(double value) { return narrowFloat(value, 7); }

inline float fromBF16(uint16_t bits) {
  uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  memcpy(&value, &wide, sizeof value);
  return value;
}
inline float fromF16(uint16_t bits) {
  uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16, magnitude = bits & 0x7fff;
  float value;
  if (magnitude < 0x400) { // subnormal
    value = static_cast<float>(magnitude) * 0x1p-24f;
    return sign ? -value : value;
  }
  uint32_t wide = sign | ((magnitude << 13) + (magnitude >= 0x7c00 ? (255u - 31) << 23 : 112u << 23));
  memcpy(&value, &wide, sizeof value);
  return value;
}

} // namespace symc

#endif // SYMC_SUPPORT_NARROWFLOAT_H
