//===- MatmulEmitter.h - Code of a matrix product -----------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_CONTRACTION_MATMULEMITTER_H
#define SYMC_LIB_LOWERING_CPU_CONTRACTION_MATMULEMITTER_H

#include "lib/Lowering/CPU/Contraction/Epilogue.h"
#include "lib/Lowering/CPU/Contraction/MatmulChoice.h"
#include "lib/Lowering/CPU/Contraction/Tile.h"

namespace symc::contraction {

/// S: the operand whose elements are spread, V: the one that runs along the lanes (Tile.h); which are which is the
/// choice's.
class MatmulEmitter {
public:
  explicit MatmulEmitter(Problem &problem)
      : p(problem), code(problem.code), epilogue(problem), product(problem), lanes(product.lanes), rank(product.rank),
        m(product.m), n(product.n), k(product.k), a(product.a), b(product.b) {}

  Schedule emit();

private:
  struct Panel {
    Value batch, first; // first: along the lanes
    unsigned vectors;
    Values masks;
    Value v, vStride; // address at the panel's first lane, elements from product to product
  };

  enum class Packing { None, Turned, Copied };

  /// How large tiles are, and how V is read: in place, or from panels packed on the stack.
  struct Tiling {
    unsigned rows, vectors;
    Packing packing = Packing::None;
    int64_t depth = 0, group = 0; // of a slice: products, tiles; 0: k is not sliced
    int64_t block = 0;            // tiles that share the rows of packed S; 0: S is read in place
    int64_t blocks = 1;           // that are packed at once
    int64_t panels = 1;           // whose sums wait together, those of a group of tiles in each
  };

  /// Products [start, start + count) of k.
  struct Slice {
    Value batch, start, count, end;
    Value sums;     // where those of a panel's first tile wait for the others
    Value fromTile; // with which packed S begins
    Value packed;   // V of the panel at hand; null: not packed yet
  };

  //===--- Tiles: Matmul.cpp ----------------------------------------------===//
  /// Lanes along `along` with operand v, rows across; result dimensions of both.
  Schedule emitPanels(const Choice &choice, const Axis &across, const Axis &along, const Operand &s, const Operand &v,
                      unsigned acrossDim, unsigned alongDim);
  /// Pieces of `size` along an axis, at least one.
  Value count(const Axis &axis, int64_t size);
  /// The tiles of [begin, end), panel after panel.
  void emitTiled(Value tileCount, Value panelCount);
  /// All rows of panels of another width: those whose first lane lies in panels [begin, end) of `tiledWidth` lanes, of
  /// which each has but one tile.
  void emitLines(int64_t tiledWidth, Value panelCount);
  /// Tiles [from, to) of a panel.
  void emitPanelVariants(Value batch, Value number, Value from, Value to);
  /// Emits for panels of full width, and for the last one where that may be narrower.
  void withPanel(Value batch, Value number, llvm::function_ref<void(const Panel &, const Values &)> emit);
  void emitPanel(Panel panel, const Values &masks, Value from, Value to);
  /// Copies `count` rows from address `start` on.
  void copyPanel(const Panel &panel, Value start, Value count, Value to);
  /// First row of tile t; how many of its rows the tile before has finished, null when that is always none.
  std::pair<Value, Value> rowOf(Value t);
  RegisterTile registerTile(const Panel &panel, Value row);
  /// Leaves out the products with what is above the diagonal of A in all rows of the tile that begins with `row`, and
  /// those for what is above that of the result, where these are known not to matter.
  void leaveOutTriangles(RegisterTile &tile, const Panel &panel, Value row);
  Place placeOf(const Panel &panel, Value row);
  /// `skip`: rows at the start that the tile before has finished; null when there never are any.
  void finish(const Panel &panel, const Values &masks, Value row, Value skip, ArrayRef<Value> sums);
  /// Sums have lanes along m and rows along n: turned through memory, they are finished row after row of the result.
  void finishTransposed(Place place, const Panel &panel, ArrayRef<Value> sums);
  Value tileStack();

