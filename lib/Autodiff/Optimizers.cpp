//===- Optimizers.cpp - Updates of parameters -----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The formulas are those of the papers, with epsilon outside the root unless the options say
// otherwise; in Adadelta it belongs to the definition of RMS and stays inside. What depends on
// the number of updates alone is computed once for all parameters, as f64 scalars.
//
//===----------------------------------------------------------------------===//
#include "lib/Autodiff/Optimizers.h"
#include "dialects/sym/Build.h"

using namespace mlir;
using namespace symc;

namespace {

/// A method that treats each parameter by itself.
struct ParameterWise : Optimizer {
  StepScalar rate;

  /// Called once a step: computes what all parameters share.
  virtual void begin(UpdateScope &s, const StepScalar &r) { rate = r; }
  /// The next value of the parameter `w` with gradient `g`.
  virtual Tensor next(UpdateScope &s, StringRef name, Tensor w, Tensor g) = 0;

  std::vector<Tensor> step(UpdateScope &s, const StepScalar &r, ArrayRef<TrainedParameter> parameters) override {
    begin(s, r);
    std::vector<Tensor> values;
    for (const TrainedParameter &p : parameters)
      values.push_back(next(s, p.name, p.w, p.g));
    return values;
  }
};

/// m = μ m + g; w -= lr m, with Nesterov w -= lr (g + μ m).
struct Sgd : ParameterWise {
  explicit Sgd(const MethodOptions &o) : momentum(o.number("momentum")), nesterov(o.flag("nesterov")) {}
  double momentum;
  bool nesterov;

  Tensor next(UpdateScope &s, StringRef name, Tensor w, Tensor g) override {
    if (momentum == 0)
      return w - times(s, rate, g);
    std::string slot = ("sgd/m/" + name).str();
    Tensor before = s.state(slot, w.value.getType());
    Tensor m = momentum * before + g;
    s.update(before, m);
    return w - times(s, rate, nesterov ? g + momentum * m : m);
  }
};

/// A root that is divided by: √x + ε, or √(x + ε) with epsilon_inside_root.
struct Root {
  explicit Root(const MethodOptions &o) : epsilon(o.number("epsilon")), inside(o.flag("epsilon_inside_root")) {}
  double epsilon;
  bool inside;

  Tensor operator()(Tensor x) const { return inside ? sqrt(x + epsilon) : sqrt(x) + epsilon; }
};

/// a += g²; w -= lr g / (√a + ε). (Duchi, Hazan, Singer 2011)
struct Adagrad : ParameterWise {
  explicit Adagrad(const MethodOptions &o) : initial(o.number("initial_accumulator_value")), root(o) {}
  double initial;
  Root root;

  Tensor next(UpdateScope &s, StringRef name, Tensor w, Tensor g) override {
    std::string slot = ("adagrad/a/" + name).str();
    Tensor before = s.state(slot, w.value.getType(), initial);
    Tensor a = before + g * g;
    s.update(before, a);
    return w - times(s, rate, g) / root(a);
  }
};

/// v = ρ v + (1-ρ) g², centered also c = ρ c + (1-ρ) g; d = lr g / (√(v - c²) + ε), with momentum m = μ m + d; w -= m.
/// (Hinton 2012, Graves 2013)
struct RmsProp : ParameterWise {
  explicit RmsProp(const MethodOptions &o)
      : rho(o.number("rho")), momentum(o.number("momentum")), centered(o.flag("centered")), root(o) {}
  double rho, momentum;
  bool centered;
  Root root;

  Tensor next(UpdateScope &s, StringRef name, Tensor w, Tensor g) override {
    Tensor variance = average(s, "rmsprop/v/", name, g * g);
    if (centered) {
      Tensor mean = average(s, "rmsprop/c/", name, g);
      // Rounding can take it below 0.
      variance.value = maximum(variance - mean * mean, literal(w, 0)).value;
    }
    Tensor d = times(s, rate, g) / root(variance);
    if (momentum == 0)
      return w - d;
    std::string slot = ("rmsprop/m/" + name).str();
    Tensor before = s.state(slot, w.value.getType());
    Tensor m = momentum * before + d;
    s.update(before, m);
    return w - m;
  }

private:
  Tensor average(UpdateScope &s, StringRef prefix, StringRef name, Tensor x) const {
    std::string slot = (prefix + name).str();
    Tensor before = s.state(slot, x.value.getType());
    Tensor next = rho * before + (1 - rho) * x;
    s.update(before, next);
    return next;
  }
};

/// a = ρ a + (1-ρ) g²; d = RMS(u) / RMS(a) g with RMS(x) = √(x + ε); u = ρ u + (1-ρ) d²; w -= lr d. (Zeiler 2012)
struct Adadelta : ParameterWise {
  explicit Adadelta(const MethodOptions &o) : rho(o.number("rho")), epsilon(o.number("epsilon")) {}
  double rho, epsilon;

