//===- Nest.h - Loops and vectors of one kernel -------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_VECTORIZE_NEST_H
#define SYMC_LIB_LOWERING_CPU_VECTORIZE_NEST_H

#include "lib/Lowering/CPU/Vectorize/Body.h"
#include "lib/Lowering/CPU/Vectorize/Stage.h"

namespace symc::vectorize {

/// Emits the loops of a planned kernel into its shell.
class NestEmitter {
public:
  NestEmitter(Plan &plan, Emitter &e, const Isa &isa)
      : plan(plan), e(e), isa(isa), body(e, plan.lanes), uniform(plan.stages.size()) {}

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

  unsigned number(const Stage &stage) const { return &stage - plan.stages.data(); }
  static unsigned rank(const Stage &stage) { return stage.sizes.size(); }
  static bool isLaneLoop(const Stage &stage, unsigned loop) { return stage.lane == static_cast<int>(loop); }

  //===--- Values; those of level n are computed inside of n loops --------===//
  void findLevels(Stage &stage);
  unsigned levelOf(const Access &access) const;
  /// Computes what stands at `level`, for all instances.
  void prepare(Stage &stage, unsigned level);
  void prepareOne(Stage &stage, unsigned level, Instance *instance);
  void evaluateOp(Stage &stage, Operation *op, Instance *instance);
  Lanes lookup(Stage &stage, Value value, Instance *instance);
  Value iteration(unsigned loop, Instance *instance) const;

  //===--- Memory ---------------------------------------------------------===//
  Value pointer(const Access &access, unsigned level, Instance *instance);
  Lanes load(Stage &stage, const Access &access, Operation *op, Instance *instance);
  Lanes loadFolded(Stage &stage, const Access &access, Instance *instance);
  void store(Stage &stage, const Access &access, const Lanes &value, Instance *instance);
  void check(Stage &stage, kernel::CheckOp op, Instance *instance);

  //===--- Loops ----------------------------------------------------------===//
  void outerLoop(unsigned loop);
  /// A parallel loop whose iterations are lanes, `unroll` vectors at a time.
  void laneLoop(unsigned loop, Value from, Value to, unsigned unroll, llvm::function_ref<void()> inside);
  void emitStage(Stage &stage);
  void innerLoops(Stage &stage, unsigned loop);
  /// Whether a loop of lanes is short enough to be laid out flat, so that stages share what they compute of a row.
  bool isFlat(std::optional<int64_t> size) const {
    return size && *size <= (plan.stages.size() > 1 ? 4 : 1) * int64_t(plan.lanes);
  }
  unsigned unrollOf(llvm::function_ref<bool(Stage &)> counts, AffineExpr size);
  /// Whether a loop runs under masks throughout instead of having a tail.
  bool keepsMasks(unsigned unroll) const { return isa.vectorBytes == 64 && isa.hasMasks && unroll == 1; }

  //===--- Reductions -----------------------------------------------------===//
  void reduce(Stage &stage, unsigned loop);
  Accumulators neutralOf(Stage &stage, bool vectors);
  void reduceLoops(Stage &stage, unsigned loop, SmallVector<Accumulators> &sets);
  void fold(Stage &stage, unsigned loop, Instance &instance);
  void takeTurns(Stage &stage, unsigned loop, Value size, SmallVector<Accumulators> &sets);
  Accumulators layOut(Stage &stage, unsigned loop, Instance *around);
  void carry(Value from, Value to, int64_t step, SmallVector<Accumulators> &sets,
             llvm::function_ref<void(Value)> inside);
  void accumulate(Stage &stage, Instance *instance, Accumulators &accumulators);
  /// combine(x, y)
  Accumulators combine(Stage &stage, const Accumulators &x, const Accumulators &y);
  Accumulators byNeighbours(Stage &stage, ArrayRef<Accumulators> sets, const Accumulators &neutral);
  void acrossLanes(Stage &stage, Accumulators &accumulators);

  Plan &plan;
  Emitter &e;
  const Isa &isa;
  BodyEmitter body;
  SmallVector<Env> uniform; // one a stage: values outside of the loop of the lanes
  Env outside;              // values of the kernel function's own block
  std::vector<Instance> instances;
  SmallVector<Value> iterations; // of the loops that are open
  llvm::DenseMap<Operation *, unsigned> levels;
};

} // namespace symc::vectorize
#endif
