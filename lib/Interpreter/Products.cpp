//===- Products.cpp - Matrix products, einsum, dense, attention -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Products.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>
#include <map>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

//===----------------------------------------------------------------------===//
// Matrices
//===----------------------------------------------------------------------===//

Array interpreter::transposedMatrices(const Array &x) {
  Sizes axes = llvm::to_vector<4>(llvm::seq<int64_t>(0, x.rank()));
  std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
  return transposed(x, axes);
}

/// The sizes that two lists are broadcast to.
static Sizes broadcastSizes(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  Sizes sizes(std::max(a.size(), b.size()), 1);
  for (ArrayRef<int64_t> part : {a, b})
    for (size_t i = 0; i < part.size(); ++i)
      if (int64_t size = part[part.size() - 1 - i]; size != 1)
        sizes[sizes.size() - 1 - i] = size;
  return sizes;
}

/// The matrix of a stack of these leading sizes that is at `place` of what they are broadcast to.
static int64_t matrixAt(ArrayRef<int64_t> leading, Place place) {
  int64_t number = 0;
  for (auto [axis, size] : llvm::enumerate(leading))
    number = number * size + (size == 1 ? 0 : place[place.size() - leading.size() + axis]);
  return number;
}

Array interpreter::product(Scope &s, const Array &a, const Array &b,
                           llvm::function_ref<bool(int64_t row, int64_t l)> counts) {
  ArrayRef<int64_t> stackA = ArrayRef(a.sizes).drop_back(2), stackB = ArrayRef(b.sizes).drop_back(2);
  int64_t m = a.sizes[a.rank() - 2], k = a.sizes.back(), n = b.sizes.back();
  Sizes stack = broadcastSizes(stackA, stackB), sizes(stack);
  sizes.append({m, n});
  Array out(a.element, sizes);
  forEachPlace(stack, [&](Place place, int64_t number) {
    int64_t atA = matrixAt(stackA, place) * m * k, atB = matrixAt(stackB, place) * k * n;
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        Total sum;
        for (int64_t l = 0; l < k; ++l)
          if (!counts || counts(number * m + i, l))
            sum.add(a, atA + i * k + l, b, atB + l * n + j);
        sum.put(s, out, (number * m + i) * n + j);
      }
  });
  return out;
}

static Array matmul(sym::MatmulOp op, Scope &s) {
  Array a = s[op.getA()], b = s[op.getB()];
  if (a.rank() == 1)
    a.sizes.insert(a.sizes.begin(), 1);
  else if (op.getTransposeA())
    a = transposedMatrices(a);
  if (b.rank() == 1)
    b.sizes.push_back(1);
  else if (op.getTransposeB())
    b = transposedMatrices(b);
  return product(s, a, b).withSizes(s.sizes(op.getOut().getType()));
}

static Array dot(sym::DotOp op, Scope &s) {
  const Array &a = s[op.getA()], &b = s[op.getB()];
  Array out = s.zeros(op.getOut());
  if (a.rank() == 0 || b.rank() == 0) {
    for (int64_t i = 0, n = out.count(); i < n; ++i) {
      Total sum;
      sum.add(a, a.rank() ? i : 0, b, b.rank() ? i : 0);
      sum.put(s, out, i);
    }
    return out;
  }
  // b as [before, k, after]: the sum is over its last axis but one.
  int64_t k = a.sizes.back(), after = b.rank() == 1 ? 1 : b.sizes.back();
  int64_t rows = a.product(0, a.rank() - 1), before = b.product(0, std::max<int64_t>(b.rank() - 2, 0));
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < before; ++j)
      for (int64_t m = 0; m < after; ++m) {
        Total sum;
        for (int64_t l = 0; l < k; ++l)
          sum.add(a, i * k + l, b, (j * k + l) * after + m);
        sum.put(s, out, (i * before + j) * after + m);
      }
  return out;
}

//===----------------------------------------------------------------------===//
// einsum
//===----------------------------------------------------------------------===//

/// Labels of the axes of one operand: letters, and for axes of `...` numbers from 256 on, counted from the right.
static SmallVector<int> labelsOf(StringRef term, int64_t rank) {
  SmallVector<int> labels;
  int64_t rest = rank - static_cast<int64_t>(llvm::count_if(term, llvm::isAlpha));
  for (size_t i = 0; i < term.size(); ++i) {
    if (term[i] != '.') {
      labels.push_back(term[i]);
      continue;
    }
    for (int64_t axis = rest; axis-- > 0;)
      labels.push_back(256 + static_cast<int>(axis));
    i += 2;
  }
  return labels;
}

