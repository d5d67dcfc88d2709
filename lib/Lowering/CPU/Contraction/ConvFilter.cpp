//===- ConvFilter.cpp - Gradients of convolution kernels ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Few results, each a sum over the pixels of all images. The images are split among a
// number of partial sums that depends on sizes alone; a first kernel makes these, tile by
// tile of the result, a second adds them in order and finishes the elements.
//
// Lanes run along the filters (V = the cotangent, S = the image), or along the taps and
// channels of a kernel row, which lie one after another in the image (V = the image).
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Contraction/Epilogue.h"
#include "lib/Lowering/CPU/Contraction/Filter.h"
#include "lib/Lowering/CPU/Contraction/Image.h"
#include "lib/Lowering/CPU/Contraction/Tile.h"
#include <limits>

using namespace mlir;
using namespace symc;
using namespace symc::contraction;

constexpr int64_t kFrameBytes = 128 << 10; // on the stack of each call
constexpr int64_t kPartialBytes = 16 << 20, kMostPartials = 8;

static int64_t ceilDivide(int64_t x, int64_t y) { return (x + y - 1) / y; }

std::optional<FilterPlan> symc::contraction::planFilter(const Window &w, const Isa &isa, unsigned lanes,
                                                        int64_t elementBytes, std::optional<int64_t> images) {
  if (w.groups != 1 || w.dilationX != 1 || w.top < 0 || w.left < 0 ||
      !std::min({w.height, w.width, w.channels, w.outHeight, w.outWidth, w.filters, w.kernelHeight, w.kernelWidth}))
    return std::nullopt;
  FilterPlan plan;
  plan.window = w;
  int64_t run = w.kernelWidth * w.channels, pixels = w.outHeight * w.outWidth;
  double best = std::numeric_limits<double>::infinity();
  for (bool alongFilters : {true, false}) {
    int64_t along = alongFilters ? w.filters : run, across = alongFilters ? run : w.filters;
    int64_t laneVectors = ceilDivide(along, lanes);
    for (unsigned vectors = 1; vectors <= 6 && vectors <= laneVectors; ++vectors)
      for (unsigned outer = 1, most = mostRows(isa, vectors); outer <= (alongFilters ? w.kernelHeight : 1); ++outer)
        for (unsigned inner = 1; outer * inner <= most && inner <= across; ++inner) {
          if (!alongFilters && inner > lanes)
            continue;
          int64_t blocks = ceilDivide(w.kernelHeight, outer) * ceilDivide(across, inner);
          unsigned rows = outer * inner;
          auto tile = [&](unsigned width) {
            return pixels * stepCycles(rows, width) + w.outHeight * 6 + rows * width * 2 + 20;
          };
          int64_t panels = laneVectors / vectors, tail = laneVectors % vectors;
          double cycles = blocks * (panels * tile(vectors) + (tail ? tile(tail) : 0));
          if (cycles >= best)
            continue;
          best = cycles;
          plan.alongFilters = alongFilters;
          plan.outer = outer;
          plan.inner = inner;
          plan.vectors = vectors;
          plan.across = across;
          plan.along = along;
          plan.rowBlocks = ceilDivide(w.kernelHeight, outer);
          plan.innerBlocks = ceilDivide(across, inner);
          plan.panels = ceilDivide(laneVectors, vectors);
        }
  }
  plan.cycles = best;
  plan.tileElements = int64_t(plan.outer) * plan.inner * plan.vectors * lanes;
  plan.partialElements = plan.tileElements * plan.tiles();
  plan.partials = std::clamp<int64_t>(kPartialBytes / (plan.partialElements * elementBytes), 1, kMostPartials);
  if (images)
    plan.partials = std::max<int64_t>(1, std::min(plan.partials, *images));
  // A frame of whole images, or of bands of their rows.
  int64_t columns = (w.outWidth - 1) * w.strideX + w.kernelWidth, reach = (w.kernelHeight - 1) * w.dilationY + 1;
  plan.framed = w.top || w.left || columns > w.width || (w.outHeight - 1) * w.strideY + reach > w.height;
  plan.columns = plan.framed ? columns : w.width;
  plan.bandRows = w.outHeight;
  auto frameBytes = [&] { return plan.frameRows() * columns * w.channels * elementBytes; };
  while (plan.framed && frameBytes() > kFrameBytes && plan.bandRows > 1)
    --plan.bandRows;
  if (plan.framed && frameBytes() > 2 * kFrameBytes)
    return std::nullopt;
  return plan;
}

namespace {
class FilterEmitter {
public:
  FilterEmitter(Problem &problem, const FilterPlan &plan, Value scratch)
      : p(problem), code(problem.code), plan(plan), w(plan.window), lanes(problem.lanes),
        partials(problem.shell.buffer(scratch)) {}

