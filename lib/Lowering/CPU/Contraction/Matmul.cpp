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
#include "dialects/sym/Contraction.h"
#include "lib/Lowering/CPU/Contraction/MatmulEmitter.h"

using namespace mlir;
using namespace symc;
using namespace symc::contraction;

Schedule MatmulEmitter::emit() {
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

Schedule MatmulEmitter::emitPanels(const Choice &choice, const Axis &across, const Axis &along, const Operand &s,
                                   const Operand &v, unsigned acrossDim, unsigned alongDim) {
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
  Dim extent = batch * tiles * panels;
  if (tiled.packing == Packing::None)
    return {extent, grain};
  // What a chunk packs is to serve many rows: all of a panel's, but not more than are assumed.
  int64_t most = (across.assumed + tiled.rows - 1) / tiled.rows;
  if (tiled.group && tiled.panels == 1)
    most = std::min(most, tiled.group);
  return {extent, tiles.atMost(most) * std::max<int64_t>(1, grain / most)};
}

Value MatmulEmitter::count(const Axis &axis, int64_t size) {
  if (axis.constant)
    return code.c(std::max<int64_t>(1, (*axis.constant + size - 1) / size));
  return code.max(code.ceilDiv(axis.size, size), code.c(1));
}

void MatmulEmitter::emitTiled(Value tileCount, Value panelCount) {
  if (tiling.panels > 1)
    return emitPanelsBySlices(tileCount);
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

void MatmulEmitter::emitLines(int64_t tiledWidth, Value panelCount) {
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
              ownPanels(batch, code.max(code.sub(begin, first), code.c(0)), code.min(code.sub(end, first), panelCount));
            });
}

void MatmulEmitter::emitPanelVariants(Value batch, Value number, Value from, Value to) {
  withPanel(batch, number, [&](const Panel &panel, const Values &masks) { emitPanel(panel, masks, from, to); });
}

void MatmulEmitter::withPanel(Value batch, Value number, llvm::function_ref<void(const Panel &, const Values &)> emit) {
  int64_t width = int64_t(tiling.vectors) * lanes;
  Value first = code.mul(number, width);
  auto panel = [&](unsigned vectors, const Values &masks) {
    Value start =
        code.at(v.buffer->pointer, code.add(code.mul(batch, v.batchStride), code.mul(first, v.outerStride)), p.element);
    emit(Panel{batch, first, vectors, masks, start, v.kStride}, masks);
  };
  if (!along.constant) {
    Value left = code.sub(along.size, first);
    Values masks;
    for (unsigned i = 0; i < tiling.vectors; ++i)
      masks.push_back(code.mask(code.sub(left, code.c(int64_t(i) * lanes)), lanes));
    code.when(
        code.less(left, code.c(width)), [&] { panel(tiling.vectors, masks); }, [&] { panel(tiling.vectors, {}); });
    return;
  }
  int64_t whole = *along.constant / width, rest = *along.constant % width;
  unsigned tailVectors = (rest + lanes - 1) / lanes;
  Values masks(tailVectors);
  if (tailVectors)
    masks.back() = code.mask(code.c(rest - (tailVectors - 1) * int64_t(lanes)), lanes);
  if (!whole && rest)
    panel(tailVectors, masks);
  else if (whole && !rest)
    panel(tiling.vectors, {});
  else if (whole)
    code.when(code.less(number, code.c(whole)), [&] { panel(tiling.vectors, {}); }, [&] { panel(tailVectors, masks); });
}

void MatmulEmitter::emitPanel(Panel panel, const Values &masks, Value from, Value to) {
  Value start = panel.v;
  unsigned width = panel.vectors;
  if (tiling.depth)
    return emitSlices(panel, masks, from, to);
  if (tiling.packing == Packing::Turned) {
    packTransposed(p, start, v.outerStride, code.sub(along.size, panel.first), k.size, packed, packedStride(width),
                   packedStride(width));
    panel.v = packed;
    panel.vStride = code.c(packedStride(width));
    panel.masks.clear();
  } else if (tiling.packing == Packing::Copied) {
    // The number of rows decides; it may be known at run time only.
    Value enough = code.less(code.c(kRowsForCopy - 1), across.size);
    code.when(enough, [&] { copyPanel(panel, start, k.size, packed); });
    panel.v = code.selectOnce(enough, packed, start);
    panel.vStride = code.selectOnce(enough, code.c(packedStride(width)), v.kStride);
  }
  code.loop(from, to, 1, [&](Value t) {
    auto [row, skip] = rowOf(t);
    if (!transposed)
      epilogue.prefetch(placeOf(panel, row), tiling.rows, panel.vectors);
    RegisterTile tile = registerTile(panel, row);
    if (acrossDim == rank - 2)
      leaveOutTriangles(tile, panel, row);
    finish(panel, masks, row, skip, sumProducts(p, tile));
  });
}

