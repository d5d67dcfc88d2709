//===- Conv.cpp - Convolutions and their gradients by the image -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Both forms slide a window over a source (the image, or the cotangent of the result) and
// sum products with weights; lanes run along the channels of what is computed. The source
// is copied with zeros around it, a band of rows at a time, so that no tap needs a test.
//
// conv2d_input with stride s falls into s × s phases: result pixels (s*i + py, s*j + px)
// see the taps ky = kyFirst(py) + s*t only, at source row i + base(py) + (taps - 1 - t).
//
// When the result has few channels, several neighbouring pixels of a row ("cell") share a
// vector: weights are packed with zeros where a pixel does not see a tap.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Contraction/Epilogue.h"
#include "lib/Lowering/CPU/Contraction/Image.h"
#include "lib/Lowering/CPU/Contraction/Tile.h"
#include <limits>

using namespace mlir;
using namespace symc;
using namespace symc::contraction;

namespace {

constexpr int64_t kFrameBytes = 128 << 10, kWeightBytes = 320 << 10; // on the stack of each call

/// One axis of the grid of cells, and the window that slides along it.
struct Slide {
  int64_t cells; // most of all phases
  int64_t phases = 1;
  int64_t step = 1;    // source elements from cell to cell
  int64_t reach = 1;   // source elements that the windows of a cell cover, over all phases
  int64_t before = 0;  // where the source begins in the window of cell 0
  int64_t taps = 1;    // most of all phases
  int64_t results;     // size of the result along this axis
  int64_t pixels = 1;  // of a cell
  int64_t tapStep = 1; // source elements from tap to tap

  /// Cells of the phase with fewest.
  int64_t leastCells() const { return pixels > 1 ? cells : results / phases; }
};

/// What a phase sees, as values.
struct Phase {
  Value taps, offset, cells, firstTap;
};

class WindowSums {
public:
  WindowSums(Problem &problem, const Window &window, bool input)
      : p(problem), code(problem.code), w(window), input(input), epilogue(problem), lanes(problem.lanes) {
    sourceHeight = input ? w.outHeight : w.height;
    sourceWidth = input ? w.outWidth : w.width;
    sourceChannels = input ? w.filters : w.channels;
    channels = input ? w.channels : w.filters;
  }

  std::optional<Schedule> emit() {
    if (w.top < 0 || w.left < 0)
      return std::nullopt;
    bool dilated = w.dilationY != 1 || w.dilationX != 1;
    if (!vectorizes(p.op) || w.groups != 1 || (input && dilated && (w.strideY != 1 || w.strideX != 1)))
      return std::nullopt;
    if (!std::min({w.height, w.width, w.channels, w.outHeight, w.outWidth, w.filters, w.kernelHeight, w.kernelWidth}))
      return std::nullopt;
    choose();
    if (cycles == std::numeric_limits<double>::infinity() || !planBands())
      return std::nullopt;
    return emitUnits();
  }

private:
  //===--------------------------------------------------------------------===//
  // Geometry
  //===--------------------------------------------------------------------===//

  Slide slide(bool vertical, int64_t pixels) {
    int64_t kernel = vertical ? w.kernelHeight : w.kernelWidth, stride = vertical ? w.strideY : w.strideX;
    int64_t dilation = vertical ? w.dilationY : w.dilationX, pad = vertical ? w.top : w.left;
    Slide s;
    s.pixels = pixels;
    if (!input) {
      s.results = vertical ? w.outHeight : w.outWidth;
      s.cells = s.results / pixels;
      s.step = stride * pixels;
      s.taps = kernel + (pixels > 1 ? (pixels - 1) * stride : 0);
      s.tapStep = dilation;
      s.reach = (s.taps - 1) * dilation + 1;
      s.before = pad;
      return s;
    }
    s.results = vertical ? w.height : w.width;
    s.phases = pixels > 1 ? 1 : stride;
    s.cells = (s.results + s.phases * pixels - 1) / (s.phases * pixels);
    s.step = pixels > 1 ? pixels / stride : 1;
    s.tapStep = dilation;
    // Source offsets of all taps of cell 0, over phases (or pixels).
    int64_t least = std::numeric_limits<int64_t>::max(), most = std::numeric_limits<int64_t>::min();
    s.taps = 0;
    for (int64_t i = 0, e = std::max(stride, pixels); i < e; ++i) {
      int64_t taps = 0;
      for (int64_t k = 0; k < kernel; ++k)
        if ((i + pad - k * dilation) % stride == 0) {
          int64_t at = (i + pad - k * dilation) / stride;
          least = std::min(least, at);
          most = std::max(most, at);
          ++taps;
        }
      s.taps = std::max(s.taps, taps);
    }
    s.before = -least;
    s.reach = most - least + 1;
    if (pixels > 1)
      s.taps = s.reach;
    return s;
  }

