//===- LoopNest.cpp - The loops of a kernel, as Vectorize sees them -------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Vectorize/LoopNest.h"

using namespace mlir;
using namespace symc;
using namespace symc::vectorize;

void LoopNest::forEachAccess(function_ref<void(PlacedAccess &)> visit) {
  for (PlacedAccess &access : ins)
    visit(access);
  for (PlacedAccess &access : outs)
    visit(access);
  for (auto &[op, access] : loads)
    visit(access);
}

std::optional<unsigned> LoopNest::loopArgument(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != body() || argument.getArgNumber() >= op.getNumLoops())
    return std::nullopt;
  return argument.getArgNumber();
}

std::optional<unsigned> LoopNest::readArgument(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != body() || argument.getArgNumber() < op.getNumLoops())
    return std::nullopt;
  return argument.getArgNumber() - op.getNumLoops();
}

void LoopNest::forEachOp(function_ref<void(Operation *)> visit) const {
  for (Operation *op : live)
    visit(op);
  for (const Combiner &combiner : combiners)
    for (Operation &op : combiner.body->without_terminator())
      visit(&op);
}

bool LoopNest::isOneLoop(const LoopForm &form, unsigned loop) const {
  return form.coefs[loop] == form.coefs[loop + 1] * sizes[loop + 1];
}

