//===- TrainOptions.cpp - Optimizers and schedules by name ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/TrainOptions.h"
#include "llvm/ADT/STLExtras.h"

using namespace symc;

namespace {
using Kind = TrainOptionKind;
using Range = TrainOptionRange;

constexpr TrainOption rate(double standard) { return {"learning_rate", Kind::Number, Range::NotNegative, standard}; }
constexpr TrainOption fraction(llvm::StringLiteral name, double standard) {
  return {name, Kind::Number, Range::Fraction, standard};
}
constexpr TrainOption epsilon(double standard) { return {"epsilon", Kind::Number, Range::Positive, standard}; }
constexpr TrainOption decay(double standard) { return {"weight_decay", Kind::Number, Range::NotNegative, standard}; }
constexpr TrainOption flag(llvm::StringLiteral name) { return {name, Kind::Boolean, Range::Any, 0}; }
constexpr TrainOption count(llvm::StringLiteral name) { return {name, Kind::Integer, Range::Positive, 0, true}; }

constexpr TrainOption kSgd[] = {rate(0.01), fraction("momentum", 0), flag("nesterov")};
constexpr TrainOption kAdagrad[] = {rate(0.001),
                                    {"initial_accumulator_value", Kind::Number, Range::NotNegative, 0},
                                    epsilon(1e-10),
                                    flag("epsilon_inside_root")};
constexpr TrainOption kRmsprop[] = {rate(0.001),      fraction("rho", 0.9), fraction("momentum", 0),
                                    flag("centered"), epsilon(1e-8),        flag("epsilon_inside_root")};
constexpr TrainOption kAdadelta[] = {rate(1.0), fraction("rho", 0.9), epsilon(1e-6)};
constexpr TrainOption kAdam[] = {rate(0.001), fraction("beta_1", 0.9), fraction("beta_2", 0.999), epsilon(1e-8),
                                 flag("epsilon_hat")};
constexpr TrainOption kAdamw[] = {rate(0.001), fraction("beta_1", 0.9), fraction("beta_2", 0.999), epsilon(1e-8),
                                  decay(0.01), flag("epsilon_hat")};
constexpr TrainOption kNadam[] = {rate(0.001), fraction("beta_1", 0.9), fraction("beta_2", 0.999), epsilon(1e-8)};
constexpr TrainOption kAdamax[] = {rate(0.002), fraction("beta_1", 0.9), fraction("beta_2", 0.999), epsilon(1e-8)};
constexpr TrainOption kLion[] = {rate(1e-4), fraction("beta_1", 0.9), fraction("beta_2", 0.99), decay(0)};
constexpr TrainOption kLamb[] = {rate(0.001), fraction("beta_1", 0.9), fraction("beta_2", 0.999), epsilon(1e-6),
                                 decay(0.01)};
constexpr TrainOption kLbfgs[] = {rate(1.0), {"history", Kind::Integer, Range::Positive, 10}};

constexpr TrainMethod kOptimizers[] = {{"sgd", kSgd},           {"adagrad", kAdagrad}, {"rmsprop", kRmsprop},
                                       {"adadelta", kAdadelta}, {"adam", kAdam},       {"adamw", kAdamw},
                                       {"adamax", kAdamax},     {"nadam", kNadam},     {"lion", kLion},
                                       {"lamb", kLamb},         {"lbfgs", kLbfgs}};

constexpr TrainOption kStep[] = {count("step_size"), {"gamma", Kind::Number, Range::NotNegative, 0.1}};
constexpr TrainOption kExponential[] = {
    count("decay_steps"), {"decay_rate", Kind::Number, Range::NotNegative, 0, true}, flag("staircase")};
constexpr TrainOption kCosine[] = {count("decay_steps"), {"alpha", Kind::Number, Range::NotNegative, 0}};
constexpr TrainOption kLinearWarmup[] = {count("warmup_steps")};
constexpr TrainOption kPiecewise[] = {{"boundaries", Kind::Integers, Range::NotNegative, 0, true},
                                      {"values", Kind::Numbers, Range::NotNegative, 0, true}};
constexpr TrainOption kPolynomial[] = {count("decay_steps"),
                                       {"end_learning_rate", Kind::Number, Range::NotNegative, 1e-4},
                                       {"power", Kind::Number, Range::NotNegative, 1}};

constexpr TrainMethod kSchedules[] = {{"constant", {}},
                                      {"step", kStep},
                                      {"exponential", kExponential},
                                      {"cosine", kCosine},
                                      {"linear_warmup", kLinearWarmup},
                                      {"piecewise", kPiecewise},
                                      {"polynomial", kPolynomial}};
} // namespace

llvm::ArrayRef<TrainMethod> symc::optimizers() { return kOptimizers; }
llvm::ArrayRef<TrainMethod> symc::schedules() { return kSchedules; }

const TrainMethod *symc::findMethod(llvm::ArrayRef<TrainMethod> methods, llvm::StringRef name) {
  const auto *it = llvm::find_if(methods, [&](const TrainMethod &m) { return m.name == name; });
  return it == methods.end() ? nullptr : it;
}
const TrainMethod &symc::methodOf(sym::OptimizerKind kind) {
  return *findMethod(kOptimizers, sym::stringifyOptimizerKind(kind));
}
const TrainMethod &symc::methodOf(sym::ScheduleKind kind) {
  return *findMethod(kSchedules, sym::stringifyScheduleKind(kind));
}