  Tensor next(UpdateScope &s, StringRef name, Tensor w, Tensor g) override {
    std::string slotA = ("adadelta/a/" + name).str(), slotU = ("adadelta/u/" + name).str();
    Tensor a0 = s.state(slotA, w.value.getType()), u0 = s.state(slotU, w.value.getType());
    Tensor a = rho * a0 + (1 - rho) * (g * g);
    Tensor d = sqrt(u0 + epsilon) / sqrt(a + epsilon) * g;
    s.update(a0, a);
    s.update(u0, rho * u0 + (1 - rho) * (d * d));
    return w - times(s, rate, d);
  }
};

/// What Adam's family shares: the moments and their bias. t counts updates from 1.
struct Moments : ParameterWise {
  explicit Moments(const MethodOptions &o)
      : prefix((o.methodName() + "/").str()), beta1(o.number("beta_1")), beta2(o.number("beta_2")) {}
  std::string prefix;
  double beta1, beta2;

  Tensor time(UpdateScope &s) { return s.updatesDone() + 1.0; }
  /// 1 - β^t
  Tensor correction(UpdateScope &s, double beta) { return 1.0 - pow(s.f64(beta), time(s)); }
  Tensor moment(UpdateScope &s, StringRef slot, StringRef name, Tensor x, double beta) {
    std::string full = (Twine(prefix) + slot + "/" + name).str();
    Tensor before = s.state(full, x.value.getType());
    Tensor next = beta * before + (1 - beta) * x;
    s.update(before, next);
    return next;
  }
};

/// m = β₁ m + (1-β₁) g; v = β₂ v + (1-β₂) g²; w -= lr m̂ / (√v̂ + ε) with m̂ = m / (1-β₁^t), v̂ = v / (1-β₂^t), computed
/// as lr c / (1-β₁^t) · m / (√v + ε c) with c = √(1-β₂^t); with epsilon_hat ε is not multiplied by c. With decay also
/// w -= lr λ w. (Kingma, Ba 2014; Loshchilov, Hutter 2017)
struct Adam : Moments {
  Adam(const MethodOptions &o, bool decoupled)
      : Moments(o), epsilon(o.number("epsilon")), decay(decoupled ? o.number("weight_decay") : 0),
        epsilonHat(o.flag("epsilon_hat")) {}
  double epsilon, decay;
  bool epsilonHat;
  StepScalar scale, offset;

  bool movesWithoutGradient() const override { return decay != 0; }
  void begin(UpdateScope &s, const StepScalar &r) override {
    rate = r;
    Tensor c = sqrt(correction(s, beta2));
    scale = {std::nullopt, (s.f64(r) * c / correction(s, beta1)).value};
    offset = epsilonHat ? StepScalar{epsilon, {}} : StepScalar{std::nullopt, (epsilon * c).value};
  }
  Tensor next(UpdateScope &s, StringRef name, Tensor w, Tensor g) override {
    Tensor m = moment(s, "m", name, g, beta1), v = moment(s, "v", name, g * g, beta2);
    Tensor d = times(s, scale, m) / (sqrt(v) + s.spread(s.f64(offset), w));
    if (decay == 0)
      return w - d;
    StepScalar factor = rate.known ? StepScalar{*rate.known * decay, {}} : StepScalar{{}, (s.f64(rate) * decay).value};
    return w - times(s, factor, w) - d;
  }
};

/// u = max(β₂ u, |g|); w -= lr / (1-β₁^t) · m / (u + ε). (Kingma, Ba 2014)
struct Adamax : Moments {
  explicit Adamax(const MethodOptions &o) : Moments(o), epsilon(o.number("epsilon")) {}
  double epsilon;
  StepScalar scale;

  void begin(UpdateScope &s, const StepScalar &r) override {
    scale = {std::nullopt, (s.f64(r) / correction(s, beta1)).value};
  }
  Tensor next(UpdateScope &s, StringRef name, Tensor w, Tensor g) override {
    Tensor m = moment(s, "m", name, g, beta1);
    std::string slot = (Twine(prefix) + "u/" + name).str();
    Tensor before = s.state(slot, w.value.getType());
    Tensor u = maximum(beta2 * before, abs(g));
    s.update(before, u);
    return w - times(s, scale, m) / (u + epsilon);
  }
};

/// μ_t = β₁ (1 - ½ · 0.96^(t/250)); m̂ = μ_{t+1} m / (1 - Π_{i≤t+1} μ_i) + (1-μ_t) g / (1 - Π_{i≤t} μ_i); v̂ as in Adam;
/// w -= lr m̂ / (√v̂ + ε). (Dozat 2016)
struct Nadam : Moments {
  explicit Nadam(const MethodOptions &o) : Moments(o), epsilon(o.number("epsilon")) {}
  double epsilon;
  StepScalar ofMoment, ofGradient, root;

