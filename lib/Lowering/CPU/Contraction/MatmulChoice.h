//===- MatmulChoice.h - How a matrix product is computed ----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_CONTRACTION_MATMULCHOICE_H
#define SYMC_LIB_LOWERING_CPU_CONTRACTION_MATMULCHOICE_H

#include "lib/Lowering/CPU/Contraction/Problem.h"
#include <limits>

namespace symc::contraction {

// What a symbolic size is taken for when ways are compared.
constexpr int64_t kTypical = 128;
// Room for a packed panel or operand on the stack of each call.
constexpr int64_t kStackBytes = 256 << 10;
// Fewer rows do not pay for copying a panel whose rows are in order already.
constexpr int64_t kRowsForCopy = 24;

/// One axis of the product.
struct Axis {
  Dim expr;
  Value size;
  int64_t assumed = kTypical, least = 0;
  std::optional<int64_t> constant;
};

struct Operand {
  const Buffer *buffer;
  Value outerStride, kStride, batchStride;
};

enum class Way { Columns, Rows, Dots };

struct Choice {
  Way way = Way::Columns;
  unsigned rows = 1, vectors = 1; // of a tile; Dots: its rows of A and of B
  /// Sums that each element is made of, however many rows there are. 0: as many as a tile needs; all are alike.
  unsigned sums = 0;
  unsigned lineVectors = 1; // of the tiles of one row that take the place of these where there are fewer rows
  double cycles = std::numeric_limits<double>::infinity();
};

/// The sizes of a product, and what is known of its operands.
struct Product {
  Product(Problem &problem);

  Choice choose() const;
  bool turned(const Operand &v) const { return !is(v.outerStride, 1); }
  /// Whether rows of V that are in order are still copied; with a symbolic k the run decides.
  bool wantsCopy(const Axis &across, const Axis &along, const Operand &v) const;
  /// How many rows may stand below each other before those that fall on the same sets drive each other out of the first
  /// cache.
  int64_t rowsThatStay(const Axis &along) const;
  /// What of V may stay in the cache between tiles.
  int64_t cacheBytes() const { return p.isa.l2 * 3 / 4; }
  int64_t elementBytes() const { return p.element.getIntOrFloatBitWidth() / 8; }

  Problem &p;
  unsigned lanes, rank;
  Axis m, n, k;
  Operand a, b;
  unsigned functions; // of the epilogue

private:
  Axis axis(const Buffer &buffer, unsigned position) const;
  Operand operand(const Buffer &buffer, bool kFirst) const;
  /// Estimated cycles of all tiles. What they take in the end: `extra` each vector, `alone` a row whose vectors are
  /// odd.
  double panelCycles(const Axis &across, const Axis &along, const Operand &v, unsigned rows, unsigned vectors,
                     double extra, double alone = 0) const;
  unsigned lineWidth(unsigned sums) const;
  unsigned sumsOfLine() const;
  Choice chooseColumns() const;
  Choice chooseRows() const;
  Choice chooseDots() const;
};

} // namespace symc::contraction
#endif
