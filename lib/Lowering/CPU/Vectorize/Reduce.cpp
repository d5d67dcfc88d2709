//===- Reduce.cpp - Loops that reduce -------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Accumulators live in registers, in the order of their turns: a step goes to the first, which
// then is the last. Loops carry them so, one step or several at a time as the code is short;
// the order of the reduction (LoopNest.h) does not depend on that.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Vectorize/Nest.h"

using namespace mlir;
using namespace symc;
using namespace symc::vectorize;

NestEmitter::Accumulators NestEmitter::neutralOf(LoopNest &nest, bool vectors) {
  Accumulators neutral;
  for (TypedAttr value : nest.neutral) {
    if (auto integer = dyn_cast<IntegerAttr>(value))
      value = IntegerAttr::get(registerType(value.getType()), integer.getValue());
    Value scalar = e.constant(value);
    neutral.push_back({vectors ? e.splat(scalar, plan.lanes) : scalar, {}});
  }
  return neutral;
}

void NestEmitter::reduce(LoopNest &nest, unsigned loop) {
  SmallVector<Accumulators> results;
  if (nest.isLaidOut()) {
    if (instances.empty())
      results.push_back(layOut(nest, loop, nullptr));
    for (Instance &instance : instances)
      results.push_back(layOut(nest, loop, &instance));
  } else {
    Accumulators neutral = neutralOf(nest, nest.reducesLanes() || (!instances.empty() && instances.front().lanes));
    unsigned turns = nest.order.turns;
    assert((turns == 1 || instances.size() <= 1) && "columns beside each other take no turns");
    results.assign(turns > 1 ? turns : std::max<size_t>(1, instances.size()), neutral);
    reduceLoops(nest, loop, results);
    if (turns > 1)
      results = {byNeighbours(nest, results, neutral)};
    if (nest.reducesLanes())
      acrossLanes(nest, results.front());
  }
  auto write = [&](Instance *instance, Accumulators &values) {
    for (auto [access, value] : llvm::zip_equal(nest.outs, values))
      store(nest, access, value, instance);
  };
  if (instances.empty())
    write(nullptr, results.front());
  for (auto [instance, values] : llvm::zip(instances, results))
    write(&instance, values);
}

/// A loop that carries `sets`.
void NestEmitter::carry(Value from, Value to, int64_t step, SmallVector<Accumulators> &sets,
                        function_ref<void(Value)> inside) {
  auto pack = [&](SmallVector<Accumulators> &from) {
    SmallVector<Value> values;
    for (Accumulators &set : from)
      for (Lanes &lanes : set)
        values.push_back(lanes.value);
    return values;
  };
  auto unpack = [&](ValueRange values) {
    size_t next = 0;
    for (Accumulators &set : sets)
      for (Lanes &lanes : set)
        lanes = {values[next++], {}};
  };
  unpack(e.loop(from, to, step, pack(sets), [&](Value iv, ValueRange carried) {
    unpack(carried);
    inside(iv);
    return pack(sets);
  }));
}

void NestEmitter::reduceLoops(LoopNest &nest, unsigned loop, SmallVector<Accumulators> &sets) {
  if (loop == rank(nest)) {
    if (instances.empty())
      accumulate(nest, nullptr, sets[0]);
    for (auto [i, instance] : llvm::enumerate(instances))
      accumulate(nest, &instance, sets[i]);
    return;
  }
  Value zero = e.number(0), size = e.size(nest.sizes[loop]);
  if (nest.bounded == static_cast<int>(loop)) {
    Value bound = e.size(nest.bound.base);
    for (auto [around, coef] : llvm::enumerate(nest.bound.coefs))
      if (constantValue(coef) != 0)
        bound = e.add(bound, e.mul(iteration(around, instances.empty() ? nullptr : &instances.front()), e.size(coef)));
    size = e.op("arith.maxsi", {e.min(size, bound), zero}, e.i64);
  }
  if (loop == nest.firstOfRow() && nest.order.turns > 1) {
    for (unsigned inner = loop + 1; inner < rank(nest); ++inner)
      size = e.mul(size, e.size(nest.sizes[inner]));
    return takeTurns(nest, loop, size, sets);
  }
  carry(zero, size, 1, sets, [&](Value iv) {
    iterations[loop] = iv;
    if (loop + 1 < rank(nest))
      prepare(nest, loop + 1);
    reduceLoops(nest, loop + 1, sets);
  });
}

