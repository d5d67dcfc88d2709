//===- OrderPrints.cpp - Prints follow each other -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Bodies.h"
#include "lib/Autodiff/Functions.h"
#include "lib/Autodiff/Passes.h"

namespace symc {
#define GEN_PASS_DEF_ORDERPRINTSPASS
#include "lib/Autodiff/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {
struct OrderPrints : symc::impl::OrderPrintsPassBase<OrderPrints> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal())
        order(function.front(), Value());
  }

private:
  /// `last`: a value that is there when everything in front of the block has been shown; null when nothing is.
  static void order(Block &block, Value last) {
    for (Operation &op : block) {
      if (!prints(&op))
        continue;
      if (auto print = dyn_cast<sym::PrintOp>(op)) {
        if (last) {
          OpBuilder b(print);
          print->setOperand(0, sym::AfterOp::create(b, print.getLoc(), print.getX(), last));
        }
        last = print.getOut();
        continue;
      }
      if (last)
        addInvariant(&op, last);
      for (Region &region : op.getRegions())
        order(region.front(), last ? region.getArguments().back() : Value());
      last = op.getResult(0);
    }
  }
};
} // namespace
