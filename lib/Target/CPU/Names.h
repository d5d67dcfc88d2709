//===- Names.h - C names of a model's functions and arguments ------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TARGET_CPU_NAMES_H
#define SYMC_TARGET_CPU_NAMES_H

#include "lib/Lowering/ModelDescription.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace symc {

/// What the typed C functions share: MODEL_NAME, the number of results in their signature, ...
inline llvm::ArrayRef<ArgumentDescription> typedOutputs(const FunctionDescription &function) {
  llvm::ArrayRef<ArgumentDescription> all(function.outputs);
  return function.typedOutputs < 0 ? all : all.take_front(function.typedOutputs);
}

/// Whether a standard header defines it as a macro that needs no arguments (but for capitals with a '_').
bool isCMacro(llvm::StringRef name);

/// Parameter names of a typed function after the instance: dimensions, inputs, results. Each is a valid name in C and
/// C++ that no macro of the standard headers has, and different from the others.
std::vector<std::string> parameterNames(const ModelDescription &model, const FunctionDescription &function);
std::vector<std::string> reserveNames(const ModelDescription &model);

/// The name of a parameter that is not the caller's to choose: one like the model's would hide its type.
inline std::string ownName(llvm::StringRef name, llvm::StringRef model) {
  return (name + (name == model ? "_" : "")).str();
}
/// Name of the instance in all signatures.
inline std::string instanceName(llvm::StringRef model) { return ownName("m", model); }

} // namespace symc

#endif // SYMC_TARGET_CPU_NAMES_H
