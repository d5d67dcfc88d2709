//===- Resample.cpp - Images of another size along one axis ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The weight of a pixel of the image in one of the result is one formula, of numbers and of
// tensors. Where the sizes are known, each pixel of the result has a short list of pixels and
// weights, which are constants; else the weights are a matrix, computed at run time.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/Contraction.h"
#include "dialects/sym/Expr.h"
#include "dialects/sym/Shape.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::sym;

// As those of Expr.h, for numbers.
static double minimum(double x, double y) { return std::min(x, y); }
static double maximum(double x, double y) { return std::max(x, y); }
static double roundedDown(double x) { return std::floor(x); }
static Tensor roundedDown(Tensor x) { return floor(x); }

namespace {
/// Where the pixels of a result stand in an image, and what they take of it. K is double, or Tensor of f64.
template <class K> struct Sampling {
  ResizeMethod method;
  ResizeCoordinates coordinates;
  bool antialias;
  K in, out; // how many pixels

  /// Quotients of exact numbers, which are integers and halves where they should be.
  K scaled(K i) const {
    switch (coordinates) {
    case ResizeCoordinates::half_pixel:
      return (i + 0.5) * in / out;
    case ResizeCoordinates::align_corners:
      return i * (in - 1.0) / maximum(out - 1.0, 1.0);
    case ResizeCoordinates::asymmetric:
      return i * in / out;
    }
    llvm_unreachable("all coordinates are above");
  }
  K place(K i) const {
    K at = scaled(i);
    if (method == ResizeMethod::nearest)
      return roundedDown(coordinates == ResizeCoordinates::align_corners ? at + 0.5 : at);
    return coordinates == ResizeCoordinates::half_pixel ? at - 0.5 : at;
  }
  /// By how much the weights are wider than pixels.
  K width() const {
    // One pixel alone, which stands at a corner, has no step.
    K step = coordinates == ResizeCoordinates::align_corners
                 ? (in - 1.0) / maximum(out - 1.0, 1.0) * minimum(out - 1.0, 1.0)
                 : in / out;
    return antialias ? maximum(step, 1.0) : step * 0.0 + 1.0;
  }
  /// Of pixel p in pixel i of the result, before they are divided by their sum.
  K weight(K i, K p) const {
    K signedDistance = (place(i) - p) / width(), d = maximum(signedDistance, -signedDistance);
    if (method != ResizeMethod::bicubic)
      return maximum(1.0 - d, 0.0); // nearest: 1 at its place
    // Keys' cubic with a = -1/2 in two parts, each 0 at its end.
    K inner = minimum(d, 1.0), outer = minimum(maximum(d, 1.0), 2.0);
    return (inner * 1.5 - 2.5) * inner * inner + 1.0 + (((2.5 - outer * 0.5) * outer - 4.0) * outer + 2.0);
  }
};

/// For each pixel the pixels that it is made of, with their weights.
using Rows = std::vector<SmallVector<std::pair<int64_t, double>, 4>>;
} // namespace

//===----------------------------------------------------------------------===//
// Known sizes
//===----------------------------------------------------------------------===//

static Rows rowsOf(const Sampling<double> &sampling) {
  Rows rows(static_cast<size_t>(sampling.out));
  double reach = sampling.width() * (sampling.method == ResizeMethod::bicubic ? 2 : 1);
  for (auto [i, row] : llvm::enumerate(rows)) {
    double place = sampling.place(i), sum = 0;
    double first = maximum(std::ceil(place - reach), 0), last = minimum(std::floor(place + reach), sampling.in - 1);
    for (double p = first; p <= last; ++p)
      if (double weight = sampling.weight(i, p)) {
        row.push_back({static_cast<int64_t>(p), weight});
        sum += weight;
      }
    for (auto &entry : row)
      entry.second /= sum;
  }
  return rows;
}

static Rows transposed(const Rows &rows, int64_t columns) {
  Rows result(columns);
  for (auto [i, row] : llvm::enumerate(rows))
    for (auto [p, weight] : row)
      result[p].push_back({i, weight});
  return result;
}

/// Makes the rows equally long. The last weight is divided, so that no pixel counts that did not, be it infinite; an
/// empty row gets a weight of 0.
static void pad(Rows &rows) {
  size_t length = 1;
  for (const auto &row : rows)
    length = std::max(length, row.size());
  for (auto &row : rows) {
    if (row.empty())
      row.push_back({0, 0});
    while (row.size() < length) {
      row.back().second /= 2;
      row.push_back(row.back());
    }
  }
}

