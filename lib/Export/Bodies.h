//===- Bodies.h - What arguments of bodies stand for --------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_EXPORT_BODIES_H
#define SYMC_EXPORT_BODIES_H

#include "mlir/IR/Value.h"
#include <optional>

namespace symc {

/// An argument of the body of a loop or branch.
struct BodyArgument {
  mlir::Value value;    // what it begins with, what its rows are of, or what it is
  llvm::StringRef what; // "carry" or "row", which are nodes of their own; empty: it is the value
};

/// None for the number of the iteration. Carries of a condition are those of the body beside it.
std::optional<BodyArgument> bodyArgument(mlir::BlockArgument argument);

} // namespace symc
#endif
