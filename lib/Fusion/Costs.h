//===- Costs.h - What fusion counts with --------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FUSION_COSTS_H
#define SYMC_FUSION_COSTS_H

namespace symc {

/// What a machine costs, in additions, and what it has room for. A target hands in its own; the numbers here are those
/// of a CPU. They decide what is one kernel, never whether it is right: that is in Legality.h.
struct FusionCosts {
  unsigned mathFunction = 12; // exp, pow, …
  unsigned division = 6;

  /// Arithmetic of one element up to which a value is computed again rather than stored, when all that it reads is in
  /// memory anyway.
  unsigned recompute = 6;
  /// The same for the moves that it is read through: indices are cheap, random bits are not.
  unsigned recomputeReads = 24;

  /// Tensors that one kernel reads and writes: more addresses than there are registers for spill.
  unsigned maxBuffers = 24;
  /// The same for the epilogue of a contraction, beside its operands: a tile of each is in registers, as the sums are.
  unsigned maxEpilogueReads = 6;
  unsigned maxEpilogueWrites = 4;
  /// Ops of one region. Longer ones compile slowly and spill.
  unsigned maxOps = 96;
  /// Moves that one element may be read through; a longer tree of them is stored.
  unsigned maxMoves = 12;
};

} // namespace symc

#endif // SYMC_FUSION_COSTS_H
