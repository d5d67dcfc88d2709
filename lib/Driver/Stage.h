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

#include <string>
#include <string_view>

namespace symc {

/// The results of the compiler's stages, in order. Dot shows the graph of Sym with its functions where they are called;
/// the last ones are another target's.
enum class Stage { Sym, Dot, Autodiff, Fused, Linalg, Llvm, Asm, Obj, Library, Cuda, Ptx, Cubin };

struct StageInfo {
  Stage stage;
  std::string_view name;
  std::string_view what;
  bool available = true; // in this version
};

/// What `--emit` may name, in the order in which people read it.
inline constexpr StageInfo stages[] = {{Stage::Sym, "sym", "the graph, checked, in ops of the dialect"},
                                       {Stage::Autodiff, "autodiff", "the functions of the library, differentiated"},
                                       {Stage::Fused, "fused", "their ops in regions, a kernel each"},
                                       {Stage::Linalg, "linalg", "kernels on buffers"},
                                       {Stage::Llvm, "llvm", "LLVM IR"},
                                       {Stage::Asm, "asm", "assembly"},
                                       {Stage::Obj, "obj", "an object file"},
                                       {Stage::Cuda, "cuda", "CUDA C++", false},
                                       {Stage::Ptx, "ptx", "PTX", false},
                                       {Stage::Cubin, "cubin", "code of a GPU", false},
                                       {Stage::Dot, "dot", "the graph as Graphviz draws it"}};

/// Null when no stage is called so.
inline const StageInfo *findStage(std::string_view name) {
  for (const StageInfo &stage : stages)
    if (stage.name == name)
      return &stage;
  return nullptr;
}

/// The names, separated by blanks.
inline std::string stageNames(bool onlyAvailable) {
  std::string names;
  for (const StageInfo &stage : stages)
    if (stage.available || !onlyAvailable)
      names += (names.empty() ? "" : " ") + std::string(stage.name);
  return names;
}

} // namespace symc

#endif // SYMC_LIB_DRIVER_STAGE_H