  /// The phase's taps and place; all constant when there is but one phase.
  Phase phase(const Slide &s, bool vertical, Value number) {
    int64_t kernel = vertical ? w.kernelHeight : w.kernelWidth, stride = vertical ? w.strideY : w.strideX;
    int64_t pad = vertical ? w.top : w.left;
    if (!input || s.phases == 1)
      return {code.c(s.taps), code.c(0), code.c(s.cells), code.c(0)};
    // firstTap = (number + pad) mod stride; taps = ceil((kernel - firstTap) / stride);
    // offset = (number + pad - firstTap) / stride - (taps - 1) + before.
    Value shifted = code.add(number, pad), first = code.rem(shifted, stride);
    Value taps = code.div(code.sub(code.c(kernel + stride - 1), first), stride);
    Value offset = code.sub(code.add(code.div(shifted, stride), s.before + 1), taps);
    Value cells = code.div(code.sub(code.c(s.results + stride - 1), number), stride);
    return {taps, offset, cells, first};
  }

  //===--------------------------------------------------------------------===//
  // The choice of cells and tiles
  //===--------------------------------------------------------------------===//

  void choose() {
    SmallVector<int64_t> cellSizes{1};
    int64_t results = input ? w.width : w.outWidth;
    if (channels < lanes && lanes % channels == 0) {
      int64_t pixels = lanes / channels;
      if (results % pixels == 0 && w.dilationX == 1 && (!input || pixels % w.strideX == 0))
        cellSizes.push_back(pixels);
    }
    for (int64_t pixels : cellSizes) {
      Slide y = slide(true, 1), x = slide(false, pixels);
      if (y.leastCells() < 1 || x.leastCells() < 1)
        continue;
      int64_t laneVectors = pixels > 1 ? 1 : (channels + lanes - 1) / lanes;
      double steps =
          double(w.kernelHeight) / y.phases * (pixels > 1 ? x.taps : double(w.kernelWidth) / x.phases) * sourceChannels;
      bool packed = input || pixels > 1;
      int64_t vectorBytes = y.phases * x.phases * y.taps * x.taps * sourceChannels * lanes * elementBytes();
      for (unsigned vectors = 1; vectors <= 6 && vectors <= laneVectors; ++vectors) {
        if (packed && vectors * vectorBytes > kWeightBytes)
          break;
        for (unsigned outer = 1, most = mostRows(p.isa, vectors); outer <= most && outer <= y.leastCells(); ++outer)
          for (unsigned inner = 1; outer * inner <= most && inner <= x.leastCells(); ++inner) {
            unsigned rows = outer * inner;
            double tiles =
                std::ceil(double(y.cells) / outer) * std::ceil(double(x.cells) / inner) * y.phases * x.phases;
            auto tile = [&](unsigned width) { return steps * stepCycles(rows, width) + rows * width * 1.5 + 15; };
            int64_t panels = laneVectors / vectors, tail = laneVectors % vectors;
            double total = tiles * (panels * tile(vectors) + (tail ? tile(tail) : 0));
            if (total < cycles) {
              cycles = total;
              this->y = y;
              this->x = x;
              this->vectors = vectors;
              this->outer = outer;
              this->inner = inner;
            }
          }
      }
    }
  }

  int64_t elementBytes() { return p.element.getIntOrFloatBitWidth() / 8; }

  bool planBands() {
    frame = {sourceHeight, sourceWidth, sourceChannels, (x.cells - 1) * x.step + x.reach, x.before};
    int64_t rowsNeeded = (y.cells - 1) * y.step + y.reach;
    framed = x.before != 0 || y.before != 0 || frame.columns > sourceWidth || rowsNeeded > sourceHeight;
    if (!framed)
      frame.columns = sourceWidth;
    packed = input || x.pixels > 1;
    weightCount = packed ? y.phases * x.phases * y.taps * x.taps * sourceChannels * vectors * lanes : 0;
    int64_t bytes = elementBytes();
    // Bands: enough work each, rows shared between bands few, small enough to stay on the stack.
    bandCells = y.cells;
    double rowCycles = cycles / y.cells;
    int64_t wanted = std::max<int64_t>({int64_t(60000 / rowCycles) + 1, 3 * (y.reach / y.step + 1), outer + 1});
    wanted = (wanted + outer - 1) / outer * outer;
    if (wanted < y.cells)
      bandCells = wanted;
    auto frameBytes = [&] { return ((bandCells - 1) * y.step + y.reach) * frame.rowElements() * bytes; };
    while (framed && frameBytes() > kFrameBytes && bandCells > outer + 1)
      --bandCells;
    return !framed || frameBytes() <= 2 * kFrameBytes;
  }