void LoopNest::permute(ArrayRef<unsigned> order) {
  auto apply = [&](auto &list) {
    auto old = list;
    for (auto [to, from] : llvm::enumerate(order))
      list[to] = old[from];
  };
  apply(sizes);
  apply(reduced);
  forEachAccess([&](PlacedAccess &access) {
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

/// The most lanes that vectors have: those of 4-byte elements.
static unsigned lanesOf(const Isa &isa) { return isa.vectorBytes / 4; }

namespace {
LoopForm formOf(kernel::LinearAttr linear) { return {linear.getBase(), SmallVector<Dim, 4>(linear.getCoefs())}; }

/// What a kernel.nest says, its loops as they stand.
LoopNest readNest(kernel::NestOp op) {
  LoopNest nest;
  nest.op = op;
  llvm::append_range(nest.sizes, op.getDomain().getExprs());
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
    nest.reduced.push_back(op.isReduction(loop));
    nest.loopOf.push_back(loop);
  }
  for (auto [i, buffer] : llvm::enumerate(op->getOperands()))
    (i < op.getReads().size() ? nest.ins : nest.outs).push_back({cast<BlockArgument>(buffer), formOf(op.getPlace(i))});
  llvm::append_range(nest.results, op.getYielded());
  for (Operation &part : nest.body()->without_terminator()) {
    nest.live.push_back(&part);
    if (auto load = dyn_cast<memref::LoadOp>(part))
      nest.loads[&part] = {cast<BlockArgument>(load.getMemRef()), std::nullopt};
  }
  if (kernel::BoundAttr bound = op.getBoundAttr()) {
    nest.bounded = bound.getLoop();
    nest.bound = formOf(bound.getEnd());
  }
  if (ArrayAttr neutral = op.getNeutralAttr())
    llvm::append_range(nest.neutral, neutral.getAsRange<TypedAttr>());
  unsigned first = 0;
  for (Region &region : op.getCombiners()) {
    unsigned count = region.getNumArguments() / 2;
    nest.combiners.push_back({&region.front(), first, count});
    first += count;
  }
  return nest;
}

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

constexpr unsigned kTurns = 4; // hide an addition's latency

/// Takes reduced axes from `axis` on, backwards, for the row: until it is long enough that it does not matter how many
/// lanes its last step has, or all of them.
void findRow(LoopNest &nest, unsigned axis, unsigned lanes) {
  nest.order.lanes = lanes;
  nest.order.rowLoops = 0;
  int64_t row = 1;
  for (int i = axis; i >= 0 && (nest.reduced[i] || isOne(nest.sizes[i])); --i) {
    if (isOne(nest.sizes[i]))
      continue;
    ++nest.order.rowLoops;
    std::optional<int64_t> size = constantValue(nest.sizes[i]);
    if (!size || *size >= 8 * lanes || (row *= *size) >= 8 * lanes || row % lanes == 0)
      return;
  }
}

/// Decides on the order of a reduction; its loops are the axes still.
void findOrder(LoopNest &nest, const Isa &isa) {
  unsigned lanes = lanesOf(isa);
  int64_t kept = 1; // elements, saturated
  for (unsigned axis = nest.sizes.size(); axis-- > 0;) {
    if (isOne(nest.sizes[axis]))
      continue;
    if (nest.reduced[axis]) {
      // Few columns leave the adders idle.
      nest.order.turns = kept < 2 * lanes ? kTurns : 1;
      if (kept == 1)
        findRow(nest, axis, lanes);
      return;
    }
    kept = std::min<int64_t>(kept * std::min<int64_t>(constantValue(nest.sizes[axis]).value_or(1 << 20), 1 << 20),
                             1 << 20);
  }
}

/// Whether few enough elements are reduced to be written out, so that lanes can run along another loop.
bool canLayOut(const LoopNest &nest) {
  constexpr double kMostElements = 64, kMostOps = 512;
  double elements = 1, ops = 0;
  for (auto [size, reduced] : llvm::zip_equal(nest.sizes, nest.reduced))
    if (reduced)
      elements *= constantValue(size).value_or(1 << 20);
  nest.forEachOp([&](Operation *op) { ops += isFunction(op) ? kFunctionOps : 1; });
  return nest.bounded < 0 && elements <= kMostElements && elements * ops <= kMostOps;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// Loops of the nest whose iteration is a value in the body.
llvm::SmallBitVector usedIndices(LoopNest &nest) {
  llvm::SmallBitVector used(nest.loopOf.size());
  for (unsigned loop = 0; loop < used.size(); ++loop)
    if (!nest.body()->getArgument(loop).use_empty())
      used.set(loop);
  return used;
}

void eraseLoop(LoopNest &nest, unsigned loop) {
  nest.sizes.erase(nest.sizes.begin() + loop);
  nest.reduced.erase(nest.reduced.begin() + loop);
  nest.forEachAccess([&](PlacedAccess &access) {
    if (access.form)
      access.form->coefs.erase(access.form->coefs.begin() + loop);
  });
  if (nest.bounded >= 0)
    nest.bound.coefs.erase(nest.bound.coefs.begin() + loop);
  nest.bounded -= nest.bounded > static_cast<int>(loop);
  for (int &l : nest.loopOf)
    l = l == static_cast<int>(loop) ? -1 : l - (l > static_cast<int>(loop));
}

/// Whether loops `loop` and `loop + 1` are one to all accesses, and to the order of the reduction.
bool canMerge(LoopNest &nest, unsigned loop) {
  if (nest.reduced[loop] != nest.reduced[loop + 1] || nest.bounded == static_cast<int>(loop + 1))
    return false;
  if (nest.reduced[loop] && nest.order.alongLanes() && loop + 1 == nest.firstOfRow() &&
      (nest.order.rowLoops > 1 || constantValue(nest.sizes[loop + 1]).value_or(1) % nest.order.lanes != 0))
    return false;
  llvm::SmallBitVector used = usedIndices(nest);
  for (unsigned dim : used.set_bits())
    if (nest.loopOf[dim] == static_cast<int>(loop) || nest.loopOf[dim] == static_cast<int>(loop + 1))
      return false;
  bool fits = true;
  if (nest.bounded >= 0)
    fits = nest.isOneLoop(nest.bound, loop);
  nest.forEachAccess([&](PlacedAccess &access) {
    if (access.form)
      fits &= nest.isOneLoop(*access.form, loop);
  });
  return fits;
}

void merge(LoopNest &nest, unsigned loop) {
  Dim inner = nest.sizes[loop + 1];
  nest.sizes[loop + 1] = nest.sizes[loop] * inner;
  if (nest.bounded == static_cast<int>(loop)) {
    nest.bound.base = nest.bound.base * inner;
    for (Dim &coef : nest.bound.coefs)
      coef = coef * inner;
    nest.bounded = loop + 1;
  }
  if (nest.order.alongLanes() && loop >= nest.firstOfRow())
    --nest.order.rowLoops;
  eraseLoop(nest, loop);
}

SmallVector<Dim> parallelSizes(const LoopNest &nest) {
  SmallVector<Dim> sizes;
  for (auto [size, reduced] : llvm::zip_equal(nest.sizes, nest.reduced))
    if (!reduced)
      sizes.push_back(size);
  return sizes;
}

void parallelFirst(LoopNest &nest, unsigned from) {
  auto order = llvm::to_vector(llvm::seq<unsigned>(0, from));
  for (bool reduced : {false, true})
    for (unsigned i = from; i < nest.sizes.size(); ++i)
      if (nest.reduced[i] == reduced)
        order.push_back(i);
  nest.permute(order);
}

/// Whether all nests have the same parallel loops and hand values on only along them, so that they can share them.
bool shareParallelLoops(KernelPlan &plan) {
  SmallVector<Dim> sizes = parallelSizes(plan.nests.front());
  for (LoopNest &nest : plan.nests) {
    if (parallelSizes(nest) != sizes)
      return false;
    parallelFirst(nest, 0);
  }
  DenseMap<Value, LoopForm> forms;
  for (LoopNest &nest : plan.nests) {
    bool fits = true;
    auto restrict = [&](LoopForm form) {
      for (unsigned i = sizes.size(); i < form.coefs.size(); ++i)
        fits &= constantValue(form.coefs[i]) == 0;
      form.coefs.resize(sizes.size());
      return form;
    };
    nest.forEachAccess([&](PlacedAccess &access) {
      auto it = forms.find(access.buffer);
      if (it != forms.end())
        fits &= access.form &&restrict(*access.form) == it->second;
    });
    for (PlacedAccess &out : nest.outs)
      if (out.form && plan.nests.size() > 1)
        forms[out.buffer] = restrict(*out.form);
    if (!fits)
      return false;
  }
  return true;
}

void simplifyLoops(KernelPlan &plan) {
  // Outer loops of one iteration, then inner ones.
  for (unsigned loop = plan.outer; loop-- > 0;)
    if (isOne(plan.nests.front().sizes[loop])) {
      for (LoopNest &nest : plan.nests)
        eraseLoop(nest, loop);
      --plan.outer;
    }
  for (LoopNest &nest : plan.nests)
    for (unsigned loop = nest.sizes.size(); loop-- > plan.outer;)
      if (isOne(nest.sizes[loop]) && nest.bounded != static_cast<int>(loop))
        eraseLoop(nest, loop);
  if (plan.nests.size() == 1) {
    parallelFirst(plan.nests.front(), plan.outer);
    plan.outer = parallelSizes(plan.nests.front()).size();
  } else if (plan.outer == 0 && shareParallelLoops(plan)) {
    plan.outer = parallelSizes(plan.nests.front()).size();
  } else {
    for (LoopNest &nest : plan.nests)
      parallelFirst(nest, plan.outer);
  }
  for (unsigned loop = plan.outer; loop-- > 1;)
    if (llvm::all_of(plan.nests, [&](LoopNest &nest) { return canMerge(nest, loop - 1); })) {
      for (LoopNest &nest : plan.nests)
        merge(nest, loop - 1);
      --plan.outer;
    }
  for (LoopNest &nest : plan.nests)
    for (unsigned loop = nest.sizes.size(); loop-- > plan.outer + 1;)
      if (canMerge(nest, loop - 1))
        merge(nest, loop - 1);
}

//===----------------------------------------------------------------------===//
// Lanes
//===----------------------------------------------------------------------===//

constexpr double kGatherCost = 16; // of a vector, against 1 for a plain load

/// Cost of a nest, in vector loads, when the iterations of `loop` are lanes.
double laneCost(LoopNest &nest, unsigned loop, unsigned outer, unsigned lanes) {
  double accesses = 0;
  nest.forEachAccess([&](PlacedAccess &access) {
    auto stride = access.form ? constantValue(access.form->coefs[loop]) : std::nullopt;
    accesses += stride == 1 ? 1 : stride == 0 ? 0.25 : kGatherCost;
  });
  double inner = 1, size = estimateSize(nest.sizes[loop]);
  for (unsigned i = outer; i < nest.sizes.size(); ++i)
    if (i != loop)
      inner *= estimateSize(nest.sizes[i]);
  // Vectors for one iteration of the outer loops (a fraction when the lanes are one of them).
  double vectors = loop < outer ? 1.0 / std::min<double>(size, lanes) : std::ceil(size / lanes);
  double cost = inner * vectors * (accesses + 0.5);
  if (nest.reduced[loop])
    cost += 8 * nest.outs.size();
  return cost;
}

bool canBeLanes(const LoopNest &nest, unsigned loop) {
  if (!nest.order.alongLanes())
    return !nest.reduced[loop];
  return nest.reduced[loop] ? loop + 1 == nest.sizes.size() : canLayOut(nest);
}

/// Whether the end of a nest's bounded loop differs between the iterations of `loop`: lanes run all to one end.
bool movesBound(const LoopNest &nest, unsigned loop) {
  return nest.bounded >= 0 && constantValue(nest.bound.coefs[loop]) != 0;
}

void chooseLanes(KernelPlan &plan) {
  double best = 0;
  int bestOuter = -1;
  // Any outer loop can be the one of the lanes when nothing else is inside, which is so for a single nest.
  for (unsigned loop = plan.nests.size() == 1 || plan.outer == 0 ? 0 : plan.outer - 1; loop < plan.outer; ++loop) {
    if (llvm::any_of(plan.nests, [&](LoopNest &nest) { return !canBeLanes(nest, loop) || movesBound(nest, loop); }))
      continue;
    double cost = 0;
    for (LoopNest &nest : plan.nests)
      cost += laneCost(nest, loop, plan.outer, plan.lanes);
    if (bestOuter < 0 || cost <= best)
      best = cost, bestOuter = loop;
  }
  double inner = 0;
  bool anyInner = false;
  for (LoopNest &nest : plan.nests) {
    double least = -1;
    for (unsigned loop = plan.outer; loop < nest.sizes.size(); ++loop)
      if (canBeLanes(nest, loop) && !movesBound(nest, loop)) {
        double cost = laneCost(nest, loop, plan.outer, plan.lanes);
        if (least < 0 || cost <= least)
          least = cost, nest.lane = loop;
      }
    anyInner |= nest.lane >= 0;
    if (least < 0) {
      // Element by element.
      least = 1;
      for (unsigned loop = plan.outer; loop < nest.sizes.size(); ++loop)
        least *= estimateSize(nest.sizes[loop]);
    }
    inner += least;
  }
  if (bestOuter >= 0 && (!anyInner || best <= inner)) {
    plan.outerLanes = true;
    for (LoopNest &nest : plan.nests) {
      SmallVector<unsigned> order;
      for (unsigned i = 0; i < nest.sizes.size(); ++i)
        order.push_back(i);
      std::rotate(order.begin() + bestOuter, order.begin() + bestOuter + 1, order.begin() + plan.outer);
      nest.lane = -1;
      nest.permute(order);
      nest.lane = plan.outer - 1;
    }
    return;
  }
  // The lanes are the last of the parallel or of the reduced loops.
  for (LoopNest &nest : plan.nests)
    if (nest.lane >= 0) {
      SmallVector<unsigned> order;
      for (unsigned i = 0; i < nest.sizes.size(); ++i)
        order.push_back(i);
      unsigned last = nest.lane;
      while (last + 1 < nest.sizes.size() && nest.reduced[last + 1] == nest.reduced[nest.lane])
        ++last;
      std::rotate(order.begin() + nest.lane, order.begin() + nest.lane + 1, order.begin() + last + 1);
      nest.permute(order);
    }
}

unsigned lanesFor(KernelPlan &plan, const Isa &isa) {
  bool wide = false, narrow = false;
  for (LoopNest &nest : plan.nests) {
    // The order counts on so many.
    narrow |= nest.order.alongLanes();
    nest.forEachAccess([&](PlacedAccess &access) {
      unsigned bits = cast<MemRefType>(access.buffer.getType()).getElementTypeBitWidth();
      wide |= bits == 64;
      narrow |= bits == 32;
    });
  }
  return wide && !narrow ? isa.vectorBytes / 8 : lanesOf(isa);
}
} // namespace

KernelPlan symc::vectorize::planKernel(func::FuncOp kernel, const Isa &isa) {
  KernelPlan plan;
  for (auto op : kernel.getOps<kernel::NestOp>())
    plan.nests.push_back(readNest(op));
  plan.outer = kernel->getAttrOfType<IntegerAttr>(kOuterAttr).getInt();
  for (LoopNest &nest : plan.nests) {
    if (nest.reduces())
      findOrder(nest, isa);
    for (PlacedAccess &out : nest.outs)
      plan.written.insert(out.buffer);
  }
  if (plan.nests.empty())
    return plan;
  simplifyLoops(plan);
  plan.lanes = lanesFor(plan, isa);
  chooseLanes(plan);
  return plan;
}
