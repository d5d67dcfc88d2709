//===- DataType.cpp - Element types of data and their conversions ---------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/DataType.h"
#include "lib/Host/ElementVisitor.h"
#include "lib/Host/Numbers.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace symc::host {

namespace {

template <typename To, typename From> bool fits(From value) {
  if constexpr (std::is_floating_point_v<Value<To>>)
    return true;
  else if constexpr (std::is_floating_point_v<From>) {
    // The bounds as powers of two are exact in From; NaN compares false.
    constexpr int bits = std::numeric_limits<To>::digits;
    From below = std::is_signed_v<To> ? -std::ldexp(From(1), bits) : From(0);
    From cut = std::trunc(value);
    return cut >= below && cut < std::ldexp(From(1), bits);
  } else {
    To converted = static_cast<To>(value);
    return static_cast<From>(converted) == value && (converted < To(0)) == (value < From(0));
  }
}

/// The rule of a cast, see DataType.h.
template <typename To, typename From> bool holds(From value) {
  if constexpr (std::is_same_v<To, Truth>)
    return value == From(0) || value == From(1);
  else if constexpr (std::is_floating_point_v<Value<To>>)
    return !std::isinf(static_cast<Value<To>>(static_cast<To>(value))) || std::isinf(static_cast<double>(value));
  else if constexpr (std::is_floating_point_v<From>)
    return fits<To>(value) && std::trunc(value) == value;
  else
    return fits<To>(value);
}

template <typename From, typename To> std::optional<ConversionFailure> findLost(const From *from, int64_t count, To) {
  for (int64_t i = 0; i < count; ++i)
    if (Value<From> value = from[i]; !holds<To>(value))
      return ConversionFailure{i, shortest(value)};
  return std::nullopt;
}

template <typename From, typename To>
std::optional<ConversionFailure> convertAll(const From *from, To *to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    Value<From> value = from[i];
    if constexpr (std::is_same_v<To, Truth>) {
      to[i].byte = value != 0;
    } else {
      if (!fits<To>(value))
        return ConversionFailure{i, shortest(value)};
      to[i] = static_cast<To>(value);
    }
  }
  return std::nullopt;
}

} // namespace

std::optional<DataType> fromDlpack(DLDataType type) {
  const ElementTypeInfo *info = type.lanes == 1 ? findElementType(type.code, type.bits) : nullptr;
  return info ? std::optional(static_cast<DataType>(info - kElementTypes)) : std::nullopt;
}

DLDataType toDlpack(DataType type) {
  return {static_cast<uint8_t>(infoOf(type).kind), static_cast<uint8_t>(8 * byteSize(type)), 1};
}

const char *name(DataType type) { return infoOf(type).name; }

std::string formatType(DataType type, const Shape &shape) {
  std::string out = std::string(name(type)) + "[";
  for (size_t i = 0; i < shape.size(); ++i)
    out += (i ? ", " : "") + std::to_string(shape[i]);
  return out + "]";
}

std::optional<int64_t> elementCount(const Shape &shape) {
  int64_t count = 1;
  bool empty = false, wraps = false;
  for (int64_t size : shape) {
    empty |= size == 0;
    wraps |= __builtin_mul_overflow(count, size, &count);
  }
  if (empty)
    return 0;
  return wraps ? std::nullopt : std::optional<int64_t>(count);
}

std::optional<ConversionFailure> convert(const void *from, DataType fromType, void *to, DataType toType,
                                         int64_t count) {
  return visitElement(fromType, [&](auto source) {
    return visitElement(toType, [&](auto target) {
      using From = decltype(source);
      using To = decltype(target);
      return convertAll(static_cast<const From *>(from), static_cast<To *>(to), count);
    });
  });
}

std::optional<ConversionFailure> findUncastable(const void *from, DataType fromType, DataType toType, int64_t count) {
  return visitElement(fromType, [&](auto source) {
    return visitElement(
        toType, [&](auto target) { return findLost(static_cast<const decltype(source) *>(from), count, target); });
  });
}

void expandBytes(const uint8_t *from, void *to, DataType toType, int64_t count, double scale) {
  visitElement(toType, [&](auto target) {
    using To = decltype(target);
    To *out = static_cast<To *>(to);
    if constexpr (std::is_floating_point_v<Value<To>>) {
      To factor = static_cast<To>(scale);
      for (int64_t i = 0; i < count; ++i)
        out[i] = static_cast<To>(static_cast<Value<To>>(from[i]) * factor);
    } else if constexpr (std::is_integral_v<To>) {
      for (int64_t i = 0; i < count; ++i)
        out[i] = static_cast<To>(from[i]);
    }
  });
}

void scaleInPlace(void *data, DataType type, int64_t count, double scale) {
  visitElement(type, [&](auto target) {
    using T = decltype(target);
    if constexpr (std::is_floating_point_v<Value<T>>) {
      T *values = static_cast<T *>(data), factor = static_cast<T>(scale);
      for (int64_t i = 0; i < count; ++i)
        values[i] = static_cast<T>(values[i] * factor);
    }
  });
}

void swapBytes(void *data, size_t elementSize, int64_t count) {
  char *bytes = static_cast<char *>(data);
  for (int64_t i = 0; i < count; ++i, bytes += elementSize)
    for (size_t j = 0; j < elementSize / 2; ++j)
      std::swap(bytes[j], bytes[elementSize - 1 - j]);
}

} // namespace symc::host
