//===- Import.h - From a graph file to a module of sym ------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_IMPORT_H
#define SYMC_FRONTEND_IMPORT_H

#include "lib/Frontend/ReservedNames.h"
#include "lib/Support/Diagnostics.h"
#include "lib/Support/Hash.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace symc {

struct ImportOptions {
  /// Symbolic dimensions that get a value at compile time (`--dim batch=32`).
  std::vector<std::pair<std::string, int64_t>> dims;
  ReservedNames reserved;
  /// Whether a node that nothing uses is a warning.
  bool warnUnused = true;
  /// Whether a path of derivatives leads from a value back to one of the others: differentiation knows. Null: a loss is
  /// not asked for one.
  bool (*derivativeReaches)(mlir::Value result, llvm::ArrayRef<mlir::Value> values) = nullptr;
  /// In place of the file's `freeze`, unless empty, and of its optimizer's learning rate.
  std::vector<std::string> freeze = {};
  std::optional<double> learningRate = {};
  /// Receives, unless null, the names and elements of the constants that stand in other files.
  Hash *constants = nullptr;
};

/// A mistake in what the options say.
inline Diagnostic ofOption(std::string_view field, std::string_view code, std::string message, std::string hint = {}) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.line = diagnostic.column = 0;
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  diagnostic.option = field;
  return diagnostic;
}

/// The text of the graph file at `path`. None when `diagnostics` has received an error.
std::optional<std::string> readGraphFile(llvm::StringRef path, Diagnostics &diagnostics);

/// Checks a graph's text and builds the module that docs/ARCHITECTURE.md describes; `name` is the file's name in
/// messages and the base of relative paths. Null when `diagnostics` has received an error; warnings leave a module.
mlir::OwningOpRef<mlir::ModuleOp> importGraph(std::string text, llvm::StringRef name, mlir::MLIRContext *context,
                                              const ImportOptions &options, Diagnostics &diagnostics);

} // namespace symc

#endif // SYMC_FRONTEND_IMPORT_H