void MatmulEmitter::leaveOutTriangles(RegisterTile &tile, const Panel &panel, Value row) {
  bool lowerA = p.op->hasAttr(kLowerAAttr) && oneSum(tile.vectors); // sums of parts would be cut elsewhere
  bool lowerOut = p.op->hasAttr(kLowerOutAttr);
  if (!lowerA && !lowerOut)
    return;
  Level &products = tile.levels.front();
  Value begin = row, end = code.add(row, code.c(tiling.rows));
  // The last tile shares rows with the one before: both take the same products, so that infinities that are left out
  // in one are in the other, whichever of them writes last.
  if (rowOf(code.c(0)).second) {
    Value last = code.mul(code.sub(count(across, tiling.rows), code.c(2)), tiling.rows);
    begin = code.max(code.min(row, last), code.c(0));
    end = code.select(code.less(row, last), end, across.size);
  }
  if (lowerOut) // columns from `end` on are above the diagonal in all rows
    products.trips = code.select(code.less(panel.first, end), products.trips, code.c(0));
  if (!lowerA)
    return;
  if (!p.op.getTransposeA()) { // row i ends with element i
    products.trips = code.min(products.trips, end);
    return;
  }
  Value first = code.min(begin, products.trips); // column i begins with element i
  tile.s = code.at(tile.s, code.mul(first, products.sStride), p.element);
  tile.v = code.at(tile.v, code.mul(first, products.vStride), p.element);
  products.trips = code.sub(products.trips, first);
}

void MatmulEmitter::copyPanel(const Panel &panel, Value start, Value count, Value to) {
  code.loop(code.c(0), count, 1, [&](Value i) {
    Value from = code.at(start, code.mul(i, v.kStride), p.element);
    Value line = code.at(to, code.mul(i, packedStride(panel.vectors)), p.element);
    for (unsigned j = 0; j < panel.vectors; ++j) {
      Value value = code.loadIf(p.vector, code.at(from, int64_t(j) * lanes, p.element),
                                panel.masks.empty() ? Value() : panel.masks[j]);
      code.store(value, code.at(line, int64_t(j) * lanes, p.element));
    }
  });
}

std::pair<Value, Value> MatmulEmitter::rowOf(Value t) {
  Value nominal = code.mul(t, tiling.rows);
  if (tiling.rows == 1 || (across.constant && *across.constant % tiling.rows == 0))
    return {nominal, Value()};
  // The last tile is moved back to end with the last row; rows of the tile before are computed again.
  Value row = code.min(nominal, code.sub(across.size, code.c(tiling.rows)));
  return {row, code.sub(nominal, row)};
}

RegisterTile MatmulEmitter::registerTile(const Panel &panel, Value row) {
  RegisterTile tile;
  tile.inner = tiling.rows;
  tile.vectors = panel.vectors;
  tile.s = rowsOfS(panel.batch, row);
  tile.sOuter = code.c(0);
  tile.sInner = s.outerStride;
  tile.v = panel.v;
  tile.masks = panel.masks;
  tile.levels = {{k.size, s.kStride, panel.vStride}};
  tile.sums = sums;
  tile.waiting = waiting;
  return tile;
}

Place MatmulEmitter::placeOf(const Panel &panel, Value row) {
  Place place;
  place.index.assign(rank, panel.batch);
  place.index[acrossDim] = row;
  place.index[alongDim] = panel.first;
  place.innerDim = acrossDim;
  place.laneDim = alongDim;
  return place;
}

void MatmulEmitter::finish(const Panel &panel, const Values &masks, Value row, Value skip, ArrayRef<Value> sums) {
  unsigned height = tiling.rows;
  Place place = placeOf(panel, row);
  if (transposed)
    return finishTransposed(place, panel, sums);
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

void MatmulEmitter::finishTransposed(Place place, const Panel &panel, ArrayRef<Value> sums) {
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

Value MatmulEmitter::tileStack() {
  if (!tileMemory)
    tileMemory = p.shell.stack(p.element, tileElements);
  return tileMemory;
}

std::optional<Schedule> symc::contraction::emitMatmul(Problem &problem) {
  if (!vectorizes(problem.op) || problem.result().dims.size() > 3)
    return std::nullopt;
  return MatmulEmitter(problem).emit();
}
