//===- MatmulTiling.cpp - Tiles and what is packed for them ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Contraction/MatmulEmitter.h"
#include <limits>
#include <numeric>

using namespace mlir;
using namespace symc;
using namespace symc::contraction;

// Room for the sums of the tiles that use a packed slice.
constexpr int64_t kSumsBytes = 64 << 10;
// The same of several panels, and what is packed of each operand for these: parts of the second cache.
constexpr int64_t kPanelsBytes = 192 << 10;
constexpr int64_t kBlocksBytes = 160 << 10;

MatmulEmitter::Tiling MatmulEmitter::planTiles(unsigned rows, unsigned vectors) {
  Tiling tiling{rows, vectors};
  bool turned = product.turned(v);
  if (!turned && !product.wantsCopy(across, along, v))
    return tiling;
  tiling.packing = turned ? Packing::Turned : Packing::Copied;
  if (!k.constant || panelBytes(vectors) > kStackBytes)
    slice(tiling, sliceBytes(), rows);
  if (tiling.depth && !turned && blocksPay())
    makeBlocks(tiling);
  return tiling;
}

bool MatmulEmitter::blocksPay() {
  return p.isa.registers < 32 && is(s.outerStride, 1) && across.constant && *across.constant >= lineElements() &&
         product.rowsThatStay(across) < std::numeric_limits<int64_t>::max();
}

void MatmulEmitter::makeBlocks(Tiling &tiling) {
  // Whole vectors, and whole lines of the cache.
  int64_t unit = lanes / std::gcd<int64_t>(lanes, tiling.rows);
  tiling.block = llvm::divideCeil(lineElements(), tiling.rows * unit) * unit;
  if (blockWidth(tiling) > *across.constant) {
    tiling.block = 0;
    return;
  }
  // Both packed operands are to stay in the first cache, and something beside them.
  tiling.depth =
      std::max<int64_t>(1, sliceBytes() * 3 / 4 / elementBytes() / (packedStride(tiling.vectors) + blockWidth(tiling)));
  auto evenly = [](int64_t count, int64_t most) {
    return llvm::divideCeil(count, llvm::divideCeil(count, std::max<int64_t>(1, most)));
  };
  int64_t tiles = llvm::divideCeil(*across.constant, tiling.rows), width = tiling.vectors * lanes;
  tiling.blocks = evenly(llvm::divideCeil(tiles, tiling.block), kBlocksBytes / elementBytes() / blockElements(tiling));
  if (rank == 2) {
    tiling.group = tiling.block * tiling.blocks;
    tiling.panels =
        evenly(std::max<int64_t>(1, llvm::divideCeil(along.assumed, width)),
               kPanelsBytes / elementBytes() /
                   std::max(tiling.group * tiling.rows * width, tiling.depth * packedStride(tiling.vectors)));
  }
}

MatmulEmitter::Tiling MatmulEmitter::planLines(const Tiling &tiled, unsigned vectors) {
  Tiling tiling{1, vectors};
  tiling.packing = product.turned(v) ? Packing::Turned : Packing::None;
  if (tiling.packing == Packing::Turned && (!k.constant || panelBytes(vectors) > kStackBytes))
    slice(tiling, sliceBytes(), tiled.rows);
  // Several rows are to find V in the first cache.
  if (tiling.packing == Packing::None && k.constant && sums <= 1 && panelBytes(vectors) > p.isa.l1 / 2)
    slice(tiling, p.isa.l1 / 2, tiled.rows);
  return tiling;
}

void MatmulEmitter::slice(Tiling &tiling, int64_t bytes, unsigned rowsAtLeast) {
  tiling.depth = std::max<int64_t>(1, bytes / elementBytes() / packedStride(tiling.vectors));
  tiling.group = groupOf(tiling, rowsAtLeast);
}

int64_t MatmulEmitter::groupOf(const Tiling &tiling, unsigned rowsAtLeast) {
  int64_t fitting = kSumsBytes / elementBytes() / (tiling.rows * tiling.vectors * lanes);
  return std::max<int64_t>({1, fitting, rowsAtLeast / tiling.rows});
}

void MatmulEmitter::sliceAlike(MutableArrayRef<Tiling> tilings) {
  int64_t depth = 0;
  for (const Tiling &tiling : tilings)
    if (tiling.depth && (!depth || tiling.depth < depth))
      depth = tiling.depth;
  for (Tiling &tiling : tilings) {
    tiling.depth = depth;
    tiling.group = depth ? groupOf(tiling, tilings[0].rows) : 0;
  }
}

void MatmulEmitter::reserve(ArrayRef<Tiling> tilings) {
  int64_t packedCount = 0, blockCount = 0, sumCount = 0, waitingCount = 0;
  for (const Tiling &tiling : tilings) {
    int64_t tile = tiling.rows * tiling.vectors * lanes;
    int64_t depth = tiling.depth ? tiling.depth : std::max<int64_t>(1, k.constant.value_or(1));
    if (tiling.packing != Packing::None)
      packedCount = std::max(packedCount, tiling.panels * depth * packedStride(tiling.vectors));
    blockCount = std::max(blockCount, tiling.blocks * blockElements(tiling));
    sumCount = std::max(sumCount, tiling.panels * tiling.group * tile);
    unsigned carried = sumsAtOnce(p.isa, tiling.rows, tiling.vectors, sums);
    waitingCount = std::max<int64_t>(waitingCount, sums ? (sums - carried) * tile : 0);
    int64_t width = tiling.vectors * lanes;
    tileElements = std::max(tileElements, transposed ? width * (llvm::alignTo(lanes, 4) + tiling.rows) : tile);
  }
  auto memory = [&](int64_t count) { return count ? p.shell.stack(p.element, count) : Value(); };
  packed = memory(packedCount);
  packedBlock = memory(blockCount);
  sliceSums = memory(sumCount);
  waiting = memory(waitingCount);
}
