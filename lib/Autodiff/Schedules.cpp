//===- Schedules.cpp - Learning rates over time ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The rate is a function of t, the number of updates done, computed in f64. With gradients
// accumulated over several steps, t counts the updates, not the steps.
//
//===----------------------------------------------------------------------===//
#include "lib/Autodiff/Optimizers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace symc;

static Tensor scheduled(UpdateScope &s, double base, const MethodOptions &schedule) {
  StringRef name = schedule.methodName();
  Tensor t = s.updatesDone();
  if (name == "step")
    return base * pow(s.f64(schedule.number("gamma")), floor(t / schedule.number("step_size")));
  if (name == "exponential") {
    Tensor exponent = t / schedule.number("decay_steps");
    if (schedule.flag("staircase"))
      exponent.value = floor(exponent).value;
    return base * pow(s.f64(schedule.number("decay_rate")), exponent);
  }
  if (name == "linear_warmup")
    return base * minimum(s.f64(1), (t + 1.0) / schedule.number("warmup_steps"));
  if (name == "piecewise") {
    SmallVector<double> boundaries = schedule.numbers("boundaries"), values = schedule.numbers("values");
    Tensor rate = s.f64(values.front());
    for (auto [boundary, value] : llvm::zip(boundaries, ArrayRef(values).drop_front()))
      rate.value = where(t < s.f64(boundary), rate, s.f64(value)).value;
    return rate;
  }
  // The others go from the base rate to an end in a number of steps.
  double steps = schedule.number("decay_steps");
  Tensor progress = minimum(t, s.f64(steps)) / steps;
  if (name == "cosine") {
    double alpha = schedule.number("alpha");
    return base * ((1 - alpha) * (0.5 * (1.0 + cos(llvm::numbers::pi * progress))) + alpha);
  }
  assert(name == "polynomial" && "a schedule of the table");
  double end = schedule.number("end_learning_rate"), power = schedule.number("power");
  Tensor left = 1.0 - progress;
  return (base - end) * (power == 1 ? left : pow(left, s.f64(power))) + end;
}

StepScalar symc::learningRate(UpdateScope &scope, double base, const MethodOptions &schedule) {
  if (schedule.methodName() == "constant")
    return {base, {}};
  return {std::nullopt, scheduled(scope, base, schedule).value};
}
