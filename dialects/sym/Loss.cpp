//===- Loss.cpp - Losses --------------------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Metrics.h"
#include "dialects/sym/Shape.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

//===----------------------------------------------------------------------===//
// Reduction of losses
//===----------------------------------------------------------------------===//

static SmallVector<int64_t> allAxes(Value x) {
  return llvm::to_vector(llvm::seq<int64_t>(0, cast<RankedTensorType>(x.getType()).getRank()));
}

static Tensor divideBy(Tensor v, Value count) {
  return v / v.with(broadcastLike(v.b, v.loc, count, v.value.getType()));
}
/// v / the number of elements of `counted`.
static Tensor divideByCount(Tensor v, Type counted) {
  return divideBy(v, sizeValue(v.b, v.loc, elementCount(counted), elementOf(v.value)));
}

static Tensor reduceLoss(Tensor losses, LossReduction reduction) {
  if (reduction == LossReduction::none)
    return losses;
  Tensor total = losses.with(sumOver(losses.b, losses.loc, losses.value, allAxes(losses.value), false));
  return reduction == LossReduction::sum ? total : divideByCount(total, losses.value.getType());
}

/// The cotangent of each of the losses that were reduced, which have the type `losses`.
static Tensor lossCotangent(Tensor g, Type losses, LossReduction reduction) {
  if (reduction == LossReduction::none)
    return g;
  Tensor each = reduction == LossReduction::mean ? divideByCount(g, losses) : g;
  return each.with(broadcastLike(g.b, g.loc, each.value, losses));
}

static void pushReduced(Type losses, LossReduction reduction, SmallVectorImpl<Type> &types) {
  auto tensor = cast<RankedTensorType>(losses);
  types.push_back(reduction == LossReduction::none ? tensor : RankedTensorType::get({}, tensor.getElementType()));
}

/// What makes `from` the type `to` where it has one axis of size 1 more, at the end: what a layer with one unit gives.
static std::string squeezeHint(Type from, Type to) {
  Dims longer = dimsOf(from), shorter = dimsOf(to);
  if (longer.empty() || !isOne(longer.back()))
    return "";
  longer.pop_back();
  return longer == shorter ? "; hint: squeeze(…, -1) takes the last axis of " + printType(from) + " away" : "";
}

static LogicalResult inferElementLoss(ValueRange operands, LossReduction reduction, std::optional<Location> loc,
                                      SmallVectorImpl<Type> &types) {
  Type x = operands[0].getType(), y = operands[1].getType();
  if (x != y)
    return emitOptionalError(loc, "S0301: the two sides of a loss differ: ", printType(x), " and ", printType(y),
                             squeezeHint(x, y), squeezeHint(y, x));
  pushReduced(x, reduction, types);
  return success();
}

//===----------------------------------------------------------------------===//
// Losses of elements
//===----------------------------------------------------------------------===//

static Tensor huber(Tensor d, double delta) {
  Tensor size = abs(d);
  return where(size <= delta, 0.5 * square(d), delta * (size - 0.5 * delta));
}
static Tensor clamp(Tensor d, double delta) { return maximum(minimum(d, delta), -delta); }

//===----------------------------------------------------------------------===//
// Losses of examples
//===----------------------------------------------------------------------===//

namespace {
/// Scores along the axis of classes, and what belongs to each example.
struct Examples {
  Tensor x;
  int64_t axis;

