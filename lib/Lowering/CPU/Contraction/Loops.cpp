//===- Loops.cpp - Contractions as plain loops ----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The form that takes everything: groups, dilations, integer elements, symbolic sizes on
// any axis. One loop a result dimension, the outermost of which is cut. Floats are summed
// in vectors where an operand runs along the result's last dimension:
//   spread     the other operand is a scalar for all lanes (of a group)
//   lanewise   both run along it: depthwise convolutions
//   dots       lanes along the filters that are summed over, for gradients of images
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Contraction/Epilogue.h"
#include "lib/Lowering/CPU/Contraction/Tile.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace symc;
using namespace symc::contraction;

namespace {
// Vectors of sums that one innermost loop carries: they hide the latency of multiply-adds.
constexpr int64_t kMostVectors = 4;

class LoopNest {
public:
  LoopNest(Problem &problem) : p(problem), code(problem.code), epilogue(problem) {
    auto pair = [&](std::optional<ArrayRef<int64_t>> list, int64_t (&to)[2]) {
      if (list)
        to[0] = (*list)[0], to[1] = (*list)[1];
    };
    pair(p.op.getStrides(), stride);
    pair(p.op.getDilations(), dilation);
    groups = p.op.getGroups();
    top = left = code.c(0);
    if (auto padding = p.op.getPadding()) {
      top = p.shell.size(padding->getExprs()[0]);
      left = p.shell.size(padding->getExprs()[2]);
    }
    choose();
  }

  Schedule emit() {
    const Buffer &out = p.result();
    Values index;
    nest(index, 0);
    Dim extent = out.dims.empty() ? constantDim(code.b.getContext(), 1) : out.dims[0];
    return {extent, 1};
  }

private:
  enum class Way { Scalar, Spread, Lanewise, Dots };

  void choose() {
    laneCount = p.result().sizes.empty() ? code.c(1) : p.result().sizes.back();
    if (!p.isFloat() || !vectorizes(p.op))
      return;
    if (p.op.getForm() == sym::ContractForm::matmul) {
      way = p.op.getTransposeB() ? Way::Scalar : Way::Spread;
    } else {
      bool input = p.op.getForm() == sym::ContractForm::conv2d_input;
      // The kernel's channels and filters, of which the group has its part.
      const Buffer &kernel = p.op.getForm() == sym::ContractForm::conv2d_filter ? p.result() : p.b;
      Value filters = code.div(kernel.sizes[3], groups);
      bool depthwise = is(kernel.sizes[2], 1) && is(filters, 1);
      way = depthwise ? Way::Lanewise : input ? Way::Dots : Way::Spread;
      if (way == Way::Spread)
        laneCount = filters;
    }
    if (std::optional<int64_t> count = known(laneCount))
      vectors = std::clamp<int64_t>(*count / p.lanes, 1, kMostVectors);
    if (way == Way::Dots)
      vectors = 1;
  }

  void nest(Values &index, unsigned depth) {
    unsigned rank = p.result().sizes.size();
    if (depth == rank) {
      Value total = accumulate(index)[0];
      if (way == Way::Dots)
        total = vector::ExtractOp::create(code.b, code.loc, sumLanes(p, {total}), ArrayRef<int64_t>{0});
      epilogue.finishElement(index, total);
      return;
    }
    bool blocks = depth + 1 == rank && (way == Way::Spread || way == Way::Lanewise);
    Value from = depth == 0 ? p.shell.begin() : code.c(0), to = depth == 0 ? p.shell.end() : p.result().sizes[depth];
    if (blocks && depth > 0)
      return nestLanes(index);
    if (blocks) // the dimension that is cut stays whole
      way = Way::Scalar, vectors = 1;
    code.loop(from, to, 1, [&](Value i) {
      index.push_back(i);
      nest(index, depth + 1);
      index.pop_back();
    });
  }

  /// One mask a vector for `left` lanes; null where all lanes count.
  Values masksFor(Value left, bool whole) {
    Values result(vectors);
    for (unsigned v = 0; v < vectors && !whole; ++v)
      result[v] = code.mask(code.sub(left, code.c(int64_t(v) * p.lanes)), p.lanes);
    return result;
  }

  /// The last dimension in blocks of vectors, none of which reaches into the next group.
  void nestLanes(Values &index) {
    int64_t width = vectors * p.lanes;
    code.loop(code.c(0), p.result().sizes.back(), laneCount, [&](Value group) {
      code.loop(code.c(0), laneCount, width, [&](Value lane) {
        masks = masksFor(code.sub(laneCount, lane), is(code.rem(laneCount, width), 0));
        Place place;
        index.push_back(code.add(group, lane));
        place.index = index;
        place.laneDim = index.size() - 1;
        Values totals = accumulate(index);
        epilogue.finishTile(place, 1, 1, vectors, masks, totals);
        index.pop_back();
      });
    });
  }