/// The iterations of loops that are run as one, `loop` and all inside of it, from the position in them.
void NestEmitter::fold(LoopNest &nest, unsigned loop, Instance &instance) {
  instance.position = instance.loops[loop];
  Value rest = body.vector({instance.position, e.number(1)}, plan.lanes);
  for (unsigned inner = rank(nest) - 1; inner > loop; --inner) {
    Value size = e.splat(e.size(nest.sizes[inner]), plan.lanes);
    instance.loops[inner] = e.op("arith.remui", {rest, size}, rest.getType());
    rest = e.op("arith.divui", {rest, size}, rest.getType());
  }
  instance.loops[loop] = rest;
  for (unsigned level = loop + 1; level < rank(nest); ++level)
    prepareOne(nest, level, &instance);
}

/// The innermost loop of accumulators that take turns: `unroll` steps at a time, then the rest one by one.
void NestEmitter::takeTurns(LoopNest &nest, unsigned loop, Value size, SmallVector<Accumulators> &sets) {
  std::optional<int64_t> known = e.known(size);
  bool lanes = nest.reducesLanes();
  int64_t unit = lanes ? plan.lanes : 1;
  unsigned unroll = nest.isFolded() ? 1
                    : lanes         ? unrollOf([&](LoopNest &s) { return &s == &nest; }, nest.sizes[loop])
                                    : (nest.numOps() <= 24 ? nest.order.turns : 1);
  while (unroll > 1 && known.value_or(INT64_MAX) < unroll * unit)
    unroll /= 2;
  std::vector<Instance> around = std::move(instances);
  auto steps = [&](Value iv, unsigned count, bool masked) {
    instances.clear();
    for (unsigned i = 0; i < count; ++i) {
      Instance &instance = instances.emplace_back(around.empty() ? Instance() : around.front());
      instance.loops[loop] = e.add(iv, e.number(i * unit));
      instance.lanes |= lanes;
      if (lanes && masked)
        instance.mask = e.firstLanes(e.sub(size, iv), unit);
      if (nest.isFolded())
        fold(nest, loop, instance);
    }
    reduceLoops(nest, rank(nest), sets);
    std::rotate(sets.begin(), sets.begin() + count, sets.end());
  };
  if (lanes && isFlat(known)) {
    for (int64_t i = 0; i < *known; i += unit)
      steps(e.number(i), 1, i + unit > *known);
  } else {
    bool exact = unit == 1 || (known && *known % unit == 0);
    int64_t step = unit * unroll;
    Value first = e.number(0);
    if (step > 1 && !(unroll == 1 && keepsMasks(1))) {
      Value rest = known ? e.number(*known % step) : e.op("arith.andi", {size, e.number(step - 1)}, e.i64);
      Value middle = e.sub(size, rest);
      carry(first, middle, step, sets, [&](Value iv) { steps(iv, unroll, false); });
      first = middle;
    }
    carry(first, size, unit, sets, [&](Value iv) { steps(iv, 1, !exact); });
  }
  instances = std::move(around);
}

/// The reduction of a few elements, each by itself: they are put together as those in lanes would be.
NestEmitter::Accumulators NestEmitter::layOut(LoopNest &nest, unsigned loop, Instance *around) {
  bool vectors = around && around->lanes;
  unsigned lanes = nest.order.lanes, turns = nest.order.turns;
  SmallVector<int64_t> sizes;
  int64_t count = 1;
  for (unsigned i = loop; i < rank(nest); ++i)
    count *= sizes.emplace_back(*constantValue(nest.sizes[i]));
  // The elements of each accumulator of each lane, by their row-major positions.
  int64_t row = 1;
  for (int64_t size : ArrayRef(sizes).take_back(nest.order.rowLoops))
    row *= size;
  int64_t steps = llvm::divideCeil(row, lanes);
  auto elements = [&](unsigned lane, unsigned turn) {
    SmallVector<int64_t> result;
    for (int64_t i = 0; i < count; ++i)
      if ((i % row) % lanes == lane && (i / row * steps + i % row / lanes) % turns == turn)
        result.push_back(i);
    return result;
  };
  Accumulators neutral = neutralOf(nest, vectors);
  if (count == 0)
    return neutral;
  auto reduceAll = [&](ArrayRef<int64_t> positions) {
    Accumulators result = neutral;
    for (const int64_t &position : positions) {
      int64_t at = position;
      Instance instance = around ? *around : Instance();
      for (unsigned i = rank(nest); i-- > loop;) {
        instance.loops[i] = e.number(at % sizes[i - loop]);
        at /= sizes[i - loop];
      }
      for (unsigned level = loop + 1; level < rank(nest); ++level)
        prepareOne(nest, level, &instance);
      accumulate(nest, &instance, result);
      if (&position != &positions.front())
        continue;
      // The neutral element comes in at the end, once for all: this has the same bits (zeros have their signs then).
      for (auto [value, out] : llvm::zip_equal(nest.results, result)) {
        Lanes first = lookup(nest, value, &instance);
        out = {vectors ? body.vector(first, plan.lanes) : first.value, {}};
      }
    }
    return result;
  };
  unsigned next = count / row * steps % turns;
  auto ofLane = [&](unsigned lane) {
    SmallVector<Accumulators> sets;
    for (unsigned i = 0; i < turns; ++i)
      sets.push_back(reduceAll(elements(lane, (next + i) % turns)));
    return byNeighbours(nest, sets, neutral);
  };
  std::function<Accumulators(unsigned, unsigned)> ofLanes = [&](unsigned lane, unsigned stride) {
    if (lane >= row || stride >= lanes)
      return lane >= row ? neutral : ofLane(lane);
    Accumulators low = ofLanes(lane, 2 * stride);
    return lane + stride < row ? combine(nest, low, ofLanes(lane + stride, 2 * stride)) : low;
  };
  return combine(nest, neutral, ofLanes(0, 1));
}

