//===- MatmulSlices.cpp - Products slice after slice of k -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A slice of V is packed once and used by a group of tiles, whose sums wait in memory for
// the next slice. Of a gradient of weights, which has few rows and a long k, a slice of S is
// packed as well, for several panels, whose sums wait together.
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

void MatmulEmitter::emitSlicesOfK(Value batch, Value most, llvm::function_ref<void(Slice)> emit) {
  // As many slices as are needed, all of about the same depth.
  Value size = code.max(k.size, code.c(1));
  Value depth = code.ceilDiv(size, code.ceilDiv(size, most));
  code.loop(code.c(0), size, depth, [&](Value start) {
    emit({batch, start, code.min(code.sub(k.size, start), depth), code.add(start, depth), sliceSums, Value(), Value()});
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
    emitSlicesOfK(panel.batch, sliceDepth, [&](Slice slice) {
      slice.sums = waitingSums(sliceSums, code.sub(code.c(0), first), 0);
      withBlocks(slice, first, last,
                 [&](const Slice &slice, Value from, Value to) { emitSlice(panel, masks, slice, from, to); });
    });
  });
}

void MatmulEmitter::emitPanelsBySlices(Value tileCount) {
  Value begin = p.shell.begin(), end = p.shell.end();
  Value panelsEnd = code.ceilDiv(end, tileCount);
  code.loop(code.div(begin, tileCount), panelsEnd, code.c(tiling.panels), [&](Value firstPanel) {
    Value lastPanel = code.min(code.add(firstPanel, tiling.panels), panelsEnd);
    code.loop(code.c(0), tileCount, tiling.group, [&](Value first) {
      Value last = code.min(code.add(first, tiling.group), tileCount);
      clearSums(sliceSums, code.c(0), code.mul(code.sub(lastPanel, firstPanel), tiling.group));
      emitSlicesOfK(code.c(0), code.c(tiling.depth), [&](const Slice &all) {
        code.when(worthCopying(), [&] { packPanels(all, firstPanel, lastPanel); });
        withBlocks(all, first, last, [&](Slice slice, Value from, Value to) {
          code.loop(firstPanel, lastPanel, 1, [&](Value number) {
            Value firstTile = code.mul(number, tileCount);
            Value waiting = code.sub(code.mul(code.sub(number, firstPanel), tiling.group), first);
            slice.sums = waitingSums(sliceSums, waiting, 0);
            slice.packed = packedPanel(code.sub(number, firstPanel));
            withPanel(code.c(0), number, [&](const Panel &panel, const Values &masks) {
              emitSlice(panel, masks, slice, code.max(code.sub(begin, firstTile), from),
                        code.min(code.sub(end, firstTile), to));
            });
          });
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
    if (!slice.packed)
      code.when(pack, [&] { copyPanel(panel, origin, slice.count, packed); });
    part.v = code.selectOnce(pack, slice.packed ? slice.packed : packed, origin);
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
  Value step = tiling.block ? code.selectOnce(pack, code.c(blockWidth(tiling)), s.kStride) : Value();
  code.loop(first, last, 1, [&](Value t) {
    auto [row, skip] = rowOf(t);
    RegisterTile tile = registerTile(part, row);
    tile.s = code.at(tile.s, code.mul(slice.start, s.kStride), p.element);
    if (step) {
      Value block = code.div(code.sub(t, slice.fromTile), tiling.block);
      Value firstRow = rowOfBlock(code.add(slice.fromTile, code.mul(block, tiling.block)));
      Value there = code.add(code.mul(block, blockElements(tiling)), code.sub(row, firstRow));
      tile.s = code.selectOnce(pack, code.at(packedBlock, there, p.element), tile.s);
      tile.levels[0].sStride = step;
    }
    finishTile(t, tile, row, skip);
  });
}

void MatmulEmitter::withBlocks(Slice slice, Value first, Value last,
                               llvm::function_ref<void(const Slice &, Value, Value)> emit) {
  if (!tiling.block)
    return emit(slice, first, last);
  code.loop(first, last, tiling.block * tiling.blocks, [&](Value from) {
    Value to = code.min(code.add(from, tiling.block * tiling.blocks), last);
    code.when(worthCopying(), [&] { packBlocks(slice, from, to); });
    slice.fromTile = from;
    emit(slice, from, to);
  });
}

// Of the rows of an operand that is packed, a few are read at a time, whole: what lies far apart drives itself out of
// the first cache, and the processor would not foresee it.
constexpr int64_t kRowsAtOnce = 4;

void MatmulEmitter::packBlocks(const Slice &slice, Value from, Value to) {
  Value blocks = code.ceilDiv(code.sub(to, from), tiling.block);
  code.loop(code.c(0), slice.count, kRowsAtOnce, [&](Value first) {
    Value end = code.min(code.add(first, kRowsAtOnce), slice.count);
    code.loop(code.c(0), blocks, 1, [&](Value block) {
      Value source = rowsOfS(slice.batch, rowOfBlock(code.add(from, code.mul(block, tiling.block))));
      Value target = code.at(packedBlock, code.mul(block, blockElements(tiling)), p.element);
      code.loop(first, end, 1, [&](Value i) {
        for (int64_t j = 0; j < blockWidth(tiling); j += lanes) {
          Value there = code.add(code.mul(code.add(slice.start, i), s.kStride), code.c(j));
          code.store(code.load(p.vector, code.at(source, there, p.element)),
                     code.at(target, code.add(code.mul(i, blockWidth(tiling)), code.c(j)), p.element));
        }
      });
    });
  });
}

void MatmulEmitter::packPanels(const Slice &slice, Value firstPanel, Value lastPanel) {
  code.loop(code.c(0), slice.count, kRowsAtOnce, [&](Value row) {
    Value count = code.min(code.sub(slice.count, row), code.c(kRowsAtOnce));
    code.loop(firstPanel, lastPanel, 1, [&](Value number) {
      withPanel(slice.batch, number, [&](const Panel &panel, const Values &) {
        Value from = code.at(panel.v, code.mul(code.add(slice.start, row), v.kStride), p.element);
        Value to = packedPanel(code.sub(number, firstPanel));
        copyPanel(panel, from, count, code.at(to, code.mul(row, packedStride(panel.vectors)), p.element));
      });
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
