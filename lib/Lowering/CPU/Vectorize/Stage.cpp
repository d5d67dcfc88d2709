//===- Stage.cpp - The loops of a kernel, as Vectorize sees them ----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Vectorize/Stage.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace symc;
using namespace symc::vectorize;

int64_t symc::vectorize::estimateSize(AffineExpr expr) {
  unsigned symbols = 0;
  for (unsigned symbol : symbolsIn(expr))
    symbols = std::max(symbols, symbol + 1);
  return std::max<int64_t>(1, evaluate(expr, SmallVector<int64_t>(symbols, 128)).value_or(int64_t(1) << 32));
}

void Stage::forEachAccess(function_ref<void(Access &)> visit) {
  for (Access &access : ins)
    visit(access);
  for (Access &access : outs)
    visit(access);
  for (auto &[op, access] : loads)
    visit(access);
}

bool Stage::isOneLoop(const LinearForm &form, unsigned loop) const {
  return form.coefs[loop] == canonical(form.coefs[loop + 1] * sizes[loop + 1]);
}

void Stage::permute(ArrayRef<unsigned> order) {
  auto apply = [&](auto &list) {
    auto old = list;
    for (auto [to, from] : llvm::enumerate(order))
      list[to] = old[from];
  };
  apply(sizes);
  apply(reduced);
  forEachAccess([&](Access &access) {
    if (access.form)
      apply(access.form->coefs);
  });
  if (bounded >= 0)
    apply(bound.coefs);
  auto follow = [&](int &loop) {
    if (loop >= 0)
      loop = llvm::find(order, static_cast<unsigned>(loop)) - order.begin();
  };
  llvm::for_each(loopOf, follow);
  follow(lane);
  follow(bounded);
}

//===----------------------------------------------------------------------===//
// Positions in memory
//===----------------------------------------------------------------------===//

/// The most lanes that vectors have: those of 4-byte elements.
static unsigned lanesOf(const Isa &isa) { return isa.vectorBytes / 4; }

namespace {
/// Reads index arithmetic back into linear forms over the dimensions of a generic.
struct FormReader {
  unsigned rank;
  MLIRContext *context;
  DenseMap<Value, std::optional<LinearForm>> known;
  std::optional<LinearForm> row; // is below its bound in all iterations

  LinearForm constant(AffineExpr base) const {
    return {base, SmallVector<AffineExpr, 4>(rank, constantDim(context, 0))};
  }
  static bool isUniform(const LinearForm &form) {
    return llvm::all_of(form.coefs, [](AffineExpr c) { return constantValue(c) == 0; });
  }
  static LinearForm add(LinearForm x, const LinearForm &y, int64_t sign) {
    x.base = canonical(x.base + y.base * sign);
    for (auto [a, b] : llvm::zip_equal(x.coefs, y.coefs))
      a = canonical(a + b * sign);
    return x;
  }
  static LinearForm scale(LinearForm x, AffineExpr factor) {
    x.base = canonical(x.base * factor);
    for (AffineExpr &c : x.coefs)
      c = canonical(c * factor);
    return x;
  }

  std::optional<LinearForm> read(Value value) {
    auto it = known.find(value);
    if (it != known.end())
      return it->second;
    std::optional<LinearForm> form = compute(value);
    known[value] = form;
    return form;
  }