  //===--------------------------------------------------------------------===//
  // Weights
  //===--------------------------------------------------------------------===//

  int64_t tapElements() { return sourceChannels * widthPadded; }

  /// The weights of `count` channels from `lane` on, `width` vectors wide.
  void packWeights(Value lane, unsigned width, int64_t count) {
    widthPadded = width * lanes;
    channelsPacked = count;
    firstChannel = lane;
    if (x.pixels > 1 || count != widthPadded)
      clearElements(p, weights, weightCount);
    if (!input)
      return packCells();
    code.loop(code.c(0), code.c(y.phases), 1, [&](Value py) {
      Phase vertical = phase(y, true, py);
      code.loop(code.c(0), code.c(x.phases), 1, [&](Value px) {
        Phase horizontal = phase(x, false, px);
        Value start = code.mul(code.add(code.mul(py, x.phases), px), y.taps * x.taps * tapElements());
        code.loop(code.c(0), vertical.taps, 1, [&](Value t) {
          Value ky = code.add(vertical.firstTap, code.mul(code.sub(code.add(vertical.taps, -1), t), w.strideY));
          Value row = code.add(start, code.mul(t, x.taps * tapElements()));
          if (x.pixels > 1) {
            packInputCells(ky, row);
            return;
          }
          code.loop(code.c(0), horizontal.taps, 1, [&](Value u) {
            Value kx = code.add(horizontal.firstTap, code.mul(code.sub(code.add(horizontal.taps, -1), u), w.strideX));
            packTap(ky, kx, code.add(row, code.mul(u, tapElements())));
          });
        });
      });
    });
  }

  /// weights[to + f * width + c] = kernel[ky, kx, first + c, f].
  void packTap(Value ky, Value kx, Value to) {
    Value from = code.mul(code.add(code.mul(ky, w.kernelWidth), kx), w.channels * w.filters);
    code.loop(code.c(0), code.c(channelsPacked), 1, [&](Value c) {
      Value source = code.at(p.b.pointer, code.add(from, code.mul(code.add(firstChannel, c), w.filters)), p.element);
      Value target = code.at(weights, code.add(to, c), p.element);
      auto copy = [&](Value f, int64_t count) {
        for (int64_t i = 0; i < count; ++i)
          code.store(code.load(p.element, code.at(code.at(source, f, p.element), i, p.element)),
                     code.at(code.at(target, code.mul(f, widthPadded), p.element), i * widthPadded, p.element));
      };
      int64_t whole = w.filters / 8 * 8;
      code.loop(code.c(0), code.c(whole), 8, [&](Value f) { copy(f, 8); });
      copy(code.c(whole), w.filters - whole);
    });
  }

  /// Row ky of the kernel for every pixel of a cell: pixel i sees kx = i + left - stride * (u - before).
  void packInputCells(Value ky, Value row) {
    for (int64_t i = 0; i < x.pixels; ++i)
      for (int64_t u = 0; u < x.taps; ++u) {
        int64_t kx = i + w.left - w.strideX * (u - x.before);
        if (kx >= 0 && kx < w.kernelWidth)
          tapList.push_back({kx, u * tapElements() + i * w.channels});
      }
    // Taps follow one another with constant steps for each pixel, but are few: one copy loop each.
    for (auto [kx, offset] : tapList)
      packTap(ky, code.c(kx), code.add(row, offset));
    tapList.clear();
  }

  /// conv2d: weights[ky][u][c][i * filters + f] = kernel[ky, u - i * stride, c, f].
  void packCells() {
    Type part = VectorType::get(w.filters, p.element);
    code.loop(code.c(0), code.c(w.kernelHeight), 1, [&](Value ky) {
      code.loop(code.c(0), code.c(w.kernelWidth * w.channels), 1, [&](Value k) {
        Value from = code.mul(code.add(code.mul(ky, w.kernelWidth * w.channels), k), w.filters);
        Value values = code.load(part, code.at(p.b.pointer, from, p.element));
        Value to = code.mul(code.add(code.mul(ky, x.taps * w.channels), k), lanes);
        for (int64_t i = 0; i < x.pixels; ++i)
          code.store(values,
                     code.at(weights, code.add(to, i * w.strideX * w.channels * lanes + i * w.filters), p.element));
      });
    });
  }

