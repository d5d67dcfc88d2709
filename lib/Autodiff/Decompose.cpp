//===- Decompose.cpp - Composite ops into primitive ones ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/SymOps.h"
#include "lib/Autodiff/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace symc {
#define GEN_PASS_DEF_DECOMPOSEPASS
#include "lib/Autodiff/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {
struct Decompose : symc::impl::DecomposePassBase<Decompose> {
  void runOnOperation() override {
    getOperation().walk([](DecomposableOpInterface op) { expand(op); });
    // The parts of an op may be larger than its operands and results.
    WalkResult checked = getOperation().walk([](Operation *op) -> WalkResult {
      for (Type type : op->getResultTypes())
        if (isa<RankedTensorType>(type) && isTooLarge(type))
          return op->emitError("S0318: this takes a tensor of ") << printType(type) << ", beyond 63 bits";
      return WalkResult::advance();
    });
    if (checked.wasInterrupted())
      signalPassFailure();
  }

private:
  static void expand(DecomposableOpInterface composite) {
    Operation *op = composite, *before = op->getPrevNode();
    OpBuilder b(op);
    SmallVector<Value> values = composite.decompose(b);
    if (values.empty())
      return; // primitive as it stands
    op->replaceAllUsesWith(values);
    // The parts may be composite themselves.
    for (Operation *part = before ? before->getNextNode() : &op->getBlock()->front(); part != op;) {
      Operation *next = part->getNextNode();
      part->walk([](DecomposableOpInterface inner) { expand(inner); });
      part = next;
    }
    op->erase();
  }
};
} // namespace
