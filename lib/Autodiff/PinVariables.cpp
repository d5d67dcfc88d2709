//===- PinVariables.cpp - Values that derivatives are taken by ------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/SymOps.h"
#include "lib/Autodiff/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"

namespace symc {
#define GEN_PASS_DEF_PINVARIABLESPASS
#include "lib/Autodiff/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {
struct PinVariables : symc::impl::PinVariablesPassBase<PinVariables> {
  void runOnOperation() override {
    llvm::SetVector<Value> variables;
    getOperation().walk([&](sym::GradOp grad) {
      for (Value x : grad.getXs())
        if (mayBecomeAnother(x))
          variables.insert(x);
    });
    for (Value x : variables) {
      OpBuilder b(x.getContext());
      b.setInsertionPointAfterValue(x);
      auto pinned = sym::ReshapeOp::create(b, x.getLoc(), x, sym::DimsAttr::get(b.getContext(), dimsOf(x)));
      x.replaceAllUsesExcept(pinned, pinned);
    }
  }

private:
  /// Whether this stage may put another value of the graph in place of `x`.
  static bool mayBecomeAnother(Value x) {
    if (auto argument = dyn_cast<BlockArgument>(x)) {
      auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
      return function && function.isPrivate();
    }
    Operation *op = x.getDefiningOp();
    bool takenApart = isa<DecomposableOpInterface>(op) && !isa<DifferentiableOpInterface>(op);
    return takenApart || isa<func::CallOp, sym::GradOp, InferenceOpInterface>(op);
  }
};
} // namespace
