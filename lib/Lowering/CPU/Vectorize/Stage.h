//===- Stage.h - The loops of a kernel, as Vectorize sees them ----*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A kernel is a list of stages, one a linalg.generic, that share their first `outer` loops.
// Loops of one iteration are dropped, loops that every access sees as one are merged.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_VECTORIZE_STAGE_H
#define SYMC_LIB_LOWERING_CPU_VECTORIZE_STAGE_H

#include "lib/Kernel/Kernels.h"
#include "lib/Lowering/CPU/Isa.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace symc::vectorize {

using namespace mlir;

/// Something that takes long, and as how many plain operations it counts.
inline bool isFunction(Operation *op) {
  return isa<math::MathDialect>(op->getDialect()) && !isa<math::AbsFOp, math::SqrtOp, math::FloorOp>(op);
}
constexpr unsigned kFunctionOps = 128;

/// base + sum of coefs[i] * loop i.
struct LinearForm {
  AffineExpr base;
  SmallVector<AffineExpr, 4> coefs;
  bool operator==(const LinearForm &other) const { return base == other.base && coefs == other.coefs; }
};

/// A read or write of one element; `form` is its row-major position, absent when it is not linear in the loops.
struct Access {
  BlockArgument buffer;
  std::optional<LinearForm> form;
};

/// What a reduction does with accumulators that belong together: acc = combine(acc, inputs).
struct Combiner {
  SmallVector<unsigned> outs;         // numbers of the accumulators
  SmallVector<Value> inputs, results; // in the body, one an accumulator
  SmallVector<Operation *> ops;       // from accumulators and inputs to results, in order
  Value guard;                        // i1 in the body: the element counts; null: always
  bool known = false;                 // the above was found, so accumulators can be combined with each other
};

/// The order in which a reduction combines its elements. It depends on the sizes and axes of the reduction and on the
/// instruction set alone, not on what else its kernel does, nor on how its loops are run.
///
/// The reduced axes are gone through in row-major order. Where the last axis (of those that are not 1) is reduced, it is
/// a row, with the reduced axes before it as long as that is short; `lanes` elements along a row are one step, the last
/// step of a row having fewer. Elsewhere a step is one element. Steps go to `turns` accumulators in turn. At the end
/// these are put together by neighbours, the one whose turn would be next first: ((0 + 1) + (2 + 3)); then the lanes by
/// halves. An accumulator or lane without elements changes nothing.
struct ReductionOrder {
  unsigned lanes = 1, turns = 1;
  unsigned rowLoops = 1; // the last loops of the stage, which are a row together
  bool alongLanes() const { return lanes > 1; }
};

struct Stage {
  linalg::GenericOp generic;
  SmallVector<AffineExpr> sizes;              // of the loops
  SmallVector<bool> reduced;                  // the loop reduces
  SmallVector<int> loopOf;                    // of each dimension of the generic; -1: dropped or merged
  llvm::MapVector<Operation *, Access> loads; // in the order of the body: code depends on it
  SmallVector<Access> ins, outs;
  SmallVector<TypedAttr> neutral; // one an output when the stage reduces
  /// Values that go to the outputs.
  SmallVector<Value> results;
  /// The iterations of loop `bounded` end at `bound` (in the loops around it) as well as at its size: the last of
  /// several parts is shorter. Taken from results that were selected by such a condition.
  int bounded = -1;
  LinearForm bound;
  std::vector<Combiner> combiners;
  SmallVector<Operation *> live; // ops of the body that are evaluated, in order
  int lane = -1;                 // the loop whose iterations are lanes
  ReductionOrder order;

  bool reduces() const { return !neutral.empty(); }
  bool reducesLanes() const { return lane >= 0 && reduced[lane]; }
  /// Whether the elements of a row stand in the code one by one: it is lanes in the order alone, not in registers.
  bool isLaidOut() const { return order.alongLanes() && !reducesLanes(); }
  /// Whether lanes run along several loops as if they were one.
  bool isFolded() const { return reducesLanes() && order.rowLoops > 1; }
  unsigned firstOfRow() const { return sizes.size() - order.rowLoops; }
  Block *body() { return generic.getBody(); }
  /// Puts the loops into this order.
  void permute(ArrayRef<unsigned> order);
  void forEachAccess(llvm::function_ref<void(Access &)> visit);
  /// Whether loops `loop` and `loop + 1` are one to the access.
  bool isOneLoop(const LinearForm &form, unsigned loop) const;
};

struct Plan {
  std::vector<Stage> stages;
  unsigned outer = 0;      // leading loops that the stages share
  bool outerLanes = false; // the last of them is that of the lanes
  unsigned lanes = 1;
  llvm::DenseSet<Value> written; // buffers
};

/// The stages of a kernel on memrefs, with lanes chosen.
Plan planKernel(func::FuncOp kernel, const Isa &isa);
/// A size with symbolic dimensions taken to be 128; for choices only.
int64_t estimateSize(AffineExpr expr);

} // namespace symc::vectorize
#endif