  Schedule emitPartials() {
    if (plan.framed)
      frame = p.shell.stack(p.element, plan.frameRows() * plan.columns * w.channels);
    Value images = p.a.sizes[0];
    code.loop(p.shell.begin(), p.shell.end(), 1, [&](Value unit) {
      Value sums = code.at(partials, code.mul(unit, plan.partialElements), p.element);
      clearElements(p, sums, plan.partialElements);
      Value from = code.div(code.mul(unit, images), plan.partials);
      Value to = code.div(code.mul(code.add(unit, 1), images), plan.partials);
      code.loop(from, to, 1, [&](Value image) {
        code.loop(code.c(0), code.c(w.outHeight), plan.bandRows, [&](Value row) { emitBand(sums, image, row); });
      });
    });
    return {constantDim(code.b.getContext(), plan.partials), 1};
  }

  Schedule emitSum() {
    Epilogue epilogue(p);
    if (!plan.alongFilters)
      turned = p.shell.stack(p.element, lanes + plan.inner * lanes);
    code.loop(p.shell.begin(), p.shell.end(), 1, [&](Value unit) {
      Value panel = code.rem(unit, plan.panels), block = code.div(unit, plan.panels);
      Value innerBlock = code.rem(block, plan.innerBlocks), rowBlock = code.div(block, plan.innerBlocks);
      Value nominalY = code.mul(rowBlock, plan.outer), nominalX = code.mul(innerBlock, plan.inner);
      Value ky = code.min(nominalY, code.c(w.kernelHeight - plan.outer));
      Value row = code.min(nominalX, code.c(plan.across - plan.inner));
      Value tile = code.at(partials, code.mul(unit, plan.tileElements), p.element);
      Value firstLane = code.mul(panel, plan.vectors * lanes);
      Value vectors =
          code.min(code.c(plan.vectors), code.div(code.add(code.sub(code.c(plan.along), firstLane), lanes - 1), lanes));
      code.loop(code.sub(nominalY, ky), code.c(plan.outer), 1, [&](Value o) {
        code.loop(code.c(0), vectors, 1, [&](Value vector) {
          Value lane = code.add(firstLane, code.mul(vector, lanes));
          Value left = code.sub(code.c(plan.along), lane), skip = code.sub(nominalX, row);
          auto sumOf = [&](Value i) {
            Value at = code.add(code.mul(code.add(code.mul(o, plan.inner), i), plan.vectors), vector);
            return sumPartials(code.at(tile, code.mul(at, lanes), p.element));
          };
          Value kyHere = code.add(ky, o);
          plan.alongFilters ? finishRows(epilogue, sumOf, kyHere, row, skip, lane, left)
                            : finishColumns(epilogue, sumOf, kyHere, row, skip, lane, left);
        });
      });
    });
    int64_t tileCycles =
        plan.tileElements / lanes * (plan.partials + 10) + (plan.alongFilters ? 0 : plan.tileElements * 3);
    return {constantDim(code.b.getContext(), plan.tiles()), std::max<int64_t>(1, 30000 / tileCycles)};
  }

private:
  //===--- Partial sums ---------------------------------------------------===//

  void emitBand(Value sums, Value image, Value row) {
    Value rows = code.min(code.c(plan.bandRows), code.sub(code.c(w.outHeight), row));
    if (plan.bandRows == w.outHeight)
      rows = code.c(w.outHeight);
    int64_t rowElements = plan.columns * w.channels;
    source = code.at(p.a.pointer, code.mul(image, p.a.strides[0]), p.element);
    Value firstRow = code.add(code.mul(row, w.strideY), -w.top);
    if (plan.framed) {
      Frame layout{w.height, w.width, w.channels, plan.columns, w.left};
      // ((rows - 1) * stride + reach) rows of the image.
      Value needed = code.add(code.mul(rows, w.strideY), plan.frameRows() - plan.bandRows * w.strideY);
      copyFramed(p, layout, source, firstRow, needed, frame);
      source = frame;
    } else {
      source = code.at(source, code.mul(firstRow, rowElements), p.element);
    }
    cotangent = code.at(p.b.pointer, code.add(code.mul(image, p.b.strides[0]), code.mul(row, w.outWidth * w.filters)),
                        p.element);
    code.loop(code.c(0), code.c(plan.rowBlocks), 1, [&](Value rowBlock) {
      code.loop(code.c(0), code.c(plan.innerBlocks), 1, [&](Value innerBlock) {
        Value ky = code.min(code.mul(rowBlock, plan.outer), code.c(w.kernelHeight - plan.outer));
        Value first = code.min(code.mul(innerBlock, plan.inner), code.c(plan.across - plan.inner));
        Value block = code.mul(code.add(code.mul(rowBlock, plan.innerBlocks), innerBlock), plan.panels);
        Value tile = code.at(sums, code.mul(block, plan.tileElements), p.element);
        emitPanels(tile, ky, first, rows);
      });
    });
  }

  void emitPanels(Value tile, Value ky, Value first, Value rows) {
    int64_t width = plan.vectors * lanes, whole = plan.along / width, rest = plan.along % width;
    code.loop(code.c(0), code.c(whole), 1, [&](Value panel) {
      emitTile(code.at(tile, code.mul(panel, plan.tileElements), p.element), ky, first, rows, code.mul(panel, width),
               plan.vectors, {});
    });
    if (!rest)
      return;
    unsigned vectors = ceilDivide(rest, lanes);
    Values masks(vectors);
    masks.back() = code.mask(code.c(rest - int64_t(vectors - 1) * lanes), lanes);
    emitTile(code.at(tile, whole * plan.tileElements, p.element), ky, first, rows, code.c(whole * width), vectors,
             masks);
  }