  //===--------------------------------------------------------------------===//
  // Units: a band of an image each
  //===--------------------------------------------------------------------===//

  Schedule emitUnits() {
    int64_t bands = (y.cells + bandCells - 1) / bandCells;
    int64_t bandRows = (bandCells - 1) * y.step + y.reach;
    if (framed)
      band = p.shell.stack(p.element, bandRows * frame.rowElements());
    const Buffer &result = p.result();
    auto forUnits = [&](llvm::function_ref<void(Value, Value, Value, Value, Value, Value)> body) {
      code.loop(p.shell.begin(), p.shell.end(), 1, [&](Value unit) {
        Value image = code.div(unit, bands), number = bands == 1 ? code.c(0) : code.rem(unit, bands);
        Value first = code.mul(number, bandCells);
        // The last band is as long as the others, so that its frame holds what moved-back tiles read.
        Value start = code.min(first, code.c(y.cells - bandCells));
        Value source = code.at(p.a.pointer, code.mul(image, p.a.strides[0]), p.element), origin = code.c(0);
        if (framed) {
          copyFramed(p, frame, source, code.add(code.mul(start, y.step), -y.before), code.c(bandRows), band);
          source = band;
          origin = start;
        }
        code.loop(code.c(0), code.c(y.phases), 1, [&](Value py) {
          code.loop(code.c(0), code.c(x.phases), 1, [&](Value px) { body(image, source, origin, first, py, px); });
        });
      });
    };
    if (packed) {
      weights = p.shell.stack(p.element, weightCount);
      forPanels([&](Value lane, unsigned width, int64_t count, const Values &masks) {
        packWeights(lane, width, count);
        forUnits([&](Value image, Value source, Value origin, Value first, Value py, Value px) {
          emitTiles(image, source, origin, first, py, px, lane, width, masks);
        });
      });
    } else {
      forUnits([&](Value image, Value source, Value origin, Value first, Value py, Value px) {
        forPanels([&](Value lane, unsigned width, int64_t, const Values &masks) {
          emitTiles(image, source, origin, first, py, px, lane, width, masks);
        });
      });
    }
    int64_t panelCount = (channels + vectors * lanes - 1) / (vectors * lanes);
    double unitCycles = cycles / bands, packCycles = weightCount * 2.0 * panelCount;
    int64_t grain = std::max<int64_t>(1, std::llround(std::max(30000.0, 20 * packCycles) / unitCycles));
    return {result.dims[0] * bands, grain};
  }

  /// Panels of result channels: the first lane, vectors, channels, and masks of the vectors.
  void forPanels(llvm::function_ref<void(Value, unsigned, int64_t, const Values &)> body) {
    if (x.pixels > 1)
      return body(code.c(0), 1, channels, {});
    int64_t laneVectors = (channels + lanes - 1) / lanes, panels = laneVectors / vectors, rest = channels % lanes;
    unsigned tail = laneVectors % vectors;
    // A whole last panel whose last vector is masked counts as the tail.
    if (rest && !tail) {
      tail = vectors;
      --panels;
    }
    code.loop(code.c(0), code.c(panels), 1,
              [&](Value panel) { body(code.mul(panel, vectors * lanes), vectors, vectors * lanes, {}); });
    if (!tail)
      return;
    Values masks;
    if (rest) {
      masks.resize(tail);
      masks.back() = code.mask(code.c(rest), lanes);
    }
    int64_t first = panels * vectors * lanes;
    body(code.c(first), tail, channels - first, masks);
  }

  void emitTiles(Value image, Value source, Value origin, Value first, Value py, Value px, Value lane, unsigned width,
                 const Values &masks) {
    Phase vertical = phase(y, true, py), horizontal = phase(x, false, px);
    Value end = code.min(code.add(first, bandCells), vertical.cells);
    code.loop(first, end, outer, [&](Value nominalY) {
      // The last tile of a band is moved back to end with it.
      Value cellY = code.min(nominalY, code.sub(end, code.c(outer)));
      code.loop(code.c(0), horizontal.cells, inner, [&](Value nominalX) {
        Value cellX = code.min(nominalX, code.sub(horizontal.cells, code.c(inner)));
        RegisterTile tile;
        tile.outer = outer;
        tile.inner = inner;
        tile.vectors = width;
        Value row = code.add(code.mul(code.sub(cellY, origin), y.step), vertical.offset);
        Value column = code.add(code.mul(cellX, x.step), horizontal.offset);
        tile.s =
            code.at(source, code.add(code.mul(row, frame.rowElements()), code.mul(column, sourceChannels)), p.element);
        tile.sOuter = code.c(y.step * frame.rowElements());
        tile.sInner = code.c(x.step * sourceChannels);
        setLevels(tile, vertical, horizontal, py, px, lane, masks);
        Values sums = sumProducts(p, tile);
        Place place;
        place.index = {image, code.add(code.mul(cellY, y.phases), py),
                       code.add(code.mul(cellX, x.phases * x.pixels), px), lane};
        place.outerDim = 1;
        place.innerDim = 2;
        place.outerStep = y.phases;
        place.innerStep = x.phases * x.pixels;
        place.laneDim = 3;
        place.period = x.pixels > 1 ? channels : 0;
        finish(place, width, masks, code.sub(nominalY, cellY), code.sub(nominalX, cellX), sums);
      });
    });
  }

