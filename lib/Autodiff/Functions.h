//===- Functions.h - Arguments and results of model functions -----*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_AUTODIFF_FUNCTIONS_H
#define SYMC_AUTODIFF_FUNCTIONS_H

#include "dialects/sym/Roles.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace symc {

/// A result of a model function as it is to be.
struct FunctionResult {
  mlir::Value value;
  mlir::DictionaryAttr attributes;
};

llvm::SmallVector<FunctionResult> resultsOf(mlir::func::FuncOp function);
void setResults(mlir::func::FuncOp function, llvm::ArrayRef<FunctionResult> results);
/// Appends an argument; state goes before step and seed.
mlir::BlockArgument addArgument(mlir::func::FuncOp function, mlir::Type type, sym::Role role, llvm::StringRef name);
/// Declares a state and appends its argument; the name is made one that no parameter or state has.
mlir::BlockArgument addState(mlir::func::FuncOp function, std::string name, mlir::Type type, sym::InitAttr init,
                             mlir::ElementsAttr data = {}, bool resets = false);
/// The argument for the step counter or the seed, which is added where there is none.
mlir::BlockArgument frameArgument(mlir::func::FuncOp function, mlir::Type type, sym::Role role);
void eraseDeadOps(mlir::func::FuncOp function);

} // namespace symc
#endif
