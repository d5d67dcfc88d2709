//===- Tile.h - Sums of products in registers ---------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Every fast form is the same inner loop: `rows` scalars of one operand (S), each spread
// over a vector, times `vectors` vectors of the other operand (V), which runs along the
// lanes. What differs is where S and V step from one product to the next, given as a nest
// of reduction loops.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_CONTRACTION_TILE_H
#define SYMC_LIB_LOWERING_CPU_CONTRACTION_TILE_H

#include "lib/Lowering/CPU/Contraction/Problem.h"

namespace symc::contraction {

/// A reduction loop; strides count elements.
struct Level {
  Value trips, sStride, vStride;
};

struct RegisterTile {
  unsigned outer = 1, inner = 1, vectors = 1; // rows are a grid outer × inner
  Value s, sOuter, sInner;                    // address of S at row (0, 0), elements from row to row
  Value v;                                    // address of V; its vectors follow one another
  Values masks;                               // empty, or one a vector; null entries load plainly
  SmallVector<Level, 3> levels;               // outermost first
  /// Sums that each element is made of, of as many products each, one stretch after the other; products left over are
  /// added last. Only with one level. 0: as many as the tile needs to be fast, each of products here and there.
  unsigned sums = 0;
  Value waiting; // memory for the sums that do not fit the registers

  unsigned rows() const { return outer * inner; }
};

/// `start` plus the sum of products, in order outer, inner, vector. No `start`: from zero.
Values sumProducts(Problem &problem, const RegisterTile &tile, Values start = {});

/// Estimated cycles of one reduction step of a tile, by multiply-add, latency and load throughput.
double stepCycles(unsigned rows, unsigned vectors);
/// How many of `sums` a tile carries at a time. The others have passes of their own.
unsigned sumsAtOnce(const Isa &isa, unsigned rows, unsigned vectors, unsigned sums);
/// Sums that keep the multiply-adds of such a tile busy.
unsigned enoughSums(unsigned rows, unsigned vectors);
/// Whether accumulators, V and a spread S stay in registers.
bool fitsRegisters(const Isa &isa, unsigned rows, unsigned vectors);
/// The largest number of rows for `vectors`.
unsigned mostRows(const Isa &isa, unsigned vectors);

/// One vector whose lane i is the sum of the lanes of rows[i]; missing ones give zero.
Value sumLanes(Problem &problem, Values rows);
/// Copies V so that lanes follow one another: to[k][lane] = from[lane * laneStride + k] for k < depth. Lanes past
/// `count` repeat the last one; `width`, a multiple of 4, lanes are
/// written to each row of `to`.
void packTransposed(Problem &problem, Value from, Value laneStride, Value count, Value depth, Value to, int64_t width,
                    int64_t rowStride);

} // namespace symc::contraction
#endif
