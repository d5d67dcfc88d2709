//===- Functions.h - Arguments and results of model functions -----*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Arguments and results carry `sym.name` and `sym.kind`, see docs/ARCHITECTURE.md.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_AUTODIFF_FUNCTIONS_H
#define SYMC_AUTODIFF_FUNCTIONS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace symc {

/// A result of a model function as it is to be.
struct FunctionResult {
  mlir::Value value;
  mlir::DictionaryAttr attributes;
};

llvm::StringRef argumentName(mlir::func::FuncOp function, unsigned index);
llvm::StringRef argumentKind(mlir::func::FuncOp function, unsigned index);
llvm::StringRef resultKind(mlir::func::FuncOp function, unsigned index);
llvm::StringRef resultName(mlir::func::FuncOp function, unsigned index);

/// `{sym.name = name, sym.kind = kind}`
mlir::DictionaryAttr named(mlir::MLIRContext *context, llvm::StringRef name, llvm::StringRef kind);

llvm::SmallVector<FunctionResult> resultsOf(mlir::func::FuncOp function);
void setResults(mlir::func::FuncOp function, llvm::ArrayRef<FunctionResult> results);
/// Appends an argument; one of kind "state" goes before step and seed.
mlir::BlockArgument addArgument(mlir::func::FuncOp function, mlir::Type type, llvm::StringRef name,
                                llvm::StringRef kind);
/// The argument of that kind and name; null when there is none.
mlir::BlockArgument findArgument(mlir::func::FuncOp function, llvm::StringRef name, llvm::StringRef kind);
void eraseDeadOps(mlir::func::FuncOp function);

} // namespace symc
#endif
