//===- Array.h - Values of the reference interpreter --------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_INTERPRETER_ARRAY_H
#define SYMC_LIB_INTERPRETER_ARRAY_H

#include "dialects/sym/ElementTypes.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <vector>

namespace symc::interpreter {

using Sizes = llvm::SmallVector<int64_t, 4>;
using Place = llvm::ArrayRef<int64_t>; // of an element: an index an axis
/// Holds every integer that an element type has, and the product of two of 63 bits.
__extension__ using Wide = __int128;

/// A tensor in row-major order. Floating elements of any type are f64 and are not rounded to their type; others are
/// integers, bool 0 or 1, u64 by its bits.
class Array {
public:
  Array() = default;
  /// Zeros.
  Array(mlir::Type element, Sizes sizes);

  mlir::Type element;
  Sizes sizes;
  std::vector<double> reals;
  std::vector<int64_t> integers;

  bool isReal() const { return llvm::isa<mlir::FloatType>(element); }
  int64_t rank() const { return static_cast<int64_t>(sizes.size()); }
  int64_t count() const;
  /// The row-major number of an element.
  int64_t at(Place place) const;
  /// The product of the sizes of the axes from `first` on, up to `last`.
  int64_t product(int64_t first, int64_t last) const;

  Wide integer(int64_t i) const;
  double number(int64_t i) const { return isReal() ? reals[i] : static_cast<double>(integer(i)); }
  /// Puts a value in; an integer wraps around as its type does.
  void set(int64_t i, double value);
  void set(int64_t i, Wide value);
  void set(int64_t i, bool value) { set(i, static_cast<Wide>(value)); }
  void set(int64_t i, int64_t value) { set(i, static_cast<Wide>(value)); }
  void copy(int64_t i, const Array &from, int64_t j);
  Array withSizes(Sizes newSizes) const;
};

/// Calls `body` with every place of a tensor of these sizes in row-major order, and its number.
void forEachPlace(llvm::ArrayRef<int64_t> sizes, llvm::function_ref<void(Place, int64_t)> body);

/// What an integer becomes in an element type that is not floating.
int64_t wrapped(Wide value, mlir::Type element);
/// The nearest number that a floating element type has.
double roundedTo(double value, mlir::Type element);
/// The distance from 1 to the next number of a floating type.
double epsilonOf(mlir::Type element);
/// Its largest finite number, and the smallest that it has with full precision.
double largestOf(mlir::Type element);
double smallestNormalOf(mlir::Type element);

} // namespace symc::interpreter
#endif
