//===- Isa.cpp - What the kernel emitters know of a CPU -------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Isa.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace symc;

Isa symc::isaOf(llvm::StringRef cpu) {
  llvm::SmallVector<llvm::StringRef> features;
  if (llvm::X86::parseArchX86(cpu) != llvm::X86::CK_None)
    llvm::X86::getFeaturesForCPU(cpu, features);
  auto has = [&](llvm::StringRef name) {
    return llvm::any_of(features, [&](llvm::StringRef f) {
      f.consume_front("+");
      return f == name;
    });
  };
  Isa isa;
  isa.hasFma = has("fma");
  // Each of these implies avx512f, which the list of a level does not name.
  if (has("avx512vl") && has("avx512bw") && has("avx512dq")) {
    isa.vectorBytes = 64;
    isa.registers = 32;
    isa.hasMasks = true;
    isa.l2 = 1 << 20;
  } else if (has("avx2")) {
    isa.vectorBytes = 32;
    isa.hasMasks = true;
  }
  return isa;
}
