//===- UpdateScope.cpp - State, counters and options of a train step ------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "lib/Autodiff/Optimizers.h"

using namespace mlir;
using namespace symc;

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

static double asNumber(Attribute attribute) {
  if (auto boolean = dyn_cast<BoolAttr>(attribute))
    return boolean.getValue();
  if (auto integer = dyn_cast<IntegerAttr>(attribute))
    return integer.getInt();
  return cast<FloatAttr>(attribute).getValueAsDouble();
}

double MethodOptions::number(StringRef name) const {
  if (Attribute attribute = given ? given.get(name) : Attribute())
    return asNumber(attribute);
  const auto *option = llvm::find_if(method.options, [&](const TrainOption &o) { return o.name == name; });
  assert(option != method.options.end() && "an option of the table");
  return option->standard;
}

SmallVector<double> MethodOptions::numbers(StringRef name) const {
  Attribute attribute = given ? given.get(name) : Attribute();
  SmallVector<double> result;
  if (auto integers = dyn_cast_or_null<DenseI64ArrayAttr>(attribute))
    llvm::append_range(result, integers.asArrayRef());
  else if (auto numbers = dyn_cast_or_null<DenseF64ArrayAttr>(attribute))
    llvm::append_range(result, numbers.asArrayRef());
  else if (auto list = dyn_cast_or_null<ArrayAttr>(attribute))
    for (Attribute element : list)
      result.push_back(asNumber(element));
  return result;
}

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

UpdateScope::UpdateScope(OpBuilder &b, func::FuncOp function, int64_t period)
    : b(b), loc(function.getLoc()), function(function), period(period) {}

Tensor UpdateScope::f64(double value) {
  return {b, loc, splat(b, loc, RankedTensorType::get({}, b.getF64Type()), value)};
}

Tensor UpdateScope::i64(int64_t value) {
  return {b, loc, splat(b, loc, RankedTensorType::get({}, b.getI64Type()), value)};
}

Tensor UpdateScope::stepsDone() {
  return {b, loc, frameArgument(function, RankedTensorType::get({}, b.getI64Type()), sym::Role::step)};
}

Tensor UpdateScope::updatesDone() {
  if (!done) {
    Tensor steps = stepsDone();
    done.emplace(convert(period > 1 ? floorDiv(steps, i64(period)) : steps, b.getF64Type()));
  }
  return *done;
}

std::optional<Tensor> UpdateScope::updates() {
  if (period > 1 && !now) {
    now.emplace(equal(mod(stepsDone() + i64(1), i64(period)), i64(0)));
  }
  return now;
}

Tensor UpdateScope::spread(Tensor scalar, Tensor like) {
  Type element = elementOf(like.value);
  if (elementOf(scalar.value) != element)
    scalar.value = convert(scalar, element).value;
  return {b, loc, broadcastLike(b, loc, scalar.value, like.value.getType())};
}

Tensor symc::times(UpdateScope &scope, const StepScalar &scalar, Tensor x) {
  if (scalar.known)
    return *scalar.known * x;
  return scope.spread(scope.f64(scalar), x) * x;
}

//===----------------------------------------------------------------------===//
// State
//===----------------------------------------------------------------------===//

Tensor UpdateScope::state(StringRef wanted, Type type, double initial) {
  auto kind = initial == 0 ? sym::InitKind::zeros : sym::InitKind::constant;
  return {b, loc, addState(function, wanted.str(), type, sym::InitAttr::get(b.getContext(), kind, initial))};
}

void UpdateScope::updateAlways(Tensor present, Tensor next) {
  StringRef name = nameOf(function, cast<BlockArgument>(present.value).getArgNumber());
  changed.push_back({next.value, named(b.getContext(), name, sym::Role::update)});
}

void UpdateScope::update(Tensor present, Tensor next) {
  if (std::optional<Tensor> condition = updates()) {
    Tensor all{b, loc, broadcastLike(b, loc, condition->value, next.value.getType())};
    next.value = where(all, next, present).value;
  }
  updateAlways(present, next);
}
