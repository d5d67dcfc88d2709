//===- Passes.cpp - Formulas in symc-opt ----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Export/Passes.h"
#include "lib/Export/Formula.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace symc;

namespace {
struct PrintGradients : PassWrapper<PrintGradients, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PrintGradients)
  PrintGradients() = default;
  PrintGradients(const PrintGradients &other) : PassWrapper(other) {}
  StringRef getArgument() const override { return "sym-print-gradients"; }
  StringRef getDescription() const override { return "Prints derivatives as formulas"; }

  Option<std::string> of{*this, "of", llvm::cl::desc("The value to differentiate; the loss when left out")};
  ListOption<std::string> wrt{*this, "wrt", llvm::cl::desc("Names to differentiate by")};
  Option<bool> latex{*this, "latex", llvm::cl::desc("LaTeX instead of NumPy")};

  void runOnOperation() override {
    FormulaOptions options;
    options.of = of;
    options.wrt = {wrt.begin(), wrt.end()};
    options.latex = latex;
    if (failed(printGradients(getOperation(), options, llvm::outs())))
      signalPassFailure();
  }
};
} // namespace

void symc::registerExportPasses() { PassRegistration<PrintGradients>(); }
