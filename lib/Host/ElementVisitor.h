//===- ElementVisitor.h - Code for every element type ----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_ELEMENTVISITOR_H
#define SYMC_HOST_ELEMENTVISITOR_H

#include "lib/Support/ElementTypes.h"
#include "lib/Support/NarrowFloat.h"

#include <type_traits>

namespace symc::host {

// How C stores what it has no type for.
struct Half {
  uint16_t bits = 0;
  Half() = default;
  explicit Half(double value) : bits(toF16(value)) {}
  operator float() const { return fromF16(bits); }
};

struct BFloat {
  uint16_t bits = 0;
  BFloat() = default;
  explicit BFloat(double value) : bits(toBF16(value)) {}
  operator float() const { return fromBF16(bits); }
};

struct Truth {
  uint8_t byte = 0;
  operator int() const { return byte != 0; }
};

template <typename T> constexpr bool isNarrow = std::is_same_v<T, Half> || std::is_same_v<T, BFloat>;

/// The arithmetic type that holds every value of a stored type.
template <typename T>
using Value = std::conditional_t<isNarrow<T>, float, std::conditional_t<std::is_same_v<T, Truth>, int, T>>;

/// Calls `f` with an element of `type` as it is stored: what depends on the type is written once, over decltype of it.
template <typename F> decltype(auto) visitElement(ElementType type, F &&f) {
  switch (type) {
  case ElementType::F16:
    return f(Half());
  case ElementType::BF16:
    return f(BFloat());
  case ElementType::F32:
    return f(float());
  case ElementType::F64:
    return f(double());
  case ElementType::I8:
    return f(int8_t());
  case ElementType::I16:
    return f(int16_t());
  case ElementType::I32:
    return f(int32_t());
  case ElementType::I64:
    return f(int64_t());
  case ElementType::U8:
    return f(uint8_t());
  case ElementType::U16:
    return f(uint16_t());
  case ElementType::U32:
    return f(uint32_t());
  case ElementType::U64:
    return f(uint64_t());
  case ElementType::Bool:
    return f(Truth());
  }
  __builtin_unreachable();
}

} // namespace symc::host

#endif // SYMC_HOST_ELEMENTVISITOR_H
