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
// wait in memory. The order of the sums is that of the uncut k.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Contraction/Epilogue.h"
#include "lib/Lowering/CPU/Contraction/Tile.h"
#include "lib/Lowering/CPU/Kernels.h"
#include <limits>

using namespace mlir;
using namespace symc;
using namespace symc::contraction;

namespace {

// What a symbolic size is taken for when ways are compared.
constexpr int64_t kTypical = 128;
// Room for a packed panel or operand on the stack of each call.
constexpr int64_t kStackBytes = 256 << 10;
// Room for a packed slice of a panel, and for the sums of the tiles that use it.
constexpr int64_t kSliceBytes = 64 << 10, kSumsBytes = 64 << 10;
// Fewer rows do not pay for copying a panel whose rows are in order already.
constexpr int64_t kRowsForCopy = 24;
// Rows shorter than this lie close enough together for any k.
constexpr int64_t kRowBytesForSlices = 512;

/// One axis of the product.
struct Axis {
  AffineExpr expr;
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
  double cycles = std::numeric_limits<double>::infinity();
};

class MatmulEmitter {
public:
  explicit MatmulEmitter(Problem &problem) : p(problem), code(problem.code), epilogue(problem), lanes(problem.lanes) {
    rank = p.result().dims.size();
    bool ta = p.op.getTransposeA(), tb = p.op.getTransposeB();
    m = axis(p.result(), rank - 2);
    n = axis(p.result(), rank - 1);
    k = axis(p.a, p.a.dims.size() - (ta ? 2 : 1));
    a = operand(p.a, ta);
    b = operand(p.b, !tb);
  }

  std::optional<Schedule> emit() {
    if (!vectorizes(p.op) || rank > 3)
      return std::nullopt;
    Choice choice = choose();
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

private:
  Axis axis(const Buffer &buffer, unsigned position) {
    Axis result{buffer.dims[position], buffer.sizes[position], kTypical, 0, constantValue(buffer.dims[position])};
    if (result.constant)
      result.assumed = result.least = *result.constant;
    else if (auto symbol = dyn_cast<AffineSymbolExpr>(result.expr))
      for (auto bound :
           p.kernel->getParentOfType<ModuleOp>()->getAttrOfType<ArrayAttr>(kBoundsAttr).getAsRange<sym::DimBoundAttr>())
        if (bound.getName() ==
            code.b.getContext()->getLoadedDialect<sym::SymDialect>()->dimName(symbol.getPosition())) {
          result.least = bound.getMin();
          result.assumed = std::max<int64_t>(bound.getMin(), std::min(bound.getMax(), result.assumed));
        }
    return result;
  }

  /// `kFirst`: k is the next to last axis.
  Operand operand(const Buffer &buffer, bool kFirst) {
    unsigned last = buffer.dims.size() - 1;
    Value batch = last == 2 && !isOne(buffer.dims[0]) ? buffer.strides[0] : code.c(0);
    return {&buffer, buffer.strides[kFirst ? last : last - 1], buffer.strides[kFirst ? last - 1 : last], batch};
  }

  /// Whether elements along the lane axis are neighbours. With one product each, k's stride does not matter.
  bool runsAlongLanes(const Operand &v) { return is(v.outerStride, 1); }

  //===--------------------------------------------------------------------===//
  // The choice
  //===--------------------------------------------------------------------===//

  int64_t panelBytes(unsigned vectors) { return k.assumed * vectors * lanes * elementBytes(); }

  /// Rows of V in order are still copied when they would not stay in the cache: V is larger than that, or its rows fall
  /// on the same sets. With a symbolic k the run decides.
  bool wantsCopy(const Axis &across, const Axis &along, const Operand &v) {
    if (!runsAlongLanes(v) || across.assumed < kRowsForCopy)
      return false;
    int64_t rowBytes = along.assumed * elementBytes();
    if (!k.constant)
      return rowBytes >= kRowBytesForSlices;
    return (sameSets(along) && *k.constant > 64) || *k.constant * rowBytes > cacheBytes();
  }

  bool sameSets(const Axis &along) {
    int64_t rowBytes = along.assumed * elementBytes();
    return along.constant && rowBytes >= 4096 && (rowBytes & (rowBytes - 1)) == 0;
  }

  /// What of V may stay in the cache between tiles.
  int64_t cacheBytes() { return p.isa.l2 * 3 / 4; }

  double panelCycles(const Axis &across, const Axis &along, const Operand &v, unsigned rows, unsigned vectors,
                     double extra) {
    bool turned = !runsAlongLanes(v), copied = wantsCopy(across, along, v);
    int64_t total = (along.assumed + lanes - 1) / lanes, panels = total / vectors, tail = total % vectors;
    double tiles = std::ceil(double(std::max<int64_t>(across.assumed, 1)) / rows);
    auto tile = [&](unsigned width) {
      return k.assumed * stepCycles(rows, width) + rows * width * 1.5 + 12 + extra * width;
    };
    double cycles = tiles * (panels * tile(vectors) + (tail ? tile(tail) : 0));
    if (turned)
      cycles += total * (k.assumed / 4 * (lanes / 4) * 5.0 + k.assumed % 4 * (lanes * 1.5) + 10);
    return copied && k.constant ? cycles + total * k.assumed * 1.5 : cycles;
  }

  Choice choose() {
    Choice best;
    auto consider = [&](Choice choice) {
      if (choice.cycles < best.cycles)
        best = choice;
    };
    int64_t columnVectors = (n.assumed + lanes - 1) / lanes, rowVectors = (m.assumed + lanes - 1) / lanes;
    for (unsigned vectors = 1; vectors <= 6 && vectors <= std::max<int64_t>(columnVectors, 1); ++vectors)
      for (unsigned rows = 1, most = mostRows(p.isa, vectors); rows <= most; ++rows)
        if (!m.constant || rows <= std::max<int64_t>(*m.constant, 1))
          consider({Way::Columns, rows, vectors, panelCycles(m, n, b, rows, vectors, 0)});
    // The transposed forms take the whole of n at once.
    if (n.constant && *n.constant >= 1 && *n.constant <= lanes)
      for (unsigned vectors = 1, rows = *n.constant; vectors <= 6 && vectors <= std::max<int64_t>(rowVectors, 1);
           ++vectors)
        if (fitsRegisters(p.isa, rows, vectors))
          consider({Way::Rows, rows, vectors, panelCycles(n, m, a, rows, vectors, rows == 1 ? 0 : 5.0 * lanes)});
    considerDots(consider);
    return best;
  }

  void considerDots(llvm::function_ref<void(Choice)> consider) {
    // A's rows and B's columns must run along k; B may be turned on the stack when it is small and constant.
    if (!is(a.kStride, 1) || !n.constant || *n.constant < 1 || *n.constant > lanes || !k.constant || *k.constant < 1)
      return;
    bool turned = !is(b.kStride, 1) && *n.constant > 1;
    int64_t depth = (*k.constant + lanes - 1) / lanes;
    if (turned && (rank == 3 || depth * lanes * *n.constant * elementBytes() > kStackBytes))
      return;
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
        cycles =
            std::ceil(m.assumed / double(rows)) *
                (depth * std::max({rows * columns / 2.0, (rows + columns) / 2.0, 4.0}) + rows * (3.0 * lanes + 6)) +
            (turned ? depth * (columns * lanes) * 0.5 : 0);
      consider({Way::Dots, rows, columns, cycles});
    }
  }

