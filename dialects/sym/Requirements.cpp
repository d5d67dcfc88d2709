//===- Requirements.cpp - What functions ask of symbolic sizes ------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Requirements.h"
#include "dialects/sym/Roles.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace symc;

namespace {
/// Values that a size may have.
struct Interval {
  double least, most;
};
} // namespace

constexpr double kInfinity = std::numeric_limits<double>::infinity();

static Interval boundsOf(ModuleOp module, StringRef name) {
  if (auto bounds = module->getAttrOfType<ArrayAttr>(kBoundsAttr))
    for (auto bound : bounds.getAsRange<sym::DimBoundAttr>())
      if (bound.getName() == name)
        return {double(bound.getMin()), bound.getMax() == INT64_MAX ? kInfinity : double(bound.getMax())};
  return {0, kInfinity};
}

static Interval rangeOf(ModuleOp module, Dim expr) {
  if (auto value = constantValue(expr))
    return {double(*value), double(*value)};
  if (expr.isName())
    return boundsOf(module, expr.getName());
  if (isOverflown(expr))
    return {-kInfinity, kInfinity};
  Interval x = rangeOf(module, expr.getLHS()), y = rangeOf(module, expr.getRHS());
  switch (expr.getKind()) {
  case Dim::Kind::Add:
    return {x.least + y.least, x.most + y.most};
  case Dim::Kind::Mul: {
    auto times = [](double a, double b) { return a == 0 || b == 0 ? 0 : a * b; };
    double corners[] = {times(x.least, y.least), times(x.least, y.most), times(x.most, y.least), times(x.most, y.most)};
    return {*std::min_element(corners, corners + 4), *std::max_element(corners, corners + 4)};
  }
  case Dim::Kind::Max:
    return {std::max(x.least, y.least), std::max(x.most, y.most)};
  default: // a floor division
    if (y.least == y.most && y.least > 0)
      return {std::floor(x.least / y.least), std::floor(x.most / y.least)};
    return {-kInfinity, kInfinity};
  }
}

bool symc::isAtLeast(ModuleOp module, Dim size, int64_t least) { return rangeOf(module, size).least >= double(least); }

/// The element type of the file in which `op` is a size as a number; null when it is none. A size in f16 is one in f32
/// before a conversion.
static Type typeOfSize(Operation *op, Dim &size) {
  auto cast = dyn_cast<sym::CastOp>(op);
  auto number = cast ? cast.getX().getDefiningOp<sym::SizeOp>() : dyn_cast<sym::SizeOp>(op);
  Type element = number ? getElementTypeOrSelf(op->getResult(0).getType()) : Type();
  if (!number || (cast && !element.isF16()))
    return {};
  size = number.getSize().getExprs().front();
  return element;
}

/// What a size, which is known when the model is called, must be for a literal of its value to stand in its place.
static void requireFit(Operation *op, llvm::function_ref<void(SizeRequirement)> require) {
  Dim size;
  Type element = typeOfSize(op, size);
  constexpr int64_t mostOfHalf = 65519; // what is above rounds to infinity
  int64_t least = -mostOfHalf, most = mostOfHalf;
  if (!element || constantValue(size))
    return;
  if (auto integer = dyn_cast<IntegerType>(element)) {
    if (integer.getWidth() >= 64 && !integer.isUnsigned())
      return;
    bool isUnsigned = integer.isUnsigned();
    unsigned bits = std::min(63u, isUnsigned ? integer.getWidth() : integer.getWidth() - 1);
    most = static_cast<int64_t>((uint64_t(1) << bits) - 1);
    least = isUnsigned ? 0 : -most - 1;
  } else if (!element.isF16()) {
    return; // the others are wide enough
  }
  std::string said = "the size " + printDim(size) + " stands as a number of " + printElementType(element) + ", which ";
  if (most != INT64_MAX) {
    Dim above = constantDim(op->getContext(), most) - size;
    require({above, 0, said + "goes up to " + std::to_string(most) + ": " + printDim(above) + " is {value}"});
  }
  require({size, least, said + "begins at {bound}: it is {value}"});
}

std::vector<SizeRequirement> symc::sizeRequirements(Operation *function) {
  auto module = function->getParentOfType<ModuleOp>();
  std::vector<SizeRequirement> found;
  DenseMap<Dim, int64_t> known;
  auto require = [&](SizeRequirement requirement) {
    auto at = known.find(requirement.size);
    if ((at != known.end() && at->second >= requirement.least) ||
        isAtLeast(module, requirement.size, requirement.least))
      return;
    known[requirement.size] = requirement.least;
    found.push_back(std::move(requirement));
  };
  function->walk([&](Operation *op) {
    if (auto demanding = dyn_cast<SizeRequirementsOpInterface>(op))
      for (SizeRequirement &requirement : demanding.getSizeRequirements())
        require(std::move(requirement));
    requireFit(op, require);
    for (Type type : op->getResultTypes())
      if (isa<RankedTensorType>(type))
        for (Dim size : dimsOf(type))
          if (!constantValue(size))
            require({size, 0, "a size of " + printType(type) + " is {value}"});
  });
  return found;
}