  std::optional<LinearForm> compute(Value value) {
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
      if (!function)
        return std::nullopt;
      auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), kDimAttr);
      return name ? std::optional(constant(symbolDim(context, name))) : std::nullopt;
    }
    Operation *op = value.getDefiningOp();
    if (auto index = dyn_cast<linalg::IndexOp>(op)) {
      LinearForm form = constant(constantDim(context, 0));
      form.coefs[index.getDim()] = constantDim(context, 1);
      return form;
    }
    IntegerAttr number;
    if (matchPattern(value, m_Constant(&number)))
      return constant(constantDim(context, number.getInt()));
    if (op->getNumOperands() != 2 || !isa<arith::ArithDialect>(op->getDialect()))
      return std::nullopt;
    std::optional<LinearForm> x = read(op->getOperand(0)), y = read(op->getOperand(1));
    if (!x || !y)
      return std::nullopt;
    if (isa<arith::MinUIOp, arith::MinSIOp>(op) && row && (*x == *row || *y == *row))
      return row;
    if (isa<arith::AddIOp>(op))
      return add(*x, *y, 1);
    if (isa<arith::SubIOp>(op))
      return add(*x, *y, -1);
    if (isa<arith::MulIOp>(op) && isUniform(*y))
      return scale(*x, y->base);
    if (isa<arith::MulIOp>(op) && isUniform(*x))
      return scale(*y, x->base);
    if (isa<arith::FloorDivSIOp, arith::DivUIOp>(op) && isUniform(*x) && isUniform(*y))
      return constant(canonical(x->base.floorDiv(y->base)));
    if (isa<arith::CeilDivSIOp>(op) && isUniform(*x) && isUniform(*y))
      return constant(canonical(x->base.ceilDiv(y->base)));
    return std::nullopt;
  }

  /// The row-major position of `index` in a buffer of these sizes.
  template <class Range> std::optional<LinearForm> position(ArrayRef<AffineExpr> sizes, Range index) {
    LinearForm result = constant(constantDim(context, 0));
    for (auto [size, i] : llvm::zip_equal(sizes, index)) {
      if (!i)
        return std::nullopt;
      result = add(scale(result, size), *i, 1);
    }
    return result;
  }
};

/// Parts of equal size, of which the last ones have fewer rows or none, compute with every row and select the result
/// by whether it counts. Here the loop over the rows ends in time instead.
void readBound(Stage &stage, FormReader &reader) {
  Value condition;
  unsigned first = stage.ins.size();
  for (auto [i, result] : llvm::enumerate(stage.results)) {
    auto select = result.getDefiningOp<arith::SelectOp>();
    if (!select || select.getFalseValue() != stage.body()->getArgument(first + i) ||
        (condition && select.getCondition() != condition))
      return;
    condition = select.getCondition();
  }
  auto compare = condition ? condition.getDefiningOp<arith::CmpIOp>() : arith::CmpIOp();
  if (!compare || compare.getPredicate() != arith::CmpIPredicate::ult)
    return;
  std::optional<LinearForm> row = reader.read(compare.getLhs()), end = reader.read(compare.getRhs());
  if (!row || !end || !FormReader::isUniform(*end))
    return;
  for (auto [loop, coef] : llvm::enumerate(row->coefs)) {
    if (constantValue(coef) == 0 || !stage.reduced[loop])
      continue;
    if (stage.bounded >= 0 || !isOne(coef)) {
      stage.bounded = -1;
      return;
    }
    stage.bounded = loop;
  }
  if (stage.bounded < 0)
    return;
  stage.bound = FormReader::add(*end, *row, -1);
  stage.bound.coefs[stage.bounded] = constantDim(stage.generic.getContext(), 0);
  reader.known.clear();
  reader.row = row;
  for (Value &result : stage.results)
    result = result.getDefiningOp<arith::SelectOp>().getTrueValue();
}