  void begin(UpdateScope &s, const StepScalar &r) override {
    auto mu = [&](Tensor t) { return beta1 * (1.0 - 0.5 * pow(s.f64(0.96), t / 250.0)); };
    Tensor t = time(s), mu0 = mu(t), mu1 = mu(t + 1.0);
    Tensor before = s.state("nadam/product", s.f64(0).value.getType(), 1);
    Tensor product = before * mu0;
    s.update(before, product);
    ofMoment = {std::nullopt, (s.f64(r) * mu1 / (1.0 - product * mu1)).value};
    ofGradient = {std::nullopt, (s.f64(r) * (1.0 - mu0) / (1.0 - product)).value};
    root = {std::nullopt, (1.0 / correction(s, beta2)).value};
  }
  Tensor next(UpdateScope &s, StringRef name, Tensor w, Tensor g) override {
    Tensor m = moment(s, "m", name, g, beta1), v = moment(s, "v", name, g * g, beta2);
    return w - (times(s, ofMoment, m) + times(s, ofGradient, g)) / (sqrt(times(s, root, v)) + epsilon);
  }
};

/// w -= lr (sign(β₁ m + (1-β₁) g) + λ w); m = β₂ m + (1-β₂) g. (Chen et al. 2023)
struct Lion : Moments {
  explicit Lion(const MethodOptions &o) : Moments(o), decay(o.number("weight_decay")) {}
  double decay;

  bool movesWithoutGradient() const override { return decay != 0; }
  Tensor next(UpdateScope &s, StringRef name, Tensor w, Tensor g) override {
    std::string slot = ("lion/m/" + name).str();
    Tensor before = s.state(slot, w.value.getType());
    Tensor d = sign(beta1 * before + (1 - beta1) * g);
    s.update(before, beta2 * before + (1 - beta2) * g);
    return w - times(s, rate, decay == 0 ? d : d + decay * w);
  }
};

/// r = m̂ / (√v̂ + ε) + λ w; w -= lr ‖w‖ / ‖r‖ r, the quotient 1 where a norm is 0. (You et al. 2019)
struct Lamb : Moments {
  explicit Lamb(const MethodOptions &o) : Moments(o), epsilon(o.number("epsilon")), decay(o.number("weight_decay")) {}
  double epsilon, decay;
  StepScalar first, second;

  bool movesWithoutGradient() const override { return decay != 0; }
  void begin(UpdateScope &s, const StepScalar &r) override {
    rate = r;
    first = {std::nullopt, (1.0 / correction(s, beta1)).value};
    second = {std::nullopt, (1.0 / correction(s, beta2)).value};
  }
  Tensor next(UpdateScope &s, StringRef name, Tensor w, Tensor g) override {
    Tensor m = moment(s, "m", name, g, beta1), v = moment(s, "v", name, g * g, beta2);
    Tensor r = times(s, first, m) / (sqrt(times(s, second, v)) + epsilon);
    if (decay != 0)
      r.value = (r + decay * w).value;
    auto norm = [&](Tensor x) {
      SmallVector<int64_t> axes =
          llvm::to_vector(llvm::seq<int64_t>(cast<RankedTensorType>(x.value.getType()).getRank()));
      return sqrt(Tensor{s.b, s.loc, sumOver(s.b, s.loc, (x * x).value, axes, false)});
    };
    Tensor wNorm = norm(w), rNorm = norm(r), zero = literal(wNorm, 0), one = literal(wNorm, 1);
    Tensor trust = where(wNorm > zero, where(rNorm > zero, wNorm / rNorm, one), one);
    return w - times(s, rate, s.spread(trust, w) * r);
  }
};
} // namespace

std::unique_ptr<Optimizer> symc::createOptimizer(sym::OptimizerKind kind, const MethodOptions &options) {
  switch (kind) {
  case sym::OptimizerKind::sgd:
    return std::make_unique<Sgd>(options);
  case sym::OptimizerKind::adagrad:
    return std::make_unique<Adagrad>(options);
  case sym::OptimizerKind::rmsprop:
    return std::make_unique<RmsProp>(options);
  case sym::OptimizerKind::adadelta:
    return std::make_unique<Adadelta>(options);
  case sym::OptimizerKind::adam:
    return std::make_unique<Adam>(options, /*decoupled=*/false);
  case sym::OptimizerKind::adamw:
    return std::make_unique<Adam>(options, /*decoupled=*/true);
  case sym::OptimizerKind::adamax:
    return std::make_unique<Adamax>(options);
  case sym::OptimizerKind::nadam:
    return std::make_unique<Nadam>(options);
  case sym::OptimizerKind::lion:
    return std::make_unique<Lion>(options);
  case sym::OptimizerKind::lamb:
    return std::make_unique<Lamb>(options);
  case sym::OptimizerKind::lbfgs:
    return createLbfgs(options);
  }
  llvm_unreachable("a kind of optimizer");
}
