//===- Info.h - What is known of the CPU without the compiler -----*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TARGET_CPU_INFO_H
#define SYMC_TARGET_CPU_INFO_H

#include "lib/Target/TargetInfo.h"

namespace symc::cpu {

enum EmitStage : unsigned { Llvm, Asm, Obj };

inline constexpr TargetStage stages[] = {
    {Llvm, "llvm", "LLVM IR"}, {Asm, "asm", "assembly"}, {Obj, "obj", "an object file"}};

inline constexpr TargetInfo info{"cpu", "the CPU", stages};

} // namespace symc::cpu

#endif // SYMC_TARGET_CPU_INFO_H