  Tensor sum(Tensor v) const { return v.with(sumOver(v.b, v.loc, v.value, axis, true)); }
  Tensor spread(Tensor v) const { return v.with(symc::spread(v.b, v.loc, v.value, axis, x.value.getType())); }
  Tensor drop(Tensor v) const {
    Dims dims = dimsOf(v.value);
    dims.erase(dims.begin() + axis);
    return v.with(reshape(v.b, v.loc, v.value, dims));
  }
  /// One loss an example, as its type.
  Type losses() const {
    Dims dims = dimsOf(x.value);
    dims.erase(dims.begin() + axis);
    return tensorType(dims, elementOf(x.value));
  }
  Tensor cotangent(Value g, LossReduction reduction) const {
    return spread(lossCotangent(x.with(g), losses(), reduction));
  }
  Tensor softmax() const { return x.with(SoftmaxOp::create(x.b, x.loc, x.value, x.b.getDenseI64ArrayAttr(axis))); }
  Tensor logSoftmax() const {
    return x.with(LogSoftmaxOp::create(x.b, x.loc, x.value, x.b.getDenseI64ArrayAttr(axis)));
  }
};

/// Examples with the number of a class each. Those whose label is to be ignored count nowhere.
struct LabelledExamples : Examples {
  LabelledExamples(const Examples &examples, Value labels, std::optional<int64_t> ignoredLabel)
      : Examples(examples), labels(labels) {
    if (!ignoredLabel)
      return;
    Tensor given = x.with(labels);
    Number number(x.b.getI64IntegerAttr(*ignoredLabel));
    ignored.emplace(equal(given, literal(given, number)));
    this->labels = where(*ignored, 0.0, given).value;
  }

  /// Where the class is that of the labels, which are checked.
  Tensor isLabel() const {
    OpBuilder &b = x.b;
    Dim classes = dimOf(x.value.getType(), axis);
    auto size = DimsAttr::get(b.getContext(), classes);
    Tensor checked =
        x.with(LinearIndexOp::create(b, x.loc, labels, size, b.getBoolAttr(false), b.getStringAttr("label")));
    auto shape = DimsAttr::get(b.getContext(), dimsOf(x.value));
    return equal(x.with(IotaOp::create(b, x.loc, shape, b.getI64IntegerAttr(axis), TypeAttr::get(b.getI64Type()))),
                 spread(checked));
  }
  Tensor reduce(Tensor losses, LossReduction reduction) const {
    if (!ignored)
      return reduceLoss(losses, reduction);
    Tensor kept = where(*ignored, 0.0, losses);
    if (reduction != LossReduction::mean)
      return reduceLoss(kept, reduction);
    return divideBy(reduceLoss(kept, LossReduction::sum), keptCount());
  }
  /// The cotangent of each loss, of those that are ignored too.
  Tensor cotangent(Value g, LossReduction reduction) const {
    if (!ignored || reduction != LossReduction::mean)
      return Examples::cotangent(g, reduction);
    // Where nothing counts the derivative is 0, whatever it is a 0 of.
    Tensor count = maximum(x.with(keptCount()), 1.0);
    return Examples::cotangent(divideBy(x.with(g), count.value).value, LossReduction::sum);
  }
  /// The derivative by the scores, from one that knows of no examples to ignore.
  Tensor derivative(Tensor all) const { return ignored ? where(spread(*ignored), 0.0, all) : all; }

private:
  Value labels;                  // valid ones in place of those that are ignored
  std::optional<Tensor> ignored; // by example

  Value keptCount() const {
    Tensor kept = convert(bitNot(*ignored), x.b.getI64Type());
    Tensor count = x.with(sumOver(x.b, x.loc, kept.value, allAxes(kept.value), false));
    return convert(count, elementOf(x.value)).value;
  }
};
} // namespace

static Examples examples(OpBuilder &b, Location loc, Value x, int64_t axis) {
  int64_t rank = cast<RankedTensorType>(x.getType()).getRank();
  return {{b, loc, x}, axis < 0 ? axis + rank : axis};
}

/// Both operands of one type, reduced over the axis.
static LogicalResult inferDense(Value x, Value y, int64_t axis, LossReduction reduction, std::optional<Location> loc,
                                SmallVectorImpl<Type> &types) {
  if (x.getType() != y.getType())
    return emitOptionalError(loc, "S0301: the two sides of a loss differ: ", printType(x.getType()), " and ",
                             printType(y.getType()));
  Dims dims = dimsOf(x);
  FailureOr<int64_t> classes = normalizeAxis(loc, axis, dims.size());
  if (failed(classes))
    return failure();
  dims.erase(dims.begin() + *classes);
  pushReduced(tensorType(dims, elementOf(x)), reduction, types);
  return success();
}