/// Sums of pixels of `x` [n, pixels, rest]: [n, rows, rest].
static Value combine(OpBuilder &b, Location loc, Value x, Rows rows) {
  MLIRContext *context = b.getContext();
  Dims dims = dimsOf(x);
  Type element = elementOf(x);
  bool known = llvm::none_of(rows, [](const auto &row) { return row.empty(); });
  SmallVector<bool> hasPixels;
  for (const auto &row : rows)
    hasPixels.push_back(!row.empty());
  pad(rows);
  int64_t count = rows.size(), taps = rows[0].size();
  SmallVector<int64_t> places;
  SmallVector<APFloat> weights;
  bool plain = true;
  for (const auto &row : rows)
    for (auto [p, weight] : row) {
      places.push_back(p);
      weights.push_back(cast<FloatAttr>(b.getFloatAttr(element, weight)).getValue());
      plain &= weight == 1;
    }
  auto constant = [&](auto type, auto values) -> Value {
    return ConstantOp::create(b, loc, type, DenseElementsAttr::get(type, ArrayRef(values)));
  };
  Value out = TapsOp::create(b, loc, x, constant(RankedTensorType::get({count, taps}, b.getI64Type()), places));
  if (!plain) {
    Value factors = constant(RankedTensorType::get({1, count, taps, 1}, element), weights);
    out = MulOp::create(b, loc, out, broadcastLike(b, loc, factors, out.getType()));
  }
  dims[1] = constantDim(context, count);
  out = taps == 1 ? reshape(b, loc, out, dims) : sumOver(b, loc, out, {2}, false);
  if (known)
    return out;
  Value made = constant(RankedTensorType::get({1, count, 1}, b.getI1Type()), hasPixels);
  return where(Tensor{b, loc, broadcastLike(b, loc, made, withElement(out.getType(), b.getI1Type()))},
               Tensor{b, loc, out}, 0.0)
      .value;
}

LogicalResult TapsOp::infer(Adaptor a, std::optional<Location>, SmallVectorImpl<Type> &types) {
  Dims dims = dimsOf(a.getX()), places = dimsOf(a.getPlaces());
  types.push_back(tensorType({dims[0], places[0], places[1], dims[2]}, elementOf(a.getX())));
  return success();
}
Value TapsOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Scalar place{e.b, e.loc, e.read(1, {index[1], index[2]}), elementOf(getPlaces())};
  return e.read(0, {index[0], toIndex(place), index[3]});
}

//===----------------------------------------------------------------------===//
// Symbolic sizes
//===----------------------------------------------------------------------===//

/// The weights [out, in].
static Value weightMatrix(OpBuilder &b, Location loc, ResampleOp op, Dim out, Dim in, Type element) {
  Type f64 = b.getF64Type();
  auto shape = DimsAttr::get(b.getContext(), {out, in});
  auto index = [&](int64_t axis) {
    return Tensor{b, loc, IotaOp::create(b, loc, shape, b.getI64IntegerAttr(axis), TypeAttr::get(f64))};
  };
  auto size = [&](Dim expr) {
    return Tensor{b, loc, broadcastLike(b, loc, sizeValue(b, loc, expr, f64), tensorType({out, in}, f64))};
  };
  Sampling<Tensor> sampling{op.getMethod(), op.getCoordinates(), op.getAntialias(), size(in), size(out)};
  Tensor weights = sampling.weight(index(0), index(1));
  Value sum = sumOver(b, loc, weights.value, {1}, true);
  return convert(weights / Tensor{b, loc, broadcastLike(b, loc, sum, weights.value.getType())}, element).value;
}

/// `x` [n, pixels, rest] by the weights [out, in], or by their transpose.
static Value byMatrix(OpBuilder &b, Location loc, Value x, Value weights, bool transposed) {
  auto lastAxis = [&](Value v) {
    return TransposeOp::create(b, loc, v, b.getDenseI64ArrayAttr({0, 2, 1})).getResult();
  };
  return lastAxis(multiply(b, loc, lastAxis(x), weights, false, !transposed));
}

//===----------------------------------------------------------------------===//
// resample
//===----------------------------------------------------------------------===//

SmallVector<Value> ResampleOp::decompose(OpBuilder &b) {
  constexpr int64_t longestTable = 1 << 16;
  Location loc = getLoc();
  int64_t axis = getAxis();
  Dims dims = dimsOf(getX());
  Dim from = dims[axis], to = dimOf(getType(), axis);
  Value x = reshape(b, loc, getX(),
                    {product(b.getContext(), ArrayRef(dims).take_front(axis)), from,
                     product(b.getContext(), ArrayRef(dims).drop_front(axis + 1))});
  Dim in = getTransposed() ? to : from, out = getTransposed() ? from : to;
  std::optional<int64_t> pixels = constantValue(in), results = constantValue(out);
  if (pixels && results && std::max(*pixels, *results) <= longestTable) {
    if (!*pixels)
      return {splat(b, loc, getType(), 0)};
    Rows rows = rowsOf({getMethod(), getCoordinates(), getAntialias(), double(*pixels), double(*results)});
    return {reshapeLike(b, loc, combine(b, loc, x, getTransposed() ? transposed(rows, *pixels) : rows), getType())};
  }
  Value weights = weightMatrix(b, loc, *this, out, in, elementOf(x));
  return {reshapeLike(b, loc, byMatrix(b, loc, x, weights, getTransposed()), getType())};
}

SmallVector<Value> ResampleOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {ResampleOp::create(b, getLoc(), getX().getType(), cotangents[0], getAxisAttr(), getMethodAttr(),
                             getCoordinatesAttr(), getAntialiasAttr(), b.getBoolAttr(!getTransposed()))};
}
