//===- Activations.cpp - Activation functions -----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Rules.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

using Function = double (*)(double);

static double relu(double x) { return x < 0 ? 0 : x; }
static double relu6(double x) { return x < 0 ? 0 : x > 6 ? 6 : x; }
double interpreter::sigmoid(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
double interpreter::softplus(double x) { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::abs(x))); }
static double softsign(double x) { return x / (1 + std::abs(x)); }
static double hardSigmoid(double x) { return relu6(x + 3) / 6; }
static double hardSwish(double x) { return x * hardSigmoid(x); }
static double silu(double x) { return x * sigmoid(x); }
static double mish(double x) { return x * std::tanh(softplus(x)); }
static double elu(double x, double alpha) { return x > 0 ? x : alpha * std::expm1(x); }
static double celu(double x, double alpha) { return x > 0 ? x : alpha * std::expm1(x / alpha); }
static double leakyRelu(double x, double slope) { return x > 0 ? x : slope * x; }
static double selu(double x) { return 1.0507009873554804934 * elu(x, 1.6732632423543772848); }
static double gelu(double x) { return x * std::erfc(-x / std::sqrt(2.0)) / 2; }
static double geluByTanh(double x) {
  return x * (1 + std::tanh(std::sqrt(2 / llvm::numbers::pi) * (x + 0.044715 * x * x * x))) / 2;
}

double interpreter::activate(std::optional<StringRef> name, double x) {
  if (!name)
    return x;
  auto function = llvm::StringSwitch<Function>(*name)
                      .Case("relu", relu)
                      .Case("relu6", relu6)
                      .Case("sigmoid", sigmoid)
                      .Case("tanh", [](double x) { return std::tanh(x); })
                      .Case("softplus", softplus)
                      .Case("softsign", softsign)
                      .Case("hard_sigmoid", hardSigmoid)
                      .Case("hard_swish", hardSwish)
                      .Case("silu", silu)
                      .Case("mish", mish)
                      .Case("selu", selu)
                      .Case("gelu", gelu)
                      .Case("elu", [](double x) { return elu(x, 1); })
                      .Case("celu", [](double x) { return celu(x, 1); })
                      .Case("leaky_relu", [](double x) { return leakyRelu(x, 0.01); })
                      .Default(nullptr);
  assert(function && "an activation that the reference lacks");
  return function(x);
}

template <class Op, class F> static void addActivation(Rules &rules, F f, Computes computes = Computes::Rounded) {
  rules.add<Op>(
      [f](Op op, Scope &s) {
        Array out = s[op.getX()];
        for (double &x : out.reals)
          if constexpr (std::is_invocable_v<F, double>)
            x = f(x);
          else
            x = f(op, x);
        return out;
      },
      computes);
}

void interpreter::addActivationRules(Rules &rules) {
  addActivation<sym::ReluOp>(rules, relu, Computes::Exactly);
  addActivation<sym::Relu6Op>(rules, relu6, Computes::Exactly);
  addActivation<sym::SigmoidOp>(rules, sigmoid);
  addActivation<sym::SoftplusOp>(rules, softplus);
  addActivation<sym::SoftsignOp>(rules, softsign);
  addActivation<sym::HardSigmoidOp>(rules, hardSigmoid);
  addActivation<sym::HardSwishOp>(rules, hardSwish);
  addActivation<sym::SiluOp>(rules, silu);
  addActivation<sym::MishOp>(rules, mish);
  addActivation<sym::SeluOp>(rules, selu);
  addActivation<sym::LeakyReluOp>(rules,
                                  [](sym::LeakyReluOp op, double x) { return leakyRelu(x, op.getNegativeSlope()); });
  addActivation<sym::EluOp>(rules, [](sym::EluOp op, double x) { return elu(x, op.getAlpha()); });
  addActivation<sym::CeluOp>(rules, [](sym::CeluOp op, double x) { return celu(x, op.getAlpha()); });
  addActivation<sym::GeluOp>(rules,
                             [](sym::GeluOp op, double x) { return op.getApproximate() ? geluByTanh(x) : gelu(x); });
  rules.add<sym::PreluOp>([](sym::PreluOp op, Scope &s) {
    Array out = s[op.getX()];
    for (auto [x, slope] : llvm::zip_equal(out.reals, s[op.getAlpha()].reals))
      x = leakyRelu(x, slope);
    return out;
  });
}