/// Labels have the shape of the scores without the axis.
static LogicalResult inferSparse(Value x, Value labels, int64_t axis, std::optional<int64_t> ignoredLabel,
                                 LossReduction reduction, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  if (ignoredLabel &&
      !Number(IntegerAttr::get(IntegerType::get(x.getContext(), 64), *ignoredLabel)).as(elementOf(labels)))
    return emitOptionalError(loc, "S0314: ignore_index is ", *ignoredLabel, ", which ",
                             printElementType(elementOf(labels)), " cannot represent");
  Dims dims = dimsOf(x);
  FailureOr<int64_t> classes = normalizeAxis(loc, axis, dims.size());
  if (failed(classes))
    return failure();
  dims.erase(dims.begin() + *classes);
  if (!sameDims(dims, dimsOf(labels)))
    return emitOptionalError(loc, "S0301: the labels of ", printType(x.getType()), " are ", printType(labels.getType()),
                             ", not ", printType(tensorType(dims, elementOf(labels))),
                             sameDims(dimsOf(x), dimsOf(labels))
                                 ? "; hint: labels that say something of each class, as one-hot vectors do, are for "
                                   "'softmax_cross_entropy', as floats"
                                 : "");
  pushReduced(tensorType(dims, elementOf(x)), reduction, types);
  return success();
}

LogicalResult SoftmaxCrossEntropyOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  return inferDense(a.getLogits(), a.getLabels(), a.getAxis(), a.getReduction(), loc, types);
}
SmallVector<Value> SoftmaxCrossEntropyOp::decompose(OpBuilder &b) {
  Examples e = examples(b, getLoc(), getLogits(), getAxis());
  return {reduceLoss(-e.drop(e.sum(e.x.with(getLabels()) * e.logSoftmax())), getReduction()).value};
}
SmallVector<Value> SoftmaxCrossEntropyOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Examples e = examples(b, getLoc(), getLogits(), getAxis());
  Tensor g = e.cotangent(cotangents[0], getReduction()), labels = e.x.with(getLabels());
  return {(g * (e.softmax() * e.spread(e.sum(labels)) - labels)).value, (-g * e.logSoftmax()).value};
}

LogicalResult SparseSoftmaxCrossEntropyOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  return inferSparse(a.getLogits(), a.getLabels(), a.getAxis(), a.getIgnoreIndex(), a.getReduction(), loc, types);
}
SmallVector<Value> SparseSoftmaxCrossEntropyOp::decompose(OpBuilder &b) {
  LabelledExamples e(examples(b, getLoc(), getLogits(), getAxis()), getLabels(), getIgnoreIndex());
  Tensor largest = e.x.with(MaxOp::create(b, getLoc(), e.x.value, b.getDenseI64ArrayAttr(e.axis), b.getBoolAttr(true)));
  Tensor shifted = e.x - e.spread(largest);
  Tensor picked = e.sum(where(e.isLabel(), shifted, 0.0));
  return {e.reduce(e.drop(log(e.sum(exp(shifted))) - picked), getReduction()).value};
}
SmallVector<Value> SparseSoftmaxCrossEntropyOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  LabelledExamples e(examples(b, getLoc(), getLogits(), getAxis()), getLabels(), getIgnoreIndex());
  Tensor p = e.softmax(), g = e.cotangent(cotangents[0], getReduction());
  return {e.derivative(g * where(e.isLabel(), p - 1.0, p)).value, Value()};
}

LogicalResult NllOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  return inferSparse(a.getLogProbabilities(), a.getLabels(), -1, a.getIgnoreIndex(), a.getReduction(), loc, types);
}
SmallVector<Value> NllOp::decompose(OpBuilder &b) {
  LabelledExamples e(examples(b, getLoc(), getLogProbabilities(), -1), getLabels(), getIgnoreIndex());
  return {e.reduce(-e.drop(e.sum(where(e.isLabel(), e.x, 0.0))), getReduction()).value};
}
SmallVector<Value> NllOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  LabelledExamples e(examples(b, getLoc(), getLogProbabilities(), -1), getLabels(), getIgnoreIndex());
  Tensor all = where(e.isLabel(), -e.cotangent(cotangents[0], getReduction()), 0.0);
  return {e.derivative(all).value, Value()};
}

