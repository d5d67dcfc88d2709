//===- Cpu.cpp - Names of CPUs, and what code for them may use -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Target/CPU/Cpu.h"
#include "lib/Support/Program.h"
#include "lib/Support/Suggest.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace llvm;
using namespace symc;

namespace {
/// The levels of the x86-64 psABI, with the bits that the runtime tests for each, and the features (beyond the next
/// level's) that imply all others of it.
struct Level {
  StringRef name;
  uint64_t bits;
  unsigned vectorBits;
  StringRef features;
};
constexpr uint64_t v2 = SYMC_CPU_SSE4_2, v3 = v2 | SYMC_CPU_AVX2 | SYMC_CPU_FMA, v4 = v3 | SYMC_CPU_AVX512;
const Level levels[] = {{"x86-64-v4", v4, 512, "avx512vl avx512bw avx512dq avx512cd"},
                        {"x86-64-v3", v3, 256, "avx2 fma bmi bmi2 f16c lzcnt movbe"},
                        {"x86-64-v2", v2, 128, "sse4.2 popcnt cx16 sahf"},
                        {"x86-64", 0, 128, ""}};

/// What lies beyond the levels and is tested too.
struct Extra {
  StringRef feature;
  uint64_t bit;
};
const Extra extras[] = {{"avx512vnni", SYMC_CPU_AVX512_VNNI}, {"avx512bf16", SYMC_CPU_AVX512_BF16}};

StringSet<> featuresOf(StringRef cpu) {
  SmallVector<StringRef> names;
  X86::getFeaturesForCPU(cpu, names);
  StringSet<> set;
  for (StringRef name : names) {
    name.consume_front("+");
    set.insert(name);
  }
  return set;
}

/// Whether the features are those of level `at` and of all below it.
bool covers(const StringSet<> &features, const Level *at) {
  return std::all_of(at, std::end(levels), [&](const Level &level) {
    return all_of(split(level.features, ' '), [&](StringRef name) { return name.empty() || features.contains(name); });
  });
}

Error unknownCpu(StringRef cpu) {
  SmallVector<StringRef> known;
  X86::fillValidCPUArchList(known, /*Only64Bit=*/true);
  known.push_back("native");
  std::string text = "unknown CPU '" + cpu.str() + "'", near = suggest(cpu, known);
  if (!near.empty())
    text += "; did you mean '" + near + "'?";
  return createStringError(text + " (known: " + join(known, ", ") + ")");
}
} // namespace

Expected<Cpu> symc::resolveCpu(StringRef tripleName, StringRef cpu) {
  Triple host(sys::getDefaultTargetTriple());
  Triple triple(tripleName.empty() ? host.str() : Triple::normalize(tripleName));
  if (triple.getArch() != Triple::x86_64 || !triple.isOSLinux())
    return createStringError("symc compiles for x86-64 Linux; '" + triple.str() + "' is another platform");

  Cpu target;
  target.triple = "x86_64-pc-linux-gnu"; // whatever the vendor says: it changes no instruction
  target.name = cpu.empty() ? "native" : cpu.str();
  StringSet<> features;
  if (target.name == "native") {
    if (host.getArch() != Triple::x86_64)
      return createStringError("--cpu native is for machines of the target's kind; this one is " + host.getArchName());
    target.name = sys::getHostCPUName().str();
    for (const auto &entry : sys::getHostCPUFeatures())
      if (entry.second)
        features.insert(entry.getKey());
  } else if (X86::parseArchX86(target.name, /*Only64Bit=*/true) == X86::CK_None) {
    return unknownCpu(target.name);
  } else {
    features = featuresOf(target.name);
  }

  for (const Level &level : levels) {
    if (!covers(features, &level))
      continue;
    target.level = level.name.str();
    target.featureBits = level.bits;
    target.vectorBits = level.vectorBits;
    break;
  }
  target.hasFma = target.featureBits & SYMC_CPU_FMA;
  if (target.vectorBits == 512)
    for (const Extra &extra : extras)
      if (features.contains(extra.feature)) {
        target.features += (target.features.empty() ? "+" : ",+") + extra.feature.str();
        target.featureBits |= extra.bit;
      }
  return target;
}
