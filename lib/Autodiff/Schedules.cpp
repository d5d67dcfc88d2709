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

/// Part of the way that the rate goes in a number of steps.
static Tensor progress(UpdateScope &s, Tensor t, double steps) { return minimum(t, s.f64(steps)) / steps; }

static Tensor scheduled(UpdateScope &s, double base, sym::ScheduleKind kind, const MethodOptions &schedule) {
  Tensor t = s.updatesDone();
  switch (kind) {
  case sym::ScheduleKind::constant:
    return s.f64(base);
  case sym::ScheduleKind::step:
    return base * pow(s.f64(schedule.number("gamma")), floor(t / schedule.number("step_size")));
  case sym::ScheduleKind::exponential: {
    Tensor exponent = t / schedule.number("decay_steps");
    if (schedule.flag("staircase"))
      exponent.value = floor(exponent).value;
    return base * pow(s.f64(schedule.number("decay_rate")), exponent);
  }
  case sym::ScheduleKind::linear_warmup:
    return base * minimum(s.f64(1), (t + 1.0) / schedule.number("warmup_steps"));
  case sym::ScheduleKind::piecewise: {
    SmallVector<double> boundaries = schedule.numbers("boundaries"), values = schedule.numbers("values");
    Tensor rate = s.f64(values.front());
    for (auto [boundary, value] : llvm::zip(boundaries, ArrayRef(values).drop_front()))
      rate.value = where(t < s.f64(boundary), rate, s.f64(value)).value;
    return rate;
  }
  case sym::ScheduleKind::cosine: {
    double alpha = schedule.number("alpha");
    Tensor part = progress(s, t, schedule.number("decay_steps"));
    return base * ((1 - alpha) * (0.5 * (1.0 + cos(llvm::numbers::pi * part))) + alpha);
  }
  case sym::ScheduleKind::polynomial: {
    double end = schedule.number("end_learning_rate"), power = schedule.number("power");
    Tensor left = 1.0 - progress(s, t, schedule.number("decay_steps"));
    return (base - end) * (power == 1 ? left : pow(left, s.f64(power))) + end;
  }
  }
  llvm_unreachable("a kind of schedule");
}

StepScalar symc::learningRate(UpdateScope &scope, double base, sym::ScheduleKind kind, DictionaryAttr options) {
  if (kind == sym::ScheduleKind::constant)
    return {base, {}};
  return {std::nullopt, scheduled(scope, base, kind, MethodOptions(methodOf(kind), options)).value};
}
