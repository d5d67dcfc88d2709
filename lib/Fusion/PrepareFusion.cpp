//===- PrepareFusion.cpp - Ops in the form that fuses best ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Bodies.h"
#include "dialects/sym/Build.h"
#include "dialects/sym/Contraction.h"
#include "dialects/sym/Shape.h"
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
    bool lowerA = !changedA && op->hasAttr(kLowerAAttr), lowerOut = op->hasAttr(kLowerOutAttr);
    auto product =
        rewriter.replaceOpWithNewOp<sym::MatmulOp>(op, a, b, rewriter.getBoolAttr(ta), rewriter.getBoolAttr(tb));
    if (lowerA)
      known(product, kLowerAAttr);
    if (lowerOut)
      known(product, kLowerOutAttr);
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
  if (from.empty() || to.size() != from.size() + 1)
    return std::nullopt;
  unsigned axis = 0;
  while (axis + 1 < from.size() && from[axis] == to[axis])
    ++axis;
  bool splits = from[axis] == to[axis] * to[axis + 1] && from.drop_front(axis + 1) == to.drop_front(axis + 2);
  return splits ? std::optional(axis) : std::nullopt;
}

/// reshape(crop(x)) → crop(reshape(x)), where the reshape splits an axis into pieces of which the crop takes whole
/// ones.
struct SplitBeforeCrop : OpRewritePattern<sym::ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(sym::ReshapeOp op, PatternRewriter &rewriter) const override {
    auto crop = op.getX().getDefiningOp<sym::CropOp>();
    if (!crop || crop.getNeeded() || crop.getInside() || isUnitReshape(op))
      return rewriter.notifyMatchFailure(op, "not of a crop whose bounds always hold");
    Dims sizes = dimsOf(op.getOut()), whole = dimsOf(crop.getX()), offsets(crop.getOffsets().getExprs());
    SmallVector<int64_t> steps(crop.getSteps());
    std::optional<unsigned> axis = splitAxis(dimsOf(crop.getOut()), sizes);
    if (!axis || steps[*axis] != 1)
      return rewriter.notifyMatchFailure(op, "splits no axis of neighbours");
    Dim piece = sizes[*axis + 1];
    std::optional<Dim> offset = pieces(offsets[*axis], piece), count = pieces(whole[*axis], piece);
    if (!offset || !count)
      return rewriter.notifyMatchFailure(op, "not of whole pieces");
    whole[*axis] = *count;
    whole.insert(whole.begin() + *axis + 1, piece);
    offsets[*axis] = *offset;
    offsets.insert(offsets.begin() + *axis + 1, constantDim(getContext(), 0));
    steps.insert(steps.begin() + *axis + 1, 1);
    Value split = reshape(rewriter, op.getLoc(), crop.getX(), whole);
    rewriter.replaceOpWithNewOp<sym::CropOp>(op, split, sym::DimsAttr::get(getContext(), offsets), steps,
                                             sym::DimsAttr::get(getContext(), sizes), nullptr, nullptr);
    return success();
  }

private:
  /// How many whole pieces of size `piece` a constant is.
  static std::optional<Dim> pieces(Dim number, Dim piece) {
    std::optional<int64_t> n = constantValue(number), p = constantValue(piece);
    return n && p && *p > 0 && *n % *p == 0 ? std::optional(constantDim(number.getContext(), *n / *p)) : std::nullopt;
  }
};

/// The sum of parts of an axis, each among zeros, is the parts side by side.
struct SumOfPartsToConcat : OpRewritePattern<sym::AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(sym::AddOp op, PatternRewriter &rewriter) const override {
    SmallVector<std::pair<AxisPart, Value>> parts;
    if (!collect(op, parts))
      return rewriter.notifyMatchFailure(op, "not of parts alone");
    llvm::sort(parts, [](const auto &a, const auto &b) { return a.first.begin < b.first.begin; });
    int64_t axis = parts.front().first.axis, end = 0;
    SmallVector<Value> inputs;
    for (const auto &[part, value] : parts) {
      if (part.axis != axis || part.begin != end)
        return rewriter.notifyMatchFailure(op, "parts that leave gaps or overlap");
      end = part.end;
      inputs.push_back(value);
    }
    if (constantValue(dimOf(op.getOut().getType(), axis)) != end)
      return rewriter.notifyMatchFailure(op, "parts of less than the axis");
    rewriter.replaceOpWithNewOp<sym::ConcatOp>(op, op.getOut().getType(), inputs, axis);
    return success();
  }

private:
  using Parts = SmallVectorImpl<std::pair<AxisPart, Value>>;

  /// What is no sum first: of a long chain the first such operand tells.
  static bool collect(sym::AddOp sum, Parts &parts) {
    Value first = sum.getX(), second = sum.getY();
    if (first.getDefiningOp<sym::AddOp>())
      std::swap(first, second);
    return collect(first, parts) && collect(second, parts);
  }

  static bool collect(Value value, Parts &parts) {
    Operation *def = value.getDefiningOp();
    if (auto sum = dyn_cast_or_null<sym::AddOp>(def))
      return sum->hasOneUse() && collect(sum, parts);
    auto place = dyn_cast_or_null<sym::PlaceOp>(def);
    std::optional<AxisPart> part = place && isZero(place.getValueAttr()) ? partOf(place) : std::nullopt;
    if (part)
      parts.push_back({*part, place.getX()});
    return part.has_value();
  }

  static bool isZero(Attribute value) {
    auto real = dyn_cast<FloatAttr>(value);
    return real ? real.getValue().isZero() : cast<IntegerAttr>(value).getValue().isZero();
  }
};

/// concat(reshape(a), reshape(b)) → reshape(concat(a, b)).
struct MergeBehindConcat : OpRewritePattern<sym::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(sym::ConcatOp op, PatternRewriter &rewriter) const override {
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), op.getOut().getType().getRank());
    SmallVector<Value> parts;
    Dims whole;
    for (Value input : op.getInputs()) {
      auto merge = input.getDefiningOp<sym::ReshapeOp>();
      Dims from = merge ? dimsOf(merge.getX()) : Dims();
      if (!merge || splitAxis(dimsOf(input), from) != static_cast<unsigned>(axis))
        return rewriter.notifyMatchFailure(op, "not of axes that are merged");
      if (!whole.empty() && whole[axis + 1] != from[axis + 1])
        return rewriter.notifyMatchFailure(op, "axes of other sizes are merged");
      Dim before = whole.empty() ? constantDim(getContext(), 0) : whole[axis];
      whole = from;
      whole[axis] = before + from[axis];
      parts.push_back(merge.getX());
    }
    Type type = tensorType(whole, op.getOut().getType().getElementType());
    Value joined = sym::ConcatOp::create(rewriter, op.getLoc(), type, parts, axis);
    rewriter.replaceOp(op, reshape(rewriter, op.getLoc(), joined, dimsOf(op.getOut())));
    return success();
  }
};

struct PrepareFusion : symc::impl::PrepareFusionPassBase<PrepareFusion> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<TransposeToFlag, SplitBeforeCrop, SumOfPartsToConcat, MergeBehindConcat>(&getContext());
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
