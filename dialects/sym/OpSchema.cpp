//===- OpSchema.cpp - The ops as graph files see them ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/OpSchema.h"
#include "dialects/sym/SymOps.h"
#include "llvm/ADT/STLExtras.h"

using namespace symc;

#include "dialects/sym/OpSchema.inc"

llvm::ArrayRef<OpSchema> symc::opSchemas() { return kOpSchemas; }

const OpSchema *symc::findOpSchema(llvm::StringRef mnemonic) {
  const auto *it = llvm::lower_bound(
      kOpSchemas, mnemonic, [](const OpSchema &schema, llvm::StringRef name) { return schema.mnemonic < name; });
  return it != std::end(kOpSchemas) && it->mnemonic == mnemonic ? it : nullptr;
}
