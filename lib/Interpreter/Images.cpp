//===- Images.cpp - Images of another size --------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Rules.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;
using sym::ResizeCoordinates;
using sym::ResizeMethod;

namespace {
struct Interpolation {
  ResizeMethod method;
  ResizeCoordinates coordinates;
  bool antialias;
};
} // namespace

/// Weights [out][in] of the pixels along one axis, as the page of `resize` has them.
static std::vector<std::vector<double>> weightsOf(const Interpolation &how, int64_t in, int64_t out) {
  std::vector<std::vector<double>> weights(out, std::vector<double>(in));
  if (in == 0) // pixels of nothing
    return weights;
  auto pixels = static_cast<double>(in), results = static_cast<double>(out);
  bool corners = how.coordinates == ResizeCoordinates::align_corners;
  double step = !corners ? pixels / results : out > 1 ? (pixels - 1) / (results - 1) : 0;
  for (int64_t number = 0; number < out; ++number) {
    std::vector<double> &row = weights[number];
    auto i = static_cast<double>(number);
    // Products before quotients, so that what is an integer stays one.
    double place = corners                                            ? (out > 1 ? i * (pixels - 1) / (results - 1) : 0)
                   : how.coordinates == ResizeCoordinates::half_pixel ? (i + 0.5) * pixels / results - 0.5
                                                                      : i * pixels / results;
    if (how.method == ResizeMethod::nearest) {
      double nearest = how.coordinates == ResizeCoordinates::asymmetric ? std::floor(place) : std::floor(place + 0.5);
      if (how.coordinates == ResizeCoordinates::half_pixel)
        nearest = std::floor((i + 0.5) * pixels / results);
      row[static_cast<size_t>(nearest)] = 1;
      continue;
    }
    double width = how.antialias && step > 1 ? step : 1, sum = 0;
    for (int64_t p = 0; p < in; ++p) {
      double d = std::abs(place - static_cast<double>(p)) / width;
      if (how.method == ResizeMethod::bilinear)
        row[p] = std::max(0.0, 1 - d);
      else if (d <= 1)
        row[p] = 1.5 * d * d * d - 2.5 * d * d + 1;
      else if (d < 2)
        row[p] = -0.5 * d * d * d + 2.5 * d * d - 4 * d + 2;
      sum += row[p];
    }
    for (double &weight : row)
      weight /= sum;
  }
  return weights;
}

/// x with `axis` made of other pixels; `transposed`: the cotangent of that.
static Array resampled(Scope &s, const Array &x, int64_t axis, int64_t size, const Interpolation &how,
                       bool transposed) {
  Sizes sizes(x.sizes);
  sizes[axis] = size;
  Array out(x.element, sizes);
  auto weights = transposed ? weightsOf(how, size, x.sizes[axis]) : weightsOf(how, x.sizes[axis], size);
  Sizes from(x.sizes);
  forEachPlace(sizes, [&](Place to, int64_t i) {
    llvm::copy(to, from.begin());
    Sum sum;
    for (int64_t p = 0; p < x.sizes[axis]; ++p)
      if (double weight =
              transposed ? weights[p][to[axis]] : weights[to[axis]][p]) { // others do not count, even infinite
        from[axis] = p;
        sum.add(x.reals[x.at(from)], weight);
      }
    out.set(i, s.sum(sum, out.element));
  });
  return out;
}

static Array resize(sym::ResizeOp op, Scope &s) {
  Array out = s[op.getX()];
  Sizes sizes = s.sizes(op.getOut().getType());
  for (int64_t axis = 1; axis + 1 < out.rank(); ++axis)
    out = resampled(s, out, axis, sizes[axis], {op.getMethod(), op.getCoordinates(), op.getAntialias()}, false);
  return out;
}

static Array taps(sym::TapsOp op, Scope &s) {
  const Array &x = s[op.getX()], &places = s[op.getPlaces()];
  return taken(x, s.sizes(op.getOut().getType()), [&](Place to) -> int64_t {
    int64_t pixel = checkedIndex(s, places, places.at({to[1], to[2]}), x.sizes[1], /*fromEnd=*/false);
    return pixel < 0 ? -1 : x.at({to[0], pixel, to[3]});
  });
}

/// Blocks of pixels as channels: between [n, h * b, w * b, c] and [n, h, w, b * b * c].
template <class Op> static Array blocks(Op op, Scope &s, bool toDepth) {
  const Array &x = s[op.getX()];
  int64_t b = op.getBlockSize();
  Sizes sizes = s.sizes(op.getOut().getType());
  int64_t channels = toDepth ? x.sizes[3] : sizes[3];
  return taken(x, sizes, [&](Place to) {
    if (!toDepth)
      return x.at({to[0], to[1] / b, to[2] / b, (to[1] % b * b + to[2] % b) * channels + to[3]});
    int64_t block = to[3] / channels;
    return x.at({to[0], to[1] * b + block / b, to[2] * b + block % b, to[3] % channels});
  });
}

void interpreter::addImageRules(Rules &rules) {
  rules.add<sym::ResizeOp>(resize);
  rules.add<sym::ResampleOp>([](sym::ResampleOp op, Scope &s) {
    int64_t axis = op.getAxis();
    return resampled(
        s, s[op.getX()], axis, s.sizes(op.getOut().getType()) [axis],
        { op.getMethod(), op.getCoordinates(), op.getAntialias() }, op.getTransposed());
  });
  rules.add<sym::TapsOp>(taps, Computes::Exactly);
  rules.add<sym::SpaceToDepthOp>([](sym::SpaceToDepthOp op, Scope &s) { return blocks(op, s, true); },
                                 Computes::Exactly);
  rules.add<sym::DepthToSpaceOp>([](sym::DepthToSpaceOp op, Scope &s) { return blocks(op, s, false); },
                                 Computes::Exactly);
}
