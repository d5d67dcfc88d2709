//===- Cpu.cpp - What this machine can run -------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// With cpuid and xgetbv alone: __builtin_cpu_supports needs libgcc.
//
//===----------------------------------------------------------------------===//
#include "runtime/Runtime.h"
#include <cpuid.h>

using namespace symc::rt;

namespace {
uint64_t enabledStates() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low | static_cast<uint64_t>(high) << 32;
}

bool hasAll(uint32_t word, uint32_t bits) { return (word & bits) == bits; }
} // namespace

uint64_t symc::rt::cpuFeatures() {
  uint32_t a, b, c, d, c1, b7 = 0, c7 = 0, a71 = 0, cExt = 0;
  if (!__get_cpuid(1, &a, &b, &c1, &d))
    return 0;
  if (__get_cpuid_count(7, 0, &a, &b7, &c7, &d) && a >= 1 && __get_cpuid_count(7, 1, &a71, &b, &c, &d))
    ; // a71 is set
  __get_cpuid(0x80000001, &a, &b, &cExt, &d);

  uint64_t features = 0;
  // SSE3, SSSE3, CX16, SSE4.1, SSE4.2, POPCNT; LAHF.
  if (!hasAll(c1, 1u << 0 | 1u << 9 | 1u << 13 | 1u << 19 | 1u << 20 | 1u << 23) || !(cExt & 1))
    return features;
  features |= SYMC_CPU_SSE4_2;
  // OSXSAVE, then whether the system saves the YMM registers.
  if (!(c1 & 1u << 27))
    return features;
  uint64_t states = enabledStates();
  // AVX, F16C, MOVBE; AVX2, BMI1, BMI2; LZCNT.
  if ((states & 6) != 6 || !hasAll(c1, 1u << 28 | 1u << 29 | 1u << 22) || !hasAll(b7, 1u << 5 | 1u << 3 | 1u << 8) ||
      !(cExt & 1u << 5))
    return features;
  features |= SYMC_CPU_AVX2;
  if (c1 & 1u << 12)
    features |= SYMC_CPU_FMA;
  // F, DQ, CD, BW, VL, and the mask and ZMM registers.
  if ((states & 0xe0) != 0xe0 || !hasAll(b7, 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31))
    return features;
  features |= SYMC_CPU_AVX512;
  if (c7 & 1u << 11)
    features |= SYMC_CPU_AVX512_VNNI;
  if (a71 & 1u << 5)
    features |= SYMC_CPU_AVX512_BF16;
  return features;
}

const char *symc::rt::cpuFeatureName(uint64_t bit) {
  switch (bit) {
  case SYMC_CPU_SSE4_2:
    return "SSE4.2 (x86-64-v2)";
  case SYMC_CPU_AVX2:
    return "AVX2 (x86-64-v3)";
  case SYMC_CPU_FMA:
    return "FMA (x86-64-v3)";
  case SYMC_CPU_AVX512:
    return "AVX-512 (x86-64-v4)";
  case SYMC_CPU_AVX512_VNNI:
    return "AVX512-VNNI";
  case SYMC_CPU_AVX512_BF16:
    return "AVX512-BF16";
  default:
    return "an unknown feature";
  }
}
