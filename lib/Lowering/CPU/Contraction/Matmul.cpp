//===- Matmul.cpp - Matrix products ---------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Three ways to put a product on vectors, of which the cheapest is taken:
//   columns  lanes along n, V = B (packed when its rows do not run along n)
//   rows     lanes along m, V = A, for a narrow result; tiles are transposed at the end
//   dots     lanes along k, summed at the end; for a narrow result with A's rows along k
// The result is cut into panels (along the lanes) and these into tiles (across them); the
// loop that is cut counts batch × panels × tiles. Where a panel of V would not stay in the
// cache, k is cut into slices: each is packed once and used by a group of tiles, whose sums
// wait in memory.
//
// Where there may be fewer rows than a tile has, a second tiling for single rows, with wider
// panels, stands beside the first. Both make an element of the same sums in the same order.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Contraction/Epilogue.h"
#include "lib/Lowering/CPU/Contraction/MatmulChoice.h"
#include "lib/Lowering/CPU/Contraction/Tile.h"

using namespace mlir;
using namespace symc;
using namespace symc::contraction;

namespace {

// Room for the sums of the tiles that use a packed slice.
constexpr int64_t kSumsBytes = 64 << 10;

class MatmulEmitter {
public:
  explicit MatmulEmitter(Problem &problem)
      : p(problem), code(problem.code), epilogue(problem), product(problem), lanes(product.lanes), rank(product.rank),
        m(product.m), n(product.n), k(product.k), a(product.a), b(product.b) {}

  static std::optional<Schedule> emit(Problem &problem) {
    if (!vectorizes(problem.op) || problem.result().dims.size() > 3)
      return std::nullopt;
    return MatmulEmitter(problem).emit();
  }

private:
  Schedule emit() {
    Choice choice = product.choose();
    switch (choice.way) {
    case Way::Columns:
      return emitPanels(choice, m, n, a, b, rank - 2, rank - 1);
    case Way::Rows:
      return emitPanels(choice, n, m, b, a, rank - 1, rank - 2);
    case Way::Dots:
      return emitDots(choice);
    }
    llvm_unreachable("all ways are listed");
  }

  //===--------------------------------------------------------------------===//
  // Panels of tiles
  //===--------------------------------------------------------------------===//

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
  };

  /// Lanes along `along` with operand v, rows across; result dimensions of both.
  Schedule emitPanels(const Choice &choice, const Axis &across, const Axis &along, const Operand &s, const Operand &v,
                      unsigned acrossDim, unsigned alongDim) {
    this->s = s;
    this->v = v;
    this->across = across;
    this->along = along;
    this->acrossDim = acrossDim;
    this->alongDim = alongDim;
    sums = choice.sums;
    transposed = alongDim != rank - 1 && !is(n.size, 1);
    SmallVector<Tiling> tilings{planTiles(choice.rows, choice.vectors)};
    if (!across.constant && choice.rows > 1 && across.least < choice.rows)
      tilings.push_back(planLines(tilings[0], choice.lineVectors));
    if (sums > 1)
      sliceAlike(tilings);
    reserve(tilings);

    const Tiling &tiled = tilings[0];
    int64_t width = tiled.vectors * lanes;
    Dim tiles = across.expr.ceilDiv(int64_t(tiled.rows)), panels = along.expr.ceilDiv(width);
    Dim batch = rank == 3 ? p.result().dims[0] : constantDim(code.b.getContext(), 1);
    Value tileCount = count(across, tiled.rows), panelCount = count(along, width);
    tiling = tiled;
    if (tilings.size() == 1)
      emitTiled(tileCount, panelCount);
    else
      code.when(
          code.less(across.size, code.c(tiled.rows)),
          [&] {
            tiling = tilings[1];
            emitLines(width, panelCount);
          },
          [&] {
            tiling = tilings[0];
            emitTiled(tileCount, panelCount);
          });
    double cycles = k.assumed * stepCycles(tiled.rows, tiled.vectors) + tiled.rows * tiled.vectors * 2 + 20;
    int64_t grain = std::max<int64_t>(1, std::lround(20000 / cycles));
    // A packed panel is to serve many rows.
    if (tiled.packing != Packing::None) {
      int64_t tilesOfPanel = (across.assumed + tiled.rows - 1) / tiled.rows;
      grain = std::max<int64_t>(grain, tiled.group ? std::min(tiled.group, tilesOfPanel) : tilesOfPanel);
    }
    return {batch * tiles * panels, grain};
  }