  Value address(const Buffer &buffer, ArrayRef<Value> index) {
    Value offset = code.c(0);
    for (auto [i, step] : llvm::zip(index, buffer.strides))
      offset = code.add(offset, code.mul(i, step));
    return code.at(buffer.pointer, offset, buffer.element);
  }

  /// An element for every lane.
  Values element(const Buffer &buffer, ArrayRef<Value> index) {
    Value scalar = code.load(p.element, address(buffer, index));
    return Values(vectors, way == Way::Scalar ? scalar : code.splat(scalar, p.lanes));
  }

  /// The elements of the lanes, which follow one another from `index` on.
  Values lanes(const Buffer &buffer, ArrayRef<Value> index) {
    if (way == Way::Scalar)
      return {code.load(p.element, address(buffer, index))};
    Value start = address(buffer, index);
    Values result;
    for (unsigned v = 0; v < vectors; ++v)
      result.push_back(code.loadIf(p.vector, code.at(start, int64_t(v) * p.lanes, p.element), masks[v]));
    return result;
  }

  Values multiplyAdd(const Values &x, const Values &y, ArrayRef<Value> totals) {
    Values result;
    for (unsigned v = 0; v < totals.size(); ++v)
      result.push_back(code.multiplyAdd(x[v], y[v], totals[v]));
    return result;
  }

  /// Sums over nested loops with these trip counts; `term` adds a product to the totals, or leaves them outside a
  /// border.
  using Term = llvm::function_ref<Values(ArrayRef<Value>, ArrayRef<Value>)>;
  Values sum(ArrayRef<Value> trips, Values &at, Values totals, Term term) {
    if (at.size() == trips.size())
      return term(at, totals);
    return code.loop(code.c(0), trips[at.size()], code.c(1), totals, [&](Value i, ValueRange carried) {
      at.push_back(i);
      Values next = sum(trips, at, Values(carried), term);
      at.pop_back();
      return next;
    });
  }
  Values sum(ArrayRef<Value> trips, Term term) {
    Values at;
    return sum(trips, at, Values(vectors, code.zero(way == Way::Scalar ? p.element : p.vector)), term);
  }

  /// What `compute` gives where every condition holds, else the totals as they are.
  Values guarded(ArrayRef<Value> conditions, ArrayRef<Value> totals, llvm::function_ref<Values()> compute) {
    Value all;
    for (Value condition : conditions)
      all = all ? code.both(all, condition) : condition;
    auto branch = scf::IfOp::create(code.b, code.loc, TypeRange(ValueRange(totals)), all, true, true);
    OpBuilder::InsertionGuard guard(code.b);
    code.b.setInsertionPointToStart(branch.thenBlock());
    scf::YieldOp::create(code.b, code.loc, compute());
    code.b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(code.b, code.loc, totals);
    return Values(branch.getResults());
  }
  void inside(Values &conditions, Value i, Value size) {
    // One unsigned comparison takes care of both ends.
    conditions.push_back(arith::CmpIOp::create(code.b, code.loc, arith::CmpIPredicate::ult, i, size));
  }

  Values accumulate(ArrayRef<Value> index) {
    switch (p.op.getForm()) {
    case sym::ContractForm::matmul:
      return matmul(index);
    case sym::ContractForm::conv2d:
      return conv2d(index);
    case sym::ContractForm::conv2d_input:
      return conv2dInput(index);
    case sym::ContractForm::conv2d_filter:
      return conv2dFilter(index);
    }
    llvm_unreachable("all forms are listed");
  }

  /// Of a depthwise convolution each lane has a channel of its own.
  Values image(ArrayRef<Value> index) { return way == Way::Lanewise ? lanes(p.a, index) : element(p.a, index); }

  Values matmul(ArrayRef<Value> index) {
    bool ta = p.op.getTransposeA(), tb = p.op.getTransposeB();
    unsigned rank = p.a.dims.size();
    auto full = [&](const Buffer &buffer, Value row, Value column) {
      Values full;
      for (unsigned i = 0, e = buffer.dims.size() - 2; i < e; ++i)
        full.push_back(isOne(buffer.dims[i]) ? code.c(0) : index[index.size() - 2 - e + i]);
      full.push_back(row);
      full.push_back(column);
      return full;
    };
    Value m = index[index.size() - 2], n = index.back();
    return sum({p.a.sizes[ta ? rank - 2 : rank - 1]}, [&](ArrayRef<Value> k, ArrayRef<Value> totals) {
      Values x = element(p.a, ta ? full(p.a, k[0], m) : full(p.a, m, k[0]));
      return multiplyAdd(x, lanes(p.b, tb ? full(p.b, n, k[0]) : full(p.b, k[0], n)), totals);
    });
  }

