//===- MatmulSlices.cpp - Products slice after slice of k -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A slice of V is packed once and used by a group of tiles, whose sums wait in memory for
// the next slice. Of a gradient of weights, which has few rows and a long k, whole panels
// wait, and a slice of S is packed as well.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Contraction/MatmulEmitter.h"

using namespace mlir;
using namespace symc;
using namespace symc::contraction;

Value MatmulEmitter::waitingSums(Value sums, Value tile, int64_t vector) {
  int64_t tileSize = int64_t(tiling.rows) * tiling.vectors * lanes;
  return code.at(code.at(sums, code.mul(tile, tileSize), p.element), vector * lanes, p.element);
}

void MatmulEmitter::clearSums(Value sums, Value from, Value to) {
  code.loop(from, to, 1, [&](Value tile) {
    for (unsigned i = 0; i < tiling.rows * tiling.vectors; ++i)
      code.store(code.zero(p.vector), waitingSums(sums, tile, i));
  });
}

void MatmulEmitter::emitSlicesOfK(Value depth, llvm::function_ref<void(Slice)> emit) {
  code.loop(code.c(0), code.max(k.size, code.c(1)), depth, [&](Value start) {
    emit({start, code.min(code.sub(k.size, start), depth), code.add(start, depth), sliceSums});
  });
}

void MatmulEmitter::emitSlices(const Panel &panel, const Values &masks, Value from, Value to) {
  Value most = code.c(tiling.group), sliceDepth = code.c(tiling.depth);
  // Where there is too little to gain, the one slice is the whole of k.
  if (tiling.packing != Packing::Turned && oneSum(panel.vectors)) {
    Value worthwhile = tiling.packing == Packing::Copied ? worthCopying() : code.less(code.c(1), across.size);
    sliceDepth = code.select(worthwhile, sliceDepth, code.max(k.size, code.c(1)));
  }
  code.loop(from, to, most, [&](Value first) {
    Value last = code.min(code.add(first, most), to);
    clearSums(sliceSums, code.c(0), code.sub(last, first));
    emitSlicesOfK(sliceDepth, [&](Slice slice) {
      slice.sums = waitingSums(sliceSums, code.sub(code.c(0), first), 0);
      emitSlice(panel, masks, slice, first, last);
    });
  });
}

void MatmulEmitter::emitPanelsBySlices(Value tileCount) {
  Value begin = p.shell.begin(), end = p.shell.end();
  code.loop(code.div(begin, tileCount), code.ceilDiv(end, *known(tileCount)), code.c(tiling.panels), [&](Value first) {
    Value origin = code.mul(first, tileCount), to = code.min(code.add(origin, code.mul(tileCount, tiling.panels)), end);
    clearSums(sliceSums, code.sub(code.max(begin, origin), origin), code.sub(to, origin));
    emitSlicesOfK(code.c(tiling.depth), [&](Slice slice) {
      code.loop(first, code.ceilDiv(to, *known(tileCount)), 1, [&](Value number) {
        Value firstTile = code.mul(number, tileCount);
        slice.sums = waitingSums(sliceSums, code.sub(firstTile, origin), 0);
        withPanel(code.c(0), number, [&](const Panel &panel, const Values &masks) {
          emitSlice(panel, masks, slice, code.max(code.sub(begin, firstTile), code.c(0)),
                    code.min(code.sub(to, firstTile), tileCount));
        });
      });
    });
  });
}

void MatmulEmitter::emitSlice(const Panel &panel, const Values &masks, const Slice &slice, Value first, Value last) {
  int64_t stride = packedStride(panel.vectors);
  unsigned vectorCount = tiling.rows * panel.vectors;
  Value pack = tiling.packing == Packing::Copied ? worthCopying() : Value();
  Panel part = panel;
  Value origin = code.at(panel.v, code.mul(slice.start, v.kStride), p.element);
  if (tiling.packing == Packing::Turned) {
    packTransposed(p, origin, v.outerStride, code.sub(along.size, panel.first), slice.count, packed, stride, stride);
    part.v = packed;
    part.vStride = code.c(stride);
    part.masks.clear();
  } else if (pack) {
    code.when(pack, [&] { copyPanel(panel, origin, slice.count); });
    part.v = code.selectOnce(pack, packed, origin);
    part.vStride = code.selectOnce(pack, code.c(stride), v.kStride);
  } else {
    part.v = origin;
  }
  auto finishTile = [&](Value t, RegisterTile tile, Value row, Value skip) {
    tile.levels[0].trips = slice.count;
    Values sums;
    for (unsigned i = 0; i < vectorCount; ++i)
      sums.push_back(code.load(p.vector, waitingSums(slice.sums, t, i)));
    sums = sumProducts(p, tile, sums);
    code.when(
        code.less(slice.end, k.size),
        [&] {
          for (unsigned i = 0; i < vectorCount; ++i)
            code.store(sums[i], waitingSums(slice.sums, t, i));
        },
        [&] { finish(panel, masks, row, skip, sums); });
  };
  if (tiling.block)
    return emitBlocks(part, pack, slice, first, last, finishTile);
  code.loop(first, last, 1, [&](Value t) {
    auto [row, skip] = rowOf(t);
    RegisterTile tile = registerTile(part, row);
    tile.s = code.at(tile.s, code.mul(slice.start, s.kStride), p.element);
    finishTile(t, tile, row, skip);
  });
}

void MatmulEmitter::emitBlocks(const Panel &panel, Value pack, const Slice &slice, Value first, Value last,
                               llvm::function_ref<void(Value, RegisterTile, Value, Value)> finishTile) {
  int64_t width = blockWidth(tiling);
  code.loop(first, last, tiling.block, [&](Value from) {
    // All of a block's rows exist: the last one begins earlier.
    Value base = code.min(code.mul(from, tiling.rows), code.c(*across.constant - width));
    Value origin = code.at(registerTile(panel, base).s, code.mul(slice.start, s.kStride), p.element);
    code.when(pack, [&] {
      code.loop(code.c(0), slice.count, 1, [&](Value i) {
        Value line = code.at(origin, code.mul(i, s.kStride), p.element);
        Value to = code.at(packedBlock, code.mul(i, width), p.element);
        for (int64_t j = 0; j < width; j += lanes)
          code.store(code.load(p.vector, code.at(line, j, p.element)), code.at(to, j, p.element));
      });
    });
    Value block = code.selectOnce(pack, packedBlock, origin);
    Value stride = code.selectOnce(pack, code.c(width), s.kStride);
    code.loop(from, code.min(code.add(from, tiling.block), last), 1, [&](Value t) {
      auto [row, skip] = rowOf(t);
      RegisterTile tile = registerTile(panel, row);
      tile.s = code.at(block, code.sub(row, base), p.element);
      tile.levels[0].sStride = stride;
      finishTile(t, tile, row, skip);
    });
  });
}

Value MatmulEmitter::worthCopying() {
  Value enough = code.less(code.c(kRowsForCopy - 1), across.size);
  if (k.constant)
    return enough;
  Value bytes = code.mul(k.size, code.mul(along.size, elementBytes()));
  int64_t rowBytes = along.assumed * elementBytes(), rows = product.rowsThatStay(along);
  int64_t limit = rows < product.cacheBytes() / rowBytes ? rows * rowBytes : product.cacheBytes();
  return code.both(enough, code.less(code.c(limit), bytes));
}
