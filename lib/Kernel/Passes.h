//===- Passes.h - From fused regions to programs of kernels -------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_KERNEL_PASSES_H
#define SYMC_LIB_KERNEL_PASSES_H

#include <memory>

namespace mlir {
class Pass;
} // namespace mlir

namespace symc {

/// Functions become programs: fused regions are kernels on buffers, which they call (Outline.cpp).
std::unique_ptr<mlir::Pass> createOutlinePass();

} // namespace symc
#endif
