//===- Watch.h - What is looked at while a model trains -----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_DRIVER_WATCH_H
#define SYMC_LIB_DRIVER_WATCH_H

#include "lib/Lowering/ModelDescription.h"
#include "lib/Support/Diagnostics.h"
#include "lib/Support/SharedNames.h"
#include "mlir/IR/BuiltinOps.h"

namespace symc {

/// Adds an entry point, kWatched, that gives the values of these nodes and inputs of @model, of those that have two to
/// four dimensions. A name may also be, or begin, that of a parameter with four dimensions, of which there is no value.
/// Another one is reported, as a mistake of the option `watched`. `module` has no calls any more.
bool watchValues(mlir::ModuleOp module, const std::vector<std::string> &names, Diagnostics &diagnostics);

} // namespace symc
#endif
