//===- PrepareFusion.cpp - Ops in the form that fuses best ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Bodies.h"
#include "dialects/sym/Build.h"
#include "lib/Fusion/Legality.h"
#include "lib/Fusion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace symc {
#define GEN_PASS_DEF_PREPAREFUSIONPASS
#include "lib/Fusion/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {

/// Whether the op swaps the last two axes and nothing else.
bool swapsMatrix(sym::TransposeOp transpose) {
  int64_t rank = transpose.getX().getType().getRank();
  if (rank < 2)
    return false;
  std::optional<ArrayRef<int64_t>> axes = transpose.getAxes();
  if (!axes)
    return rank == 2;
  for (auto [i, axis] : llvm::enumerate(*axes)) {
    int64_t from = axis < 0 ? axis + rank : axis, at = i;
    int64_t expected = at == rank - 1 ? rank - 2 : at == rank - 2 ? rank - 1 : at;
    if (from != expected)
      return false;
  }
  return true;
}

/// matmul(a.T, b) reads a as it lies in memory.
struct TransposeToFlag : OpRewritePattern<sym::MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(sym::MatmulOp op, PatternRewriter &rewriter) const override {
    Value a = op.getA(), b = op.getB();
    bool ta = op.getTransposeA(), tb = op.getTransposeB();
    bool changedA = strip(a, ta), changedB = strip(b, tb);
    if (!changedA && !changedB)
      return rewriter.notifyMatchFailure(op, "no operand is a transposed matrix");
    rewriter.replaceOpWithNewOp<sym::MatmulOp>(op, a, b, rewriter.getBoolAttr(ta), rewriter.getBoolAttr(tb));
    return success();
  }

private:
  static bool strip(Value &operand, bool &flag) {
    auto transpose = operand.getDefiningOp<sym::TransposeOp>();
    if (!transpose || !swapsMatrix(transpose))
      return false;
    operand = transpose.getX();
    flag = !flag;
    return true;
  }
};

struct PrepareFusion : symc::impl::PrepareFusionPassBase<PrepareFusion> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<TransposeToFlag>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    getOperation().walk([](Operation *op) {
      if (isControlFlow(op))
        fillOperands(op);
    });
  }

private:
  /// What a loop or branch is given as many equal numbers is filled in when it is needed, not kept in the library.
  static void fillOperands(Operation *control) {
    OpBuilder b(control);
    for (OpOperand &operand : control->getOpOperands()) {
      auto type = cast<RankedTensorType>(operand.get().getType());
      if (!isSplat(operand.get()) || type.getRank() == 0)
        continue;
      auto value = cast<DenseElementsAttr>(operand.get().getDefiningOp<sym::ConstantOp>().getValue());
      auto scalar = RankedTensorType::get({}, type.getElementType());
      Value number = sym::ConstantOp::create(b, control->getLoc(), scalar, value.resizeSplat(scalar));
      operand.set(
          sym::BroadcastToOp::create(b, control->getLoc(), number, sym::DimsAttr::get(b.getContext(), dimsOf(type))));
    }
  }
};
} // namespace
