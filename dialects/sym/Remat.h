//===- Remat.h - What the backward pass computes again ------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_REMAT_H
#define SYMC_DIALECTS_SYM_REMAT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace symc {

/// Modules, while their formulas are made: derivatives of bodies compute again what is a part of a node, so that it
/// needs no name.
constexpr llvm::StringLiteral kRepeatPartsAttr = "sym.repeat_parts";

/// The nodes whose values the backward pass computes again instead of keeping them: `remat` of sym.train.
class Remat {
public:
  explicit Remat(mlir::ModuleOp module);

  bool matches(mlir::Operation *op);
  bool empty() const { return patterns.empty(); }

private:
  bool repeatParts;
  llvm::SmallVector<llvm::StringRef> patterns;
  llvm::StringMap<bool> known; // by name
};

} // namespace symc
#endif
