//===- Reductions.cpp - Reductions, softmax, running sums -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Rules.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

llvm::BitVector interpreter::axesOf(std::optional<ArrayRef<int64_t>> axes, int64_t rank) {
  llvm::BitVector set(rank, !axes);
  if (axes)
    for (int64_t axis : *axes)
      set.set(fromFront(axis, rank));
  return set;
}

void interpreter::forEachSlice(const Array &x, const llvm::BitVector &axes,
                               llvm::function_ref<void(ArrayRef<int64_t>, int64_t)> body) {
  Sizes outer, inner(x.sizes);
  for (int64_t axis = 0; axis < x.rank(); ++axis) {
    outer.push_back(axes.test(axis) ? 1 : x.sizes[axis]);
    inner[axis] = axes.test(axis) ? x.sizes[axis] : 1;
  }
  SmallVector<int64_t> elements;
  forEachPlace(outer, [&](Place place, int64_t slice) {
    elements.clear();
    forEachPlace(inner, [&](Place within, int64_t) {
      Sizes sum;
      for (auto [a, b] : llvm::zip_equal(place, within))
        sum.push_back(a + b);
      elements.push_back(x.at(sum));
    });
    body(elements, slice);
  });
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

/// `reduce` gives the result of a slice: of (op, scope, x, numbers of its elements).
template <class Op, class F> static void addReduction(Rules &rules, F reduce, Computes computes = Computes::Rounded) {
  rules.add<Op>(
      [reduce](Op op, Scope &s) {
        const Array &x = s[op.getX()];
        Array out = s.zeros(op.getOut());
        std::optional<ArrayRef<int64_t>> axes = op.getAxis();
        forEachSlice(x, axesOf(axes, x.rank()),
                     [&](ArrayRef<int64_t> elements, int64_t slice) { out.set(slice, reduce(op, s, x, elements)); });
        return out;
      },
      computes);
}

static double sumOf(Scope &s, const Array &x, ArrayRef<int64_t> elements) {
  Sum sum;
  for (int64_t i : elements)
    sum.add(x.reals[i]);
  return s.sum(sum, x.element);
}
static double meanOf(Scope &s, const Array &x, ArrayRef<int64_t> elements) {
  return sumOf(s, x, elements) / static_cast<double>(elements.size());
}

/// A fold of reals or of integers: `combine` is given two of either.
template <class Op, class F> static void addFold(Rules &rules, double start, F combine, Computes computes) {
  rules.add<Op>(
      [=](Op op, Scope &s) {
        const Array &x = s[op.getX()];
        Array out = s.zeros(op.getOut());
        unsigned width = x.element.getIntOrFloatBitWidth();
        bool isUnsigned = x.element.isUnsignedInteger();
        forEachSlice(x, axesOf(op.getAxis(), x.rank()), [&](ArrayRef<int64_t> elements, int64_t slice) {
          if (x.isReal()) {
            double result = start;
            for (int64_t i : elements)
              result = combine(result, x.reals[i]);
            return out.set(slice, result);
          }
          Wide most = (Wide(1) << (isUnsigned ? width : width - 1)) - 1, least = isUnsigned ? Wide(0) : -most - 1;
          Wide result = std::isinf(start) ? (start > 0 ? most : least) : static_cast<Wide>(start);
          for (int64_t i : elements)
            result = combine(result, x.integer(i));
          out.set(slice, result);
        });
        return out;
      },
      computes);
}

/// The extreme in the sense of `beats`; NaN counts as the extreme, the first of equals wins.
template <class F> static int64_t extremeOf(const Array &x, ArrayRef<int64_t> elements, F beats) {
  int64_t best = 0;
  for (auto [position, i] : llvm::enumerate(elements)) {
    int64_t j = elements[best];
    bool wins = x.isReal() ? !std::isnan(x.reals[j]) && (std::isnan(x.reals[i]) || beats(x.reals[i], x.reals[j]))
                           : beats(x.integer(i), x.integer(j));
    if (wins)
      best = static_cast<int64_t>(position);
  }
  return best;
}

double interpreter::logSumExp(Scope &s, const Array &x, ArrayRef<int64_t> elements) {
  double largest = -HUGE_VAL;
  for (int64_t i : elements) {
    if (std::isnan(x.reals[i]))
      return x.reals[i];
    largest = std::max(largest, x.reals[i]);
  }
  if (std::isinf(largest))
    return largest;
  Sum sum;
  for (int64_t i : elements)
    sum.add(std::exp(x.reals[i] - largest));
  return largest + std::log(s.sum(sum, x.element));
}

static double varianceOf(Scope &s, const Array &x, ArrayRef<int64_t> elements, int64_t ddof) {
  double mean = meanOf(s, x, elements);
  Sum sum;
  for (int64_t i : elements)
    sum.add((x.reals[i] - mean) * (x.reals[i] - mean));
  int64_t count = static_cast<int64_t>(elements.size());
  double divisor = ddof < count ? static_cast<double>(count - ddof) : 0;
  return s.sum(sum, x.element) / divisor;
}

static double normOf(Scope &s, const Array &x, ArrayRef<int64_t> elements, double order) {
  double largest = 0, smallest = HUGE_VAL, nonzero = 0;
  for (int64_t i : elements) {
    double magnitude = std::abs(x.reals[i]);
    if (std::isnan(magnitude) && order != 0)
      return magnitude;
    largest = std::max(largest, magnitude);
    smallest = std::min(smallest, magnitude);
    nonzero += magnitude != 0;
  }
  if (order == 0)
    return nonzero;
  if (std::isinf(order))
    return order > 0 ? largest : smallest;
  Sum sum;
  for (int64_t i : elements)
    sum.add(std::pow(std::abs(x.reals[i]), order));
  return std::pow(s.sum(sum, x.element), 1 / order);
}

static void addReductions(Rules &rules) {
  rules.add<sym::SumOp>([](sym::SumOp op, Scope &s) {
    const Array &x = s[op.getX()];
    Array out = s.zeros(op.getOut());
    forEachSlice(x, axesOf(op.getAxis(), x.rank()), [&](ArrayRef<int64_t> elements, int64_t slice) {
      Total total;
      for (int64_t i : elements)
        total.add(x, i);
      total.put(s, out, slice);
    });
    return out;
  });
  addFold<sym::ProdOp>(
      rules, 1,
      [](auto x, auto y) {
        if constexpr (std::is_same_v<decltype(x), double>)
          return x * y;
        else
          return static_cast<Wide>(static_cast<uint64_t>(x) * static_cast<uint64_t>(y));
      },
      Computes::Rounded);
  auto least = [](auto x, auto y) { return y < x || y != y ? y : x; };
  auto greatest = [](auto x, auto y) { return y > x || y != y ? y : x; };
  addFold<sym::MinOp>(rules, HUGE_VAL, least, Computes::Exactly);
  addFold<sym::MaxOp>(rules, -HUGE_VAL, greatest, Computes::Exactly);
  addReduction<sym::AnyOp>(rules, [](auto, Scope &, const Array &x, ArrayRef<int64_t> elements) {
    return llvm::any_of(elements, [&](int64_t i) { return x.integers[i] != 0; });
  });
  addReduction<sym::AllOp>(rules, [](auto, Scope &, const Array &x, ArrayRef<int64_t> elements) {
    return llvm::all_of(elements, [&](int64_t i) { return x.integers[i] != 0; });
  });
  addReduction<sym::ArgmaxOp>(rules, [](auto, Scope &, const Array &x, ArrayRef<int64_t> elements) {
    return extremeOf(x, elements, [](auto a, auto b) { return a > b; });
  });
  addReduction<sym::ArgminOp>(rules, [](auto, Scope &, const Array &x, ArrayRef<int64_t> elements) {
    return extremeOf(x, elements, [](auto a, auto b) { return a < b; });
  });
  addReduction<sym::MeanOp>(
      rules, [](auto, Scope &s, const Array &x, ArrayRef<int64_t> elements) { return meanOf(s, x, elements); });
  addReduction<sym::LogsumexpOp>(
      rules, [](auto, Scope &s, const Array &x, ArrayRef<int64_t> elements) { return logSumExp(s, x, elements); });
  addReduction<sym::VarOp>(rules, [](sym::VarOp op, Scope &s, const Array &x, ArrayRef<int64_t> elements) {
    return varianceOf(s, x, elements, op.getDdof());
  });
  addReduction<sym::StdOp>(rules, [](sym::StdOp op, Scope &s, const Array &x, ArrayRef<int64_t> elements) {
    return std::sqrt(varianceOf(s, x, elements, op.getDdof()));
  });
  addReduction<sym::NormOp>(rules, [](sym::NormOp op, Scope &s, const Array &x, ArrayRef<int64_t> elements) {
    return normOf(s, x, elements, op.getOrd());
  });
}

//===----------------------------------------------------------------------===//
// What keeps the axis
//===----------------------------------------------------------------------===//

void interpreter::normalizeExponentials(Scope &s, Array &x, const llvm::BitVector &axes, bool logarithm) {
  forEachSlice(x, axes, [&](ArrayRef<int64_t> elements, int64_t) {
    double largest = -HUGE_VAL;
    for (int64_t i : elements)
      largest = std::isnan(x.reals[i]) || std::isnan(largest) ? std::nan("") : std::max(largest, x.reals[i]);
    // Differences to the largest first: the logarithm of the sum would round them.
    Sum sum;
    for (int64_t i : elements)
      sum.add(std::exp(x.reals[i] - largest));
    double total = s.sum(sum, x.element);
    for (int64_t i : elements) {
      double distance = x.reals[i] - largest;
      x.reals[i] = logarithm ? distance - std::log(total) : std::exp(distance) / total;
    }
  });
}

template <class Op> static Array normalizedExponentials(Op op, Scope &s, bool logarithm) {
  Array x = s[op.getX()];
  normalizeExponentials(s, x, axesOf(op.getAxis(), x.rank()), logarithm);
  return x;
}

/// The product of all other elements, by two running products.
static Array productsOfOthers(sym::ProductOfOthersOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Array out = s.zeros(op.getOut());
  forEachSlice(x, axesOf(op.getAxis(), x.rank()), [&](ArrayRef<int64_t> elements, int64_t) {
    double before = 1, after = 1;
    for (int64_t i : elements) {
      out.reals[i] = before;
      before *= x.reals[i];
    }
    for (int64_t i : llvm::reverse(elements)) {
      out.reals[i] *= after;
      after *= x.reals[i];
    }
  });
  return out;
}

/// The axis that is named, or all in row-major order.
static llvm::BitVector runningAxis(std::optional<int64_t> axis, int64_t rank) {
  return axis ? axesOf(ArrayRef(*axis), rank) : llvm::BitVector(rank, true);
}

static Array runningSum(sym::CumsumOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Array out = s.zeros(op.getOut());
  forEachSlice(x, runningAxis(op.getAxis(), x.rank()), [&](ArrayRef<int64_t> elements, int64_t) {
    Total total;
    SmallVector<int64_t> order(elements);
    if (op.getReverse())
      std::reverse(order.begin(), order.end());
    for (int64_t i : order) {
      if (op.getExclusive())
        total.put(s, out, i);
      total.add(x, i);
      if (!op.getExclusive())
        total.put(s, out, i);
    }
  });
  return out;
}

static Array runningProduct(sym::CumprodOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Array out = s.zeros(op.getOut());
  forEachSlice(x, runningAxis(op.getAxis(), x.rank()), [&](ArrayRef<int64_t> elements, int64_t) {
    double product = 1;
    uint64_t wide = 1;
    for (int64_t i : elements)
      if (x.isReal())
        out.set(i, product *= x.reals[i]);
      else
        out.set(i, static_cast<Wide>(wide *= static_cast<uint64_t>(x.integer(i))));
  });
  return out;
}

/// out[i] = term[i] + factor[i] * out[i - 1], or out[i + 1]; the first is its term.
static Array recurrence(sym::RecurrenceOp op, Scope &s) {
  const Array &factor = s[op.getFactor()], &term = s[op.getTerm()];
  Array out = s.zeros(op.getOut());
  forEachSlice(term, axesOf(ArrayRef<int64_t>(op.getAxis()), term.rank()), [&](ArrayRef<int64_t> elements, int64_t) {
    SmallVector<int64_t> order(elements);
    if (op.getReverse())
      std::reverse(order.begin(), order.end());
    for (auto [position, i] : llvm::enumerate(order))
      out.set(i, position ? term.reals[i] + factor.reals[i] * out.reals[order[position - 1]] : term.reals[i]);
  });
  return out;
}

void interpreter::addReductionRules(Rules &rules) {
  addReductions(rules);
  rules.add<sym::SoftmaxOp>([](sym::SoftmaxOp op, Scope &s) { return normalizedExponentials(op, s, false); });
  rules.add<sym::LogSoftmaxOp>([](sym::LogSoftmaxOp op, Scope &s) { return normalizedExponentials(op, s, true); });
  rules.add<sym::ProductOfOthersOp>(productsOfOthers);
  rules.add<sym::CumsumOp>(runningSum);
  rules.add<sym::CumprodOp>(runningProduct);
  rules.add<sym::RecurrenceOp>(recurrence);
}
