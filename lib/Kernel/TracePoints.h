//===- TracePoints.h - What a kernel works on, for who watches ----*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Nothing of this is in a module that is not to be traced.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_KERNEL_TRACEPOINTS_H
#define SYMC_LIB_KERNEL_TRACEPOINTS_H

#include "lib/Kernel/Kernels.h"

namespace symc {

/// Modules: unit, kernels are to tell when they run. Their calls, from sym-trace-points on: the text of
/// symc_trace_part::about.
constexpr llvm::StringLiteral kTraceAttr = "sym.trace";
/// Calls of kernels: [[name of a node, estimate of its arithmetic, estimate of the bytes that it writes], …], those
/// with the most arithmetic first.
constexpr llvm::StringLiteral kNodesAttr = "sym.nodes";
/// Calls, from sym-trace-points on: #sym.dims<bytes read, bytes written, floating-point operations>.
constexpr llvm::StringLiteral kWorkAttr = "sym.work";

/// The value of kNodesAttr for the kernel of a region.
mlir::ArrayAttr nodesOf(sym::FusedOp region);

/// What one run of a kernel of nests takes: bytes of the buffers that it reads and of those that it writes, each once
/// and whole, and its operations on floating-point numbers. Every one counts 1, a function like exp as well;
/// comparisons, conversions and moves count nothing. A matrix product of m×k and k×n is 2·m·n·k. Functions of the
/// kernel library are not counted.
struct Work {
  Dim read, written, flops;
};
Work workOf(mlir::func::FuncOp kernel);

} // namespace symc
#endif
