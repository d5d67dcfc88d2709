//===- Reduce.cpp - Loops that reduce -------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Accumulators live in registers. Where one chain of them would wait for itself, several
// take turns; they are put together in a fixed order, the lanes of each by halves.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Vectorize/Nest.h"

using namespace mlir;
using namespace symc;
using namespace symc::vectorize;

void NestEmitter::reduce(Stage &stage, unsigned loop) {
  bool lanesReduced = stage.lane >= 0 && stage.reduced[stage.lane];
  bool vectors = lanesReduced || (!instances.empty() && instances.front().lanes);
  unsigned interleaved = 1;
  bool known = llvm::all_of(stage.combiners, [](const Combiner &c) { return c.known; });
  if (loop < rank(stage) && known && instances.size() <= 1) {
    interleaved = lanesReduced ? unrollOf([&](Stage &s) { return &s == &stage; }, stage.sizes.back()) : 4;
    if (!lanesReduced)
      while (interleaved > 1 && constantValue(stage.sizes.back()).value_or(INT64_MAX) < 2 * interleaved)
        interleaved /= 2;
    if (!lanesReduced && stage.live.size() > 24)
      interleaved = 1;
  }
  Accumulators neutral;
  for (TypedAttr value : stage.neutral) {
    if (auto integer = dyn_cast<IntegerAttr>(value))
      value = IntegerAttr::get(registerType(value.getType()), integer.getValue());
    Value scalar = e.constant(value);
    neutral.push_back({vectors ? e.splat(scalar, plan.lanes) : scalar, {}});
  }
  SmallVector<Accumulators> sets(interleaved > 1 ? interleaved : std::max<size_t>(1, instances.size()), neutral);
  reduceLoops(stage, loop, sets, interleaved);
  // ((0 + 1) + (2 + 3))
  for (unsigned width = 1; width < interleaved; width *= 2)
    for (unsigned i = 0; i + width < interleaved; i += 2 * width)
      combine(stage, sets[i], sets[i + width]);
  if (lanesReduced)
    acrossLanes(stage, sets[0]);
  auto write = [&](Instance *instance, Accumulators &results) {
    for (auto [access, value] : llvm::zip_equal(stage.outs, results))
      store(stage, access, value, instance);
  };
  if (instances.empty())
    write(nullptr, sets[0]);
  for (auto [i, instance] : llvm::enumerate(instances))
    write(&instance, sets[i]);
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

void NestEmitter::reduceLoops(Stage &stage, unsigned loop, SmallVector<Accumulators> &sets, unsigned interleaved) {
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
  bool lanes = isLaneLoop(stage, loop);
  if (loop + 1 < rank(stage) || (interleaved == 1 && !lanes)) {
    carry(zero, size, 1, sets, [&](Value iv) {
      iterations[loop] = iv;
      if (loop + 1 < rank(stage))
        prepare(stage, loop + 1);
      reduceLoops(stage, loop + 1, sets, interleaved);
    });
    return;
  }
  // The innermost loop: `interleaved` accumulators take turns, the rest goes to the first.
  int64_t unit = lanes ? plan.lanes : 1, step = unit * interleaved;
  std::vector<Instance> around = std::move(instances);
  auto turn = [&](Value iv, unsigned count, bool masked) {
    instances.clear();
    for (unsigned i = 0; i < count; ++i) {
      Instance &instance = instances.emplace_back(around.empty() ? Instance() : around.front());
      instance.loops[loop] = e.add(iv, e.number(i * unit));
      instance.lanes |= lanes;
      if (masked)
        instance.mask = e.firstLanes(e.sub(size, iv), unit);
    }
    reduceLoops(stage, loop + 1, sets, interleaved);
  };
  std::optional<int64_t> known = e.known(size);
  if (lanes && isFlat(known)) {
    for (int64_t i = 0; i < *known; i += unit) {
      SmallVector<Accumulators> one = {sets[i / unit % interleaved]};
      std::swap(one, sets);
      turn(e.number(i), 1, i + unit > *known);
      std::swap(one, sets);
      sets[i / unit % interleaved] = one[0];
    }
    instances = std::move(around);
    return;
  }
  bool exact = !lanes || (known && *known % unit == 0);
  Value middle = zero;
  if (interleaved > 1 || !keepsMasks(1)) {
    Value rest = known ? e.number(*known % step) : e.op("arith.andi", {size, e.number(step - 1)}, e.i64);
    middle = e.sub(size, rest);
    carry(zero, middle, step, sets, [&](Value iv) { turn(iv, interleaved, false); });
  }
  SmallVector<Accumulators> first = {sets[0]};
  std::swap(first, sets);
  carry(middle, size, unit, sets, [&](Value iv) { turn(iv, 1, !exact); });
  std::swap(first, sets);
  sets[0] = first[0];
  instances = std::move(around);
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

void NestEmitter::combine(Stage &stage, Accumulators &x, const Accumulators &y) {
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
      SmallVector<Lanes> results = body.evaluate(op, find, /*fuse=*/false);
      for (auto [value, lanes] : llvm::zip_equal(op->getResults(), results))
        env[value] = lanes;
    }
    for (auto [slot, out] : llvm::enumerate(combiner.outs))
      result[out] = find(combiner.results[slot]);
  }
  x = result;
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
    combine(stage, low, high);
    accumulators = low;
  }
  for (Lanes &lanes : accumulators)
    lanes = {e.extract(lanes.value, 0), {}};
}