  /// Pieces of `size` along an axis, at least one.
  Value count(const Axis &axis, int64_t size) {
    if (axis.constant)
      return code.c(std::max<int64_t>(1, (*axis.constant + size - 1) / size));
    return code.max(code.ceilDiv(axis.size, size), code.c(1));
  }

  Tiling planTiles(unsigned rows, unsigned vectors) {
    Tiling tiling{rows, vectors};
    bool turned = product.turned(v);
    if (!turned && !product.wantsCopy(across, along, v))
      return tiling;
    tiling.packing = turned ? Packing::Turned : Packing::Copied;
    if (!k.constant || panelBytes(vectors) > kStackBytes)
      slice(tiling, sliceBytes(), rows);
    return tiling;
  }

  /// One row at a time.
  Tiling planLines(const Tiling &tiled, unsigned vectors) {
    Tiling tiling{1, vectors};
    tiling.packing = product.turned(v) ? Packing::Turned : Packing::None;
    if (tiling.packing == Packing::Turned && (!k.constant || panelBytes(vectors) > kStackBytes))
      slice(tiling, sliceBytes(), tiled.rows);
    // Several rows are to find V in the first cache.
    if (tiling.packing == Packing::None && k.constant && sums <= 1 && panelBytes(vectors) > p.isa.l1 / 2)
      slice(tiling, p.isa.l1 / 2, tiled.rows);
    return tiling;
  }

  /// Room for a packed slice of a panel. Measured: with narrower tiles its products read S often enough to want both in
  /// the first cache.
  int64_t sliceBytes() { return p.isa.registers < 32 ? 32 << 10 : 64 << 10; }

  void slice(Tiling &tiling, int64_t bytes, unsigned rowsAtLeast) {
    tiling.depth = std::max<int64_t>(1, bytes / elementBytes() / packedStride(tiling.vectors));
    tiling.group = groupOf(tiling, rowsAtLeast);
  }

  int64_t groupOf(const Tiling &tiling, unsigned rowsAtLeast) {
    int64_t fitting = kSumsBytes / elementBytes() / (tiling.rows * tiling.vectors * lanes);
    return std::max<int64_t>({1, fitting, rowsAtLeast / tiling.rows});
  }

  /// Slices cut the several sums of an element short: where one tiling needs slices, all cut at the same products,
  /// those of the smallest.
  void sliceAlike(MutableArrayRef<Tiling> tilings) {
    int64_t depth = 0;
    for (const Tiling &tiling : tilings)
      if (tiling.depth && (!depth || tiling.depth < depth))
        depth = tiling.depth;
    for (Tiling &tiling : tilings) {
      tiling.depth = depth;
      tiling.group = depth ? groupOf(tiling, tilings[0].rows) : 0;
    }
  }

  /// Memory on the stack that every tiling finds large enough.
  void reserve(ArrayRef<Tiling> tilings) {
    int64_t packedCount = 0, sumCount = 0, waitingCount = 0;
    for (const Tiling &tiling : tilings) {
      int64_t tile = tiling.rows * tiling.vectors * lanes;
      int64_t depth = tiling.depth ? tiling.depth : std::max<int64_t>(1, k.constant.value_or(1));
      if (tiling.packing != Packing::None)
        packedCount = std::max(packedCount, depth * packedStride(tiling.vectors));
      sumCount = std::max(sumCount, tiling.group * tile);
      unsigned carried = sumsAtOnce(p.isa, tiling.rows, tiling.vectors, sums);
      waitingCount = std::max<int64_t>(waitingCount, sums ? (sums - carried) * tile : 0);
      int64_t width = tiling.vectors * lanes;
      tileElements = std::max(tileElements, transposed ? width * (llvm::alignTo(lanes, 4) + tiling.rows) : tile);
    }
    auto memory = [&](int64_t count) { return count ? p.shell.stack(p.element, count) : Value(); };
    packed = memory(packedCount);
    sliceSums = memory(sumCount);
    waiting = memory(waitingCount);
  }

  /// Whether it makes no difference where k is cut.
  bool oneSum(unsigned vectors) { return (sums ? sums : enoughSums(tiling.rows, vectors)) == 1; }

  int64_t elementBytes() { return product.elementBytes(); }
  int64_t panelBytes(unsigned vectors) { return k.assumed * packedStride(vectors) * elementBytes(); }
  /// Elements from row to row of a packed panel: packing writes whole groups of four.
  int64_t packedStride(unsigned vectors) { return llvm::alignTo(vectors * lanes, 4); }

