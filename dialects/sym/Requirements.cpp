//===- Requirements.cpp - What functions ask of symbolic sizes ------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Requirements.h"
#include "dialects/sym/NodeNames.h"
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

int64_t symc::largestNumber(Type element) {
  if (auto integer = dyn_cast<IntegerType>(element)) {
    bool isWhole = integer.isUnsigned() || integer.getWidth() == 1;
    return static_cast<int64_t>((uint64_t(1) << std::min(63u, integer.getWidth() - !isWhole)) - 1);
  }
  return element.isF16() ? 65519 : INT64_MAX;
}

/// The numbers 0, 1, … up to a size, which is known when the model is called, are of the element type.
static void requireCount(Operation *op, llvm::function_ref<void(SizeRequirement)> require) {
  auto cast = dyn_cast<sym::CastOp>(op); // one in f16 is one in f32 before a conversion, as sizes are
  auto iota = cast ? cast.getX().getDefiningOp<sym::IotaOp>() : dyn_cast<sym::IotaOp>(op);
  if (!iota || (cast && !getElementTypeOrSelf(cast.getOut()).isF16()))
    return;
  Dims dims = dimsOf(iota.getOut());
  int64_t axis = iota.getAxis(), rank = static_cast<int64_t>(dims.size());
  Dim size = dims[axis < 0 ? axis + rank : axis];
  Type element = getElementTypeOrSelf(op->getResult(0).getType());
  int64_t most = largestNumber(element);
  if (constantValue(size) || most == INT64_MAX)
    return;
  Dim above = constantDim(op->getContext(), most + 1) - size;
  require({above, 0,
           "iota over " + printDim(size) + " elements goes up to " + printDim(size - 1) + ", and " +
               printElementType(element) + " up to " + std::to_string(most) + ": " + printDim(above) + " is {value}"});
}

/// What a size, which is known when the model is called, must be for a literal of its value to stand in its place.
static void requireFit(Operation *op, llvm::function_ref<void(SizeRequirement)> require) {
  Dim size;
  Type element = typeOfSize(op, size);
  if (!element || constantValue(size))
    return;
  int64_t most = largestNumber(element), least = -most;
  if (auto integer = dyn_cast<IntegerType>(element)) {
    if (integer.getWidth() >= 64 && !integer.isUnsigned())
      return;
    least = integer.isUnsigned() ? 0 : -most - 1;
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
      for (SizeRequirement &requirement : demanding.getSizeRequirements()) {
        // The types in it may be those of a part of what stands in the file.
        if (StringRef node = nodeName(op->getLoc()); !node.empty())
          requirement.message += ", in node '" + node.str() + "'";
        require(std::move(requirement));
      }
    requireFit(op, require);
    requireCount(op, require);
    for (Type type : op->getResultTypes())
      if (isa<RankedTensorType>(type))
        for (Dim size : dimsOf(type))
          if (!constantValue(size))
            require({size, 0, "a size of " + printType(type) + " is {value}"});
  });
  return found;
}