/// Makes the stage of a generic, loops as they stand.
Stage readStage(linalg::GenericOp generic) {
  Stage stage;
  stage.generic = generic;
  llvm::append_range(stage.sizes, generic->getAttrOfType<sym::DimsAttr>(kDomainAttr).getExprs());
  for (utils::IteratorType iterator : generic.getIteratorTypesArray())
    stage.reduced.push_back(iterator == utils::IteratorType::reduction);
  for (unsigned i = 0; i < stage.sizes.size(); ++i)
    stage.loopOf.push_back(i);
  FormReader reader;
  reader.rank = stage.sizes.size();
  reader.context = generic.getContext();
  auto byMap = [&](Value buffer, AffineMap map) {
    auto argument = dyn_cast<BlockArgument>(buffer);
    if (!argument)
      return Access();
    SmallVector<std::optional<LinearForm>> index;
    for (AffineExpr expr : map.getResults()) {
      LinearForm form = reader.constant(constantDim(generic.getContext(), 0));
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        form.coefs[dim.getPosition()] = constantDim(generic.getContext(), 1);
      else
        form.base = expr;
      index.push_back(form);
    }
    return Access{argument, reader.position(dimsOfArgument(argument), index)};
  };
  SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
  for (OpOperand &operand : generic->getOpOperands())
    (generic.isDpsInput(&operand) ? stage.ins : stage.outs)
        .emplace_back(byMap(operand.get(), maps[operand.getOperandNumber()]));

  llvm::append_range(stage.results, stage.body()->getTerminator()->getOperands());
  if (generic->hasAttr(kNeutralAttr))
    readBound(stage, reader);

  // What the results are made of; the index arithmetic of a linear load is not.
  DenseSet<Operation *> needed;
  SmallVector<Operation *> work;
  for (Value result : stage.results)
    if (Operation *producer = result.getDefiningOp())
      work.push_back(producer);
  for (Operation &op : *stage.body())
    if (isa<kernel::CheckOp>(op))
      work.push_back(&op);
  while (!work.empty()) {
    Operation *op = work.pop_back_val();
    if (op->getBlock() != stage.body() || !needed.insert(op).second)
      continue;
    if (auto load = dyn_cast<memref::LoadOp>(op)) {
      SmallVector<std::optional<LinearForm>> index;
      for (Value i : load.getIndices())
        index.push_back(reader.read(i));
      auto argument = cast<BlockArgument>(load.getMemRef());
      Access access{argument, reader.position(dimsOfArgument(argument), index)};
      stage.loads[op] = access;
      if (access.form)
        continue;
    }
    for (Value operand : op->getOperands())
      if (Operation *producer = operand.getDefiningOp())
        work.push_back(producer);
  }
  for (Operation &op : stage.body()->without_terminator())
    if (needed.contains(&op))
      stage.live.push_back(&op);
  if (auto neutral = generic->getAttrOfType<ArrayAttr>(kNeutralAttr))
    for (Attribute value : neutral)
      stage.neutral.push_back(cast<TypedAttr>(value));
  return stage;
}

//===----------------------------------------------------------------------===//
// Combiners
//===----------------------------------------------------------------------===//

