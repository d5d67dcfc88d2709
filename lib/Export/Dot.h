//===- Dot.h - The graph for Graphviz -----------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_EXPORT_DOT_H
#define SYMC_EXPORT_DOT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace symc {

/// Prints the graph of the module that the frontend makes in the language of Graphviz: one node per op, input,
/// parameter and result, a box per scope (`encoder/h`), types on the edges.
void printDot(mlir::ModuleOp module, llvm::raw_ostream &os);

} // namespace symc
#endif
