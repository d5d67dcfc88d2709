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

#include <map>

namespace symc {

/// By the names of nodes that call functions, the names that their (first) results have when the functions are in the
/// places of the calls: "block0" is "block0/out".
using CallResults = std::map<std::string, std::string>;
/// Of the calls of @model, and of those in the functions that it calls.
CallResults callResults(mlir::ModuleOp module);

/// Adds an entry point, kWatched, that gives the values of these nodes and inputs of @model, of those that have two to
/// four dimensions. A name may also be, or begin, that of a parameter with four dimensions, of which there is no value,
/// or that of a call. Another one is reported, as a mistake of the option `watched`. `module` has no calls any more;
/// `calls` are those that it had.
bool watchValues(mlir::ModuleOp module, const std::vector<std::string> &names, const CallResults &calls,
                 Diagnostics &diagnostics);

} // namespace symc
#endif