/// Whether a reduction's results come from its accumulators and one input each, and by which ops.
void findCombiners(Stage &stage) {
  unsigned first = stage.ins.size(), count = stage.outs.size();
  auto numberOf = [&](Value value) -> int {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument && argument.getOwner() == stage.body() && argument.getArgNumber() >= first
               ? static_cast<int>(argument.getArgNumber() - first)
               : -1;
  };
  // The accumulators that each value of the body depends on.
  DenseMap<Value, llvm::SmallBitVector> depends;
  auto dependsOn = [&](Value value) {
    auto it = depends.find(value);
    return it == depends.end() ? llvm::SmallBitVector(count) : it->second;
  };
  for (unsigned i = 0; i < count; ++i) {
    llvm::SmallBitVector self(count);
    self.set(i);
    depends[stage.body()->getArgument(first + i)] = self;
  }
  for (Operation *op : stage.live) {
    llvm::SmallBitVector all(count);
    for (Value operand : op->getOperands())
      all |= dependsOn(operand);
    if (all.any())
      for (Value result : op->getResults())
        depends[result] = all;
  }
  SmallVector<Value> results = stage.results;
  SmallVector<Value> guards(count);
  for (unsigned i = 0; i < count; ++i)
    if (auto select = results[i].getDefiningOp<arith::SelectOp>())
      if (numberOf(select.getFalseValue()) == static_cast<int>(i) && dependsOn(select.getCondition()).none()) {
        guards[i] = select.getCondition();
        results[i] = select.getTrueValue();
      }
  // Accumulators that occur in each other's results form one combiner.
  SmallVector<unsigned> group(count);
  for (unsigned i = 0; i < count; ++i)
    group[i] = i;
  for (unsigned i = 0; i < count; ++i) {
    llvm::SmallBitVector others = dependsOn(results[i]); // outlives the loop over its bits
    for (unsigned j : others.set_bits()) {
      unsigned from = group[i], to = group[j];
      for (unsigned &g : group)
        if (g == from)
          g = to;
    }
  }
  for (unsigned leader = 0; leader < count; ++leader) {
    Combiner combiner;
    for (unsigned i = 0; i < count; ++i)
      if (group[i] == leader)
        combiner.outs.push_back(i);
    if (combiner.outs.empty())
      continue;
    combiner.guard = guards[combiner.outs.front()];
    bool fits = true;
    for (unsigned i : combiner.outs) {
      combiner.results.push_back(results[i]);
      fits &= guards[i] == combiner.guard;
    }
    if (!fits) {
      combiner.guard = {};
      for (auto [slot, i] : llvm::enumerate(combiner.outs))
        combiner.results[slot] = stage.results[i];
    }
    // Ops between the accumulators and the results.
    llvm::SetVector<Operation *> inside;
    SmallVector<Value> work(combiner.results);
    while (!work.empty()) {
      Operation *op = work.pop_back_val().getDefiningOp();
      if (!op || op->getBlock() != stage.body() || !inside.insert(op))
        continue;
      for (Value operand : op->getOperands())
        if (dependsOn(operand).any())
          work.push_back(operand);
    }
    auto inputsOf = [&] {
      llvm::SetVector<Value> inputs, constants;
      for (Operation *op : inside)
        for (Value operand : op->getOperands())
          if (numberOf(operand) < 0 && !(operand.getDefiningOp() && inside.contains(operand.getDefiningOp())))
            (matchPattern(operand, m_Constant()) ? constants : inputs).insert(operand);
      // All elements may be one constant; others belong to the combiner.
      for (unsigned out : combiner.outs) {
        Type type = stage.body()->getArgument(first + out).getType();
        auto fits = [&](Value v) { return v.getType() == type; };
        if (llvm::none_of(inputs, fits) && llvm::count_if(constants, fits) == 1)
          inputs.insert(*llvm::find_if(constants, fits));
      }
      return inputs;
    };
    // Input i is the one of accumulator i's type; types tell them apart.
    auto matches = [&](const llvm::SetVector<Value> &inputs) {
      if (inputs.size() != combiner.outs.size())
        return false;
      combiner.inputs.clear();
      for (unsigned out : combiner.outs) {
        Type type = stage.body()->getArgument(first + out).getType();
        if (llvm::count_if(inputs, [&](Value v) { return v.getType() == type; }) != 1)
          return false;
        combiner.inputs.push_back(*llvm::find_if(inputs, [&](Value v) { return v.getType() == type; }));
      }
      return true;
    };
    for (unsigned attempt = 0; attempt < 8 && fits && !combiner.known; ++attempt) {
      llvm::SetVector<Value> inputs = inputsOf();
      combiner.known = matches(inputs);
      if (combiner.known)
        break;
      // Something computed from the inputs alone (whether one is NaN) is part of the combiner as well.
      Operation *derived = nullptr;
      for (Value input : inputs)
        if (Operation *op = input.getDefiningOp())
          if (op->getBlock() == stage.body() && !isa<memref::LoadOp, linalg::IndexOp>(op) &&
              llvm::none_of(combiner.outs, [&](unsigned out) {
                return stage.body()->getArgument(first + out).getType() == input.getType();
              }))
            derived = op;
      if (!derived)
        break;
      inside.insert(derived);
    }
    // Results that are accumulators or inputs themselves need no op; anything else has to come from inside.
    for (Value result : combiner.results)
      combiner.known &= numberOf(result) >= 0 || llvm::is_contained(combiner.inputs, result) ||
                        (result.getDefiningOp() && inside.contains(result.getDefiningOp()));
    for (Operation *op : stage.live)
      if (inside.contains(op))
        combiner.ops.push_back(op);
    stage.combiners.push_back(std::move(combiner));
  }
}

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

