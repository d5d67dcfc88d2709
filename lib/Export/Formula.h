//===- Formula.h - Derivatives as formulas ------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_EXPORT_FORMULA_H
#define SYMC_EXPORT_FORMULA_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"
#include <functional>
#include <string>
#include <vector>

namespace symc {

struct FormulaOptions {
  std::string of;               // a node, input or parameter; empty: the loss
  std::vector<std::string> wrt; // empty: every trainable parameter; a name repeated differentiates again
  bool latex = false;           // otherwise NumPy
  /// Receives what is wrong with `of` or `wrt` and the nearest right name, if any, instead of an MLIR diagnostic.
  std::function<void(std::string message, std::string suggestion)> wrongName;
};

/// Prints the derivative of `of` (of the sum of its elements, when it is no scalar) by each of `wrt` as simplified
/// formulas in the names of the graph, one a line: bare for one name, `name: formula` for several. Takes the module as
/// the frontend makes it and leaves it as it is. Fails with a diagnostic for a name that is unknown.
mlir::LogicalResult printGradients(mlir::ModuleOp module, const FormulaOptions &options, llvm::raw_ostream &os);

} // namespace symc
#endif