  /// The tiles of [begin, end), panel after panel.
  void emitTiled(Value tileCount, Value panelCount) {
    auto panelTiles = [&](Value number, Value from, Value to) {
      Value batchIndex = rank == 3 ? code.div(number, panelCount) : code.c(0);
      Value panel = rank == 3 ? code.rem(number, panelCount) : number;
      emitPanelVariants(batchIndex, panel, from, to);
    };
    Value begin = p.shell.begin(), end = p.shell.end();
    if (rank == 2 && is(panelCount, 1))
      return panelTiles(code.c(0), begin, end);
    code.loop(code.div(begin, tileCount), code.div(code.add(end, code.sub(tileCount, code.c(1))), tileCount), 1,
              [&](Value number) {
                Value first = code.mul(number, tileCount);
                panelTiles(number, code.max(code.sub(begin, first), code.c(0)),
                           code.min(code.sub(end, first), tileCount));
              });
  }

  /// All rows of panels of another width: those whose first lane lies in panels [begin, end) of `tiledWidth` lanes, of
  /// which each has but one tile.
  void emitLines(int64_t tiledWidth, Value panelCount) {
    int64_t width = tiling.vectors * lanes;
    Value begin = p.shell.begin(), end = p.shell.end(), ownCount = count(along, width);
    auto ownPanels = [&](Value batch, Value from, Value to) {
      auto firstFrom = [&](Value panel) { return code.ceilDiv(code.mul(panel, tiledWidth), width); };
      code.loop(firstFrom(from), code.min(firstFrom(to), ownCount), 1,
                [&](Value panel) { emitPanelVariants(batch, panel, code.c(0), across.size); });
    };
    if (rank == 2 && is(ownCount, 1) && is(panelCount, 1))
      return emitPanelVariants(code.c(0), code.c(0), code.c(0), across.size);
    if (rank == 2)
      return ownPanels(code.c(0), begin, end);
    code.loop(code.div(begin, panelCount), code.div(code.add(end, code.sub(panelCount, code.c(1))), panelCount), 1,
              [&](Value batch) {
                Value first = code.mul(batch, panelCount);
                ownPanels(batch, code.max(code.sub(begin, first), code.c(0)),
                          code.min(code.sub(end, first), panelCount));
              });
  }

  /// Tiles [from, to) of a panel.
  void emitPanelVariants(Value batch, Value number, Value from, Value to) {
    unsigned vectors = tiling.vectors;
    int64_t width = vectors * lanes;
    Value first = code.mul(number, width);
    if (!along.constant) {
      Value left = code.sub(along.size, first);
      Values masks;
      for (unsigned i = 0; i < vectors; ++i)
        masks.push_back(code.mask(code.sub(left, code.c(int64_t(i) * lanes)), lanes));
      code.when(
          code.less(left, code.c(width)), [&] { emitPanel(batch, first, vectors, masks, from, to); },
          [&] { emitPanel(batch, first, vectors, {}, from, to); });
      return;
    }
    int64_t whole = *along.constant / width, rest = *along.constant % width;
    unsigned tailVectors = (rest + lanes - 1) / lanes;
    Values masks(tailVectors);
    if (tailVectors)
      masks.back() = code.mask(code.c(rest - (tailVectors - 1) * int64_t(lanes)), lanes);
    if (!whole)
      return emitPanel(batch, first, tailVectors, masks, from, to);
    if (!rest)
      return emitPanel(batch, first, vectors, {}, from, to);
    code.when(
        code.less(number, code.c(whole)), [&] { emitPanel(batch, first, vectors, {}, from, to); },
        [&] { emitPanel(batch, first, tailVectors, masks, from, to); });
  }

