//===- Metrics.cpp - Ready-made metrics -----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Metrics.h"
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

namespace {
/// What hits are counted among.
enum class Among { Predicted, Labelled, Both };

class MetricBuilder {
public:
  MetricBuilder(OpBuilder &b, Location loc, Operation *loss, const LossOperands &operands, std::string &wanted)
      : b(b), loc(loc), loss(loss), operands(operands), wanted(wanted), scores{b, loc, operands.scores},
        target{b, loc, operands.target} {
    if (operands.ignoredLabel)
      kept.emplace(notEqual(target, literal(target, Number(b.getI64IntegerAttr(*operands.ignoredLabel)))));
  }

  std::optional<Metric> accuracy() {
    if (!isClasses())
      return refuse("scores of classes");
    return share(equal(predicted(), labels()));
  }

  std::optional<Metric> topFive() {
    std::optional<int64_t> classes = isClasses() ? constantValue(classCount()) : std::nullopt;
    if (!isClasses() || (classes && *classes < 5))
      return refuse("scores of 5 or more classes");
    Tensor own = spreadOver(sum(where(isClass(labels()), scores, 0.0), operands.axis));
    // NaN is above all numbers and not above itself, as in argmax.
    Tensor above = sum(convert(bitAnd(bitNot(scores <= own), equal(own, own)), b.getI64Type()), operands.axis);
    return share(above <= 4.0);
  }

  std::optional<Metric> binaryAccuracy() {
    if (isClasses())
      return refuse("a number for each decision");
    return share(equal(positive(scores, operands.scoreBorder), positive(target, operands.targetBorder)));
  }

  std::optional<Metric> meanError(bool squares) {
    if (scores.value.getType() != target.value.getType())
      return refuse("two of one type");
    Tensor d = scores - target;
    return Metric{mean(squares ? square(d) : abs(d)).value, {}};
  }

  std::optional<Metric> perplexity() {
    Value entropies = crossEntropies(b, loc, loss);
    if (!entropies)
      return refuse("the cross entropy of classes");
    Tensor total = sum(inDouble(with(entropies)));
    Tensor count =
        kept ? sum(inDouble(*kept)) : with(sizeValue(b, loc, elementCount(entropies.getType()), b.getF64Type()));
    return Metric{convert(exp(total / count), elementOf(scores.value)).value, join({total, count}, {})};
  }

  std::optional<Metric> meanIou() {
    if (isClasses() && !constantValue(classCount()))
      return refuse("a known number of classes");
    Tensor common{b, loc, {}}, either{b, loc, {}};
    if (isClasses()) {
      Tensor ofScores = isClass(predicted()), ofTarget = isClass(labels());
      common.value = countByClass(bitAnd(ofScores, ofTarget));
      either.value = countByClass(bitOr(ofScores, ofTarget));
    } else {
      Tensor ofScores = positive(scores, operands.scoreBorder), ofTarget = positive(target, operands.targetBorder);
      Tensor both = bitAnd(ofScores, ofTarget), any = bitOr(ofScores, ofTarget);
      common.value = join({sum(inDouble(bitNot(any))), sum(inDouble(both))}, {});
      either.value = join({sum(inDouble(bitNot(both))), sum(inDouble(any))}, {});
    }
    Tensor met = either > 0.0;
    // A class that does not occur adds 0, without a division by 0 that would look like a fault.
    Tensor value = sum(common / maximum(either, 1.0)) / sum(inDouble(met));
    return Metric{convert(value, elementOf(scores.value)).value, join({common, either}, dimsOf(common.value))};
  }

  /// What part of the predictions of a class (of its labels, of the mean of both) are hits: of "yes" among decisions,
  /// else the mean over the classes that occur. A class without any has 0.
  std::optional<Metric> hits(Among among) {
    if (isClasses() && !constantValue(classCount()))
      return refuse("a known number of classes");
    Tensor common{b, loc, {}}, ofScores{b, loc, {}}, ofTarget{b, loc, {}};
    if (isClasses()) {
      Tensor predictedAs = isClass(predicted()), labelledAs = isClass(labels());
      common.value = countByClass(bitAnd(predictedAs, labelledAs));
      ofScores.value = countByClass(predictedAs);
      ofTarget.value = countByClass(labelledAs);
    } else {
      Tensor yes = positive(scores, operands.scoreBorder), wanted = positive(target, operands.targetBorder);
      common.value = join({sum(inDouble(bitAnd(yes, wanted)))}, {});
      ofScores.value = join({sum(inDouble(yes))}, {});
      ofTarget.value = join({sum(inDouble(wanted))}, {});
    }
    Tensor all = among == Among::Predicted  ? ofScores
                 : among == Among::Labelled ? ofTarget
                                            : (ofScores + ofTarget) * 0.5;
    // The least that is not 0 is half of a label.
    Tensor value = sum(common / maximum(all, 0.5));
    if (!isOne(dimsOf(common.value).front()))
      value.value = (value / sum(inDouble((ofScores + ofTarget) > 0.0))).value;
    return Metric{convert(value, elementOf(scores.value)).value,
                  join({common, ofScores, ofTarget}, dimsOf(common.value))};
  }

