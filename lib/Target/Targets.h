//===- Targets.h - The names of targets and of their stages -------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What of Targets.def needs no compiler. The objects behind the names are those of Target.h.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TARGET_TARGETS_H
#define SYMC_TARGET_TARGETS_H

#include "lib/Target/CPU/Info.h"

namespace symc {

/// Of a target that this version does not have its words alone are known, so that using them is a mistake of its own
/// rather than a misspelling.
namespace cuda {
inline constexpr TargetStage stages[] = {{0, "cuda", "CUDA C++"}, {1, "ptx", "PTX"}, {2, "cubin", "code of a GPU"}};
inline constexpr TargetInfo info{"cuda", "GPUs", stages, /*available=*/false};
} // namespace cuda

#define SYMC_TARGET(NAME) &NAME::info,
#define SYMC_ABSENT_TARGET(NAME) &NAME::info,
inline constexpr const TargetInfo *targetInfos[] = {
#include "lib/Target/Targets.def"
};

/// Null when no target is called so.
inline const TargetInfo *findTargetInfo(std::string_view name) {
  for (const TargetInfo *target : targetInfos)
    if (target->name == name)
      return target;
  return nullptr;
}

} // namespace symc

#endif // SYMC_TARGET_TARGETS_H