  void setLevels(RegisterTile &tile, const Phase &vertical, const Phase &horizontal, Value py, Value px, Value lane,
                 const Values &masks) {
    Value one = code.c(1), rowStep = code.c(y.tapStep * frame.rowElements());
    if (packed) {
      Value start = code.mul(code.add(code.mul(py, x.phases), px), y.taps * x.taps * tapElements());
      tile.v = code.at(weights, start, p.element);
      tile.levels.push_back({vertical.taps, rowStep, code.c(x.taps * tapElements())});
      if (x.tapStep == 1 && known(horizontal.taps)) {
        tile.levels.push_back({code.mul(horizontal.taps, sourceChannels), one, code.c(widthPadded)});
        return;
      }
      tile.levels.push_back({horizontal.taps, code.c(x.tapStep * sourceChannels), code.c(tapElements())});
      tile.levels.push_back({code.c(sourceChannels), one, code.c(widthPadded)});
      return;
    }
    tile.v = code.at(p.b.pointer, lane, p.element);
    tile.masks = masks;
    int64_t row = w.kernelWidth * w.channels * w.filters;
    tile.levels.push_back({code.c(w.kernelHeight), rowStep, code.c(row)});
    if (w.dilationX == 1) {
      tile.levels.push_back({code.c(w.kernelWidth * w.channels), one, code.c(w.filters)});
      return;
    }
    tile.levels.push_back({code.c(w.kernelWidth), code.c(w.dilationX * w.channels), code.c(w.channels * w.filters)});
    tile.levels.push_back({code.c(w.channels), one, code.c(w.filters)});
  }

  void finish(const Place &place, unsigned width, const Values &masks, Value skipY, Value skipX, ArrayRef<Value> sums) {
    bool ragged = y.results % (y.phases * outer) != 0 || x.results % (x.phases * x.pixels * inner) != 0 ||
                  (bandCells < y.cells && (bandCells % outer != 0 || y.cells % bandCells != 0));
    bool large = epilogue.opCount() * outer * inner * width > 200;
    if (!large && !(ragged && epilogue.mayUpdateInPlace()))
      return epilogue.finishTile(place, outer, inner, width, masks, sums);
    if (!tileMemory)
      tileMemory = p.shell.stack(p.element, int64_t(outer) * inner * vectors * lanes);
    for (unsigned i = 0; i < sums.size(); ++i)
      code.store(sums[i], code.at(tileMemory, int64_t(i) * lanes, p.element));
    epilogue.finishStored(place, tileMemory, int64_t(width) * lanes, skipY, code.c(outer), skipX, code.c(inner), inner,
                          width, masks);
  }

  Problem &p;
  Code &code;
  Window w;
  bool input;
  Epilogue epilogue;
  int64_t lanes, sourceHeight, sourceWidth, sourceChannels, channels;
  Slide y, x;
  unsigned vectors = 1, outer = 1, inner = 1;
  double cycles = std::numeric_limits<double>::infinity(); // of an image
  Frame frame;
  bool framed = false, packed = false;
  int64_t bandCells = 1, widthPadded = 0, channelsPacked = 0, weightCount = 0;
  Value weights, firstChannel, band, tileMemory;
  SmallVector<std::pair<int64_t, int64_t>> tapList;
};

} // namespace

std::optional<Schedule> symc::contraction::emitConv2d(Problem &problem) {
  auto window = windowOf(problem.op);
  return window ? WindowSums(problem, *window, /*input=*/false).emit() : std::nullopt;
}

std::optional<Schedule> symc::contraction::emitConv2dInput(Problem &problem) {
  auto window = windowOf(problem.op);
  return window ? WindowSums(problem, *window, /*input=*/true).emit() : std::nullopt;
}
