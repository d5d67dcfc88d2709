//===- Losses.cpp - Losses ------------------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Rules.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;
using sym::LossReduction;

/// The losses, reduced as the op says; the mean is over `count` of them.
template <class Op> static Array reduced(Op op, Scope &s, const Array &losses, int64_t count) {
  if (op.getReduction() == LossReduction::none)
    return losses;
  Sum sum;
  for (double loss : losses.reals)
    sum.add(loss);
  double total = s.sum(sum, losses.element);
  Array out(losses.element, {});
  out.set(0, op.getReduction() == LossReduction::mean ? total / static_cast<double>(count) : total);
  return out;
}

/// A loss of an element of the prediction and one of the target.
template <class Op, class F> static void addElementLoss(Rules &rules, F f) {
  rules.add<Op>([f](Op op, Scope &s) {
    Array losses = s[op->getOperand(0)];
    for (auto [x, y] : llvm::zip_equal(losses.reals, s[op->getOperand(1)].reals))
      x = f(op, x, y);
    return reduced(op, s, losses, losses.count());
  });
}

static double huber(sym::HuberOp op, double x, double y) {
  double d = std::abs(x - y), delta = op.getDelta();
  return d <= delta ? d * d / 2 : delta * (d - delta / 2);
}

/// A loss of the classes of an example along an axis, whose elements and number `loss` is given.
template <class Op, class F> static Array classLosses(Op op, Scope &s, int64_t axis, F loss) {
  const Array &x = s[op->getOperand(0)];
  Sizes sizes(x.sizes);
  axis = fromFront(axis, x.rank());
  sizes.erase(sizes.begin() + axis);
  Array losses(x.element, sizes);
  forEachSlice(x, axesOf(ArrayRef(axis), x.rank()),
               [&](ArrayRef<int64_t> elements, int64_t example) { losses.set(example, loss(x, elements, example)); });
  return losses;
}

/// Of classes by their numbers: `loss` is given the element of the right class.
template <class Op, class F> static Array labelledLosses(Op op, Scope &s, int64_t axis, F loss) {
  const Array &labels = s[op.getLabels()];
  int64_t counted = 0;
  Array losses = classLosses(op, s, axis, [&](const Array &x, ArrayRef<int64_t> elements, int64_t example) {
    if (op.getIgnoreIndex() && labels.integer(example) == static_cast<int64_t>(*op.getIgnoreIndex()))
      return 0.0;
    ++counted;
    int64_t label = checkedIndex(s, labels, example, static_cast<int64_t>(elements.size()), /*fromEnd=*/false);
    return s.failed() ? 0.0 : loss(x, elements, elements[label]);
  });
  return reduced(op, s, losses, counted);
}

static Array softmaxCrossEntropy(sym::SoftmaxCrossEntropyOp op, Scope &s) {
  const Array &labels = s[op.getLabels()];
  Array losses = classLosses(op, s, op.getAxis(), [&](const Array &x, ArrayRef<int64_t> elements, int64_t) {
    double total = logSumExp(s, x, elements);
    Sum sum;
    for (int64_t i : elements)
      sum.add(labels.reals[i], total - x.reals[i]);
    return s.sum(sum, x.element);
  });
  return reduced(op, s, losses, losses.count());
}

static Array klDivergence(sym::KlDivergenceOp op, Scope &s) {
  const Array &q = s[op.getQ()];
  Array losses = classLosses(op, s, op.getAxis(), [&](const Array &p, ArrayRef<int64_t> elements, int64_t) {
    Sum sum;
    for (int64_t i : elements)
      if (p.reals[i] != 0)
        sum.add(p.reals[i], std::log(p.reals[i] / q.reals[i]));
    return s.sum(sum, p.element);
  });
  return reduced(op, s, losses, losses.count());
}

void interpreter::addLossRules(Rules &rules) {
  addElementLoss<sym::MseOp>(rules, [](sym::MseOp, double x, double y) { return (x - y) * (x - y); });
  addElementLoss<sym::MaeOp>(rules, [](sym::MaeOp, double x, double y) { return std::abs(x - y); });
  addElementLoss<sym::HuberOp>(rules, huber);
  addElementLoss<sym::SigmoidCrossEntropyOp>(
      rules, [](sym::SigmoidCrossEntropyOp, double x, double y) { return softplus(x) - x * y; });
  addElementLoss<sym::HingeOp>(rules, [](sym::HingeOp, double x, double y) { return std::max(1 - x * y, 0.0); });
  rules.add<sym::SoftmaxCrossEntropyOp>(softmaxCrossEntropy);
  rules.add<sym::KlDivergenceOp>(klDivergence);
  rules.add<sym::SparseSoftmaxCrossEntropyOp>([](sym::SparseSoftmaxCrossEntropyOp op, Scope &s) {
    return labelledLosses(op, s, op.getAxis(), [&](const Array &x, ArrayRef<int64_t> elements, int64_t right) {
      return logSumExp(s, x, elements) - x.reals[right];
    });
  });
  rules.add<sym::NllOp>([](sym::NllOp op, Scope &s) {
    return labelledLosses(op, s, -1, [](const Array &x, ArrayRef<int64_t>, int64_t right) { return -x.reals[right]; });
  });
}
