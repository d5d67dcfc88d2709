//===- Remat.cpp - What the backward pass computes again ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Remat.h"
#include "dialects/sym/NodeNames.h"
#include "dialects/sym/SymOps.h"
#include "lib/Support/Pattern.h"

using namespace mlir;
using namespace symc;

Remat::Remat(ModuleOp module) {
  for (auto train : module.getOps<sym::TrainOp>())
    if (train.getRemat())
      llvm::append_range(patterns, train.getRemat()->getAsValueRange<StringAttr>());
}

bool Remat::matches(Operation *op) {
  StringRef name = nodeName(op->getLoc());
  if (patterns.empty() || name.empty())
    return false;
  auto [entry, isNew] = known.try_emplace(name);
  if (isNew)
    entry->second = llvm::any_of(patterns, [&](StringRef pattern) { return matchesNode(name, pattern); });
  return entry->second;
}
