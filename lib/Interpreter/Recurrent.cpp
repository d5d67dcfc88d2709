//===- Recurrent.cpp - Recurrent layers, step by step ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Products.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

static double sigmoid(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }

namespace {
/// The sums of one example before the gates: what the input and the state make, with their biases.
struct Gates {
  std::vector<double> input, recurrent;
  int64_t units;
  StringRef activation;

  double of(const std::vector<double> &sums, int64_t gate, int64_t unit) const { return sums[gate * units + unit]; }
  double both(int64_t gate, int64_t unit) const { return of(input, gate, unit) + of(recurrent, gate, unit); }
  double activated(double x) const { return activate(activation, x); }
};

/// h and c of one unit.
struct State {
  double h, c;
};
} // namespace

static State next(sym::RnnOp, const Gates &g, int64_t unit, State) { return {g.activated(g.both(0, unit)), 0}; }

static State next(sym::LstmOp, const Gates &g, int64_t unit, State before) {
  double c = sigmoid(g.both(1, unit)) * before.c + sigmoid(g.both(0, unit)) * g.activated(g.both(2, unit));
  return {sigmoid(g.both(3, unit)) * g.activated(c), c};
}

static State next(sym::GruOp, const Gates &g, int64_t unit, State before) {
  double update = sigmoid(g.both(0, unit)), reset = sigmoid(g.both(1, unit));
  double candidate = g.activated(g.of(g.input, 2, unit) + reset * g.of(g.recurrent, 2, unit));
  return {update * before.h + (1 - update) * candidate, 0};
}

/// A vector by a matrix, and a row of a bias.
static std::vector<double> projected(Scope &s, ArrayRef<double> x, const Array &kernel, const Array *bias,
                                     int64_t row) {
  int64_t columns = kernel.sizes[1];
  std::vector<double> out(columns);
  for (int64_t j = 0; j < columns; ++j) {
    Sum sum;
    for (auto [i, value] : llvm::enumerate(x))
      sum.add(value, kernel.reals[static_cast<int64_t>(i) * columns + j]);
    out[j] = s.sum(sum.exact, sum.magnitude, kernel.element);
    if (bias)
      out[j] += bias->reals[row * columns + j];
  }
  return out;
}

template <class Op> static Value initialCell(Op op) {
  if constexpr (std::is_same_v<Op, sym::LstmOp>)
    return op.getInitialC();
  return {};
}

template <class Op> static Results recurrent(Op op, Scope &s) {
  const Array &x = s[op.getX()], &kernel = s[op.getKernel()], &recurrentKernel = s[op.getRecurrentKernel()];
  const Array *bias = op.getBias() ? &s[op.getBias()] : nullptr;
  bool twoBiases = std::is_same_v<Op, sym::GruOp>;
  int64_t batch = x.sizes[0], time = x.sizes[1], features = x.sizes[2], units = recurrentKernel.sizes[0];
  Array h = op.getInitialH() ? s[op.getInitialH()] : Array(x.element, {batch, units});
  Value cell = initialCell(op);
  Array c = cell ? s[cell] : Array(x.element, {batch, units});
  Array sequence(x.element, {batch, time, units});
  for (int64_t example = 0; example < batch; ++example) {
    int64_t length = op.getLengths() ? static_cast<int64_t>(s[op.getLengths()].integer(example)) : time;
    for (int64_t k = 0; k < time; ++k) {
      int64_t t = op.getReverse() ? time - 1 - k : k;
      if (t >= length)
        continue; // the state stays, and the row is 0
      Gates gates{
          projected(s, ArrayRef(x.reals).slice((example * time + t) * features, features), kernel, bias, 0),
          projected(s, ArrayRef(h.reals).slice(example * units, units), recurrentKernel, twoBiases ? bias : nullptr, 1),
          units, op.getActivation()};
      for (int64_t unit = 0; unit < units; ++unit) {
        int64_t i = example * units + unit;
        State after = next(op, gates, unit, {h.reals[i], c.reals[i]});
        h.reals[i] = after.h;
        c.reals[i] = after.c;
        sequence.reals[(example * time + t) * units + unit] = after.h;
      }
    }
  }
  Results results{op.getReturnSequences() ? sequence : h, h};
  if (op->getNumResults() == 3)
    results.push_back(c);
  return results;
}

void interpreter::addRecurrentRules(Rules &rules) {
  rules.add<sym::RnnOp>(recurrent<sym::RnnOp>);
  rules.add<sym::LstmOp>(recurrent<sym::LstmOp>);
  rules.add<sym::GruOp>(recurrent<sym::GruOp>);
}
