//===- Stage.h - The stages of the compiler -----------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_DRIVER_STAGE_H
#define SYMC_LIB_DRIVER_STAGE_H

#include "llvm/ADT/StringRef.h"
#include <optional>

namespace symc {

/// The results of the compiler's stages, in order; drives --emit and the order of the pipeline. Dot shows the graph of
/// Sym with its functions where they are called.
enum class Stage { Sym, Dot, Autodiff, Fused, Linalg, Llvm, Asm, Obj, Library };

/// The stage that `--emit` calls by this name. The CUDA stages are not among them.
std::optional<Stage> parseStage(llvm::StringRef name);

} // namespace symc
#endif