LogicalResult KlDivergenceOp::infer(Adaptor a, std::optional<Location> loc, SmallVectorImpl<Type> &types) {
  return inferDense(a.getP(), a.getQ(), a.getAxis(), a.getReduction(), loc, types);
}
SmallVector<Value> KlDivergenceOp::decompose(OpBuilder &b) {
  Examples e = examples(b, getLoc(), getP(), getAxis());
  Tensor terms = where(e.x > 0.0, e.x * log(e.x / e.x.with(getQ())), 0.0);
  return {reduceLoss(e.drop(e.sum(terms)), getReduction()).value};
}
SmallVector<Value> KlDivergenceOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Examples e = examples(b, getLoc(), getP(), getAxis());
  Tensor g = e.cotangent(cotangents[0], getReduction()), ratio = e.x / e.x.with(getQ());
  return {(g * (log(ratio) + 1.0)).value, where(e.x > 0.0, -g * ratio, 0.0).value};
}

//===----------------------------------------------------------------------===//
// What metrics ask
//===----------------------------------------------------------------------===//

static LossOperands classes(Value scores, Value target, int64_t axis, std::optional<int64_t> ignoredLabel = {}) {
  return {LossOperands::Classes, scores, target, 0, 0, axis < 0 ? axis + int64_t(dimsOf(scores).size()) : axis,
          ignoredLabel};
}

std::optional<LossOperands> symc::lossOperands(Operation *op) {
  using Found = std::optional<LossOperands>;
  return llvm::TypeSwitch<Operation *, Found>(op)
      .Case<MseOp, MaeOp, HuberOp>([](auto loss) -> Found {
        return LossOperands{LossOperands::Values, loss.getPrediction(), loss.getTarget(), 0.5, 0.5};
      })
      .Case([](SigmoidCrossEntropyOp loss) -> Found {
        return LossOperands{LossOperands::Decisions, loss.getLogits(), loss.getLabels(), 0, 0.5};
      })
      .Case([](HingeOp loss) -> Found {
        return LossOperands{LossOperands::Decisions, loss.getPrediction(), loss.getTarget(), 0, 0};
      })
      .Case([](SoftmaxCrossEntropyOp loss) -> Found {
        return classes(loss.getLogits(), loss.getLabels(), loss.getAxis());
      })
      .Case([](SparseSoftmaxCrossEntropyOp loss) -> Found {
        return classes(loss.getLogits(), loss.getLabels(), loss.getAxis(), loss.getIgnoreIndex());
      })
      .Case([](NllOp loss) -> Found {
        return classes(loss.getLogProbabilities(), loss.getLabels(), -1, loss.getIgnoreIndex());
      })
      .Case([](KlDivergenceOp loss) -> Found { return classes(loss.getP(), loss.getQ(), loss.getAxis()); })
      .Default([](Operation *) { return std::nullopt; });
}

Value symc::crossEntropies(OpBuilder &b, Location loc, Operation *op) {
  auto none = LossReductionAttr::get(b.getContext(), LossReduction::none);
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](SoftmaxCrossEntropyOp loss) {
        return SoftmaxCrossEntropyOp::create(b, loc, loss.getLogits(), loss.getLabels(), loss.getAxisAttr(), none);
      })
      .Case([&](SparseSoftmaxCrossEntropyOp loss) {
        return SparseSoftmaxCrossEntropyOp::create(b, loc, loss.getLogits(), loss.getLabels(), loss.getAxisAttr(),
                                                   loss.getIgnoreIndexAttr(), none);
      })
      .Case([&](NllOp loss) {
        return NllOp::create(b, loc, loss.getLogProbabilities(), loss.getLabels(), loss.getIgnoreIndexAttr(), none);
      })
      .Default([](Operation *) { return Value(); });
}

#define GET_OP_CLASSES
#include "dialects/sym/Loss.cpp.inc"