  /// [x times the labels, the labels] of a mean over the labels that count, or zeros where none does. Nothing where all
  /// do.
  Value weighted(Value x) const {
    if (!kept)
      return {};
    Tensor any = sum(inDouble(*kept)) > 0.0;
    Tensor all = with(sizeValue(b, loc, elementCount(target.value.getType()), b.getF64Type()));
    return join({where(any, inDouble(with(x)) * all, 0.0), where(any, all, 0.0)}, {});
  }

private:
  std::optional<Metric> refuse(StringRef what) {
    wanted = what.str();
    return std::nullopt;
  }

  bool isClasses() const { return operands.kind == LossOperands::Classes; }
  Dim classCount() const { return dimOf(scores.value.getType(), operands.axis); }
  Tensor with(Value v) const { return {b, loc, v}; }
  Tensor inDouble(Tensor x) const { return convert(x, b.getF64Type()); }
  Tensor sum(Tensor x) const { return with(SumOp::create(b, loc, x.value, DenseI64ArrayAttr(), b.getBoolAttr(false))); }
  Tensor sum(Tensor x, int64_t axis) const { return with(sumOver(b, loc, x.value, axis, false)); }
  Tensor mean(Tensor x) const {
    return with(MeanOp::create(b, loc, x.value, DenseI64ArrayAttr(), b.getBoolAttr(false)));
  }
  /// A value of each example over its classes.
  Tensor spreadOver(Tensor x) const { return with(spread(b, loc, x.value, operands.axis, scores.value.getType())); }
  Tensor positive(Tensor x, double border) const { return x > border; }

  Tensor largest(Tensor x) const {
    return with(ArgmaxOp::create(b, loc, x.value, b.getDenseI64ArrayAttr(operands.axis), b.getBoolAttr(false)));
  }
  Tensor predicted() const { return largest(scores); }
  Tensor labels() const {
    return isa<FloatType>(elementOf(target.value)) ? largest(target) : convert(target, b.getI64Type());
  }
  /// Over the classes of each example, whether it is that one.
  Tensor isClass(Tensor number) const {
    auto shape = DimsAttr::get(b.getContext(), dimsOf(scores.value));
    Value classes = IotaOp::create(b, loc, shape, b.getI64IntegerAttr(operands.axis), TypeAttr::get(b.getI64Type()));
    return equal(with(classes), spreadOver(number));
  }
  Value countByClass(Tensor truths) const {
    if (kept)
      truths.value = bitAnd(truths, spreadOver(*kept)).value;
    SmallVector<int64_t> examples;
    for (int64_t axis = 0; axis < rankOf(scores.value); ++axis)
      if (axis != operands.axis)
        examples.push_back(axis);
    return sumOver(b, loc, inDouble(truths).value, examples, false);
  }

  /// Among the examples that count, those for which it is true.
  Metric share(Tensor truths) const {
    Tensor hits = convert(truths, elementOf(scores.value));
    if (!kept)
      return {mean(hits).value, {}};
    Value value = (sum(where(*kept, hits, 0.0)) / sum(convert(*kept, elementOf(scores.value)))).value;
    return {value, weighted(value)};
  }

  /// Values of these sizes as the rows of one.
  Value join(ArrayRef<Tensor> rows, ArrayRef<Dim> sizes) const {
    Dims row(sizes);
    row.insert(row.begin(), constantDim(b.getContext(), 1));
    SmallVector<Value> values;
    for (const Tensor &x : rows)
      values.push_back(reshape(b, loc, x.value, row));
    return ConcatOp::create(b, loc, values, b.getI64IntegerAttr(0));
  }

  OpBuilder &b;
  Location loc;
  Operation *loss;
  const LossOperands &operands;
  std::string &wanted;
  Tensor scores, target;
  std::optional<Tensor> kept; // whether an example counts; nothing where all do
};

struct NamedMetric {
  StringLiteral name;
  std::optional<Metric> (*build)(MetricBuilder &metric);
};
} // namespace

static constexpr NamedMetric kMetrics[] = {
#define SYMC_METRIC(name, call) {name, [](MetricBuilder &metric) { return metric.call; }},
#include "dialects/sym/TrainOptions.inc"
};

SmallVector<StringRef> symc::metricNames() {
  return llvm::map_to_vector(kMetrics, [](const NamedMetric &metric) -> StringRef { return metric.name; });
}

std::optional<Metric> symc::buildMetric(OpBuilder &b, Location loc, StringRef name, Operation *loss,
                                        std::string &wanted) {
  std::optional<LossOperands> operands = lossOperands(loss);
  const auto *metric = llvm::find_if(kMetrics, [&](const NamedMetric &candidate) { return candidate.name == name; });
  assert(operands && metric != std::end(kMetrics) && "a loss and one of metricNames");
  MetricBuilder builder(b, loc, loss, *operands, wanted);
  return metric->build(builder);
}

Value symc::lossTotals(OpBuilder &b, Location loc, Value total, Operation *loss) {
  std::optional<LossOperands> operands = lossOperands(loss);
  auto reduction = loss->getAttrOfType<LossReductionAttr>("reduction");
  if (reduction && reduction.getValue() != LossReduction::mean)
    return {};
  std::string unused;
  return MetricBuilder(b, loc, loss, *operands, unused).weighted(total);
}