  void emitTile(Value memory, Value ky, Value first, Value rows, Value lane, unsigned vectors, const Values &masks) {
    int64_t rowElements = plan.columns * w.channels;
    RegisterTile tile;
    tile.outer = plan.outer;
    tile.inner = plan.inner;
    tile.vectors = vectors;
    tile.masks = masks;
    tile.sInner = code.c(1);
    Value image = code.at(source, code.mul(ky, w.dilationY * rowElements), p.element);
    Value imageRow = code.c(w.strideY * rowElements), imagePixel = code.c(w.strideX * w.channels);
    Value otherRow = code.c(w.outWidth * w.filters), otherPixel = code.c(w.filters);
    if (plan.alongFilters) {
      tile.s = code.at(image, first, p.element);
      tile.sOuter = code.c(w.dilationY * rowElements);
      tile.v = code.at(cotangent, lane, p.element);
      tile.levels = {{rows, imageRow, otherRow}, {code.c(w.outWidth), imagePixel, otherPixel}};
    } else {
      tile.s = code.at(cotangent, first, p.element);
      tile.sOuter = code.c(0);
      tile.v = code.at(image, lane, p.element);
      tile.levels = {{rows, otherRow, imageRow}, {code.c(w.outWidth), otherPixel, imagePixel}};
    }
    auto address = [&](unsigned row, unsigned vector) {
      return code.at(memory, (int64_t(row) * plan.vectors + vector) * lanes, p.element);
    };
    Values start;
    for (unsigned r = 0; r < tile.rows(); ++r)
      for (unsigned v = 0; v < vectors; ++v)
        start.push_back(code.load(p.vector, address(r, v)));
    Values sums = sumProducts(p, tile, start);
    for (unsigned r = 0; r < tile.rows(); ++r)
      for (unsigned v = 0; v < vectors; ++v)
        code.store(sums[r * vectors + v], address(r, v));
  }

  //===--- The sum of partial sums ----------------------------------------===//

  Value sumPartials(Value address) {
    Value sum = code.load(p.vector, address);
    for (int64_t i = 1; i < plan.partials; ++i)
      sum = code.plus(sum, code.load(p.vector, code.at(address, i * plan.partialElements, p.element)));
    return sum;
  }

  /// Rows are (tap, channel) of kernel row ky, lanes are filters.
  void finishRows(Epilogue &epilogue, llvm::function_ref<Value(Value)> sumOf, Value ky, Value row, Value skip,
                  Value lane, Value left) {
    Values masks;
    if (plan.along % lanes)
      masks.push_back(code.mask(left, lanes));
    code.loop(skip, code.c(plan.inner), 1, [&](Value i) {
      Value at = code.add(row, i);
      Place place;
      place.index = {ky, code.div(at, w.channels), code.rem(at, w.channels), lane};
      place.laneDim = 3;
      epilogue.finishTile(place, 1, 1, 1, masks, sumOf(i));
    });
  }

  /// Rows are filters, lanes are (tap, channel): turned through memory, a column after the other.
  void finishColumns(Epilogue &epilogue, llvm::function_ref<Value(Value)> sumOf, Value ky, Value row, Value skip,
                     Value lane, Value left) {
    Value block = code.at(turned, int64_t(lanes), p.element);
    code.loop(skip, code.c(plan.inner), 1,
              [&](Value i) { code.store(sumOf(i), code.at(block, code.mul(i, lanes), p.element)); });
    Value mask = code.mask(code.sub(code.c(plan.inner), skip), lanes);
    code.loop(code.c(0), code.min(code.c(lanes), left), 1, [&](Value l) {
      code.loop(skip, code.c(plan.inner), 1, [&](Value i) {
        Value value = code.load(p.element, code.at(block, code.add(code.mul(i, lanes), l), p.element));
        code.store(value, code.at(turned, code.sub(i, skip), p.element));
      });
      Value at = code.add(lane, l);
      Place place;
      place.index = {ky, code.div(at, w.channels), code.rem(at, w.channels), code.add(row, skip)};
      place.laneDim = 3;
      epilogue.finishTile(place, 1, 1, 1, mask ? Values{mask} : Values{}, code.load(p.vector, turned));
    });
  }

  Problem &p;
  Code &code;
  const FilterPlan &plan;
  const Window &w;
  unsigned lanes;
  Value partials, frame, source, cotangent, turned;
};
} // namespace

Schedule symc::contraction::emitFilterPartials(Problem &problem, const FilterPlan &plan, Value scratch) {
  return FilterEmitter(problem, plan, scratch).emitPartials();
}
Schedule symc::contraction::emitFilterSum(Problem &problem, const FilterPlan &plan, Value scratch) {
  return FilterEmitter(problem, plan, scratch).emitSum();
}
