//===- Nest.cpp - Loops of one kernel -------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Vectorize/Nest.h"

using namespace mlir;
using namespace symc;
using namespace symc::vectorize;

void NestEmitter::run() {
  // Sizes and constants that bodies use from outside.
  auto function = plan.nests.front().op->getParentOfType<func::FuncOp>();
  MLIRContext *context = function.getContext();
  for (BlockArgument argument : function.getArguments())
    if (auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), kDimAttr))
      if (!argument.use_empty())
        outside[argument] = {e.size(symbolDim(context, name)), {}};
  for (Operation &op : function.getBody().front())
    if (llvm::isa<arith::ArithDialect>(op.getDialect())) {
      SmallVector<Lanes> results = body.evaluate(&op, [&](Value v) { return outside.lookup(v); });
      for (auto [result, value] : llvm::zip_equal(op.getResults(), results))
        outside[result] = value;
    }
  unsigned most = 0;
  for (LoopNest &nest : plan.nests) {
    findLevels(nest);
    most = std::max(most, rank(nest));
  }
  iterations.resize(most);
  if (plan.outer > 0)
    for (LoopNest &nest : plan.nests)
      prepare(nest, 0);
  outerLoop(0);
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

unsigned NestEmitter::levelOf(const PlacedAccess &access) const {
  unsigned level = plan.written.contains(access.buffer) ? plan.outer : 0;
  for (auto [loop, coef] : llvm::enumerate(access.form->coefs))
    if (constantValue(coef) != 0)
      level = std::max<unsigned>(level, loop + 1);
  return level;
}

void NestEmitter::findLevels(LoopNest &nest) {
  auto valueLevel = [&](Value value) -> unsigned {
    if (Operation *op = value.getDefiningOp())
      return levels.lookup(op);
    if (std::optional<unsigned> loop = nest.loopArgument(value))
      return nest.loopOf[*loop] + 1;
    std::optional<unsigned> read = nest.readArgument(value);
    return read ? levelOf(nest.ins[*read]) : 0;
  };
  for (Operation *op : nest.live) {
    unsigned level = 0;
    for (Value operand : op->getOperands())
      if (!llvm::isa<MemRefType>(operand.getType()))
        level = std::max(level, valueLevel(operand));
    if (auto load = dyn_cast<memref::LoadOp>(op); load && plan.written.contains(load.getMemRef()))
      level = std::max(level, plan.outer);
    levels[op] = level;
  }
}

void NestEmitter::prepare(LoopNest &nest, unsigned level) {
  // What needs the accumulators is computed where they are at hand.
  if (nest.reduces() && level == rank(nest))
    return;
  if (instances.empty())
    prepareOne(nest, level, nullptr);
  for (Instance &instance : instances)
    prepareOne(nest, level, &instance);
}

void NestEmitter::prepareOne(LoopNest &nest, unsigned level, Instance *instance) {
  // The part of each address that is known here.
  nest.forEachAccess([&](PlacedAccess &access) {
    if (access.form)
      pointer(access, level, instance);
  });
  for (auto [position, access] : llvm::enumerate(nest.ins))
    if (levelOf(access) == level)
      (instance ? instance->values : uniform[number(nest)])[nest.op.getElement(position)] =
          load(nest, access, nullptr, instance);
  for (Operation *op : nest.live)
    if (levels.lookup(op) == level)
      evaluateOp(nest, op, instance);
}

void NestEmitter::evaluateOp(LoopNest &nest, Operation *op, Instance *instance) {
  Env &env = instance ? instance->values : uniform[number(nest)];
  if (auto memory = dyn_cast<memref::LoadOp>(op)) {
    env[memory] = load(nest, nest.loads[op], op, instance);
    return;
  }
  if (auto test = dyn_cast<kernel::CheckOp>(op)) {
    check(nest, test, instance);
    return;
  }
  SmallVector<Lanes> results = body.evaluate(op, [&](Value v) { return lookup(nest, v, instance); });
  for (auto [result, value] : llvm::zip_equal(op->getResults(), results))
    env[result] = value;
}