/// The sum over all letters that the result lacks of the product of all operands, in one loop nest.
static Array einsum(sym::EinsumOp op, Scope &s) {
  std::string equation = op.getEquation().str();
  llvm::erase(equation, ' ');
  auto [left, right] = StringRef(equation).split("->");
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  SmallVector<SmallVector<int>> labels;
  std::map<int, std::pair<int64_t, int>> letters; // size, how often
  for (auto [term, operand] : llvm::zip_equal(terms, op.getXs())) {
    labels.push_back(labelsOf(term, s[operand].rank()));
    for (auto [label, size] : llvm::zip_equal(labels.back(), s[operand].sizes)) {
      auto &[known, times] = letters.try_emplace(label, 1, 0).first->second;
      known = size == 1 ? known : size;
      ++times;
    }
  }
  Array out = s.zeros(op.getOut());
  SmallVector<int> order;
  if (StringRef(equation).contains("->")) {
    order = labelsOf(right, out.rank());
  } else {
    for (auto &[label, what] : llvm::reverse(letters))
      if (label >= 256)
        order.push_back(label);
    for (auto &[label, what] : letters)
      if (label < 256 && what.second == 1)
        order.push_back(label);
  }
  SmallVector<int> summed;
  for (auto &[label, what] : letters)
    if (!llvm::is_contained(order, label))
      summed.push_back(label);
  SmallVector<int> all(order);
  llvm::append_range(all, summed);
  Sizes inner = llvm::map_to_vector<4>(summed, [&](int label) { return letters[label].first; });
  std::map<int, int64_t> index;
  auto elementOf = [&](size_t operand) {
    const Array &x = s[op.getXs()[operand]];
    Sizes place;
    for (auto [label, size] : llvm::zip_equal(labels[operand], x.sizes))
      place.push_back(size == 1 ? 0 : index[label]);
    return x.at(place);
  };
  forEachPlace(out.sizes, [&](Place place, int64_t i) {
    for (auto [label, at] : llvm::zip_equal(order, place))
      index[label] = at;
    Sum real;
    WideSum wide;
    forEachPlace(inner, [&](Place within, int64_t) {
      for (auto [label, at] : llvm::zip_equal(summed, within))
        index[label] = at;
      double term = 1;
      Wide integers = 1;
      for (size_t operand = 0; operand < labels.size(); ++operand) {
        const Array &x = s[op.getXs()[operand]];
        if (x.isReal())
          term *= x.reals[elementOf(operand)];
        else
          integers = wrapped(integers * x.integer(elementOf(operand)), x.element);
      }
      real.add(term);
      wide.add(integers);
    });
    if (out.isReal())
      out.set(i, s.sum(real, out.element));
    else
      out.set(i, wide.exact);
  });
  return out;
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

void interpreter::addBias(Scope &s, Array &out, Value bias) {
  if (!bias)
    return;
  int64_t width = out.sizes.back();
  for (int64_t i = 0, n = out.count(); i < n; ++i)
    if (out.isReal())
      out.reals[i] += s[bias].reals[i % width];
    else
      out.set(i, out.integer(i) + s[bias].integer(i % width));
}

void interpreter::applyActivation(Scope &s, Array &out, std::optional<StringRef> activation) {
  if (activation == "softmax" || activation == "log_softmax") {
    normalizeExponentials(s, out, axesOf(ArrayRef<int64_t>(-1), out.rank()), activation == "log_softmax");
    return;
  }
  if (out.isReal())
    for (double &x : out.reals)
      x = activate(activation, x);
}

static Array dense(sym::DenseOp op, Scope &s) {
  Array x = s[op.getX()];
  Sizes sizes = s.sizes(op.getOut().getType());
  Array out = product(s, x.withSizes({x.product(0, x.rank() - 1), x.sizes.back()}), s[op.getKernel()]);
  addBias(s, out, op.getBias());
  applyActivation(s, out, op.getActivation());
  return out.withSizes(sizes);
}

/// Row by row: the shares of what is kept, and 0 where nothing is. What is not kept might as well not be there.
static Array attention(sym::AttentionOp op, Scope &s) {
  const Array &q = s[op.getQ()], &k = s[op.getK()], &v = s[op.getV()];
  double scale = op.getScale() ? *op.getScale() : 1 / std::sqrt(static_cast<double>(q.sizes.back()));
  Array scores = product(s, q, transposedMatrices(k));
  Sizes wide = s.sizes(op.getOut().getType()); // v may have more leading axes
  wide.back() = scores.sizes.back();
  scores = broadcast(scores, wide);
  int64_t queries = scores.sizes[scores.rank() - 2], keys = scores.sizes.back();
  Array mask;
  if (op.getMask())
    mask = broadcast(s[op.getMask()], scores.sizes);
  auto isKept = [&](int64_t row, int64_t key) {
    return (!op.getMask() || mask.integers[row * keys + key]) && (!op.getCausal() || key <= row % queries);
  };
  Array shares(scores.element, scores.sizes);
  for (int64_t row = 0, n = keys ? scores.count() / keys : 0; row < n; ++row) {
    SmallVector<int64_t> kept;
    double largest = -HUGE_VAL;
    for (int64_t key = 0; key < keys; ++key)
      if (isKept(row, key)) {
        kept.push_back(row * keys + key);
        largest = std::max(largest, scores.reals[kept.back()] * scale);
      }
    Sum sum;
    for (int64_t i : kept)
      sum.add(std::exp(scores.reals[i] * scale - largest));
    double total = s.sum(sum, scores.element);
    for (int64_t i : kept)
      shares.reals[i] = std::exp(scores.reals[i] * scale - largest) / total;
  }
  return product(s, shares, v, isKept);
}

void interpreter::addProductRules(Rules &rules) {
  rules.add<sym::MatmulOp>(matmul);
  rules.add<sym::DotOp>(dot);
  rules.add<sym::EinsumOp>(einsum);
  rules.add<sym::DenseOp>(dense);
  rules.add<sym::AttentionOp>(attention);
}