  void emitPanel(Value batch, Value first, unsigned width, Values masks, Value from, Value to) {
    if (!width)
      return;
    Value start =
        code.at(v.buffer->pointer, code.add(code.mul(batch, v.batchStride), code.mul(first, v.outerStride)), p.element);
    Panel panel{batch, first, width, masks, start, v.kStride};
    if (tiling.depth)
      return emitSlices(panel, masks, from, to);
    if (tiling.packing == Packing::Turned) {
      packTransposed(p, start, v.outerStride, code.sub(along.size, first), k.size, packed, packedStride(width),
                     packedStride(width));
      panel.v = packed;
      panel.vStride = code.c(packedStride(width));
      panel.masks.clear();
    } else if (tiling.packing == Packing::Copied) {
      // The number of rows decides; it may be known at run time only.
      Value enough = code.less(code.c(kRowsForCopy - 1), across.size);
      code.when(enough, [&] { copyPanel(panel, start, k.size); });
      panel.v = code.selectOnce(enough, packed, start);
      panel.vStride = code.selectOnce(enough, code.c(packedStride(width)), v.kStride);
    }
    code.loop(from, to, 1, [&](Value t) {
      auto [row, skip] = rowOf(t);
      finish(panel, masks, row, skip, sumProducts(p, registerTile(panel, row)));
    });
  }

  /// First row of tile t; how many of its rows the tile before has finished, null when that is always none.
  std::pair<Value, Value> rowOf(Value t) {
    Value nominal = code.mul(t, tiling.rows);
    if (tiling.rows == 1 || (across.constant && *across.constant % tiling.rows == 0))
      return {nominal, Value()};
    // The last tile is moved back to end with the last row; rows of the tile before are computed again.
    Value row = code.min(nominal, code.sub(across.size, code.c(tiling.rows)));
    return {row, code.sub(nominal, row)};
  }

  RegisterTile registerTile(const Panel &panel, Value row) {
    RegisterTile tile;
    tile.inner = tiling.rows;
    tile.vectors = panel.vectors;
    tile.s = code.at(s.buffer->pointer, code.add(code.mul(panel.batch, s.batchStride), code.mul(row, s.outerStride)),
                     p.element);
    tile.sOuter = code.c(0);
    tile.sInner = s.outerStride;
    tile.v = panel.v;
    tile.masks = panel.masks;
    tile.levels = {{k.size, s.kStride, panel.vStride}};
    tile.sums = sums;
    tile.waiting = waiting;
    return tile;
  }

  /// Tiles in groups; for each group slice after slice of k, packed once.
  void emitSlices(const Panel &panel, const Values &masks, Value from, Value to) {
    int64_t stride = packedStride(panel.vectors);
    unsigned vectorCount = tiling.rows * panel.vectors;
    Value most = code.c(tiling.group), tileSize = code.c(int64_t(vectorCount) * lanes);
    Value pack = tiling.packing == Packing::Copied ? worthCopying() : Value(), sliceDepth = code.c(tiling.depth);
    // Where there is too little to gain, the one slice is the whole of k.
    if (tiling.packing != Packing::Turned && oneSum(panel.vectors)) {
      Value worthwhile = pack ? pack : code.less(code.c(1), across.size);
      sliceDepth = code.select(worthwhile, sliceDepth, code.max(k.size, code.c(1)));
    }
    code.loop(from, to, most, [&](Value first) {
      Value last = code.min(code.add(first, most), to);
      auto sumsAt = [&](Value t, unsigned i) {
        return code.at(code.at(sliceSums, code.mul(code.sub(t, first), tileSize), p.element), int64_t(i) * lanes,
                       p.element);
      };
      code.loop(first, last, 1, [&](Value t) {
        for (unsigned i = 0; i < vectorCount; ++i)
          code.store(code.zero(p.vector), sumsAt(t, i));
      });
      code.loop(code.c(0), code.max(k.size, code.c(1)), sliceDepth, [&](Value start) {
        Value count = code.min(code.sub(k.size, start), sliceDepth), end = code.add(start, sliceDepth);
        Panel slice = panel;
        Value origin = code.at(panel.v, code.mul(start, v.kStride), p.element);
        if (tiling.packing == Packing::Turned) {
          packTransposed(p, origin, v.outerStride, code.sub(along.size, panel.first), count, packed, stride, stride);
          slice.v = packed;
          slice.vStride = code.c(stride);
          slice.masks.clear();
        } else if (pack) {
          code.when(pack, [&] { copyPanel(panel, origin, count); });
          slice.v = code.selectOnce(pack, packed, origin);
          slice.vStride = code.selectOnce(pack, code.c(stride), v.kStride);
        } else {
          slice.v = origin;
        }
        code.loop(first, last, 1, [&](Value t) {
          Value row, skip;
          std::tie(row, skip) = rowOf(t);
          RegisterTile tile = registerTile(slice, row);
          tile.s = code.at(tile.s, code.mul(start, s.kStride), p.element);
          tile.levels[0].trips = count;
          Values sums;
          for (unsigned i = 0; i < vectorCount; ++i)
            sums.push_back(code.load(p.vector, sumsAt(t, i)));
          sums = sumProducts(p, tile, sums);
          code.when(
              code.less(end, k.size),
              [&] {
                for (unsigned i = 0; i < vectorCount; ++i)
                  code.store(sums[i], sumsAt(t, i));
              },
              [&] { finish(panel, masks, row, skip, sums); });
        });
      });
    });
  }

