//===- Comparison.h - Compiled numbers beside the reference's -----*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_INTERPRETER_COMPARISON_H
#define SYMC_LIB_INTERPRETER_COMPARISON_H

#include "lib/Interpreter/Array.h"
#include <optional>

namespace symc::interpreter {

/// The first element, in row-major order, that differs by more than rounding explains.
struct Difference {
  Sizes place;
  double found, reference, allowed;
  int64_t count; // of elements that differ so
};

/// A tensor as it was computed elsewhere, and what the reference makes of it: exactly, and with roundings.
///
/// How far roundings go is the largest deviation of the evaluations with roundings, times a margin, and some units in
/// the last place. An integer must be equal, unless it depends on a rounding: an index of an extreme, the floor of a
/// quotient.
class Comparison {
public:
  explicit Comparison(Array found) : found(std::move(found)) {}

  void addExact(const Array &array);
  void addRounded(const Array &array);
  std::optional<Difference> difference() const;

private:
  Array found, exact;
  std::vector<double> spread; // not finite: of no use

  bool agrees(int64_t i, double &allowed) const;
};

} // namespace symc::interpreter
#endif