void NestEmitter::accumulate(LoopNest &nest, Instance *instance, Accumulators &accumulators) {
  prepareOne(nest, rank(nest), instance);
  Accumulators elements;
  for (Value result : nest.results)
    elements.push_back(lookup(nest, result, instance));
  Accumulators next = combine(nest, accumulators, elements);
  Value mask = nest.reducesLanes() && instance ? instance->mask : Value();
  for (auto [before, after] : llvm::zip_equal(accumulators, next)) {
    Value value = before.isVector() ? body.vector(after, lanesOf(before.value)) : after.value;
    before = {mask ? e.select(mask, value, before.value) : value, {}};
  }
}

NestEmitter::Accumulators NestEmitter::combine(LoopNest &nest, const Accumulators &x, const Accumulators &y) {
  Accumulators result;
  for (const Combiner &combiner : nest.combiners) {
    Env env;
    for (unsigned i = 0; i < combiner.count; ++i) {
      env[combiner.body->getArgument(i)] = x[combiner.first + i];
      env[combiner.body->getArgument(combiner.count + i)] = y[combiner.first + i];
    }
    auto find = [&](Value value) { return env.lookup(value); };
    for (Operation &op : combiner.body->without_terminator()) {
      SmallVector<Lanes> results = body.evaluate(&op, find);
      for (auto [value, lanes] : llvm::zip_equal(op.getResults(), results))
        env[value] = lanes;
    }
    for (Value value : combiner.body->getTerminator()->getOperands())
      result.push_back(find(value));
  }
  return result;
}

/// ((0 + 1) + (2 + 3)); those without elements are left out, as if they were added.
NestEmitter::Accumulators NestEmitter::byNeighbours(LoopNest &nest, ArrayRef<Accumulators> sets,
                                                    const Accumulators &neutral) {
  auto isNeutral = [&](const Accumulators &set) {
    return llvm::all_of(llvm::zip_equal(set, neutral),
                        [](auto pair) { return std::get<0>(pair).value == std::get<1>(pair).value; });
  };
  SmallVector<Accumulators> level(sets);
  while (level.size() > 1) {
    SmallVector<Accumulators> next;
    for (size_t i = 0; i < level.size(); i += 2)
      next.push_back(isNeutral(level[i])       ? level[i + 1]
                     : isNeutral(level[i + 1]) ? level[i]
                                               : combine(nest, level[i], level[i + 1]));
    level = std::move(next);
  }
  return level.front();
}

void NestEmitter::acrossLanes(LoopNest &nest, Accumulators &accumulators) {
  for (unsigned half = plan.lanes / 2; half > 0; half /= 2) {
    Accumulators low, high;
    SmallVector<int32_t> first, second;
    for (unsigned i = 0; i < half; ++i) {
      first.push_back(i);
      second.push_back(half + i);
    }
    for (Lanes &lanes : accumulators) {
      low.push_back({e.shuffle(lanes.value, first), {}});
      high.push_back({e.shuffle(lanes.value, second), {}});
    }
    accumulators = combine(nest, low, high);
  }
  for (Lanes &lanes : accumulators)
    lanes = {e.extract(lanes.value, 0), {}};
}
