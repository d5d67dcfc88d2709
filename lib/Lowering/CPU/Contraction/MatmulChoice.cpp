//===- MatmulChoice.cpp - How a matrix product is computed ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// An element's bits must not depend on how many rows stand beside it. So the number of sums
// that it is made of is chosen once for a kernel that takes any number of rows: with one
// row they are what keeps the multiply-adds busy, with many they only cost passes.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Contraction/MatmulChoice.h"
#include "lib/Kernel/Kernels.h"
#include "lib/Lowering/CPU/Contraction/Tile.h"
#include "lib/Lowering/CPU/VectorMath/VectorMath.h"
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace symc;
using namespace symc::contraction;

// Rows shorter than this lie close enough together for any k.
constexpr int64_t kRowBytesForSlices = 512;

Product::Product(Problem &problem) : p(problem), lanes(problem.lanes), rank(problem.result().dims.size()) {
  bool ta = p.op.getTransposeA(), tb = p.op.getTransposeB();
  m = axis(p.result(), rank - 2);
  n = axis(p.result(), rank - 1);
  k = axis(p.a, p.a.dims.size() - (ta ? 2 : 1));
  a = operand(p.a, ta);
  b = operand(p.b, !tb);
  functions = llvm::count_if(p.op.getEpilogue().front(), [](Operation &op) { return isFunction(&op); });
}

Axis Product::axis(const Buffer &buffer, unsigned position) const {
  Axis result{buffer.dims[position], buffer.sizes[position], kTypical, 0, constantValue(buffer.dims[position])};
  if (result.constant)
    result.assumed = result.least = *result.constant;
  else if (result.expr.isName())
    for (auto bound :
         p.kernel->getParentOfType<ModuleOp>()->getAttrOfType<ArrayAttr>(kBoundsAttr).getAsRange<sym::DimBoundAttr>())
      if (bound.getName() == result.expr.getName()) {
        result.least = bound.getMin();
        result.assumed = std::max<int64_t>(bound.getMin(), std::min(bound.getMax(), result.assumed));
      }
  return result;
}

/// `kFirst`: k is the next to last axis.
Operand Product::operand(const Buffer &buffer, bool kFirst) const {
  unsigned last = buffer.dims.size() - 1;
  Value batch = last == 2 && !isOne(buffer.dims[0]) ? buffer.strides[0] : p.code.c(0);
  return {&buffer, buffer.strides[kFirst ? last : last - 1], buffer.strides[kFirst ? last - 1 : last], batch};
}

int64_t Product::rowsThatStay(const Axis &along) const {
  // What current cores have in common: 64 sets of 64 bytes, eight ways or more.
  constexpr int64_t kWay = 4096, kLine = 64, kWays = 8;
  if (!along.constant)
    return std::numeric_limits<int64_t>::max();
  int64_t apart = std::gcd(kWay, along.assumed * elementBytes());
  return apart <= kLine || *along.constant == 0 ? std::numeric_limits<int64_t>::max() : kWays * (kWay / apart);
}

bool Product::wantsCopy(const Axis &across, const Axis &along, const Operand &v) const {
  if (turned(v) || across.assumed < kRowsForCopy)
    return false;
  int64_t rowBytes = along.assumed * elementBytes();
  if (!k.constant)
    return rowBytes >= kRowBytesForSlices;
  return *k.constant > rowsThatStay(along) || *k.constant * rowBytes > cacheBytes();
}

double Product::panelCycles(const Axis &across, const Axis &along, const Operand &v, unsigned rows, unsigned vectors,
                            double extra, double alone) const {
  int64_t total = (along.assumed + lanes - 1) / lanes, panels = total / vectors, tail = total % vectors;
  double tiles = std::ceil(double(std::max<int64_t>(across.assumed, 1)) / rows);
  auto tile = [&](unsigned width) {
    return k.assumed * stepCycles(rows, width) + rows * width * 1.5 + 12 + extra * width + width % 2 * rows * alone;
  };
  double cycles = tiles * (panels * tile(vectors) + (tail ? tile(tail) : 0));
  if (turned(v))
    cycles += total * (k.assumed / 4 * (lanes / 4) * 5.0 + k.assumed % 4 * (lanes * 1.5) + 10);
  return wantsCopy(across, along, v) && k.constant ? cycles + total * k.assumed * 1.5 : cycles;
}

Choice Product::choose() const {
  Choice best = chooseColumns();
  for (const Choice &other : {chooseRows(), chooseDots()})
    if (other.cycles < best.cycles)
      best = other;
  return best;
}

/// The cheapest width of tiles of one row.
unsigned Product::lineWidth(unsigned sums) const {
  int64_t total = std::max<int64_t>(1, (n.assumed + lanes - 1) / lanes);
  // Masks take registers, too. Wider ones would read too many streams at once.
  int64_t most = n.constant ? 8 : 6;
  double least = std::numeric_limits<double>::infinity();
  unsigned best = 1;
  auto tile = [&](int64_t width) {
    return width ? k.assumed * std::max((1 + width) / 2.0, 4.0 / sums) + width * 1.5 + 12 : 0;
  };
  for (int64_t vectors = 1; vectors <= std::min(total, most); ++vectors) {
    double cycles = total / vectors * tile(vectors) + tile(total % vectors);
    if (cycles < least) {
      least = cycles;
      best = vectors;
    }
  }
  return best;
}

