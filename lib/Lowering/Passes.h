//===- Passes.h - From fused regions to LLVM ----------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_PASSES_H
#define SYMC_LIB_LOWERING_PASSES_H

#include <memory>

namespace mlir {
class Pass;
} // namespace mlir

namespace symc {

struct Isa;

/// How arena buffers share memory: as planned, which is the product, or for finding errors in that.
enum class ArenaMode {
  Planned,
  Separate, // each has memory of its own for the whole call
  Poisoned, // as planned, and every byte of a buffer is 0xff (NaN, -1) before its first step
};

/// Bodies of kernels become linalg on buffers (SymToLinalg/).
std::unique_ptr<mlir::Pass> createSymToLinalgPass();
/// Kernels that call the kernel library become llvm.funcs (CPU/Opaque.cpp).
std::unique_ptr<mlir::Pass> createOpaquePass();
/// Kernels of linalg.generics become loops and vectors in an llvm.func (CPU/Vectorize/). Without an ISA: of option
/// `cpu`.
std::unique_ptr<mlir::Pass> createVectorizePass(const Isa &isa);
/// Everything that kernels and bodies are made of becomes LLVM dialect (CPU/Vectorize/KernelsToLLVM.cpp).
std::unique_ptr<mlir::Pass> createKernelsToLLVMPass();
/// Model functions become llvm.func bodies over the frame of a call (CPU/Bodies.cpp). Runs when kernels are llvm.funcs.
std::unique_ptr<mlir::Pass> createBodiesPass(ArenaMode arena = ArenaMode::Planned);

void registerLoweringPasses();

} // namespace symc
#endif