/// The iteration of a loop of the nest.
Lanes NestEmitter::loopValue(LoopNest &nest, unsigned argument, Instance *instance) {
  int loop = nest.loopOf[argument];
  Value value = loop < 0 ? e.number(0) : iteration(loop, instance);
  bool counts = loop >= 0 && isLaneLoop(nest, loop) && instance && instance->lanes && !isVector(value);
  return {value, counts ? e.number(1) : Value()};
}

Lanes NestEmitter::lookup(LoopNest &nest, Value value, Instance *instance) {
  if (std::optional<unsigned> loop = nest.loopArgument(value))
    return loopValue(nest, *loop, instance);
  if (instance) {
    auto it = instance->values.find(value);
    if (it != instance->values.end())
      return it->second;
  }
  Env &env = uniform[number(nest)];
  auto it = env.find(value);
  return it != env.end() ? it->second : outside.lookup(value);
}

Value NestEmitter::iteration(unsigned loop, Instance *instance) const {
  if (instance) {
    auto it = instance->loops.find(loop);
    if (it != instance->loops.end())
      return it->second;
  }
  return iterations[loop];
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static Type elementOf(const PlacedAccess &access) { return cast<MemRefType>(access.buffer.getType()).getElementType(); }

/// The address but for loops that are folded.
Value NestEmitter::pointer(const PlacedAccess &access, unsigned level, Instance *instance) {
  Type element = elementOf(access);
  Value at = e.address(e.shell.buffer(access.buffer), e.size(access.form->base), element);
  for (unsigned loop = 0; loop < std::min<size_t>(level, access.form->coefs.size()); ++loop)
    if (constantValue(access.form->coefs[loop]) != 0)
      if (Value i = iteration(loop, instance); !isVector(i))
        at = e.address(at, e.mul(i, e.size(access.form->coefs[loop])), element);
  return at;
}

/// Lanes along several loops: one step apart in memory when the access sees them as one.
Lanes NestEmitter::loadFolded(LoopNest &nest, const PlacedAccess &access, Instance *instance) {
  Type element = elementOf(access);
  Value at = pointer(access, rank(nest), instance);
  unsigned first = nest.firstOfRow(), last = rank(nest) - 1;
  bool oneLoop = true;
  Lanes offset{e.number(0), {}};
  for (unsigned loop = first; loop <= last; ++loop) {
    oneLoop &= loop == last || nest.isOneLoop(*access.form, loop);
    if (constantValue(access.form->coefs[loop]) != 0)
      offset = body.add(offset, body.mul({iteration(loop, instance), {}}, {e.size(access.form->coefs[loop]), {}}));
  }
  if (offset.isUniform())
    return {e.load(access.buffer, at, element), {}};
  Dim stride = access.form->coefs[last];
  if (!oneLoop)
    return {e.gather(access.buffer, at, offset.value, element, instance->mask), {}};
  at = e.address(at, e.mul(instance->position, e.size(stride)), element);
  if (constantValue(stride) == 1)
    return {e.loadVector(access.buffer, at, element, plan.lanes, instance->mask), {}};
  return {e.gather(access.buffer, at, body.vector({e.number(0), e.size(stride)}, plan.lanes), element, instance->mask),
          {}};
}

Lanes NestEmitter::load(LoopNest &nest, const PlacedAccess &access, Operation *op, Instance *instance) {
  Type element = elementOf(access);
  bool lanes = instance && instance->lanes;
  Value mask = lanes ? instance->mask : Value();
  if (access.form && lanes && instance->position)
    return loadFolded(nest, access, instance);
  if (access.form) {
    Value at = pointer(access, rank(nest), instance);
    Dim stride = lanes ? access.form->coefs[nest.lane] : Dim();
    if (!lanes || constantValue(stride) == 0)
      return {e.load(access.buffer, at, element), {}};
    if (constantValue(stride) == 1)
      return {e.loadVector(access.buffer, at, element, plan.lanes, mask), {}};
    Value offsets = body.vector({e.number(0), e.size(stride)}, plan.lanes);
    return {e.gather(access.buffer, at, offsets, element, mask), {}};
  }
  Lanes offset{e.number(0), {}};
  for (auto [size, i] : llvm::zip_equal(dimsOfArgument(access.buffer), cast<memref::LoadOp>(op).getIndices()))
    offset = body.add(body.mul(offset, {e.size(size), {}}), lookup(nest, i, instance));
  Value base = e.shell.buffer(access.buffer);
  if (offset.isUniform())
    return {e.load(access.buffer, e.address(base, offset.value, element), element), {}};
  if (offset.step && e.known(offset.step) == 1)
    return {e.loadVector(access.buffer, e.address(base, offset.value, element), element, plan.lanes, mask), {}};
  return {e.gather(access.buffer, base, body.vector(offset, plan.lanes), element, mask), {}};
}

void NestEmitter::store(LoopNest &nest, const PlacedAccess &access, const Lanes &value, Instance *instance) {
  Type element = elementOf(access);
  Value at = pointer(access, rank(nest), instance);
  bool lanes = instance && instance->lanes;
  Dim stride = lanes ? access.form->coefs[nest.lane] : Dim();
  if (!lanes || constantValue(stride) == 0)
    return e.store(access.buffer, at, value.isVector() ? e.extract(value.value, 0) : value.value);
  Value vector = body.vector(value, plan.lanes);
  if (constantValue(stride) == 1)
    return e.storeVector(access.buffer, at, vector, instance->mask);
  e.scatter(access.buffer, at, body.vector({e.number(0), e.size(stride)}, plan.lanes), vector, instance->mask);
  (void)element;
}

/// Writes {code, value, bound} when a lane's condition does not hold; of several lanes the first.
void NestEmitter::check(LoopNest &nest, kernel::CheckOp op, Instance *instance) {
  Lanes ok = lookup(nest, op.getOk(), instance), value = lookup(nest, op.getValue(), instance),
        bound = lookup(nest, op.getBound(), instance);
  Type i1 = e.b.getI1Type();
  Value failed, lane;
  if (ok.isVector()) {
    unsigned lanes = lanesOf(ok.value);
    Value bad = e.op("arith.xori", {ok.value, e.splat(e.constant(e.b.getBoolAttr(true)), lanes)}, ok.value.getType());
    if (instance->mask)
      bad = e.op("arith.andi", {bad, instance->mask}, bad.getType());
    Type bits = e.b.getIntegerType(lanes);
    lane = e.op("llvm.bitcast", bad, bits);
    NamedAttribute differs =
        e.b.getNamedAttr("predicate", e.b.getI64IntegerAttr(static_cast<int64_t>(arith::CmpIPredicate::ne)));
    failed = e.op("arith.cmpi", {lane, e.constant(e.b.getIntegerAttr(bits, 0))}, i1, e.b.getDictionaryAttr(differs));
  } else {
    failed = e.op("arith.xori", {ok.value, e.constant(e.b.getBoolAttr(true))}, i1);
  }
  e.when(failed, [&] {
    if (lane) {
      lane = e.op("math.cttz", lane, lane.getType());
      if (lane.getType().getIntOrFloatBitWidth() < 64)
        lane = e.op("arith.extui", lane, e.i64);
    }
    Value base = e.shell.buffer(op.getBuffer());
    auto put = [&](int64_t position, const Lanes &what) {
      Value number = what.value;
      if (what.isVector() || what.step) {
        Value all = body.vector(what, plan.lanes);
        number = lane ? e.op("llvm.extractelement", {all, lane}, e.i64) : e.extract(all, 0);
      }
      e.store(op.getBuffer(), e.address(base, e.number(position), e.i64), number);
    };
    put(0, {e.number(op.getCode()), {}});
    put(1, value);
    put(2, bound);
  });
}

//===----------------------------------------------------------------------===//
// Parallel loops
//===----------------------------------------------------------------------===//

void NestEmitter::outerLoop(unsigned loop) {
  if (loop == plan.outer) {
    for (LoopNest &nest : plan.nests)
      emitNest(nest);
    return;
  }
  Dim size = plan.nests.front().sizes[loop];
  Value from = loop == 0 ? e.shell.begin() : e.number(0), to = loop == 0 ? e.shell.end() : e.size(size);
  auto inside = [&] {
    if (loop + 1 < plan.outer)
      for (LoopNest &nest : plan.nests)
        prepare(nest, loop + 1);
    outerLoop(loop + 1);
  };
  if (plan.outerLanes && loop + 1 == plan.outer) {
    laneLoop(loop, from, to, unrollOf([](LoopNest &) { return true; }, size), inside);
    return;
  }
  e.loop(from, to, 1, {}, [&](Value iv, ValueRange) {
    iterations[loop] = iv;
    inside();
    return SmallVector<Value>{};
  });
}

void NestEmitter::laneLoop(unsigned loop, Value from, Value to, unsigned unroll, function_ref<void()> inside) {
  int64_t lanes = plan.lanes, step = lanes * unroll;
  auto vectors = [&](Value iv, unsigned count, bool masked) {
    std::vector<Instance> before = std::move(instances);
    instances.clear();
    for (unsigned i = 0; i < count; ++i) {
      Instance &instance = instances.emplace_back();
      instance.loops[loop] = e.add(iv, e.number(i * lanes));
      instance.lanes = true;
      if (masked)
        instance.mask = e.firstLanes(e.sub(to, iv), lanes);
    }
    inside();
    instances = std::move(before);
  };
  auto nest = [&](Value first, Value last, int64_t by, unsigned count, bool masked) {
    e.loop(first, last, by, {}, [&](Value iv, ValueRange) {
      vectors(iv, count, masked);
      return SmallVector<Value>{};
    });
  };
  Value count = e.sub(to, from);
  std::optional<int64_t> known = e.known(count);
  bool exact = known && *known % lanes == 0;
  if (isFlat(known)) {
    for (int64_t i = 0; i < *known; i += lanes)
      vectors(e.add(from, e.number(i)), 1, i + lanes > *known);
    return;
  }
  if (keepsMasks(unroll))
    return nest(from, to, lanes, 1, !exact);
  Value rest = known ? e.number(*known % step) : e.op("arith.andi", {count, e.number(step - 1)}, e.i64);
  Value middle = e.sub(to, rest);
  nest(from, middle, step, unroll, false);
  nest(middle, to, lanes, 1, !exact);
}

unsigned NestEmitter::unrollOf(function_ref<bool(LoopNest &)> counts, Dim size) {
  unsigned work = 0;
  for (LoopNest &nest : plan.nests) {
    if (!counts(nest))
      continue;
    // Several accumulators, or elements, are code enough.
    if (!nest.reducesLanes() && nest.order.turns > 1)
      return 1;
    work += nest.outs.size() + nest.ins.size();
    nest.forEachOp([&](Operation *op) { work += isFunction(op) ? kFunctionOps : !llvm::isa<arith::ConstantOp>(op); });
    nest.forEachAccess([&](PlacedAccess &access) {
      bool plain = access.form && (constantValue(access.form->coefs[nest.lane]) == 1 ||
                                   constantValue(access.form->coefs[nest.lane]) == 0);
      work += plain ? 0 : 100;
    });
    // Loops around are longer code each time.
    work += 4 * (nest.sizes.size() - plan.outer);
  }
  unsigned unroll = work <= 12 ? 4 : work <= 30 ? 2 : 1;
  while (unroll > 1 && constantValue(size).value_or(INT64_MAX) < int64_t(unroll) * plan.lanes)
    unroll /= 2;
  return unroll;
}

void NestEmitter::emitNest(LoopNest &nest) {
  prepare(nest, plan.outer);
  innerLoops(nest, plan.outer);
}

void NestEmitter::innerLoops(LoopNest &nest, unsigned loop) {
  if (nest.reduces() && (loop == rank(nest) || nest.reduced[loop]))
    return reduce(nest, loop);
  if (loop == rank(nest)) {
    // Everything is read before anything is written: an output may be an input's memory.
    auto write = [&](Instance *instance) {
      for (auto [access, value] : llvm::zip_equal(nest.outs, nest.results))
        store(nest, access, lookup(nest, value, instance), instance);
    };
    if (instances.empty())
      write(nullptr);
    for (Instance &instance : instances)
      write(&instance);
    return;
  }
  auto inside = [&] {
    prepare(nest, loop + 1);
    innerLoops(nest, loop + 1);
  };
  Value zero = e.number(0), size = e.size(nest.sizes[loop]);
  if (isLaneLoop(nest, loop)) {
    laneLoop(loop, zero, size, unrollOf([&](LoopNest &s) { return &s == &nest; }, nest.sizes[loop]), inside);
    return;
  }
  e.loop(zero, size, 1, {}, [&](Value iv, ValueRange) {
    iterations[loop] = iv;
    inside();
    return SmallVector<Value>{};
  });
}
