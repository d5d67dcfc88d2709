//===- Cpu.h - Names of CPUs, and what code for them may use ------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TARGET_CPU_CPU_H
#define SYMC_TARGET_CPU_CPU_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace symc {

/// An instruction set to compile for. Any `--cpu` is reduced to a microarchitecture level and the few features beyond
/// it that the runtime tests when a library is loaded, so that compiled code never uses more than was tested.
struct Cpu {
  std::string name;          // as given; "native" is resolved to LLVM's name
  std::string triple;        // normalized
  std::string level;         // LLVM's target-cpu: "x86-64", "x86-64-v2", "-v3" or "-v4"
  std::string features;      // LLVM's target-features beyond the level: "+avx512vnni"
  uint64_t featureBits = 0;  // SYMC_CPU_* of lib/Support/Program.h
  unsigned vectorBits = 128; // 128, 256 or 512
  bool hasFma = false;
};

/// `cpu` is "native", a level or a name that LLVM knows; `triple` may be empty (this machine's). An unknown name is an
/// error that lists what is known.
llvm::Expected<Cpu> resolveCpu(llvm::StringRef triple, llvm::StringRef cpu);

} // namespace symc

#endif // SYMC_TARGET_CPU_CPU_H