  //===--- Their sizes: MatmulTiling.cpp ----------------------------------===//
  Tiling planTiles(unsigned rows, unsigned vectors);
  /// S that stands along its rows (A of a gradient of weights): of each line of the cache a tile takes some elements,
  /// the tile after it others, and by then the lines have driven each other out. Wider registers take more of a line;
  /// what is best there was not measured.
  bool blocksPay();
  void makeBlocks(Tiling &tiling);
  /// One row at a time.
  Tiling planLines(const Tiling &tiled, unsigned vectors);
  void slice(Tiling &tiling, int64_t bytes, unsigned rowsAtLeast);
  int64_t groupOf(const Tiling &tiling, unsigned rowsAtLeast);
  /// Slices cut the several sums of an element short: where one tiling needs slices, all cut at the same products,
  /// those of the smallest.
  void sliceAlike(llvm::MutableArrayRef<Tiling> tilings);
  /// Memory on the stack that every tiling finds large enough.
  void reserve(ArrayRef<Tiling> tilings);
  /// Whether it makes no difference where k is cut.
  bool oneSum(unsigned vectors) { return (sums ? sums : enoughSums(tiling.rows, vectors)) == 1; }
  int64_t elementBytes() { return product.elementBytes(); }
  int64_t lineElements() { return 64 / elementBytes(); }
  int64_t panelBytes(unsigned vectors) { return k.assumed * packedStride(vectors) * elementBytes(); }
  /// Elements from row to row of a packed panel: packing writes whole groups of four.
  int64_t packedStride(unsigned vectors) { return llvm::alignTo(vectors * lanes, 4); }
  /// Elements from row to row of a packed block of S.
  int64_t blockWidth(const Tiling &tiling) { return tiling.block * tiling.rows; }
  int64_t blockElements(const Tiling &tiling) { return tiling.depth * blockWidth(tiling); }
  /// Room for a packed slice of a panel. Measured: with narrower tiles its products read S often enough to want both in
  /// the first cache.
  int64_t sliceBytes() { return p.isa.registers < 32 ? 32 << 10 : 64 << 10; }

  //===--- Slices of k: MatmulSlices.cpp ----------------------------------===//
  Value waitingSums(Value sums, Value tile, int64_t vector);
  void clearSums(Value sums, Value from, Value to);
  /// Slice after slice of k, of at most `depth` products.
  void emitSlicesOfK(Value batch, Value depth, llvm::function_ref<void(Slice)> emit);
  /// Tiles in groups; for each group slice after slice of k, packed once.
  void emitSlices(const Panel &panel, const Values &masks, Value from, Value to);
  /// The tiles of [begin, end), some panels at a time, so that what is packed of S serves all of them.
  void emitPanelsBySlices(Value tileCount);
  /// Tiles [first, last) of a panel.
  void emitSlice(const Panel &panel, const Values &masks, const Slice &slice, Value first, Value last);
  /// Packs what tiles [first, last) read of S, as much as there is room for at a time, and emits these tiles.
  void withBlocks(Slice slice, Value first, Value last, llvm::function_ref<void(const Slice &, Value, Value)> emit);
  void packBlocks(const Slice &slice, Value from, Value to);
  /// Packs a slice of several panels, all of a row before the row after it.
  void packPanels(const Slice &slice, Value firstPanel, Value lastPanel);
  Value packedPanel(Value number) {
    return code.at(packed, code.mul(number, tiling.depth * packedStride(tiling.vectors)), p.element);
  }
  /// The first row of the block that begins with a tile. All its rows exist: the last one begins earlier.
  Value rowOfBlock(Value tile) {
    return code.min(code.mul(tile, tiling.rows), code.c(*across.constant - blockWidth(tiling)));
  }
  Value rowsOfS(Value batch, Value row) {
    return code.at(s.buffer->pointer, code.add(code.mul(batch, s.batchStride), code.mul(row, s.outerStride)),
                   p.element);
  }
  /// At run time: several tiles use V, which would not stay in the cache.
  Value worthCopying();

  //===--- Dots: MatmulDots.cpp -------------------------------------------===//
  Schedule emitDots(const Choice &choice);
  /// Lane-wise sums of each row of A times each column of B, in order row, column.
  Values dotSums(ArrayRef<Value> rowAddresses, Value bBase, Value bColumn, unsigned columns, int64_t depth);

  Problem &p;
  Code &code;
  Epilogue epilogue;
  Product product;
  unsigned lanes, rank;
  Axis m, n, k, across, along;
  Operand a, b, s, v;
  unsigned acrossDim = 0, alongDim = 0, sums = 0;
  bool transposed = false;
  Tiling tiling{1, 1}; // at hand
  int64_t tileElements = 0;
  Value packed, packedBlock, sliceSums, waiting, tileMemory;
};

} // namespace symc::contraction
#endif
