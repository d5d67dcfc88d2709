//===- Selection.cpp - Sorting, and parts at places known at run time -----===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Rules.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

/// Positions of a slice in their order, stable; NaN is last, or with `nanFirst` the first.
static SmallVector<int64_t> sortedPositions(const Array &x, ArrayRef<int64_t> elements, bool descending,
                                            bool nanFirst) {
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, static_cast<int64_t>(elements.size())));
  auto isNan = [&](int64_t p) { return x.isReal() && std::isnan(x.reals[elements[p]]); };
  auto less = [&](int64_t p, int64_t q) {
    return x.isReal() ? x.reals[elements[p]] < x.reals[elements[q]] : x.integer(elements[p]) < x.integer(elements[q]);
  };
  auto before = [&](int64_t p, int64_t q) {
    if (isNan(p) || isNan(q))
      return nanFirst ? isNan(p) && !isNan(q) : !isNan(p) && isNan(q);
    return descending ? less(q, p) : less(p, q);
  };
  llvm::sort(order, [&](int64_t p, int64_t q) { return before(p, q) || (!before(q, p) && p < q); });
  return order;
}

static Array sort(sym::SortOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Array out = s.zeros(op.getOut());
  forEachSlice(x, axesOf(ArrayRef<int64_t>(op.getAxis()), x.rank()), [&](ArrayRef<int64_t> elements, int64_t) {
    SmallVector<int64_t> order = sortedPositions(x, elements, op.getDescending(), false);
    for (auto [to, from] : llvm::zip_equal(elements, order))
      out.copy(to, x, elements[from]);
  });
  return out;
}

static Results argsort(sym::ArgsortOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Results results{s.zeros(op.getIndices()), s.zeros(op.getWorkspace())};
  forEachSlice(x, axesOf(ArrayRef<int64_t>(op.getAxis()), x.rank()), [&](ArrayRef<int64_t> elements, int64_t) {
    SmallVector<int64_t> order = sortedPositions(x, elements, op.getDescending(), op.getNanFirst());
    for (auto [to, from] : llvm::zip_equal(elements, order))
      results[0].set(to, from);
  });
  return results;
}

static Results topK(sym::TopKOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Results results{s.zeros(op.getValues()), s.zeros(op.getIndices())};
  int64_t k = op.getK();
  if (k > x.sizes.back())
    s.fail("there are no " + std::to_string(k) + " largest elements");
  forEachSlice(x, axesOf(ArrayRef<int64_t>(-1), x.rank()), [&](ArrayRef<int64_t> elements, int64_t slice) {
    if (s.failed())
      return;
    SmallVector<int64_t> order = sortedPositions(x, elements, true, true);
    for (int64_t i = 0; i < k; ++i) {
      results[0].copy(slice * k + i, x, elements[order[i]]);
      results[1].set(slice * k + i, order[i]);
    }
  });
  return results;
}

static Array lastWriter(sym::LastWriterOp op, Scope &s) {
  const Array &indices = s[op.getIndices()];
  Array out = s.zeros(op.getOut());
  for (int64_t i = 0, n = out.count(); i < n; ++i)
    out.set(i, int64_t(-1));
  for (int64_t i = 0, n = indices.count(); i < n && !s.failed(); ++i)
    if (int64_t place = checkedIndex(s, indices, i, out.count(), /*fromEnd=*/false); place >= 0)
      out.set(place, i);
  return out;
}

/// The place where a part of these sizes begins.
static Sizes startOf(Scope &s, OperandRange starts, ArrayRef<int64_t> whole, ArrayRef<int64_t> part) {
  Sizes start;
  for (auto [value, size, length] : llvm::zip_equal(starts, whole, part)) {
    Wide at = s[value].integer(0);
    if (at < 0 || at + length > size)
      s.fail("a start leaves the tensor");
    start.push_back(static_cast<int64_t>(at));
  }
  return start;
}

static Array dynamicSlice(sym::DynamicSliceOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Sizes sizes = s.sizes(op.getOut().getType()), start = startOf(s, op.getStart(), x.sizes, sizes), from(x.sizes);
  if (s.failed())
    return Array();
  return taken(x, sizes, [&](Place place) {
    for (size_t axis = 0; axis < from.size(); ++axis)
      from[axis] = start[axis] + place[axis];
    return x.at(from);
  });
}

static Array dynamicUpdateSlice(sym::DynamicUpdateSliceOp op, Scope &s) {
  const Array &update = s[op.getUpdate()];
  Array out = s[op.getX()];
  Sizes start = startOf(s, op.getStart(), out.sizes, update.sizes), to(out.sizes);
  if (s.failed())
    return Array();
  forEachPlace(update.sizes, [&](Place place, int64_t i) {
    for (size_t axis = 0; axis < to.size(); ++axis)
      to[axis] = start[axis] + place[axis];
    out.copy(out.at(to), update, i);
  });
  return out;
}

void interpreter::addSelectionRules(Rules &rules) {
  rules.add<sym::SortOp>(sort, Computes::Exactly);
  rules.add<sym::ArgsortOp>(argsort, Computes::Exactly);
  rules.add<sym::TopKOp>(topK, Computes::Exactly);
  rules.add<sym::LastWriterOp>(lastWriter, Computes::Exactly);
  rules.add<sym::DynamicSliceOp>(dynamicSlice, Computes::Exactly);
  rules.add<sym::DynamicUpdateSliceOp>(dynamicUpdateSlice, Computes::Exactly);
}
