//===- Watch.h - What is looked at while a model trains -----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_DRIVER_WATCH_H
#define SYMC_LIB_DRIVER_WATCH_H

#include "lib/Lowering/ModelDescription.h"
#include "lib/Support/Diagnostics.h"
#include "mlir/IR/BuiltinOps.h"

namespace symc {

/// The entry point that watchValues makes: a name that no file can give.
constexpr std::string_view kWatched = "_watched";

/// Adds an entry point that gives the values of these nodes and inputs of @model, of those that have two to four
/// dimensions. A name may also be, or begin, that of a parameter with four dimensions, of which there is no value.
/// Another one is reported, as a mistake of the option `watched`. `module` has no calls any more.
bool watchValues(mlir::ModuleOp module, const std::vector<std::string> &names, Diagnostics &diagnostics);

/// None where the graph has no section `train`.
std::optional<TrainDescription> describeTraining(mlir::ModuleOp module);

} // namespace symc
#endif
