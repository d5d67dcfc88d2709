//===- Limits.h - What compiler and runtime agree on --------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_RUNTIME_LIMITS_H
#define SYMC_RUNTIME_LIMITS_H

#include <cstdint>

namespace symc {

/// Of a tensor, and of all that is held at once. No sum of sizes below this overflows when it is rounded up.
constexpr int64_t maxBytes = INT64_MAX / 4;
constexpr char byteLimitText[] = "2^61 - 1";

} // namespace symc
#endif
