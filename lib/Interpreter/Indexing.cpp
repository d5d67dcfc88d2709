//===- Indexing.cpp - Elements by computed indices ------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Rules.h"

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

int64_t interpreter::checkedIndex(Scope &scope, const Array &indices, int64_t i, int64_t size, bool fromEnd) {
  Wide index = indices.integer(i);
  if (fromEnd && index < 0)
    index += size;
  if (index >= 0 && index < size)
    return static_cast<int64_t>(index);
  scope.fail("an index is out of range for " + std::to_string(size) + " elements");
  return -1;
}

static Array gather(sym::GatherOp op, Scope &s) {
  const Array &x = s[op.getX()], &indices = s[op.getIndices()];
  int64_t axis = fromFront(op.getAxis(), x.rank());
  Sizes from(x.sizes), sizes = s.sizes(op.getOut().getType());
  return taken(x, sizes, [&](Place place) -> int64_t {
    std::copy_n(place.begin(), axis, from.begin());
    from[axis] = checkedIndex(s, indices, indices.at(place.slice(axis, indices.rank())), x.sizes[axis]);
    llvm::copy(place.drop_front(axis + indices.rank()), from.begin() + axis + 1);
    return s.failed() ? -1 : x.at(from);
  });
}

static Array takeAlongAxis(sym::TakeAlongAxisOp op, Scope &s) {
  const Array &x = s[op.getX()], &indices = s[op.getIndices()];
  int64_t axis = fromFront(op.getAxis(), x.rank());
  auto within = [&](const Array &array, Place place) {
    Sizes at(place);
    for (int64_t i = 0; i < array.rank(); ++i)
      if (i != axis && array.sizes[i] == 1)
        at[i] = 0;
    return at;
  };
  return taken(x, s.sizes(op.getOut().getType()), [&](Place place) -> int64_t {
    Sizes from = within(x, place);
    from[axis] = checkedIndex(s, indices, indices.at(within(indices, place)), x.sizes[axis]);
    return s.failed() ? -1 : x.at(from);
  });
}

static Array oneHot(sym::OneHotOp op, Scope &s) {
  const Array &indices = s[op.getIndices()];
  Array out = s.zeros(op.getOut());
  int64_t axis = fromFront(op.getAxis(), out.rank());
  forEachPlace(out.sizes, [&](Place place, int64_t i) {
    Sizes at(place);
    at.erase(at.begin() + axis);
    bool on = indices.integer(indices.at(at)) == place[axis];
    setNumber(out, i, Number(on ? op.getOnValue() : op.getOffValue()).as(out.element));
  });
  return out;
}

static Array iota(sym::IotaOp op, Scope &s) {
  Array out = s.zeros(op.getOut());
  int64_t axis = fromFront(op.getAxis(), out.rank());
  forEachPlace(out.sizes, [&](Place place, int64_t i) { out.set(i, place[axis]); });
  return out;
}

//===----------------------------------------------------------------------===//
// Index tuples
//===----------------------------------------------------------------------===//

/// Calls `body` for each tuple along the last axis of `indices`: the number of the tuple, and the number of the slice
/// of x that it points to.
static void forEachTuple(Scope &s, const Array &x, const Array &indices,
                         llvm::function_ref<void(int64_t tuple, int64_t slice)> body) {
  int64_t length = indices.sizes.back(), tuples = indices.product(0, indices.rank() - 1);
  for (int64_t tuple = 0; tuple < tuples; ++tuple) {
    int64_t slice = 0;
    for (int64_t k = 0; k < length; ++k) {
      int64_t i = checkedIndex(s, indices, tuple * length + k, x.sizes[k]);
      if (s.failed())
        return;
      slice = slice * x.sizes[k] + i;
    }
    body(tuple, slice);
  }
}

static Array gatherNd(sym::GatherNdOp op, Scope &s) {
  const Array &x = s[op.getX()], &indices = s[op.getIndices()];
  Array out = s.zeros(op.getOut());
  int64_t size = x.product(indices.sizes.back(), x.rank());
  forEachTuple(s, x, indices, [&](int64_t tuple, int64_t slice) {
    for (int64_t i = 0; i < size; ++i)
      out.copy(tuple * size + i, x, slice * size + i);
  });
  return out;
}