  /// At run time: several tiles use V, which would not stay in the cache.
  Value worthCopying() {
    Value enough = code.less(code.c(kRowsForCopy - 1), across.size);
    if (k.constant)
      return enough;
    Value bytes = code.mul(k.size, code.mul(along.size, elementBytes()));
    int64_t rowBytes = along.assumed * elementBytes(), rows = product.rowsThatStay(along);
    int64_t limit = rows < product.cacheBytes() / rowBytes ? rows * rowBytes : product.cacheBytes();
    return code.both(enough, code.less(code.c(limit), bytes));
  }

  void copyPanel(const Panel &panel, Value start, Value count) {
    code.loop(code.c(0), count, 1, [&](Value i) {
      Value from = code.at(start, code.mul(i, v.kStride), p.element);
      Value to = code.at(packed, code.mul(i, packedStride(panel.vectors)), p.element);
      for (unsigned j = 0; j < panel.vectors; ++j) {
        Value value = code.loadIf(p.vector, code.at(from, int64_t(j) * lanes, p.element),
                                  panel.masks.empty() ? Value() : panel.masks[j]);
        code.store(value, code.at(to, int64_t(j) * lanes, p.element));
      }
    });
  }

  /// `skip`: rows at the start that the tile before has finished; null when there never are any.
  void finish(const Panel &panel, const Values &masks, Value row, Value skip, ArrayRef<Value> sums) {
    unsigned height = tiling.rows;
    Place place;
    place.index.assign(rank, panel.batch);
    place.index[acrossDim] = row;
    place.index[alongDim] = panel.first;
    if (transposed)
      return finishTransposed(place, panel, sums);
    place.innerDim = acrossDim;
    place.laneDim = alongDim;
    bool large = epilogue.opCount() * height * panel.vectors > 200;
    if (!large && !(skip && epilogue.mayUpdateInPlace()))
      return epilogue.finishTile(place, 1, height, panel.vectors, masks, sums);
    int64_t stride = panel.vectors * lanes;
    Value tile = tileStack();
    for (unsigned i = 0; i < sums.size(); ++i)
      code.store(sums[i], code.at(tile, int64_t(i) * lanes, p.element));
    epilogue.finishStored(place, tile, stride, code.c(0), code.c(1), skip ? skip : code.c(0), code.c(height), height,
                          panel.vectors, masks);
  }

  /// Sums have lanes along m and rows along n: turned through memory, they are finished row after row of the result.
  void finishTransposed(Place place, const Panel &panel, ArrayRef<Value> sums) {
    unsigned height = tiling.rows;
    int64_t width = int64_t(panel.vectors) * lanes;
    int64_t stride = llvm::alignTo(lanes, 4);
    Value turned = tileStack(), tile = code.at(turned, int64_t(tiling.vectors) * lanes * stride, p.element);
    for (unsigned i = 0; i < sums.size(); ++i)
      code.store(sums[i], code.at(tile, int64_t(i) * lanes, p.element));
    packTransposed(p, tile, code.c(width), code.c(height), code.c(width), turned, llvm::alignTo(height, 4), stride);
    place.innerDim = alongDim;
    place.laneDim = acrossDim;
    Value count = code.min(code.sub(along.size, panel.first), code.c(width));
    epilogue.finishStored(place, turned, stride, code.c(0), code.c(1), code.c(0), count, 0, 1,
                          {code.mask(code.c(height), lanes)});
  }

  Value tileStack() {
    if (!tileMemory)
      tileMemory = p.shell.stack(p.element, tileElements);
    return tileMemory;
  }

  //===--------------------------------------------------------------------===//
  // Dots
  //===--------------------------------------------------------------------===//

