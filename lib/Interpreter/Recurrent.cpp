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

using Row = std::vector<double>; // a number a unit, or a gate and unit

namespace {
/// The sums of one example before the gates: what the input and the state make, with their biases.
struct Gates {
  Scope &s;
  Type element;
  Row input, recurrent;
  size_t units;
  StringRef activation;

  Row of(const Row &sums, size_t gate) const {
    return Row(sums.begin() + gate * units, sums.begin() + (gate + 1) * units);
  }
  Row both(size_t gate) const {
    Row sum = of(input, gate);
    for (size_t unit = 0; unit < units; ++unit)
      sum[unit] += recurrent[gate * units + unit];
    return sum;
  }
  Row opened(size_t gate) const {
    Row row = both(gate);
    for (double &x : row)
      x = sigmoid(x);
    return row;
  }
  Row activated(Row row) const {
    Array array(element, {static_cast<int64_t>(units)});
    array.reals = std::move(row);
    applyActivation(s, array, activation);
    return array.reals;
  }
};

struct State {
  Row h, c;
};
} // namespace

static void step(sym::RnnOp, const Gates &g, State &state) { state.h = g.activated(g.both(0)); }

static void step(sym::LstmOp, const Gates &g, State &state) {
  Row input = g.opened(0), forget = g.opened(1), candidate = g.activated(g.both(2)), output = g.opened(3);
  for (size_t unit = 0; unit < g.units; ++unit)
    state.c[unit] = forget[unit] * state.c[unit] + input[unit] * candidate[unit];
  state.h = g.activated(state.c);
  for (size_t unit = 0; unit < g.units; ++unit)
    state.h[unit] *= output[unit];
}

static void step(sym::GruOp, const Gates &g, State &state) {
  Row update = g.opened(0), reset = g.opened(1), candidate = g.of(g.input, 2), recurrent = g.of(g.recurrent, 2);
  for (size_t unit = 0; unit < g.units; ++unit)
    candidate[unit] += reset[unit] * recurrent[unit];
  candidate = g.activated(candidate);
  for (size_t unit = 0; unit < g.units; ++unit)
    state.h[unit] = update[unit] * state.h[unit] + (1 - update[unit]) * candidate[unit];
}

/// A vector by a matrix, and a row of a bias.
static Row projected(Scope &s, ArrayRef<double> x, const Array &kernel, const Array *bias, int64_t row) {
  int64_t columns = kernel.sizes[1];
  Row out(columns);
  for (int64_t j = 0; j < columns; ++j) {
    Sum sum;
    for (auto [i, value] : llvm::enumerate(x))
      sum.add(value, kernel.reals[static_cast<int64_t>(i) * columns + j]);
    out[j] = s.sum(sum, kernel.element);
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
      auto row = [&](Array &states) { return states.reals.begin() + example * units; };
      Gates gates{
          s,
          x.element,
          projected(s, ArrayRef(x.reals).slice((example * time + t) * features, features), kernel, bias, 0),
          projected(s, ArrayRef(h.reals).slice(example * units, units), recurrentKernel, twoBiases ? bias : nullptr, 1),
          static_cast<size_t>(units),
          op.getActivation()};
      State state{Row(row(h), row(h) + units), Row(row(c), row(c) + units)};
      step(op, gates, state);
      llvm::copy(state.h, row(h));
      llvm::copy(state.c, row(c));
      llvm::copy(state.h, sequence.reals.begin() + (example * time + t) * units);
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
