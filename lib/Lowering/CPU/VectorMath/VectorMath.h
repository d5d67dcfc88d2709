//===- VectorMath.h - Elementary functions on vectors -------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_VECTORMATH_H
#define SYMC_LIB_LOWERING_CPU_VECTORMATH_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/StringRef.h"

namespace llvm {
class Module;
} // namespace llvm

namespace symc {

/// The C name of the function that an op of math calls, without suffix; empty when the machine does it.
llvm::StringRef functionOf(mlir::Operation *op);
/// Whether it takes long, and as how many plain operations it counts.
inline bool isFunction(mlir::Operation *op) { return !functionOf(op).empty(); }
constexpr unsigned kFunctionOps = 128;

/// Gives the declared symc_v* functions of a module their bodies and inlines them. Run once, before code generation;
/// the module's triple and data layout are set.
void linkVectorMath(llvm::Module &module);

/// `symc_v16_expf`; `function` is as in C without the suffix. f32: 4, 8 or 16 lanes; f64: 2, 4 or 8.
std::string vectorMathName(llvm::StringRef function, unsigned lanes, bool isDouble);

} // namespace symc
#endif
