//===- Roles.h - What arguments and results of functions are ------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The attributes that modules, their functions, and the arguments and results of these carry from
// the importer to the target (docs/ARCHITECTURE.md shows them), and what passes ask of them.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_ROLES_H
#define SYMC_DIALECTS_SYM_ROLES_H

#include "dialects/sym/SymOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace symc {

constexpr llvm::StringLiteral kBoundsAttr = "sym.dim_bounds"; // module: [#sym.dim_bound<…>], the model's dimensions
constexpr llvm::StringLiteral kDocAttr = "sym.doc";           // modules, functions, arguments: what the file says of it
constexpr llvm::StringLiteral kRoleAttr = "sym.role";         // arguments and results of functions: #sym.role<…>
constexpr llvm::StringLiteral kNameAttr = "sym.name";         // those that are the file's: name of what it is
constexpr llvm::StringLiteral kEntryAttr = "sym.entry";       // results of @model: the entry point that gives it
constexpr llvm::StringLiteral kStreamAttr = "sym.stream";     // those of a stream: the dimension that it has one step of
constexpr llvm::StringLiteral kNodeAttr = "sym.node";         // func.call: full name of its node

/// Nothing where a module that was written by hand does not say.
std::optional<sym::Role> roleOf(mlir::FunctionOpInterface function, unsigned argument);
std::optional<sym::Role> resultRoleOf(mlir::FunctionOpInterface function, unsigned result);
/// In the attributes of an argument or result; null: none.
std::optional<sym::Role> roleIn(mlir::DictionaryAttr attributes);
/// Of an argument of a function, not of one of its inner blocks.
std::optional<sym::Role> roleOf(mlir::BlockArgument argument);

/// Empty where it has none.
llvm::StringRef nameOf(mlir::FunctionOpInterface function, unsigned argument);
llvm::StringRef resultNameOf(mlir::FunctionOpInterface function, unsigned result);

llvm::SmallVector<mlir::BlockArgument> argumentsWithRole(mlir::FunctionOpInterface function, sym::Role role);
/// The argument of that role and name; null when there is none.
mlir::BlockArgument findArgument(mlir::FunctionOpInterface function, sym::Role role, llvm::StringRef name);

/// `{sym.name = name, sym.role = #sym.role<role>}`
mlir::DictionaryAttr named(mlir::MLIRContext *context, llvm::StringRef name, sym::Role role);

} // namespace symc
#endif