  Value tap(Value out, unsigned axis, Value k) {
    Value at = code.add(code.mul(out, stride[axis]), code.mul(k, dilation[axis]));
    return code.sub(at, axis ? left : top);
  }

  Values conv2d(ArrayRef<Value> index) {
    Value perGroup = code.div(p.result().sizes[3], groups), channels = p.b.sizes[2];
    Value first = code.mul(code.div(index[3], perGroup), channels);
    return sum({p.b.sizes[0], p.b.sizes[1], channels}, [&](ArrayRef<Value> at, ArrayRef<Value> totals) {
      Value y = tap(index[1], 0, at[0]), x = tap(index[2], 1, at[1]);
      Values conditions;
      inside(conditions, y, p.a.sizes[1]);
      inside(conditions, x, p.a.sizes[2]);
      return guarded(conditions, totals, [&] {
        Values s = image({index[0], y, x, code.add(first, at[2])});
        return multiplyAdd(s, lanes(p.b, {at[0], at[1], at[2], index[3]}), totals);
      });
    });
  }

  /// Where in the cotangent the tap `k` of an image position comes from.
  Value source(Values &conditions, Value position, unsigned axis, Value k) {
    Value at = code.sub(code.add(position, axis ? left : top), code.mul(k, dilation[axis]));
    Value zero = code.c(0), step = code.c(stride[axis]);
    conditions.push_back(arith::CmpIOp::create(code.b, code.loc, arith::CmpIPredicate::sge, at, zero));
    if (stride[axis] != 1) {
      Value rest = arith::RemUIOp::create(code.b, code.loc, at, step);
      conditions.push_back(arith::CmpIOp::create(code.b, code.loc, arith::CmpIPredicate::eq, rest, zero));
    }
    Value out = code.div(at, step);
    inside(conditions, out, p.a.sizes[1 + axis]);
    return out;
  }

  Values conv2dInput(ArrayRef<Value> index) {
    Value channels = p.b.sizes[2], filters = code.div(p.b.sizes[3], groups);
    Value group = code.div(index[3], channels), channel = code.rem(index[3], channels);
    Value first = code.mul(group, filters);
    Value step = code.c(way == Way::Dots ? p.lanes : 1),
          trips = code.div(code.add(filters, code.sub(step, code.c(1))), step);
    return sum({p.b.sizes[0], p.b.sizes[1], trips}, [&](ArrayRef<Value> at, ArrayRef<Value> totals) {
      Values conditions;
      Value y = source(conditions, index[1], 0, at[0]), x = source(conditions, index[2], 1, at[1]);
      return guarded(conditions, totals, [&] {
        Value part = code.mul(at[2], step), f = code.add(first, part);
        if (way == Way::Dots)
          masks = masksFor(code.sub(filters, part), is(code.rem(filters, p.lanes), 0));
        return multiplyAdd(lanes(p.a, {index[0], y, x, f}), lanes(p.b, {at[0], at[1], channel, f}), totals);
      });
    });
  }

  Values conv2dFilter(ArrayRef<Value> index) {
    Value perGroup = code.div(p.result().sizes[3], groups);
    Value channel = code.add(code.mul(code.div(index[3], perGroup), p.result().sizes[2]), index[2]);
    return sum({p.b.sizes[0], p.b.sizes[1], p.b.sizes[2]}, [&](ArrayRef<Value> at, ArrayRef<Value> totals) {
      Value y = tap(at[1], 0, index[0]), x = tap(at[2], 1, index[1]);
      Values conditions;
      inside(conditions, y, p.a.sizes[1]);
      inside(conditions, x, p.a.sizes[2]);
      return guarded(conditions, totals, [&] {
        return multiplyAdd(image({at[0], y, x, channel}), lanes(p.b, {at[0], at[1], at[2], index[3]}), totals);
      });
    });
  }

  Problem &p;
  Code &code;
  Epilogue epilogue;
  int64_t stride[2] = {1, 1}, dilation[2] = {1, 1}, groups = 1;
  Value top, left;
  Way way = Way::Scalar;
  Value laneCount; // lanes that share a group: blocks end there
  unsigned vectors = 1;
  Values masks; // of the block at hand, one a vector
};
} // namespace

Schedule symc::contraction::emitLoops(Problem &problem) { return LoopNest(problem).emit(); }
