//===- Passes.h - From the model to its functions -----------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The stage's input and output are described in docs/ARCHITECTURE.md, stages 1 and 2; its passes in Passes.td.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_AUTODIFF_PASSES_H
#define SYMC_AUTODIFF_PASSES_H

#include "mlir/Pass/Pass.h"
#include <memory>
#include <string>
#include <vector>

namespace symc {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "lib/Autodiff/Passes.h.inc"

/// The whole stage: `functions` of those that the model can have, all when there are none. Legal before: func @model,
/// public ops of sym, sym.parameter, sym.train. Legal after: func, primitive ops of sym, sym.parameter, sym.state.
void buildAutodiffPipeline(mlir::OpPassManager &manager, const std::vector<std::string> &functions = {});

/// `sym-autodiff`.
void registerAutodiffPipeline();

} // namespace symc
#endif
