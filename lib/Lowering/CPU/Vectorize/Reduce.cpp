//===- Reduce.cpp - Loops that reduce -------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Accumulators live in registers, in the order of their turns: a step goes to the first, which
// then is the last. Loops carry them so, one step or several at a time as the code is short;
// the order of the reduction (Stage.h) does not depend on that.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Vectorize/Nest.h"

using namespace mlir;
using namespace symc;
using namespace symc::vectorize;

NestEmitter::Accumulators NestEmitter::neutralOf(Stage &stage, bool vectors) {
  Accumulators neutral;
  for (TypedAttr value : stage.neutral) {
    if (auto integer = dyn_cast<IntegerAttr>(value))
      value = IntegerAttr::get(registerType(value.getType()), integer.getValue());
    Value scalar = e.constant(value);
    neutral.push_back({vectors ? e.splat(scalar, plan.lanes) : scalar, {}});
  }
  return neutral;
}

void NestEmitter::reduce(Stage &stage, unsigned loop) {
  SmallVector<Accumulators> results;
  if (stage.isLaidOut()) {
    if (instances.empty())
      results.push_back(layOut(stage, loop, nullptr));
    for (Instance &instance : instances)
      results.push_back(layOut(stage, loop, &instance));
  } else {
    Accumulators neutral = neutralOf(stage, stage.reducesLanes() || (!instances.empty() && instances.front().lanes));
    unsigned turns = stage.order.turns;
    assert((turns == 1 || instances.size() <= 1) && "columns beside each other take no turns");
    results.assign(turns > 1 ? turns : std::max<size_t>(1, instances.size()), neutral);
    reduceLoops(stage, loop, results);
    if (turns > 1)
      results = {byNeighbours(stage, results, neutral)};
    if (stage.reducesLanes())
      acrossLanes(stage, results.front());
  }
  auto write = [&](Instance *instance, Accumulators &values) {
    for (auto [access, value] : llvm::zip_equal(stage.outs, values))
      store(stage, access, value, instance);
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

void NestEmitter::reduceLoops(Stage &stage, unsigned loop, SmallVector<Accumulators> &sets) {
  if (loop == rank(stage)) {
    if (instances.empty())
      accumulate(stage, nullptr, sets[0]);
    for (auto [i, instance] : llvm::enumerate(instances))
      accumulate(stage, &instance, sets[i]);
    return;
  }
  Value zero = e.number(0), size = e.size(stage.sizes[loop]);
  if (stage.bounded == static_cast<int>(loop)) {
    Value bound = e.size(stage.bound.base);
    for (auto [around, coef] : llvm::enumerate(stage.bound.coefs))
      if (constantValue(coef) != 0)
        bound = e.add(bound, e.mul(iteration(around, instances.empty() ? nullptr : &instances.front()), e.size(coef)));
    size = e.op("arith.maxsi", {e.min(size, bound), zero}, e.i64);
  }
  if (loop == stage.firstOfRow() && stage.order.turns > 1) {
    for (unsigned inner = loop + 1; inner < rank(stage); ++inner)
      size = e.mul(size, e.size(stage.sizes[inner]));
    return takeTurns(stage, loop, size, sets);
  }
  carry(zero, size, 1, sets, [&](Value iv) {
    iterations[loop] = iv;
    if (loop + 1 < rank(stage))
      prepare(stage, loop + 1);
    reduceLoops(stage, loop + 1, sets);
  });
}

/// The iterations of loops that are run as one, `loop` and all inside of it, from the position in them.
void NestEmitter::fold(Stage &stage, unsigned loop, Instance &instance) {
  instance.position = instance.loops[loop];
  Value rest = body.vector({instance.position, e.number(1)}, plan.lanes);
  for (unsigned inner = rank(stage) - 1; inner > loop; --inner) {
    Value size = e.splat(e.size(stage.sizes[inner]), plan.lanes);
    instance.loops[inner] = e.op("arith.remui", {rest, size}, rest.getType());
    rest = e.op("arith.divui", {rest, size}, rest.getType());
  }
  instance.loops[loop] = rest;
  for (unsigned level = loop + 1; level < rank(stage); ++level)
    prepareOne(stage, level, &instance);
}

/// The innermost loop of accumulators that take turns: `unroll` steps at a time, then the rest one by one.
void NestEmitter::takeTurns(Stage &stage, unsigned loop, Value size, SmallVector<Accumulators> &sets) {
  std::optional<int64_t> known = e.known(size);
  bool lanes = stage.reducesLanes();
  int64_t unit = lanes ? plan.lanes : 1;
  unsigned unroll = stage.isFolded() ? 1
                    : lanes          ? unrollOf([&](Stage &s) { return &s == &stage; }, stage.sizes[loop])
                          : (stage.live.size() <= 24 ? stage.order.turns : 1);
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
      if (stage.isFolded())
        fold(stage, loop, instance);
    }
    reduceLoops(stage, rank(stage), sets);
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
NestEmitter::Accumulators NestEmitter::layOut(Stage &stage, unsigned loop, Instance *around) {
  bool vectors = around && around->lanes;
  unsigned lanes = stage.order.lanes, turns = stage.order.turns;
  SmallVector<int64_t> sizes;
  int64_t count = 1;
  for (unsigned i = loop; i < rank(stage); ++i)
    count *= sizes.emplace_back(*constantValue(stage.sizes[i]));
  // The elements of each accumulator of each lane, by their row-major positions.
  int64_t row = 1;
  for (int64_t size : ArrayRef(sizes).take_back(stage.order.rowLoops))
    row *= size;
  int64_t steps = llvm::divideCeil(row, lanes);
  auto elements = [&](unsigned lane, unsigned turn) {
    SmallVector<int64_t> result;
    for (int64_t i = 0; i < count; ++i)
      if ((i % row) % lanes == lane && (i / row * steps + i % row / lanes) % turns == turn)
        result.push_back(i);
    return result;
  };
  Accumulators neutral = neutralOf(stage, vectors);
  if (count == 0)
    return neutral;
  auto reduceAll = [&](ArrayRef<int64_t> positions) {
    Accumulators result = neutral;
    for (const int64_t &position : positions) {
      int64_t at = position;
      Instance instance = around ? *around : Instance();
      for (unsigned i = rank(stage); i-- > loop;) {
        instance.loops[i] = e.number(at % sizes[i - loop]);
        at /= sizes[i - loop];
      }
      for (unsigned level = loop + 1; level < rank(stage); ++level)
        prepareOne(stage, level, &instance);
      accumulate(stage, &instance, result);
      if (&position != &positions.front())
        continue;
      // The neutral element comes in at the end, once for all: this has the same bits (zeros have their signs then).
      for (Combiner &combiner : stage.combiners)
        for (auto [input, out] : llvm::zip_equal(combiner.inputs, combiner.outs))
          if (!combiner.guard) {
            Lanes first = lookup(stage, input, &instance);
            result[out] = {vectors ? body.vector(first, plan.lanes) : first.value, {}};
          }
    }
    return result;
  };
  unsigned next = count / row * steps % turns;
  auto ofLane = [&](unsigned lane) {
    SmallVector<Accumulators> sets;
    for (unsigned i = 0; i < turns; ++i)
      sets.push_back(reduceAll(elements(lane, (next + i) % turns)));
    return byNeighbours(stage, sets, neutral);
  };
  std::function<Accumulators(unsigned, unsigned)> ofLanes = [&](unsigned lane, unsigned stride) {
    if (lane >= row || stride >= lanes)
      return lane >= row ? neutral : ofLane(lane);
    Accumulators low = ofLanes(lane, 2 * stride);
    return lane + stride < row ? combine(stage, low, ofLanes(lane + stride, 2 * stride)) : low;
  };
  return combine(stage, neutral, ofLanes(0, 1));
}

void NestEmitter::accumulate(Stage &stage, Instance *instance, Accumulators &accumulators) {
  Env &env = instance ? instance->values : uniform[number(stage)];
  for (auto [i, value] : llvm::enumerate(accumulators))
    env[stage.body()->getArgument(stage.ins.size() + i)] = value;
  prepareOne(stage, rank(stage), instance);
  Value mask = stage.lane >= 0 && stage.reduced[stage.lane] && instance ? instance->mask : Value();
  Accumulators next = accumulators;
  for (Combiner &combiner : stage.combiners) {
    Value condition = mask;
    if (combiner.guard) {
      Lanes guard = lookup(stage, combiner.guard, instance);
      if (!condition)
        condition = guard.value;
      else
        condition = e.op("arith.andi", {condition, body.vector(guard, plan.lanes)}, condition.getType());
    }
    for (auto [slot, out] : llvm::enumerate(combiner.outs)) {
      Lanes result = lookup(stage, combiner.results[slot], instance);
      const Lanes &before = accumulators[out];
      Value value = before.isVector() ? body.vector(result, lanesOf(before.value)) : result.value;
      if (condition)
        value = e.select(condition, value, before.value);
      next[out] = {value, {}};
    }
  }
  accumulators = next;
}

NestEmitter::Accumulators NestEmitter::combine(Stage &stage, const Accumulators &x, const Accumulators &y) {
  Accumulators result = x;
  for (Combiner &combiner : stage.combiners) {
    Env env;
    for (auto [slot, out] : llvm::enumerate(combiner.outs)) {
      env[stage.body()->getArgument(stage.ins.size() + out)] = x[out];
      env[combiner.inputs[slot]] = y[out];
    }
    auto find = [&](Value value) -> Lanes {
      auto it = env.find(value);
      if (it != env.end())
        return it->second;
      return body.evaluate(value.getDefiningOp(), [](Value) { return Lanes(); }).front(); // a constant
    };
    for (Operation *op : combiner.ops) {
      if (env.count(op->getResult(0)))
        continue;
      SmallVector<Lanes> results = body.evaluate(op, find);
      for (auto [value, lanes] : llvm::zip_equal(op->getResults(), results))
        env[value] = lanes;
    }
    for (auto [slot, out] : llvm::enumerate(combiner.outs))
      result[out] = find(combiner.results[slot]);
  }
  return result;
}

/// ((0 + 1) + (2 + 3)); those without elements are left out, as if they were added.
NestEmitter::Accumulators NestEmitter::byNeighbours(Stage &stage, ArrayRef<Accumulators> sets,
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
                                               : combine(stage, level[i], level[i + 1]));
    level = std::move(next);
  }
  return level.front();
}

void NestEmitter::acrossLanes(Stage &stage, Accumulators &accumulators) {
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
    accumulators = combine(stage, low, high);
  }
  for (Lanes &lanes : accumulators)
    lanes = {e.extract(lanes.value, 0), {}};
}
