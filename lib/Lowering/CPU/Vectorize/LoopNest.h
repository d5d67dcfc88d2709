//===- LoopNest.h - The loops of a kernel, as Vectorize sees them -*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A kernel is a list of nests, one a kernel.nest, that share their first `outer` loops.
// Loops of one iteration are dropped, loops that every access sees as one are merged.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_VECTORIZE_LOOPNEST_H
#define SYMC_LIB_LOWERING_CPU_VECTORIZE_LOOPNEST_H

#include "lib/Kernel/Kernels.h"
#include "lib/Lowering/CPU/Isa.h"
#include "lib/Lowering/CPU/VectorMath/VectorMath.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace symc::vectorize {

using namespace mlir;

/// base + sum of coefs[i] * loop i. It has a coefficient for every loop of the nest, as they stand: loops are put into
/// another order, dropped and merged, which a LinearForm does not follow.
struct LoopForm {
  Dim base;
  SmallVector<Dim, 4> coefs;
  bool operator==(const LoopForm &other) const { return base == other.base && coefs == other.coefs; }
};

/// A read or write of one element; `form` is its row-major position, absent when it is not linear in the loops.
struct PlacedAccess {
  BlockArgument buffer;
  std::optional<LoopForm> form;
};

/// What a reduction does with accumulators that belong together: acc = combine(acc, elements).
struct Combiner {
  Block *body;
  unsigned first, count; // of the accumulators
};

/// The order in which a reduction combines its elements. It depends on the sizes and axes of the reduction and on the
/// instruction set alone, not on what else its kernel does, nor on how its loops are run.
///
/// The reduced axes are gone through in row-major order. Where the last axis (of those that are not 1) is reduced, it
/// is a row, with the reduced axes before it as long as that is short; `lanes` elements along a row are one step, the
/// last step of a row having fewer. Elsewhere a step is one element. Steps go to `turns` accumulators in turn. At the
/// end these are put together by neighbours, the one whose turn would be next first: ((0 + 1) + (2 + 3)); then the
/// lanes by halves. An accumulator or lane without elements changes nothing.
struct ReductionOrder {
  unsigned lanes = 1, turns = 1;
  unsigned rowLoops = 1; // the last loops of the nest, which are a row together
  bool alongLanes() const { return lanes > 1; }
};

struct LoopNest {
  kernel::NestOp op;
  SmallVector<Dim> sizes;                           // of the loops
  SmallVector<bool> reduced;                        // the loop reduces
  SmallVector<int> loopOf;                          // of each loop of the nest; -1: dropped or merged
  llvm::MapVector<Operation *, PlacedAccess> loads; // in the order of the body: code depends on it
  SmallVector<PlacedAccess> ins, outs;
  SmallVector<TypedAttr> neutral; // one an output when the nest reduces
  /// Values that go to the outputs, or are combined.
  SmallVector<Value> results;
  /// The iterations of loop `bounded` end at `bound` (in the loops around it) as well as at its size: the last of
  /// several parts is shorter.
  int bounded = -1;
  LoopForm bound;
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
  Block *body() { return &op.getBody().front(); }
  /// The number of the loop whose iteration a value of the body is, as the nest counts; none for other values.
  std::optional<unsigned> loopArgument(Value value);
  /// The number of the read whose element a value of the body is.
  std::optional<unsigned> readArgument(Value value);
  /// The ops that make an element and combine it.
  void forEachOp(llvm::function_ref<void(Operation *)> visit) const;
  unsigned numOps() const {
    unsigned count = 0;
    forEachOp([&](Operation *) { ++count; });
    return count;
  }
  /// Puts the loops into this order.
  void permute(ArrayRef<unsigned> order);
  void forEachAccess(llvm::function_ref<void(PlacedAccess &)> visit);
  /// Whether loops `loop` and `loop + 1` are one to the access.
  bool isOneLoop(const LoopForm &form, unsigned loop) const;
};

struct KernelPlan {
  std::vector<LoopNest> nests;
  unsigned outer = 0;      // leading loops that the nests share
  bool outerLanes = false; // the last of them is that of the lanes
  unsigned lanes = 1;
  llvm::DenseSet<Value> written; // buffers
};

/// The nests of a kernel on memrefs, with lanes chosen.
KernelPlan planKernel(func::FuncOp kernel, const Isa &isa);
} // namespace symc::vectorize
#endif
