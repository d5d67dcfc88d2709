//===- Passes.h - From the model to its functions -----------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The stage's input and output are described in docs/ARCHITECTURE.md, stages 1 and 2.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_AUTODIFF_PASSES_H
#define SYMC_AUTODIFF_PASSES_H

#include "mlir/Pass/Pass.h"
#include <memory>
#include <string>
#include <vector>

namespace symc {

/// Clones @model into the functions of the library. `functions` selects among them; empty: all that the model can have.
std::unique_ptr<mlir::Pass> createEntryPointsPass(std::vector<std::string> functions = {});
/// Makes @gradients return the gradients of its loss.
std::unique_ptr<mlir::Pass> createGradientsPass();
/// Gives @train_step its updates, and declares the optimizer's state.
std::unique_ptr<mlir::Pass> createTrainStepPass();
/// Ops on f16 and bf16 compute in f32, with conversions around each.
std::unique_ptr<mlir::Pass> createWidenArithmeticPass();
/// Expands composite ops until only primitive ones are left.
std::unique_ptr<mlir::Pass> createDecomposePass();
/// Gives every function the arguments that it uses, step and seed among them.
std::unique_ptr<mlir::Pass> createSignaturesPass();

/// The whole stage. Legal afterwards: func, primitive ops of sym, sym.parameter, sym.state.
void buildAutodiffPipeline(mlir::OpPassManager &manager, std::vector<std::string> functions = {});

void registerAutodiffPasses();

} // namespace symc
#endif
