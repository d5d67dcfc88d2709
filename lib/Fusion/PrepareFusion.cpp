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

//===----------------------------------------------------------------------===//
// Parts of an axis: heads of attention are cut out of the features of one product, and their gradients are put together
// again. A reshape between such a move and the transposition beside it would keep the two apart.
//===----------------------------------------------------------------------===//

/// The axis of `from` that `to` has as two, when that is all that makes them differ.
std::optional<unsigned> splitAxis(ArrayRef<Dim> from, ArrayRef<Dim> to) {
  if (to.size() != from.size() + 1)
    return std::nullopt;
  unsigned axis = 0;
  while (axis + 1 < from.size() && from[axis] == to[axis])
    ++axis;
  bool splits = from[axis] == to[axis] * to[axis + 1] && from.drop_front(axis + 1) == to.drop_front(axis + 2);
  return splits ? std::optional(axis) : std::nullopt;
}

/// `numbers` of a move along the axes before the split, as they are behind it: `outer` and `inner` in place of the
/// axis'.
template <class T> SmallVector<T> withSplit(ArrayRef<T> numbers, unsigned axis, T outer, T inner) {
  SmallVector<T> all(numbers);
  all[axis] = outer;
  all.insert(all.begin() + axis + 1, inner);
  return all;
}

/// How many whole pieces of size `piece` a constant is.
std::optional<Dim> pieces(Dim number, Dim piece) {
  std::optional<int64_t> n = constantValue(number), p = constantValue(piece);
  return n && p && *p > 0 && *n % *p == 0 ? std::optional(constantDim(number.getContext(), *n / *p)) : std::nullopt;
}

/// Reads or writes x[a * n + b] as x[a, b], n being the size of b: what a move has as offset and size along an axis,
/// over the two.
struct SplitMove {
  static std::optional<SplitMove> of(ArrayRef<Dim> offsets, ArrayRef<int64_t> steps, ArrayRef<Dim> sizes, Dim whole,
                                     unsigned axis, Dim inner) {
    std::optional<Dim> offset = pieces(offsets[axis], inner), size = pieces(sizes[axis], inner);
    std::optional<Dim> outer = pieces(whole, inner);
    if (!offset || !size || !outer || steps[axis] != 1)
      return std::nullopt;
    Dim zero = constantDim(inner.getContext(), 0);
    return SplitMove{withSplit(offsets, axis, *offset, zero), withSplit<int64_t>(steps, axis, 1, 1),
                     withSplit(sizes, axis, *size, inner), *outer};
  }
  Dims offsets;
  SmallVector<int64_t> steps;
  Dims sizes;
  Dim outer; // pieces that the whole axis has
};

/// reshape(crop(x)) → crop(reshape(x)).
struct SplitBeforeCrop : OpRewritePattern<sym::ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(sym::ReshapeOp op, PatternRewriter &rewriter) const override {
    auto crop = op.getX().getDefiningOp<sym::CropOp>();
    if (!crop || crop.getNeeded() || crop.getInside())
      return rewriter.notifyMatchFailure(op, "not of a crop whose bounds always hold");
    Dims to = dimsOf(op.getOut()), whole = dimsOf(crop.getX());
    std::optional<unsigned> axis = splitAxis(dimsOf(crop.getOut()), to);
    if (!axis)
      return rewriter.notifyMatchFailure(op, "splits no axis");
    auto move = SplitMove::of(crop.getOffsets().getExprs(), crop.getSteps(), crop.getSizes().getExprs(), whole[*axis],
                              *axis, to[*axis + 1]);
    if (!move)
      return rewriter.notifyMatchFailure(op, "not of whole pieces");
    Value split = reshape(rewriter, op.getLoc(), crop.getX(), withSplit<Dim>(whole, *axis, move->outer, to[*axis + 1]));
    auto dims = [&](const Dims &list) { return sym::DimsAttr::get(getContext(), list); };
    rewriter.replaceOpWithNewOp<sym::CropOp>(op, split, dims(move->offsets), move->steps, dims(move->sizes), nullptr,
                                             nullptr);
    return success();
  }
};

/// place(reshape(y)) → reshape(place(y)).
struct MergeBehindPlace : OpRewritePattern<sym::PlaceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(sym::PlaceOp op, PatternRewriter &rewriter) const override {
    auto merge = op.getX().getDefiningOp<sym::ReshapeOp>();
    if (!merge)
      return rewriter.notifyMatchFailure(op, "not of a reshape");
    Dims from = dimsOf(merge.getX());
    std::optional<unsigned> axis = splitAxis(dimsOf(merge.getOut()), from);
    if (!axis)
      return rewriter.notifyMatchFailure(op, "merges no axes");
    Dims sizes = dimsOf(op.getOut());
    auto move = SplitMove::of(op.getOffsets().getExprs(), op.getSteps(), sizes, dimsOf(op.getX())[*axis], *axis,
                              from[*axis + 1]);
    if (!move)
      return rewriter.notifyMatchFailure(op, "not of whole pieces");
    auto dims = [&](const Dims &list) { return sym::DimsAttr::get(getContext(), list); };
    Value placed = sym::PlaceOp::create(rewriter, op.getLoc(), merge.getX(), dims(move->offsets), move->steps,
                                        dims(move->sizes), op.getValueAttr());
    rewriter.replaceOp(op, reshape(rewriter, op.getLoc(), placed, sizes));
    return success();
  }
};

/// reshape(a) + reshape(b) → reshape(a + b), where parts are put together.
struct MergeBehindSum : OpRewritePattern<sym::AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(sym::AddOp op, PatternRewriter &rewriter) const override {
    Value parts[2];
    for (auto [operand, part] : llvm::zip(op->getOperands(), parts)) {
      auto merge = operand.getDefiningOp<sym::ReshapeOp>();
      if (!merge || !merge->hasOneUse() || !isOfParts(merge.getX()))
        return rewriter.notifyMatchFailure(op, "not of reshaped parts");
      part = merge.getX();
    }
    if (parts[0].getType() != parts[1].getType())
      return rewriter.notifyMatchFailure(op, "parts of other axes");
    Value sum = sym::AddOp::create(rewriter, op.getLoc(), parts[0], parts[1]);
    rewriter.replaceOp(op, reshape(rewriter, op.getLoc(), sum, dimsOf(op.getOut())));
    return success();
  }

private:
  static bool isOfParts(Value value) {
    Operation *def = value.getDefiningOp();
    return def && def->hasOneUse() &&
           (isa<sym::PlaceOp>(def) ||
            (isa<sym::AddOp>(def) && llvm::all_of(def->getOperands(), [](Value part) { return isOfParts(part); })));
  }
};

struct PrepareFusion : symc::impl::PrepareFusionPassBase<PrepareFusion> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<TransposeToFlag, SplitBeforeCrop, MergeBehindPlace, MergeBehindSum>(&getContext());
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