static Array scatter(sym::ScatterOp op, Scope &s) {
  const Array &indices = s[op.getIndices()], &updates = s[op.getUpdates()];
  Array out = s[op.getX()];
  int64_t size = out.product(indices.sizes.back(), out.rank());
  forEachTuple(s, out, indices, [&](int64_t tuple, int64_t slice) {
    for (int64_t i = 0; i < size; ++i)
      out.copy(slice * size + i, updates, tuple * size + i);
  });
  return out;
}

static Array scatterAdd(sym::ScatterAddOp op, Scope &s) {
  const Array &indices = s[op.getIndices()], &updates = s[op.getUpdates()];
  Array out = s[op.getX()];
  std::vector<Total> sums(out.count());
  for (int64_t i = 0, n = out.count(); i < n; ++i)
    sums[i].add(out, i);
  int64_t size = out.product(indices.sizes.back(), out.rank());
  forEachTuple(s, out, indices, [&](int64_t tuple, int64_t slice) {
    for (int64_t i = 0; i < size; ++i)
      sums[slice * size + i].add(updates, tuple * size + i);
  });
  Total::putAll(s, out, sums);
  return out;
}

static Array embedding(sym::EmbeddingOp op, Scope &s) {
  const Array &indices = s[op.getIndices()], &table = s[op.getTable()];
  Array out = s.zeros(op.getOut());
  int64_t width = table.sizes[1];
  for (int64_t i = 0, n = indices.count(); i < n && !s.failed(); ++i) {
    int64_t row = checkedIndex(s, indices, i, table.sizes[0]);
    for (int64_t k = 0; k < width && !s.failed(); ++k)
      out.copy(i * width + k, table, row * width + k);
  }
  return out;
}

//===----------------------------------------------------------------------===//
// What the compiler decomposes these into
//===----------------------------------------------------------------------===//

static Array linearIndex(sym::LinearIndexOp op, Scope &s) {
  const Array &indices = s[op.getIndices()];
  Array out = s.zeros(op.getOut());
  Sizes sizes = s.sizes(op.getSizes().getExprs());
  int64_t length = op.getTuples() ? static_cast<int64_t>(sizes.size()) : 1;
  for (int64_t i = 0, n = out.count(); i < n && !s.failed(); ++i) {
    int64_t position = 0;
    for (int64_t k = 0; k < length && !s.failed(); ++k)
      position = position * sizes[k] + checkedIndex(s, indices, i * length + k, sizes[k], op.getTuples());
    out.set(i, position);
  }
  return out;
}

/// Adds slices of `updates` along an axis where `indices` say; each element has an index of its own with `along`.
template <class Op> static Array indexAdd(Op op, Scope &s, bool along) {
  const Array &indices = s[op.getIndices()], &updates = s[op.getUpdates()];
  Array out = s.zeros(op.getOut());
  std::vector<Total> sums(out.count());
  int64_t axis = op.getAxis();
  forEachPlace(updates.sizes, [&](Place place, int64_t i) {
    Sizes at(place);
    at[axis] = indices.integers[along ? i : place[axis]];
    if (at[axis] < 0) // as the derivative of gather has it
      at[axis] += out.sizes[axis];
    if (at[axis] >= 0 && at[axis] < out.sizes[axis])
      sums[out.at(at)].add(updates, i);
  });
  Total::putAll(s, out, sums);
  return out;
}

void interpreter::addIndexingRules(Rules &rules) {
  rules.addExact(gather);
  rules.addExact(takeAlongAxis);
  rules.addExact(oneHot);
  rules.addExact(iota);
  rules.addExact(gatherNd);
  rules.addExact(scatter);
  rules.addExact(embedding);
  rules.addExact(linearIndex);
  rules.add<sym::ScatterAddOp>(scatterAdd);
  rules.add<sym::IndexAddOp>([](sym::IndexAddOp op, Scope &s) { return indexAdd(op, s, false); });
  rules.add<sym::IndexAddAlongOp>([](sym::IndexAddAlongOp op, Scope &s) { return indexAdd(op, s, true); });
}