constexpr unsigned kTurns = 4; // hide an addition's latency

/// Takes reduced axes from `axis` on, backwards, for the row: until it is long enough that it does not matter how many
/// lanes its last step has, or all of them.
void findRow(Stage &stage, unsigned axis, unsigned lanes) {
  stage.order.lanes = lanes;
  stage.order.rowLoops = 0;
  int64_t row = 1;
  for (int i = axis; i >= 0 && (stage.reduced[i] || isOne(stage.sizes[i])); --i) {
    if (isOne(stage.sizes[i]))
      continue;
    ++stage.order.rowLoops;
    std::optional<int64_t> size = constantValue(stage.sizes[i]);
    if (!size || *size >= 8 * lanes || (row *= *size) >= 8 * lanes || row % lanes == 0)
      return;
  }
}

/// Decides on the order of a reduction; its loops are the axes still.
void findOrder(Stage &stage, const Isa &isa) {
  // What cannot be put together is exact: the position of an extreme of integers.
  if (llvm::any_of(stage.combiners, [](const Combiner &c) { return !c.known; }))
    return;
  unsigned lanes = lanesOf(isa);
  int64_t kept = 1; // elements, saturated
  for (unsigned axis = stage.sizes.size(); axis-- > 0;) {
    if (isOne(stage.sizes[axis]))
      continue;
    if (stage.reduced[axis]) {
      // Few columns leave the adders idle.
      stage.order.turns = kept < 2 * lanes ? kTurns : 1;
      if (kept == 1)
        findRow(stage, axis, lanes);
      return;
    }
    kept = std::min<int64_t>(kept * std::min<int64_t>(constantValue(stage.sizes[axis]).value_or(1 << 20), 1 << 20),
                             1 << 20);
  }
}

