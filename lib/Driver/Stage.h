//===- Stage.h - The stages of the compiler, once -----------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// `--emit`, its help, its errors, the order of the pipeline and the tests are all made from this table. Needs the
// standard library only: the `symc` program holds no compiler.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_DRIVER_STAGE_H
#define SYMC_LIB_DRIVER_STAGE_H

#include "lib/Target/Targets.h"
#include <string>
#include <string_view>
#include <vector>

namespace symc {

/// The results of the compiler's stages, in order. Dot shows the graph of Sym with its functions where they are called;
/// Code stands for the stages of targets, which follow Linalg.
enum class Stage { Sym, Dot, Autodiff, Fused, Linalg, Code, Library };

struct StageInfo {
  Stage stage;
  std::string_view name;
  std::string_view what;
  const TargetInfo *target = nullptr; // Code: whose it is
  unsigned code = 0;                  // Code: the target's number of it

  bool isAvailable() const { return !target || target->available; }
};

/// Those that all targets have.
inline constexpr StageInfo commonStages[] = {
    {Stage::Sym, "sym", "the graph, checked, in ops of the dialect"},
    {Stage::Autodiff, "autodiff", "the functions of the library, differentiated"},
    {Stage::Fused, "fused", "their ops in regions, a kernel each"},
    {Stage::Linalg, "linalg", "kernels on buffers"},
    {Stage::Dot, "dot", "the graph as Graphviz draws it"}};

/// What `--emit` may name, in the order in which people read it.
inline const std::vector<StageInfo> &stages() {
  static const std::vector<StageInfo> all = [] {
    std::vector<StageInfo> list;
    for (const StageInfo &stage : commonStages) {
      list.push_back(stage);
      if (stage.stage != Stage::Linalg)
        continue;
      for (const TargetInfo *target : targetInfos)
        for (size_t i = 0; i < target->stageCount; ++i)
          list.push_back(
              {Stage::Code, target->stages[i].name, target->stages[i].what, target, target->stages[i].stage});
    }
    return list;
  }();
  return all;
}

/// Null when no stage is called so.
inline const StageInfo *findStage(std::string_view name) {
  for (const StageInfo &stage : stages())
    if (stage.name == name)
      return &stage;
  return nullptr;
}

/// The names, separated by blanks.
inline std::string stageNames(bool onlyAvailable) {
  std::string names;
  for (const StageInfo &stage : stages())
    if (stage.isAvailable() || !onlyAvailable)
      names += (names.empty() ? "" : " ") + std::string(stage.name);
  return names;
}

} // namespace symc

#endif // SYMC_LIB_DRIVER_STAGE_H