  int64_t elementBytes() { return p.element.getIntOrFloatBitWidth() / 8; }

  //===--------------------------------------------------------------------===//
  // Panels of tiles
  //===--------------------------------------------------------------------===//

  struct Panel {
    Value batch, first; // first: along the lanes
    unsigned vectors;
    Values masks;
    Value v, vStride; // address at the panel's first lane, elements from product to product
  };

  /// Lanes along `along` with operand v, rows across; result dimensions of both.
  Schedule emitPanels(const Choice &choice, const Axis &across, const Axis &along, const Operand &s, const Operand &v,
                      unsigned acrossDim, unsigned alongDim) {
    rows = choice.rows;
    vectors = choice.vectors;
    this->s = s;
    this->v = v;
    this->across = across;
    this->along = along;
    this->acrossDim = acrossDim;
    this->alongDim = alongDim;
    transposed = alongDim != rank - 1 && !is(n.size, 1);
    int64_t width = vectors * lanes;
    AffineExpr tiles = across.expr.ceilDiv(int64_t(rows)), panels = along.expr.ceilDiv(width);
    MLIRContext *context = code.b.getContext();
    AffineExpr batch = rank == 3 ? p.result().dims[0] : constantDim(context, 1);
    std::optional<int64_t> fixedTiles, fixedPanels;
    if (across.constant)
      fixedTiles = std::max<int64_t>(1, (*across.constant + rows - 1) / rows);
    if (along.constant)
      fixedPanels = std::max<int64_t>(1, (*along.constant + width - 1) / width);
    Value tileCount = fixedTiles ? code.c(*fixedTiles) : code.max(code.ceilDiv(across.size, rows), code.c(1));
    Value panelCount = fixedPanels ? code.c(*fixedPanels) : code.max(code.ceilDiv(along.size, width), code.c(1));
    prepareVectors();

    auto panelTiles = [&](Value number, Value from, Value to) {
      Value batchIndex = rank == 3 ? code.div(number, panelCount) : code.c(0);
      Value panel = rank == 3 ? code.rem(number, panelCount) : number;
      emitPanelVariants(batchIndex, panel, from, to);
    };
    Value begin = p.shell.begin(), end = p.shell.end();
    if (rank == 2 && is(panelCount, 1)) {
      panelTiles(code.c(0), begin, end);
    } else {
      code.loop(code.div(begin, tileCount), code.div(code.add(end, code.sub(tileCount, code.c(1))), tileCount), 1,
                [&](Value number) {
                  Value first = code.mul(number, tileCount);
                  panelTiles(number, code.max(code.sub(begin, first), code.c(0)),
                             code.min(code.sub(end, first), tileCount));
                });
    }
    double cycles = k.assumed * stepCycles(rows, vectors) + rows * vectors * 2 + 20;
    int64_t grain = std::max<int64_t>(1, std::lround(20000 / cycles));
    // A packed panel is to serve many rows.
    if (packing != Packing::None) {
      int64_t tilesOfPanel = (across.assumed + rows - 1) / rows;
      grain = std::max<int64_t>(grain, group ? std::min(group, tilesOfPanel) : tilesOfPanel);
    }
    return {batch * tiles * panels, grain};
  }