/// Whether few enough elements are reduced to be written out, so that lanes can run along another loop.
bool canLayOut(const Stage &stage) {
  constexpr double kMostElements = 64, kMostOps = 512;
  double elements = 1, ops = 0;
  for (auto [size, reduced] : llvm::zip_equal(stage.sizes, stage.reduced))
    if (reduced)
      elements *= constantValue(size).value_or(1 << 20);
  for (Operation *op : stage.live)
    ops += isFunction(op) ? kFunctionOps : 1;
  return stage.bounded < 0 && elements <= kMostElements && elements * ops <= kMostOps;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// Dimensions whose index is a value in the body.
llvm::SmallBitVector usedIndices(Stage &stage) {
  llvm::SmallBitVector used(stage.loopOf.size());
  for (Operation *op : stage.live)
    if (auto index = dyn_cast<linalg::IndexOp>(op))
      used.set(index.getDim());
  return used;
}

void eraseLoop(Stage &stage, unsigned loop) {
  stage.sizes.erase(stage.sizes.begin() + loop);
  stage.reduced.erase(stage.reduced.begin() + loop);
  stage.forEachAccess([&](Access &access) {
    if (access.form)
      access.form->coefs.erase(access.form->coefs.begin() + loop);
  });
  if (stage.bounded >= 0)
    stage.bound.coefs.erase(stage.bound.coefs.begin() + loop);
  stage.bounded -= stage.bounded > static_cast<int>(loop);
  for (int &l : stage.loopOf)
    l = l == static_cast<int>(loop) ? -1 : l - (l > static_cast<int>(loop));
}

/// Whether loops `loop` and `loop + 1` are one to all accesses, and to the order of the reduction.
bool canMerge(Stage &stage, unsigned loop) {
  if (stage.reduced[loop] != stage.reduced[loop + 1] || stage.bounded == static_cast<int>(loop + 1))
    return false;
  if (stage.reduced[loop] && stage.order.alongLanes() && loop + 1 == stage.firstOfRow() &&
      (stage.order.rowLoops > 1 || constantValue(stage.sizes[loop + 1]).value_or(1) % stage.order.lanes != 0))
    return false;
  llvm::SmallBitVector used = usedIndices(stage);
  for (unsigned dim : used.set_bits())
    if (stage.loopOf[dim] == static_cast<int>(loop) || stage.loopOf[dim] == static_cast<int>(loop + 1))
      return false;
  bool fits = true;
  if (stage.bounded >= 0)
    fits = stage.isOneLoop(stage.bound, loop);
  stage.forEachAccess([&](Access &access) {
    if (access.form)
      fits &= stage.isOneLoop(*access.form, loop);
  });
  return fits;
}

void merge(Stage &stage, unsigned loop) {
  AffineExpr inner = stage.sizes[loop + 1];
  stage.sizes[loop + 1] = canonical(stage.sizes[loop] * inner);
  if (stage.bounded == static_cast<int>(loop)) {
    stage.bound = FormReader::scale(stage.bound, inner);
    stage.bounded = loop + 1;
  }
  if (stage.order.alongLanes() && loop >= stage.firstOfRow())
    --stage.order.rowLoops;
  eraseLoop(stage, loop);
}

SmallVector<AffineExpr> parallelSizes(const Stage &stage) {
  SmallVector<AffineExpr> sizes;
  for (auto [size, reduced] : llvm::zip_equal(stage.sizes, stage.reduced))
    if (!reduced)
      sizes.push_back(size);
  return sizes;
}

void parallelFirst(Stage &stage, unsigned from) {
  SmallVector<unsigned> order;
  for (unsigned i = 0; i < stage.sizes.size(); ++i)
    order.push_back(i);
  llvm::stable_sort(MutableArrayRef(order).drop_front(from),
                    [&](unsigned i, unsigned j) { return !stage.reduced[i] && stage.reduced[j]; });
  stage.permute(order);
}

/// Whether all stages have the same parallel loops and hand values on only along them, so that they can share them.
bool shareParallelLoops(Plan &plan) {
  SmallVector<AffineExpr> sizes = parallelSizes(plan.stages.front());
  for (Stage &stage : plan.stages) {
    if (parallelSizes(stage) != sizes)
      return false;
    parallelFirst(stage, 0);
  }
  DenseMap<Value, LinearForm> forms;
  for (Stage &stage : plan.stages) {
    bool fits = true;
    auto restrict = [&](LinearForm form) {
      for (unsigned i = sizes.size(); i < form.coefs.size(); ++i)
        fits &= constantValue(form.coefs[i]) == 0;
      form.coefs.resize(sizes.size());
      return form;
    };
    stage.forEachAccess([&](Access &access) {
      auto it = forms.find(access.buffer);
      if (it != forms.end())
        fits &= access.form &&restrict(*access.form) == it->second;
    });
    for (Access &out : stage.outs)
      if (out.form && plan.stages.size() > 1)
        forms[out.buffer] = restrict(*out.form);
    if (!fits)
      return false;
  }
  return true;
}

/// A stage that sets buffers to constants only.
bool isFill(Stage &stage) {
  return llvm::all_of(stage.results, [](Value v) { return matchPattern(v, m_Constant()); });
}

/// A reduction starts from its neutral element by itself, so fills of its accumulators go.
void dropFills(Plan &plan) {
  std::vector<Stage> kept;
  for (size_t i = 0; i < plan.stages.size(); ++i) {
    DenseSet<Value> filled;
    for (Access &out : plan.stages[i].outs)
      filled.insert(out.buffer);
    bool useful = !isFill(plan.stages[i]);
    for (size_t j = i + 1; j < plan.stages.size() && !useful && !filled.empty(); ++j) {
      plan.stages[j].forEachAccess([&](Access &access) {
        bool isOut = llvm::any_of(plan.stages[j].outs, [&](Access &out) { return &out == &access; });
        useful |= filled.contains(access.buffer) && !(isOut && plan.stages[j].reduces());
      });
      for (Access &out : plan.stages[j].outs)
        filled.erase(out.buffer);
    }
    if (useful || !filled.empty())
      kept.push_back(std::move(plan.stages[i]));
  }
  plan.stages = std::move(kept);
}

void simplifyLoops(Plan &plan) {
  // Outer loops of one iteration, then inner ones.
  for (unsigned loop = plan.outer; loop-- > 0;)
    if (isOne(plan.stages.front().sizes[loop])) {
      for (Stage &stage : plan.stages)
        eraseLoop(stage, loop);
      --plan.outer;
    }
  for (Stage &stage : plan.stages)
    for (unsigned loop = stage.sizes.size(); loop-- > plan.outer;)
      if (isOne(stage.sizes[loop]) && stage.bounded != static_cast<int>(loop))
        eraseLoop(stage, loop);
  if (plan.stages.size() == 1) {
    parallelFirst(plan.stages.front(), plan.outer);
    plan.outer = parallelSizes(plan.stages.front()).size();
  } else if (plan.outer == 0 && shareParallelLoops(plan)) {
    plan.outer = parallelSizes(plan.stages.front()).size();
  } else {
    for (Stage &stage : plan.stages)
      parallelFirst(stage, plan.outer);
  }
  for (unsigned loop = plan.outer; loop-- > 1;)
    if (llvm::all_of(plan.stages, [&](Stage &stage) { return canMerge(stage, loop - 1); })) {
      for (Stage &stage : plan.stages)
        merge(stage, loop - 1);
      --plan.outer;
    }
  for (Stage &stage : plan.stages)
    for (unsigned loop = stage.sizes.size(); loop-- > plan.outer + 1;)
      if (canMerge(stage, loop - 1))
        merge(stage, loop - 1);
}

//===----------------------------------------------------------------------===//
// Lanes
//===----------------------------------------------------------------------===//

constexpr double kGatherCost = 16; // of a vector, against 1 for a plain load

/// Cost of a stage, in vector loads, when the iterations of `loop` are lanes.
double laneCost(Stage &stage, unsigned loop, unsigned outer, unsigned lanes) {
  double accesses = 0;
  stage.forEachAccess([&](Access &access) {
    if (!access.buffer)
      return;
    auto stride = access.form ? constantValue(access.form->coefs[loop]) : std::nullopt;
    accesses += stride == 1 ? 1 : stride == 0 ? 0.25 : kGatherCost;
  });
  double inner = 1, size = estimateSize(stage.sizes[loop]);
  for (unsigned i = outer; i < stage.sizes.size(); ++i)
    if (i != loop)
      inner *= estimateSize(stage.sizes[i]);
  // Vectors for one iteration of the outer loops (a fraction when the lanes are one of them).
  double vectors = loop < outer ? 1.0 / std::min<double>(size, lanes) : std::ceil(size / lanes);
  double cost = inner * vectors * (accesses + 0.5);
  if (stage.reduced[loop])
    cost += 8 * stage.outs.size();
  return cost;
}

bool canBeLanes(const Stage &stage, unsigned loop) {
  if (!stage.order.alongLanes())
    return !stage.reduced[loop];
  return stage.reduced[loop] ? loop + 1 == stage.sizes.size() : canLayOut(stage);
}

/// Whether the end of a stage's bounded loop differs between the iterations of `loop`: lanes run all to one end.
bool movesBound(const Stage &stage, unsigned loop) {
  return stage.bounded >= 0 && constantValue(stage.bound.coefs[loop]) != 0;
}

void chooseLanes(Plan &plan) {
  double best = 0;
  int bestOuter = -1;
  // Any outer loop can be the one of the lanes when nothing else is inside, which is so for a single stage.
  for (unsigned loop = plan.stages.size() == 1 || plan.outer == 0 ? 0 : plan.outer - 1; loop < plan.outer; ++loop) {
    if (llvm::any_of(plan.stages, [&](Stage &stage) { return !canBeLanes(stage, loop) || movesBound(stage, loop); }))
      continue;
    double cost = 0;
    for (Stage &stage : plan.stages)
      cost += laneCost(stage, loop, plan.outer, plan.lanes);
    if (bestOuter < 0 || cost <= best)
      best = cost, bestOuter = loop;
  }
  double inner = 0;
  bool anyInner = false;
  for (Stage &stage : plan.stages) {
    double least = -1;
    for (unsigned loop = plan.outer; loop < stage.sizes.size(); ++loop)
      if (canBeLanes(stage, loop) && !movesBound(stage, loop)) {
        double cost = laneCost(stage, loop, plan.outer, plan.lanes);
        if (least < 0 || cost <= least)
          least = cost, stage.lane = loop;
      }
    anyInner |= stage.lane >= 0;
    if (least < 0) {
      // Element by element.
      least = 1;
      for (unsigned loop = plan.outer; loop < stage.sizes.size(); ++loop)
        least *= estimateSize(stage.sizes[loop]);
    }
    inner += least;
  }
  if (bestOuter >= 0 && (!anyInner || best <= inner)) {
    plan.outerLanes = true;
    for (Stage &stage : plan.stages) {
      SmallVector<unsigned> order;
      for (unsigned i = 0; i < stage.sizes.size(); ++i)
        order.push_back(i);
      std::rotate(order.begin() + bestOuter, order.begin() + bestOuter + 1, order.begin() + plan.outer);
      stage.lane = -1;
      stage.permute(order);
      stage.lane = plan.outer - 1;
    }
    return;
  }
  // The lanes are the last of the parallel or of the reduced loops.
  for (Stage &stage : plan.stages)
    if (stage.lane >= 0) {
      SmallVector<unsigned> order;
      for (unsigned i = 0; i < stage.sizes.size(); ++i)
        order.push_back(i);
      unsigned last = stage.lane;
      while (last + 1 < stage.sizes.size() && stage.reduced[last + 1] == stage.reduced[stage.lane])
        ++last;
      std::rotate(order.begin() + stage.lane, order.begin() + stage.lane + 1, order.begin() + last + 1);
      stage.permute(order);
    }
}

unsigned lanesFor(Plan &plan, const Isa &isa) {
  bool wide = false, narrow = false;
  for (Stage &stage : plan.stages) {
    // The order counts on so many.
    narrow |= stage.order.alongLanes();
    stage.forEachAccess([&](Access &access) {
      if (!access.buffer)
        return;
      unsigned bits = cast<MemRefType>(access.buffer.getType()).getElementTypeBitWidth();
      wide |= bits == 64;
      narrow |= bits == 32;
    });
  }
  return wide && !narrow ? isa.vectorBytes / 8 : lanesOf(isa);
}
} // namespace

Plan symc::vectorize::planKernel(func::FuncOp kernel, const Isa &isa) {
  Plan plan;
  for (auto generic : kernel.getOps<linalg::GenericOp>())
    plan.stages.push_back(readStage(generic));
  plan.outer = kernel->getAttrOfType<IntegerAttr>(kOuterAttr).getInt();
  dropFills(plan);
  for (Stage &stage : plan.stages) {
    if (stage.reduces()) {
      findCombiners(stage);
      findOrder(stage, isa);
    }
    for (Access &out : stage.outs)
      plan.written.insert(out.buffer);
  }
  if (plan.stages.empty())
    return plan;
  simplifyLoops(plan);
  plan.lanes = lanesFor(plan, isa);
  chooseLanes(plan);
  return plan;
}
