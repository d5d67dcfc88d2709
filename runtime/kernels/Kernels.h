//===- Kernels.h - The library of opaque kernels ------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A kernel is `void symc_k_NAME_TYPE(void *const *buffers, const int64_t *integers)`, see
// OpaqueKernelOpInterface: operands and then results, dense and row-major. The macros name
// the instances of a template.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_RUNTIME_KERNELS_KERNELS_H
#define SYMC_RUNTIME_KERNELS_KERNELS_H

#include <stdint.h>

#define SYMC_KERNEL(name, suffix, function, type)                                                                      \
  extern "C" void symc_k_##name##_##suffix(void *const *buffers, const int64_t *integers);                             \
  extern "C" void symc_k_##name##_##suffix(void *const *buffers, const int64_t *integers) {                            \
    function<type>(buffers, integers);                                                                                 \
  }
#define SYMC_KERNEL_OF_FLOATS(name, function)                                                                          \
  SYMC_KERNEL(name, f32, function, float)                                                                              \
  SYMC_KERNEL(name, f64, function, double)
#define SYMC_KERNEL_OF_NUMBERS(name, function)                                                                         \
  SYMC_KERNEL_OF_FLOATS(name, function)                                                                                \
  SYMC_KERNEL(name, i8, function, int8_t)                                                                              \
  SYMC_KERNEL(name, i16, function, int16_t)                                                                            \
  SYMC_KERNEL(name, i32, function, int32_t)                                                                            \
  SYMC_KERNEL(name, i64, function, int64_t)                                                                            \
  SYMC_KERNEL(name, u8, function, uint8_t)                                                                             \
  SYMC_KERNEL(name, u16, function, uint16_t)                                                                           \
  SYMC_KERNEL(name, u32, function, uint32_t)                                                                           \
  SYMC_KERNEL(name, u64, function, uint64_t)

/// x * y, which wraps around for integers: an int would overflow on u16.
template <class T> T product(T x, T y) {
  if constexpr (T(1) / 2 != 0)
    return x * y;
  else
    return static_cast<T>(static_cast<uint64_t>(x) * static_cast<uint64_t>(y));
}

#endif
