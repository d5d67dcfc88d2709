//===- Passes.h - From fused regions to programs of kernels -------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_KERNEL_PASSES_H
#define SYMC_LIB_KERNEL_PASSES_H

#include "dialects/kernel/KernelOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Pass/Pass.h"

namespace symc {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "lib/Kernel/Passes.h.inc"

} // namespace symc
#endif