/// How many sums keep the multiply-adds busy in a single row, and cost little in tiles, where each takes a pass.
unsigned Product::sumsOfLine() const {
  int64_t total = (n.assumed + lanes - 1) / lanes;
  unsigned sums = !n.constant || total >= 4 ? 1 : total >= 2 ? 2 : 4;
  while (sums > 1 && k.assumed / sums < std::max<int64_t>(16, 8 * total))
    sums /= 2;
  return sums;
}

Choice Product::chooseColumns() const {
  int64_t total = (n.assumed + lanes - 1) / lanes;
  unsigned sums = m.constant ? 0 : sumsOfLine(), lineVectors = m.constant ? 1 : lineWidth(sums);
  // Whether every element is one sum with such tiles.
  auto oneSum = [&](unsigned rows, unsigned vectors) {
    unsigned tail = total % vectors;
    return enoughSums(rows, vectors) == 1 && (tail == 0 || enoughSums(rows, tail) == 1);
  };
  auto cheapest = [&](double alone, bool ofOneSum) {
    Choice best;
    for (unsigned vectors = 1; vectors <= 6 && vectors <= std::max<int64_t>(total, 1); ++vectors)
      for (unsigned rows = 1, most = mostRows(p.isa, vectors); rows <= most; ++rows) {
        if (m.constant && rows > std::max<int64_t>(*m.constant, 1))
          break;
        double cycles = panelCycles(m, n, b, rows, vectors, 0, alone);
        if (cycles >= best.cycles || (ofOneSum && !oneSum(rows, vectors)))
          continue;
        // More rows than half of the registers gain nothing where it was measured, and leave more to single rows.
        best = {Way::Columns, std::min(rows, p.isa.registers / 2), vectors, sums, lineVectors, cycles};
      }
    return best;
  };
  Choice best = cheapest(0, false);
  // What stands behind a product must not change how its elements are added up, nor the way.
  if (!functions || (m.constant && !oneSum(best.rows, best.vectors)))
    return best;
  // The epilogue computes functions of two vectors at a time, and waits longer for those of a single one.
  constexpr double kAlone = 20;
  Choice other = cheapest(functions * kAlone, m.constant.has_value());
  other.cycles = best.cycles;
  return other;
}

/// The transposed forms take the whole of n at once.
Choice Product::chooseRows() const {
  Choice best;
  int64_t total = (m.assumed + lanes - 1) / lanes;
  if (!n.constant || *n.constant < 1 || *n.constant > lanes)
    return best;
  for (unsigned vectors = 1, rows = *n.constant; vectors <= 6 && vectors <= std::max<int64_t>(total, 1); ++vectors) {
    if (!fitsRegisters(p.isa, rows, vectors))
      continue;
    // Where the last panel is narrower than the others, a row's place is not to matter either.
    unsigned sums = 0;
    if (m.constant && total % vectors)
      sums = std::min<int64_t>(enoughSums(rows, vectors), std::max<int64_t>(1, k.assumed));
    double cycles = panelCycles(n, m, a, rows, vectors, rows == 1 ? 0 : 5.0 * lanes);
    if (cycles < best.cycles)
      best = {Way::Rows, rows, vectors, sums, 1, cycles};
  }
  return best;
}

Choice Product::chooseDots() const {
  Choice best;
  // A's rows and B's columns must run along k; B may be turned on the stack when it is small and constant.
  if (!is(a.kStride, 1) || !n.constant || *n.constant < 1 || *n.constant > lanes || !k.constant || *k.constant < 1)
    return best;
  bool turnsB = !is(b.kStride, 1) && *n.constant > 1;
  int64_t depth = (*k.constant + lanes - 1) / lanes;
  if (turnsB && (rank == 3 || depth * lanes * *n.constant * elementBytes() > kStackBytes))
    return best;
  unsigned columns = *n.constant;
  for (unsigned rows = 1; rows <= 16; ++rows) {
    if (rows * columns + std::min(rows, columns) + 1 > p.isa.registers - 1 && rows * columns > 1)
      continue;
    // One column: rows in groups of lanes, so that their sums make one vector.
    if (columns == 1 ? rows != 1 : m.constant && rows > std::max<int64_t>(*m.constant, 1))
      continue;
    double cycles;
    if (columns == 1)
      cycles = std::ceil(m.assumed / double(lanes)) * (depth * lanes + 2.5 * lanes + 8);
    else
      cycles = std::ceil(m.assumed / double(rows)) *
                   (depth * std::max({rows * columns / 2.0, (rows + columns) / 2.0, 4.0}) + rows * (3.0 * lanes + 6)) +
               (turnsB ? depth * (columns * lanes) * 0.5 : 0);
    if (cycles < best.cycles)
      best = {Way::Dots, rows, columns, 0, 1, cycles};
  }
  return best;
}
