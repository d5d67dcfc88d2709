//===- Nest.h - Loops and vectors of one kernel -------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_VECTORIZE_NEST_H
#define SYMC_LIB_LOWERING_CPU_VECTORIZE_NEST_H

#include "lib/Lowering/CPU/Vectorize/Body.h"
#include "lib/Lowering/CPU/Vectorize/LoopNest.h"

namespace symc::vectorize {

/// Emits the loops of a planned kernel into its shell.
class NestEmitter {
public:
  NestEmitter(KernelPlan &plan, Emitter &e, const Isa &isa)
      : plan(plan), e(e), isa(isa), body(e, plan.lanes), uniform(plan.nests.size()) {}

  void run();

private:
  /// Code for one vector of lanes, or for one of several interleaved iterations of a reduction.
  struct Instance {
    Value mask;                                 // null: all lanes
    llvm::SmallDenseMap<unsigned, Value> loops; // iterations of its own, by loop; vectors where loops are folded
    Value position;                             // in a row of folded loops
    bool lanes = false;                         // inside the loop of the lanes
    Env values;
  };
  using Accumulators = SmallVector<Lanes>;

  unsigned number(const LoopNest &nest) const { return &nest - plan.nests.data(); }
  static unsigned rank(const LoopNest &nest) { return nest.sizes.size(); }
  static bool isLaneLoop(const LoopNest &nest, unsigned loop) { return nest.lane == static_cast<int>(loop); }

  //===--- Values; those of level n are computed inside of n loops --------===//
  void findLevels(LoopNest &nest);
  unsigned levelOf(const PlacedAccess &access) const;
  /// Computes what stands at `level`, for all instances.
  void prepare(LoopNest &nest, unsigned level);
  void prepareOne(LoopNest &nest, unsigned level, Instance *instance);
  void evaluateOp(LoopNest &nest, Operation *op, Instance *instance);
  Lanes lookup(LoopNest &nest, Value value, Instance *instance);
  Value iteration(unsigned loop, Instance *instance) const;
  Lanes loopValue(LoopNest &nest, unsigned argument, Instance *instance);

  //===--- Memory ---------------------------------------------------------===//
  Value pointer(const PlacedAccess &access, unsigned level, Instance *instance);
  Lanes load(LoopNest &nest, const PlacedAccess &access, Operation *op, Instance *instance);
  Lanes loadFolded(LoopNest &nest, const PlacedAccess &access, Instance *instance);
  void store(LoopNest &nest, const PlacedAccess &access, const Lanes &value, Instance *instance);
  void check(LoopNest &nest, kernel::CheckOp op, Instance *instance);

  //===--- Loops ----------------------------------------------------------===//
  void outerLoop(unsigned loop);
  /// A parallel loop whose iterations are lanes, `unroll` vectors at a time.
  void laneLoop(unsigned loop, Value from, Value to, unsigned unroll, llvm::function_ref<void()> inside);
  void emitNest(LoopNest &nest);
  void innerLoops(LoopNest &nest, unsigned loop);
  /// Whether a loop of lanes is short enough to be laid out flat, so that nests share what they compute of a row.
  bool isFlat(std::optional<int64_t> size) const {
    return size && *size <= (plan.nests.size() > 1 ? 4 : 1) * int64_t(plan.lanes);
  }
  unsigned unrollOf(llvm::function_ref<bool(LoopNest &)> counts, Dim size);
  /// Whether a loop runs under masks throughout instead of having a tail.
  bool keepsMasks(unsigned unroll) const { return isa.vectorBytes == 64 && isa.hasMasks && unroll == 1; }

  //===--- Reductions -----------------------------------------------------===//
  void reduce(LoopNest &nest, unsigned loop);
  Accumulators neutralOf(LoopNest &nest, bool vectors);
  void reduceLoops(LoopNest &nest, unsigned loop, SmallVector<Accumulators> &sets);
  void fold(LoopNest &nest, unsigned loop, Instance &instance);
  void takeTurns(LoopNest &nest, unsigned loop, Value size, SmallVector<Accumulators> &sets);
  Accumulators layOut(LoopNest &nest, unsigned loop, Instance *around);
  void carry(Value from, Value to, int64_t step, SmallVector<Accumulators> &sets,
             llvm::function_ref<void(Value)> inside);
  void accumulate(LoopNest &nest, Instance *instance, Accumulators &accumulators);
  /// combine(x, y)
  Accumulators combine(LoopNest &nest, const Accumulators &x, const Accumulators &y);
  Accumulators byNeighbours(LoopNest &nest, ArrayRef<Accumulators> sets, const Accumulators &neutral);
  void acrossLanes(LoopNest &nest, Accumulators &accumulators);

  KernelPlan &plan;
  Emitter &e;
  const Isa &isa;
  BodyEmitter body;
  SmallVector<Env> uniform; // one a nest: values outside of the loop of the lanes
  Env outside;              // values of the kernel function's own block
  std::vector<Instance> instances;
  SmallVector<Value> iterations; // of the loops that are open
  llvm::DenseMap<Operation *, unsigned> levels;
};

} // namespace symc::vectorize
#endif
