//===- NodeNames.h - The names of nodes in locations --------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_NODENAMES_H
#define SYMC_DIALECTS_SYM_NODENAMES_H

#include "mlir/IR/Operation.h"

namespace symc {

/// The name that a location carries, for diagnostics and what people read; empty: none.
llvm::StringRef nodeName(mlir::Location loc);
/// What the arguments of a body of a loop or branch are named in, NODE/FUNCTION; empty where none has such a name.
std::string scopeOf(mlir::Region &body);
/// The name within a scope; one of another scope as it is.
llvm::StringRef nameWithin(llvm::StringRef scope, llvm::StringRef name);
/// Gives the op, what stands in it and the arguments of its bodies the names that `renamed` makes of theirs; an empty
/// one leaves them.
void renameAll(mlir::Operation *op, llvm::function_ref<std::string(llvm::StringRef name)> renamed);
/// Puts `scope/` in front of the names of the op, of what stands in it and of the arguments of its bodies, of calls and
/// of random streams: what is copied to a call, loop or branch is named after that.
void nameInScope(mlir::Operation *op, llvm::StringRef scope);

} // namespace symc
#endif
