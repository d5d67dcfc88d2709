//===- Normalizations.cpp - Normalisation layers --------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Rules.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

namespace {
struct Moments {
  double mean, variance; // biased
};
} // namespace

static Moments momentsOf(Scope &s, const Array &x, ArrayRef<int64_t> elements) {
  auto count = static_cast<double>(elements.size());
  Sum sum, squares;
  for (int64_t i : elements)
    sum.add(x.reals[i]);
  double mean = s.sum(sum, x.element) / count;
  for (int64_t i : elements)
    squares.add(x.reals[i] - mean, x.reals[i] - mean);
  return {mean, s.sum(squares, x.element) / count};
}

/// x with gamma and beta, null for none, that have the sizes of these axes.
static Array affine(Scope &s, Array x, const llvm::BitVector &axes, Value gamma, Value beta) {
  Array out = x;
  forEachPlace(x.sizes, [&](Place place, int64_t i) {
    int64_t number = 0;
    for (unsigned axis : axes.set_bits())
      number = number * x.sizes[axis] + place[axis];
    if (gamma)
      out.reals[i] *= s[gamma].reals[number];
    if (beta)
      out.reals[i] += s[beta].reals[number];
  });
  return out;
}

/// (x - mean) / sqrt(variance + epsilon) over the slices of these axes.
static Array standardized(Scope &s, const Array &x, const llvm::BitVector &axes, double epsilon) {
  Array out = x;
  forEachSlice(x, axes, [&](ArrayRef<int64_t> elements, int64_t) {
    Moments moments = momentsOf(s, x, elements);
    for (int64_t i : elements)
      out.reals[i] = (x.reals[i] - moments.mean) / std::sqrt(moments.variance + epsilon);
  });
  return out;
}

static llvm::BitVector lastAxis(int64_t rank) { return axesOf(ArrayRef<int64_t>(-1), rank); }

static Array layerNorm(sym::LayerNormOp op, Scope &s) {
  const Array &x = s[op.getX()];
  llvm::BitVector axes = axesOf(op.getAxis(), x.rank());
  return affine(s, standardized(s, x, axes, op.getEpsilon()), axes, op.getGamma(), op.getBeta());
}

static Array rmsNorm(sym::RmsNormOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Array out = x;
  llvm::BitVector axes = axesOf(op.getAxis(), x.rank());
  forEachSlice(x, axes, [&](ArrayRef<int64_t> elements, int64_t) {
    Sum squares;
    for (int64_t i : elements)
      squares.add(x.reals[i], x.reals[i]);
    double mean = s.sum(squares, x.element) / static_cast<double>(elements.size());
    for (int64_t i : elements)
      out.reals[i] = x.reals[i] / std::sqrt(mean + op.getEpsilon());
  });
  return affine(s, std::move(out), axes, op.getGamma(), {});
}

/// By the batch while training, by the moving averages otherwise.
static Array batchNorm(sym::BatchNormOp op, Scope &s) {
  Array x = s[op.getX()];
  double epsilon = op.getEpsilon();
  llvm::BitVector channels = axesOf(ArrayRef<int64_t>(op.getAxis()), x.rank()), others = channels;
  others.flip();
  if (s.options.training) {
    x = standardized(s, x, others, epsilon);
  } else {
    const Array &mean = s[op.getMovingMean()], &variance = s[op.getMovingVariance()];
    unsigned axis = channels.find_first();
    forEachPlace(x.sizes, [&](Place place, int64_t i) {
      int64_t channel = place[axis];
      x.reals[i] = (x.reals[i] - mean.reals[channel]) / std::sqrt(variance.reals[channel] + epsilon);
    });
  }
  return affine(s, std::move(x), channels, op.getGamma(), op.getBeta());
}

/// [batch, …, groups, channels of a group]: the groups are an axis of their own.
static Array groupNorm(sym::GroupNormOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Sizes sizes(x.sizes);
  int64_t groups = op.getGroups();
  sizes.back() = groups;
  sizes.push_back(x.sizes.back() / groups);
  llvm::BitVector axes(x.rank() + 1, true);
  axes.reset(0);
  axes.reset(x.rank() - 1);
  Array out = standardized(s, x.withSizes(sizes), axes, op.getEpsilon());
  return affine(s, out.withSizes(x.sizes), lastAxis(x.rank()), op.getGamma(), op.getBeta());
}

static Array instanceNorm(sym::InstanceNormOp op, Scope &s) {
  const Array &x = s[op.getX()];
  llvm::BitVector axes(x.rank(), true);
  axes.reset(0);
  axes.reset(x.rank() - 1);
  Array out = standardized(s, x, axes, op.getEpsilon());
  return affine(s, std::move(out), lastAxis(x.rank()), op.getGamma(), op.getBeta());
}

static Array standardize(sym::StandardizeOp op, Scope &s) {
  Array x = s[op.getX()];
  const Array &mean = s[op.getMean()], &deviation = s[op.getDeviation()];
  llvm::BitVector axes = axesOf(op.getAxis(), x.rank());
  forEachPlace(x.sizes, [&](Place place, int64_t i) {
    int64_t number = 0;
    for (unsigned axis : axes.set_bits())
      number = number * x.sizes[axis] + place[axis];
    x.reals[i] = (x.reals[i] - mean.reals[number]) / deviation.reals[number];
  });
  return x;
}

void interpreter::addNormalizationRules(Rules &rules) {
  rules.add<sym::LayerNormOp>(layerNorm);
  rules.add<sym::RmsNormOp>(rmsNorm);
  rules.add<sym::BatchNormOp>(batchNorm);
  rules.add<sym::GroupNormOp>(groupNorm);
  rules.add<sym::InstanceNormOp>(instanceNorm);
  rules.add<sym::StandardizeOp>(standardize);
}
