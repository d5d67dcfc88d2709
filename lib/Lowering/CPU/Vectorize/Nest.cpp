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
  auto function = plan.stages.front().generic->getParentOfType<func::FuncOp>();
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
  for (Stage &stage : plan.stages) {
    findLevels(stage);
    most = std::max(most, rank(stage));
  }
  iterations.resize(most);
  if (plan.outer > 0)
    for (Stage &stage : plan.stages)
      prepare(stage, 0);
  outerLoop(0);
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

unsigned NestEmitter::levelOf(const Access &access) const {
  unsigned level = plan.written.contains(access.buffer) ? plan.outer : 0;
  for (auto [loop, coef] : llvm::enumerate(access.form->coefs))
    if (constantValue(coef) != 0)
      level = std::max<unsigned>(level, loop + 1);
  return level;
}

void NestEmitter::findLevels(Stage &stage) {
  auto valueLevel = [&](Value value) -> unsigned {
    if (Operation *op = value.getDefiningOp())
      return levels.lookup(op);
    auto argument = cast<BlockArgument>(value);
    if (argument.getOwner() != stage.body())
      return 0;
    unsigned position = argument.getArgNumber();
    return position < stage.ins.size() ? levelOf(stage.ins[position]) : rank(stage);
  };
  for (Operation *op : stage.live) {
    unsigned level = 0;
    if (auto index = dyn_cast<linalg::IndexOp>(op)) {
      level = stage.loopOf[index.getDim()] + 1;
    } else if (auto load = dyn_cast<memref::LoadOp>(op); load && stage.loads[op].form) {
      level = levelOf(stage.loads[op]);
    } else {
      for (Value operand : op->getOperands())
        if (!llvm::isa<MemRefType>(operand.getType()))
          level = std::max(level, valueLevel(operand));
      if (load && plan.written.contains(load.getMemRef()))
        level = std::max(level, plan.outer);
    }
    levels[op] = level;
  }
}

void NestEmitter::prepare(Stage &stage, unsigned level) {
  // What needs the accumulators is computed where they are at hand.
  if (stage.reduces() && level == rank(stage))
    return;
  if (instances.empty())
    prepareOne(stage, level, nullptr);
  for (Instance &instance : instances)
    prepareOne(stage, level, &instance);
}

void NestEmitter::prepareOne(Stage &stage, unsigned level, Instance *instance) {
  // The part of each address that is known here.
  stage.forEachAccess([&](Access &access) {
    if (access.form && access.buffer)
      pointer(access, level, instance);
  });
  for (auto [position, access] : llvm::enumerate(stage.ins)) {
    Value argument = stage.body()->getArgument(position);
    if (access.buffer && !argument.use_empty() && levelOf(access) == level)
      (instance ? instance->values : uniform[number(stage)])[argument] = load(stage, access, nullptr, instance);
  }
  for (Operation *op : stage.live)
    if (levels.lookup(op) == level)
      evaluateOp(stage, op, instance);
}

void NestEmitter::evaluateOp(Stage &stage, Operation *op, Instance *instance) {
  Env &env = instance ? instance->values : uniform[number(stage)];
  if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    int loop = stage.loopOf[index.getDim()];
    Value value = loop < 0 ? e.number(0) : iteration(loop, instance);
    bool counts = loop >= 0 && isLaneLoop(stage, loop) && instance && instance->lanes && !isVector(value);
    env[index] = {value, counts ? e.number(1) : Value()};
    return;
  }
  if (auto memory = dyn_cast<memref::LoadOp>(op)) {
    env[memory] = load(stage, stage.loads[op], op, instance);
    return;
  }
  if (auto test = dyn_cast<kernel::CheckOp>(op)) {
    check(stage, test, instance);
    return;
  }
  SmallVector<Lanes> results = body.evaluate(op, [&](Value v) { return lookup(stage, v, instance); });
  for (auto [result, value] : llvm::zip_equal(op->getResults(), results))
    env[result] = value;
}

