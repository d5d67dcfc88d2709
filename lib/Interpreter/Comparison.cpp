//===- Comparison.cpp - Compiled numbers beside the reference's -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Comparison.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

/// Evaluations with roundings are few, so that the largest deviation among them is less than the largest there is.
constexpr double kMargin = 16;
/// What functions of the vector library may be off, and then some.
constexpr double kUlps = 8;

void Comparison::addExact(const Array &array) {
  assert(array.sizes == found.sizes && array.element == found.element && "two different tensors");
  exact = array;
  spread.assign(static_cast<size_t>(array.count()), 0);
}

void Comparison::addRounded(const Array &array) {
  for (int64_t i = 0, n = array.count(); i < n; ++i) {
    double off = std::abs(array.number(i) - exact.number(i));
    bool same = array.isReal() ? array.reals[i] == exact.reals[i] : array.integers[i] == exact.integers[i];
    spread[i] = same ? spread[i] : !(off <= spread[i]) ? off : spread[i]; // NaN stays
  }
}

bool Comparison::agrees(int64_t i, double &allowed) const {
  if (!found.isReal()) {
    allowed = spread[i];
    return std::abs(found.number(i) - exact.number(i)) <= kMargin * spread[i] &&
           (spread[i] != 0 || found.integers[i] == exact.integers[i]);
  }
  double value = found.reals[i], reference = exact.reals[i];
  double largest = largestOf(found.element), smallest = smallestNormalOf(found.element);
  allowed = kMargin * spread[i] + kUlps * epsilonOf(found.element) * std::abs(reference) + kUlps * smallest;
  if (std::isnan(reference))
    return std::isnan(value) || std::isnan(spread[i]);
  if (!std::isfinite(allowed)) // infinite itself, or now and then with roundings
    return std::isinf(reference) && spread[i] == 0 ? value == reference : true;
  if (std::abs(reference) + allowed >= largest && std::isinf(value))
    return std::signbit(value) == std::signbit(reference);
  return std::abs(value - reference) <= allowed;
}

std::optional<Difference> Comparison::difference() const {
  std::optional<Difference> first;
  forEachPlace(found.sizes, [&](Place place, int64_t i) {
    double allowed;
    if (agrees(i, allowed))
      return;
    if (!first)
      first = Difference{Sizes(place), found.number(i), exact.number(i), allowed, 0};
    ++first->count;
  });
  return first;
}