  /// Decides how V is read: in place, from panels packed on the stack, or from slices of them.
  void prepareVectors() {
    bool turned = !runsAlongLanes(v);
    if (!turned && !wantsCopy(across, along, v))
      return;
    int64_t width = packedStride(vectors);
    if (k.constant && panelBytes(vectors) <= kStackBytes) {
      packing = turned ? Packing::Turned : Packing::Copied;
      packed = p.shell.stack(p.element, std::max<int64_t>(*k.constant, 1) * width);
      return;
    }
    packing = turned ? Packing::TurnedSlices : Packing::CopiedSlices;
    depth = kSliceBytes / elementBytes() / width;
    group = std::max<int64_t>(1, kSumsBytes / elementBytes() / (rows * vectors * lanes));
    packed = p.shell.stack(p.element, depth * width);
    sliceSums = p.shell.stack(p.element, group * rows * vectors * lanes);
  }

  /// Elements from row to row of a packed panel: packing writes whole groups of four.
  int64_t packedStride(unsigned vectors) { return llvm::alignTo(vectors * lanes, 4); }

  void emitPanelVariants(Value batch, Value number, Value from, Value to) {
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
    if (packing == Packing::Turned) {
      packTransposed(p, start, v.outerStride, code.sub(along.size, first), k.size, packed, packedStride(width),
                     packedStride(width));
      panel.v = packed;
      panel.vStride = code.c(packedStride(width));
      panel.masks.clear();
    } else if (packing == Packing::Copied) {
      // The number of rows decides; it may be known at run time only.
      Value enough = code.less(code.c(kRowsForCopy - 1), across.size);
      code.when(enough, [&] { copyPanel(panel, start, k.size); });
      panel.v = code.select(enough, packed, start);
      panel.vStride = code.select(enough, code.c(packedStride(width)), v.kStride);
    }
    auto tiles = [&] { emitTiles(panel, masks, from, to, rows); };
    if (rows == 1 || across.least >= rows)
      return tiles();
    code.when(code.less(across.size, code.c(rows)), [&] { emitTiles(panel, masks, code.c(0), across.size, 1); }, tiles);
  }

  void emitTiles(const Panel &panel, const Values &masks, Value from, Value to, unsigned height) {
    if (packing == Packing::TurnedSlices || packing == Packing::CopiedSlices)
      return emitSlices(panel, masks, from, to, height);
    code.loop(from, to, 1, [&](Value t) {
      auto [row, skip] = rowOf(t, height);
      finish(panel, masks, row, height, skip, sumProducts(p, registerTile(panel, row, height)));
    });
  }

  /// First row of tile t; how many of its rows the tile before has finished, null when that is always none.
  std::pair<Value, Value> rowOf(Value t, unsigned height) {
    Value nominal = code.mul(t, height);
    if (height == 1 || (across.constant && *across.constant % height == 0))
      return {nominal, Value()};
    // The last tile is moved back to end with the last row; rows of the tile before are computed again.
    Value row = code.min(nominal, code.sub(across.size, code.c(height)));
    return {row, code.sub(nominal, row)};
  }

  RegisterTile registerTile(const Panel &panel, Value row, unsigned height) {
    RegisterTile tile;
    tile.inner = height;
    tile.vectors = panel.vectors;
    tile.s = code.at(s.buffer->pointer, code.add(code.mul(panel.batch, s.batchStride), code.mul(row, s.outerStride)),
                     p.element);
    tile.sOuter = code.c(0);
    tile.sInner = s.outerStride;
    tile.v = panel.v;
    tile.masks = panel.masks;
    tile.levels = {{k.size, s.kStride, panel.vStride}};
    return tile;
  }

