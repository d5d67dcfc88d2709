//===- Contraction.h - Kernels of matrix products and convolutions -*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_CONTRACTION_CONTRACTION_H
#define SYMC_LIB_LOWERING_CPU_CONTRACTION_CONTRACTION_H

#include "lib/Lowering/CPU/Isa.h"
#include <memory>

namespace mlir {
class Pass;
} // namespace mlir

namespace symc {

/// Kernels that hold a kernel.contract become llvm.funcs of scf, arith, vector and LLVM loads and stores, with
/// sym.extent and sym.grain. Other kernels are left alone.
std::unique_ptr<mlir::Pass> createContractionPass(const Isa &isa);
/// Registers `sym-contraction{cpu=…}`.
void registerContractionPass();

} // namespace symc
#endif