Lanes NestEmitter::lookup(Stage &stage, Value value, Instance *instance) {
  if (instance) {
    auto it = instance->values.find(value);
    if (it != instance->values.end())
      return it->second;
  }
  Env &env = uniform[number(stage)];
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

static Type elementOf(const Access &access) { return cast<MemRefType>(access.buffer.getType()).getElementType(); }

/// The address but for loops that are folded.
Value NestEmitter::pointer(const Access &access, unsigned level, Instance *instance) {
  Type element = elementOf(access);
  Value at = e.address(e.shell.buffer(access.buffer), e.size(access.form->base), element);
  for (unsigned loop = 0; loop < std::min<size_t>(level, access.form->coefs.size()); ++loop)
    if (constantValue(access.form->coefs[loop]) != 0)
      if (Value i = iteration(loop, instance); !isVector(i))
        at = e.address(at, e.mul(i, e.size(access.form->coefs[loop])), element);
  return at;
}

/// Lanes along several loops: one step apart in memory when the access sees them as one.
Lanes NestEmitter::loadFolded(Stage &stage, const Access &access, Instance *instance) {
  Type element = elementOf(access);
  Value at = pointer(access, rank(stage), instance);
  unsigned first = stage.firstOfRow(), last = rank(stage) - 1;
  bool oneLoop = true;
  Lanes offset{e.number(0), {}};
  for (unsigned loop = first; loop <= last; ++loop) {
    oneLoop &= loop == last || stage.isOneLoop(*access.form, loop);
    if (constantValue(access.form->coefs[loop]) != 0)
      offset = body.add(offset, body.mul({iteration(loop, instance), {}}, {e.size(access.form->coefs[loop]), {}}));
  }
  if (offset.isUniform())
    return {e.load(access.buffer, at, element), {}};
  AffineExpr stride = access.form->coefs[last];
  if (!oneLoop)
    return {e.gather(access.buffer, at, offset.value, element, instance->mask), {}};
  at = e.address(at, e.mul(instance->position, e.size(stride)), element);
  if (constantValue(stride) == 1)
    return {e.loadVector(access.buffer, at, element, plan.lanes, instance->mask), {}};
  return {e.gather(access.buffer, at, body.vector({e.number(0), e.size(stride)}, plan.lanes), element, instance->mask),
          {}};
}

Lanes NestEmitter::load(Stage &stage, const Access &access, Operation *op, Instance *instance) {
  Type element = elementOf(access);
  bool lanes = instance && instance->lanes;
  Value mask = lanes ? instance->mask : Value();
  if (access.form && lanes && instance->position)
    return loadFolded(stage, access, instance);
  if (access.form) {
    Value at = pointer(access, rank(stage), instance);
    AffineExpr stride = lanes ? access.form->coefs[stage.lane] : AffineExpr();
    if (!lanes || constantValue(stride) == 0)
      return {e.load(access.buffer, at, element), {}};
    if (constantValue(stride) == 1)
      return {e.loadVector(access.buffer, at, element, plan.lanes, mask), {}};
    Value offsets = body.vector({e.number(0), e.size(stride)}, plan.lanes);
    return {e.gather(access.buffer, at, offsets, element, mask), {}};
  }
  Lanes offset{e.number(0), {}};
  for (auto [size, i] : llvm::zip_equal(dimsOfArgument(access.buffer), cast<memref::LoadOp>(op).getIndices()))
    offset = body.add(body.mul(offset, {e.size(size), {}}), lookup(stage, i, instance));
  Value base = e.shell.buffer(access.buffer);
  if (offset.isUniform())
    return {e.load(access.buffer, e.address(base, offset.value, element), element), {}};
  if (offset.step && e.known(offset.step) == 1)
    return {e.loadVector(access.buffer, e.address(base, offset.value, element), element, plan.lanes, mask), {}};
  return {e.gather(access.buffer, base, body.vector(offset, plan.lanes), element, mask), {}};
}

void NestEmitter::store(Stage &stage, const Access &access, const Lanes &value, Instance *instance) {
  Type element = elementOf(access);
  Value at = pointer(access, rank(stage), instance);
  bool lanes = instance && instance->lanes;
  AffineExpr stride = lanes ? access.form->coefs[stage.lane] : AffineExpr();
  if (!lanes || constantValue(stride) == 0)
    return e.store(access.buffer, at, value.isVector() ? e.extract(value.value, 0) : value.value);
  Value vector = body.vector(value, plan.lanes);
  if (constantValue(stride) == 1)
    return e.storeVector(access.buffer, at, vector, instance->mask);
  e.scatter(access.buffer, at, body.vector({e.number(0), e.size(stride)}, plan.lanes), vector, instance->mask);
  (void)element;
}

/// Writes {code, value, bound} when a lane's condition does not hold; of several lanes the first.
void NestEmitter::check(Stage &stage, kernel::CheckOp op, Instance *instance) {
  Lanes ok = lookup(stage, op.getOk(), instance), value = lookup(stage, op.getValue(), instance),
        bound = lookup(stage, op.getBound(), instance);
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
    for (Stage &stage : plan.stages)
      emitStage(stage);
    return;
  }
  AffineExpr size = plan.stages.front().sizes[loop];
  Value from = loop == 0 ? e.shell.begin() : e.number(0), to = loop == 0 ? e.shell.end() : e.size(size);
  auto inside = [&] {
    if (loop + 1 < plan.outer)
      for (Stage &stage : plan.stages)
        prepare(stage, loop + 1);
    outerLoop(loop + 1);
  };
  if (plan.outerLanes && loop + 1 == plan.outer) {
    laneLoop(loop, from, to, unrollOf([](Stage &) { return true; }, size), inside);
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

unsigned NestEmitter::unrollOf(function_ref<bool(Stage &)> counts, AffineExpr size) {
  unsigned work = 0;
  for (Stage &stage : plan.stages) {
    if (!counts(stage))
      continue;
    // Several accumulators, or elements, are code enough.
    if (!stage.reducesLanes() && stage.order.turns > 1)
      return 1;
    work += stage.outs.size() + stage.ins.size();
    for (Operation *op : stage.live)
      work += isFunction(op) ? kFunctionOps : !llvm::isa<arith::ConstantOp, linalg::IndexOp>(op);
    stage.forEachAccess([&](Access &access) {
      bool plain = access.form && (constantValue(access.form->coefs[stage.lane]) == 1 ||
                                   constantValue(access.form->coefs[stage.lane]) == 0);
      work += access.buffer && !plain ? 100 : 0;
    });
    // Loops around are longer code each time.
    work += 4 * (stage.sizes.size() - plan.outer);
  }
  unsigned unroll = work <= 12 ? 4 : work <= 30 ? 2 : 1;
  while (unroll > 1 && constantValue(size).value_or(INT64_MAX) < int64_t(unroll) * plan.lanes)
    unroll /= 2;
  return unroll;
}

void NestEmitter::emitStage(Stage &stage) {
  prepare(stage, plan.outer);
  innerLoops(stage, plan.outer);
}

void NestEmitter::innerLoops(Stage &stage, unsigned loop) {
  if (stage.reduces() && (loop == rank(stage) || stage.reduced[loop]))
    return reduce(stage, loop);
  if (loop == rank(stage)) {
    // Everything is read before anything is written: an output may be an input's memory.
    auto write = [&](Instance *instance) {
      for (auto [access, value] : llvm::zip_equal(stage.outs, stage.results))
        store(stage, access, lookup(stage, value, instance), instance);
    };
    if (instances.empty())
      write(nullptr);
    for (Instance &instance : instances)
      write(&instance);
    return;
  }
  auto inside = [&] {
    prepare(stage, loop + 1);
    innerLoops(stage, loop + 1);
  };
  Value zero = e.number(0), size = e.size(stage.sizes[loop]);
  if (isLaneLoop(stage, loop)) {
    laneLoop(loop, zero, size, unrollOf([&](Stage &s) { return &s == &stage; }, stage.sizes[loop]), inside);
    return;
  }
  e.loop(zero, size, 1, {}, [&](Value iv, ValueRange) {
    iterations[loop] = iv;
    inside();
    return SmallVector<Value>{};
  });
}
