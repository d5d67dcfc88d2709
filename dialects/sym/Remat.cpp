//===- Remat.cpp - What the backward pass computes again ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Remat.h"
#include "dialects/sym/Bodies.h"
#include "dialects/sym/NodeNames.h"
#include "dialects/sym/SymOps.h"
#include "lib/Support/Pattern.h"

using namespace mlir;
using namespace symc;

Remat::Remat(ModuleOp module) : repeatParts(module->hasAttr(kRepeatPartsAttr)) {
  for (auto train : module.getOps<sym::TrainOp>())
    if (train.getRemat())
      llvm::append_range(patterns, train.getRemat()->getAsValueRange<StringAttr>());
}

/// Whether the op stands in the expression of a node.
static bool isPart(Operation *op) {
  std::string scope = scopeOf(*op->getParentRegion());
  return nameWithin(scope, nodeName(op->getLoc())).contains('/');
}

bool Remat::matches(Operation *op) {
  if (prints(op)) // it would be shown again
    return false;
  StringRef name = nodeName(op->getLoc());
  if (repeatParts && !isControlFlow(op) && isPart(op))
    return true;
  if (patterns.empty() || name.empty())
    return false;
  auto [entry, isNew] = known.try_emplace(name);
  if (isNew)
    entry->second = llvm::any_of(patterns, [&](StringRef pattern) { return matchesNode(name, pattern); });
  return entry->second;
}