  /// Tiles in groups; for each group slice after slice of k, packed once.
  void emitSlices(const Panel &panel, const Values &masks, Value from, Value to, unsigned height) {
    int64_t stride = packedStride(panel.vectors);
    unsigned vectorCount = height * panel.vectors;
    Value most = code.c(group * rows / height), tileSize = code.c(int64_t(vectorCount) * lanes);
    bool turned = packing == Packing::TurnedSlices;
    // In place, where there is too little to gain, the one slice is the whole of k.
    Value pack = turned ? Value() : worthCopying(), sliceDepth = code.c(depth);
    if (pack)
      sliceDepth = code.select(pack, sliceDepth, code.max(k.size, code.c(1)));
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
        if (turned) {
          packTransposed(p, origin, v.outerStride, code.sub(along.size, panel.first), count, packed, stride, stride);
          slice.v = packed;
          slice.vStride = code.c(stride);
          slice.masks.clear();
        } else {
          code.when(pack, [&] { copyPanel(panel, origin, count); });
          slice.v = code.select(pack, packed, origin);
          slice.vStride = code.select(pack, code.c(stride), v.kStride);
        }
        code.loop(first, last, 1, [&](Value t) {
          auto [row, skip] = rowOf(t, height);
          RegisterTile tile = registerTile(slice, row, height);
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
              [&] { finish(panel, masks, row, height, skip, sums); });
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
    Value limit = code.c(sameSets(along) ? 64 * along.assumed * elementBytes() : cacheBytes());
    return code.both(enough, code.less(limit, bytes));
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
  void finish(const Panel &panel, const Values &masks, Value row, unsigned height, Value skip, ArrayRef<Value> sums) {
    Place place;
    place.index.assign(rank, panel.batch);
    place.index[acrossDim] = row;
    place.index[alongDim] = panel.first;
    if (transposed)
      return finishTransposed(place, panel, height, sums);
    place.innerDim = acrossDim;
    place.laneDim = alongDim;
    bool large = epilogue.opCount() * height * panel.vectors > 200;
    if (!large && !(skip && epilogue.mayUpdateInPlace()))
      return epilogue.finishTile(place, 1, height, panel.vectors, masks, sums);
    int64_t stride = panel.vectors * lanes;
    Value tile = stack(rows * vectors * lanes);
    for (unsigned i = 0; i < sums.size(); ++i)
      code.store(sums[i], code.at(tile, int64_t(i) * lanes, p.element));
    epilogue.finishStored(place, tile, stride, code.c(0), code.c(1), skip ? skip : code.c(0), code.c(height), height,
                          panel.vectors, masks);
  }

  /// Sums have lanes along m and rows along n: turned through memory, they are finished row after row of the result.
  void finishTransposed(Place place, const Panel &panel, unsigned height, ArrayRef<Value> sums) {
    int64_t width = int64_t(panel.vectors) * lanes;
    int64_t stride = llvm::alignTo(lanes, 4);
    Value turned = stack(int64_t(vectors) * lanes * (stride + height));
    Value tile = code.at(turned, int64_t(vectors) * lanes * stride, p.element);
    for (unsigned i = 0; i < sums.size(); ++i)
      code.store(sums[i], code.at(tile, int64_t(i) * lanes, p.element));
    packTransposed(p, tile, code.c(width), code.c(height), code.c(width), turned, llvm::alignTo(height, 4), stride);
    place.innerDim = alongDim;
    place.laneDim = acrossDim;
    Value count = code.min(code.sub(along.size, panel.first), code.c(width));
    epilogue.finishStored(place, turned, stride, code.c(0), code.c(1), code.c(0), count, 0, 1,
                          {code.mask(code.c(height), lanes)});
  }

  Value stack(int64_t count) {
    if (!tileMemory)
      tileMemory = p.shell.stack(p.element, count);
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
    AffineExpr groups = m.expr.ceilDiv(int64_t(group));
    AffineExpr batch = rank == 3 ? p.result().dims[0] : constantDim(code.b.getContext(), 1);
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
      Value tile = stack(int64_t(group) * lanes);
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

  enum class Packing { None, Turned, Copied, TurnedSlices, CopiedSlices };

  Problem &p;
  Code &code;
  Epilogue epilogue;
  unsigned lanes, rank;
  Axis m, n, k, across, along;
  Operand a, b, s, v;
  unsigned rows = 1, vectors = 1, acrossDim = 0, alongDim = 0;
  bool transposed = false;
  Packing packing = Packing::None;
  int64_t depth = 0, group = 0; // of a slice: products, tiles
  Value packed, sliceSums, tileMemory;
};

} // namespace

std::optional<Schedule> symc::contraction::emitMatmul(Problem &problem) { return MatmulEmitter(problem).emit(); }
