//===- Target.cpp - Which targets there are -------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Target/Target.h"

using namespace symc;

char PassesFailed::ID;

TargetCompilation::~TargetCompilation() = default;
Target::~Target() = default;

#define SYMC_TARGET(NAME)                                                                                              \
  namespace symc::NAME {                                                                                               \
  const Target &target();                                                                                              \
  }
#include "lib/Target/Targets.def"

llvm::ArrayRef<const Target *> symc::targets() {
  static const Target *const all[] = {
#define SYMC_TARGET(NAME) &NAME::target(),
#include "lib/Target/Targets.def"
  };
  return all;
}

const Target *symc::findTarget(llvm::StringRef name) {
  for (const Target *target : targets())
    if (target->info().name == std::string_view(name))
      return target;
  return nullptr;
}
