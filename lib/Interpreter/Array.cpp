//===- Array.cpp - Values of the reference interpreter --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Array.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

Array::Array(Type element, Sizes sizes) : element(element), sizes(std::move(sizes)) {
  if (isReal())
    reals.resize(count());
  else
    integers.resize(count());
}

int64_t Array::count() const { return product(0, rank()); }

int64_t Array::at(Place place) const {
  int64_t number = 0;
  for (auto [i, size] : llvm::zip_equal(place, sizes))
    number = number * size + i;
  return number;
}

int64_t Array::product(int64_t first, int64_t last) const {
  int64_t product = 1;
  for (int64_t axis = first; axis < last; ++axis)
    product *= sizes[axis];
  return product;
}

Wide Array::integer(int64_t i) const {
  bool isWideUnsigned = element.isUnsignedInteger(64);
  return isWideUnsigned ? static_cast<Wide>(static_cast<uint64_t>(integers[i])) : static_cast<Wide>(integers[i]);
}

void Array::set(int64_t i, double value) {
  assert(isReal() && "a real among integers");
  reals[i] = value;
}

void Array::set(int64_t i, Wide value) {
  if (isReal())
    reals[i] = static_cast<double>(value);
  else
    integers[i] = wrapped(value, element);
}

void Array::copy(int64_t i, const Array &from, int64_t j) {
  if (isReal())
    reals[i] = from.reals[j];
  else
    integers[i] = from.integers[j];
}

Array Array::withSizes(Sizes newSizes) const {
  Array result = *this;
  result.sizes = std::move(newSizes);
  assert(result.count() == count() && "other elements");
  return result;
}

void interpreter::forEachPlace(ArrayRef<int64_t> sizes, llvm::function_ref<void(Place, int64_t)> body) {
  if (llvm::is_contained(sizes, 0))
    return;
  Sizes place(sizes.size(), 0);
  for (int64_t number = 0;; ++number) {
    body(place, number);
    size_t axis = sizes.size();
    while (axis-- > 0) {
      if (++place[axis] < sizes[axis])
        break;
      place[axis] = 0;
    }
    if (axis == static_cast<size_t>(-1))
      return;
  }
}

int64_t interpreter::wrapped(Wide value, Type element) {
  unsigned width = element.getIntOrFloatBitWidth();
  if (width == 1)
    return value != 0;
  auto bits = static_cast<uint64_t>(value);
  if (width == 64)
    return static_cast<int64_t>(bits);
  bits &= (uint64_t(1) << width) - 1;
  bool isNegative = !element.isUnsignedInteger() && bits >> (width - 1);
  return static_cast<int64_t>(isNegative ? bits - (uint64_t(1) << width) : bits);
}

/// f64's value of a number of a type that it holds.
static double widened(llvm::APFloat number) {
  bool losesInfo;
  number.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return number.convertToDouble();
}

double interpreter::roundedTo(double value, Type element) {
  if (element.isF64())
    return value;
  llvm::APFloat number(value);
  bool losesInfo;
  number.convert(cast<FloatType>(element).getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return widened(number);
}

double interpreter::epsilonOf(Type element) {
  unsigned precision = llvm::APFloat::semanticsPrecision(cast<FloatType>(element).getFloatSemantics());
  return std::ldexp(1.0, 1 - static_cast<int>(precision));
}

double interpreter::largestOf(Type element) {
  return widened(llvm::APFloat::getLargest(cast<FloatType>(element).getFloatSemantics()));
}

double interpreter::smallestNormalOf(Type element) {
  return widened(llvm::APFloat::getSmallestNormalized(cast<FloatType>(element).getFloatSemantics()));
}
