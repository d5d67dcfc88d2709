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

static Interval boundsOf(ModuleOp module, AffineSymbolExpr symbol) {
  if (auto bounds = module->getAttrOfType<ArrayAttr>(kBoundsAttr))
    for (auto bound : bounds.getAsRange<sym::DimBoundAttr>())
      if (symbolDim(module.getContext(), bound.getName()) == symbol)
        return {double(bound.getMin()), bound.getMax() == INT64_MAX ? kInfinity : double(bound.getMax())};
  return {0, kInfinity};
}

static Interval rangeOf(ModuleOp module, AffineExpr expr) {
  if (auto value = constantValue(expr))
    return {double(*value), double(*value)};
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return boundsOf(module, symbol);
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Interval x = rangeOf(module, binary.getLHS()), y = rangeOf(module, binary.getRHS());
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return {x.least + y.least, x.most + y.most};
  case AffineExprKind::Mul: {
    auto times = [](double a, double b) { return a == 0 || b == 0 ? 0 : a * b; };
    double corners[] = {times(x.least, y.least), times(x.least, y.most), times(x.most, y.least), times(x.most, y.most)};
    return {*std::min_element(corners, corners + 4), *std::max_element(corners, corners + 4)};
  }
  case AffineExprKind::FloorDiv:
    if (y.least == y.most && y.least > 0)
      return {std::floor(x.least / y.least), std::floor(x.most / y.least)};
    return {-kInfinity, kInfinity};
  case AffineExprKind::Mod:
    return {0, y.most};
  default:
    return {-kInfinity, kInfinity};
  }
}

bool symc::isAtLeast(ModuleOp module, AffineExpr size, int64_t least) {
  return rangeOf(module, canonical(size)).least >= double(least);
}

std::vector<SizeRequirement> symc::sizeRequirements(Operation *function) {
  auto module = function->getParentOfType<ModuleOp>();
  std::vector<SizeRequirement> found;
  DenseMap<AffineExpr, int64_t> known;
  auto require = [&](SizeRequirement requirement) {
    requirement.size = canonical(requirement.size);
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
    for (Type type : op->getResultTypes())
      if (isa<RankedTensorType>(type))
        for (AffineExpr size : dimsOf(type))
          if (!constantValue(size))
            require({size, 0, "a size of " + printType(type) + " is {value}"});
  });
  return found;
}
