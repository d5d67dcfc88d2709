//===- TargetInfo.h - What is known of a target without it --------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Needs the standard library only: the `symc` program holds no compiler, and its options, their
// help and their errors name targets and stages all the same.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TARGET_TARGETINFO_H
#define SYMC_TARGET_TARGETINFO_H

#include <cstddef>
#include <string_view>

namespace symc {

/// What `--emit` can print of a target's own work.
struct TargetStage {
  unsigned stage; // a number of the target's
  std::string_view name;
  std::string_view what;
};

struct TargetInfo {
  std::string_view name; // of `--target`
  std::string_view what; // in a sentence: "the CPU"
  const TargetStage *stages;
  size_t stageCount;
  bool available = true; // in this version

  template <size_t N>
  constexpr TargetInfo(std::string_view name, std::string_view what, const TargetStage (&stages)[N],
                       bool available = true)
      : name(name), what(what), stages(stages), stageCount(N), available(available) {}
};

} // namespace symc

#endif // SYMC_TARGET_TARGETINFO_H