  Schedule emitDots(const Choice &choice) {
    unsigned columns = choice.vectors;
    int64_t depth = (*k.constant + lanes - 1) / lanes;
    Value bBase = b.buffer->pointer, bColumn = b.outerStride;
    if (columns > 1 && !is(b.kStride, 1)) {
      // B turned so that its columns run along k.
      Value turned = p.shell.stack(p.element, depth * lanes * columns);
      code.loop(code.c(0), k.size, 1, [&](Value i) {
        for (unsigned j = 0; j < columns; ++j)
          code.store(code.load(p.element, code.at(bBase, code.add(code.mul(i, b.kStride), j), p.element)),
                     code.at(turned, code.add(i, j * depth * lanes), p.element));
      });
      bBase = turned;
      bColumn = code.c(depth * lanes);
    }
    unsigned group = columns == 1 ? lanes : choice.rows;
    Dim groups = m.expr.ceilDiv(int64_t(group));
    Dim batch = rank == 3 ? p.result().dims[0] : constantDim(code.b.getContext(), 1);
    Value groupCount = code.max(code.ceilDiv(m.size, group), code.c(1));
    code.loop(p.shell.begin(), p.shell.end(), 1, [&](Value number) {
      Value batchIndex = rank == 3 ? code.div(number, groupCount) : code.c(0);
      Value first = code.mul(rank == 3 ? code.rem(number, groupCount) : number, group);
      Value aBase = code.at(a.buffer->pointer, code.mul(batchIndex, a.batchStride), p.element);
      Value bHere = code.at(bBase, code.mul(batchIndex, b.batchStride), p.element);
      Value last = code.sub(m.size, code.c(1));
      Values rowAddresses;
      for (unsigned i = 0; i < group; ++i)
        rowAddresses.push_back(code.at(aBase, code.mul(code.min(code.add(first, i), last), a.outerStride), p.element));
      Values sums = dotSums(rowAddresses, bHere, bColumn, columns, depth);
      Place place;
      place.index.assign(rank, batchIndex);
      place.index[rank - 2] = first;
      place.index[rank - 1] = code.c(0);
      Value left = code.sub(m.size, first);
      if (columns == 1) {
        place.laneDim = rank - 2; // n is 1: the rows of the result are neighbours
        epilogue.finishTile(place, 1, 1, 1, {code.mask(left, lanes)}, sumLanes(p, sums));
        return;
      }
      tileElements = int64_t(group) * lanes;
      Value tile = tileStack();
      for (unsigned i = 0; i < group; ++i)
        code.store(sumLanes(p, Values(ArrayRef(sums).slice(i * columns, columns))),
                   code.at(tile, int64_t(i) * lanes, p.element));
      place.innerDim = rank - 2;
      place.laneDim = rank - 1;
      epilogue.finishStored(place, tile, lanes, code.c(0), code.c(1), code.c(0), code.min(left, code.c(group)), group,
                            1, {code.mask(code.c(columns), lanes)});
    });
    double cycles = depth * group * columns / 2.0 + group * lanes;
    return {batch * groups, std::max<int64_t>(1, std::lround(20000 / cycles))};
  }

  /// Lane-wise sums of each row of A times each column of B, in order row, column.
  Values dotSums(ArrayRef<Value> rowAddresses, Value bBase, Value bColumn, unsigned columns, int64_t depth) {
    int64_t rest = *k.constant % lanes;
    auto step = [&](Value at, Values sums, Value mask) {
      Values right;
      for (unsigned j = 0; j < columns; ++j) {
        Value address = code.at(code.at(bBase, code.mul(bColumn, j), p.element), at, p.element);
        right.push_back(code.loadIf(p.vector, address, mask));
      }
      for (auto [i, address] : llvm::enumerate(rowAddresses)) {
        Value left = code.loadIf(p.vector, code.at(address, at, p.element), mask);
        for (unsigned j = 0; j < columns; ++j)
          sums[i * columns + j] = code.multiplyAdd(left, right[j], sums[i * columns + j]);
      }
      return sums;
    };
    Values sums(rowAddresses.size() * columns, code.zero(p.vector));
    int64_t whole = rest ? depth - 1 : depth;
    sums = code.loop(code.c(0), code.c(whole * lanes), code.c(lanes), sums,
                     [&](Value at, ValueRange carried) { return step(at, Values(carried), {}); });
    if (rest)
      sums = step(code.c(whole * lanes), sums, code.mask(code.c(rest), lanes));
    return sums;
  }

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
  Value packed, sliceSums, waiting, tileMemory;
};

} // namespace

std::optional<Schedule> symc::contraction::emitMatmul(Problem &problem) { return MatmulEmitter::emit(problem); }
