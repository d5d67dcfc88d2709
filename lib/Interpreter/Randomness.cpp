//===- Randomness.cpp - Random numbers and dropout ------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Uniform.h"
#include "lib/Interpreter/Rules.h"
#include "llvm/Support/MathExtras.h"
#include <array>
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

namespace {
/// Sums inside of a formula, as they are computed in a type.
struct Sums {
  Scope &s;
  Type type;
  double operator()(double exact, double magnitude) const { return s.sum(exact, magnitude, type); }
};

/// The numbers of a stream: J. K. Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (SC 2011), Philox4x32-10.
class Stream {
public:
  Stream(int64_t seed, int64_t step, uint32_t number)
      : key{static_cast<uint32_t>(seed), static_cast<uint32_t>(static_cast<uint64_t>(seed) >> 32)},
        step(static_cast<uint32_t>(step)), number(number) {}

  /// 32 bits of an element.
  uint32_t word(int64_t element) const { return block(element >> 2)[element & 3]; }
  /// In [0, 1), a multiple of 2^-24.
  double uniform(int64_t element) const { return static_cast<double>(word(element) >> 8) * 0x1p-24; }
  /// Box and Muller: of each pair of lanes the even one is the cosine. Where that is near 0, it is as far off as the
  /// angle is, which is a number of the type.
  double normal(int64_t element, const Sums &sum) const {
    int64_t even = element & ~int64_t(1);
    double radius = std::sqrt(-2 * std::log(1 - uniform(even))), angle = 2 * llvm::numbers::pi * uniform(even + 1);
    angle = sum(angle, angle);
    return radius * (element & 1 ? std::sin(angle) : std::cos(angle));
  }

private:
  std::array<uint32_t, 2> key;
  uint32_t step, number;

  std::array<uint32_t, 4> block(int64_t i) const {
    std::array<uint32_t, 4> c{static_cast<uint32_t>(i), static_cast<uint32_t>(static_cast<uint64_t>(i) >> 32), number,
                              step};
    std::array<uint32_t, 2> k = key;
    for (int round = 0; round < 10; ++round) {
      uint64_t x = uint64_t(0xD2511F53) * c[0], y = uint64_t(0xCD9E8D57) * c[2];
      c = {static_cast<uint32_t>(y >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(y),
           static_cast<uint32_t>(x >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(x)};
      k = {k[0] + 0x9E3779B9, k[1] + 0xBB67AE85};
    }
    return c;
  }
};
} // namespace

template <class Op> static Stream streamOf(Op op, Scope &s) {
  sym::StreamAttr stream = op.getStreamAttr();
  if (!s.draws.call.empty())
    stream = stream.within(s.draws.call);
  return {static_cast<int64_t>(s.draws.seed), s.options.step, stream.part(0).getNumber()};
}

/// The z with the distribution function 1/2 + q, from -2 to 2. As many steps as give a z near 0 all its digits.
static double inverseNormal(double q) {
  double low = 0, high = 3;
  for (int step = 0; step < 100; ++step) {
    double middle = (low + high) / 2;
    (std::erf(middle / std::sqrt(2.0)) / 2 < std::abs(q) ? low : high) = middle;
  }
  return std::copysign((low + high) / 2, q);
}

/// x * scale + shift, as it is computed in a type: near 0 the two terms' roundings are what is left.
static double placed(double x, double scale, double shift, const Sums &sum) {
  return sum(x * scale + shift, std::abs(x * scale) + std::abs(shift));
}

/// A random source: `draw` gives an element from the stream and the number of the element.
template <class Op, class F> static void addSource(Rules &rules, F draw, Computes computes = Computes::Rounded) {
  rules.add<Op>(
      [draw](Op op, Scope &s) {
        Array out = s.zeros(op.getOut());
        Stream stream = streamOf(op, s);
        for (int64_t i = 0, n = out.count(); i < n; ++i)
          out.set(i, draw(op, stream, i, Sums{s, out.element}));
        return out;
      },
      computes);
}

static Array dropout(sym::DropoutOp op, Scope &s) {
  Array out = s[op.getX()];
  double rate = op.getRate();
  if (!s.options.training || rate == 0)
    return out;
  Stream stream = streamOf(op, s);
  for (int64_t i = 0, n = out.count(); i < n; ++i)
    out.reals[i] = stream.uniform(i) >= rate ? out.reals[i] / (1 - rate) : 0;
  return out;
}

static Array categorical(sym::RandomCategoricalOp op, Scope &s) {
  const Array &logits = s[op.getLogits()];
  Array out = s.zeros(op.getOut());
  Stream stream = streamOf(op, s);
  forEachSlice(logits, axesOf(ArrayRef<int64_t>(op.getAxis()), logits.rank()),
               [&](ArrayRef<int64_t> elements, int64_t example) {
                 auto score = [&](int64_t i) {
                   double x = logits.reals[i], noise = -std::log(-std::log(stream.uniform(i)));
                   return s.sum(x + noise, std::abs(x) + std::max(std::abs(noise), 1.0), logits.element);
                 };
                 int64_t best = 0;
                 double highest = 0;
                 for (auto [position, i] : llvm::enumerate(elements))
                   if (double own = score(i); position == 0 || own > highest) {
                     best = static_cast<int64_t>(position);
                     highest = own;
                   }
                 out.set(example, best);
               });
  return out;
}

/// The primitive, whose seed and step are operands.
static Array drawn(sym::RandomOp op, Scope &s) {
  Array out = s.zeros(op.getOut());
  Stream stream(s[op.getSeed()].integers[0], s[op.getStep()].integers[0], static_cast<uint32_t>(op.getStream()));
  Sums sum{s, out.element};
  bool isNormal = op.getDistribution() == sym::Distribution::normal;
  for (int64_t i = 0, n = out.count(); i < n; ++i)
    out.set(i, placed(isNormal ? stream.normal(i, sum) : stream.uniform(i), op.getScale(), op.getShift(), sum));
  return out;
}

/// Of the frame of a call, which functions of the graph have as ops.
template <class Op> static void addFrameValue(Rules &rules, int64_t (*valueIn)(const Scope &)) {
  rules.add<Op>(
      [valueIn](Op op, Scope &s) {
        Array out = s.zeros(op.getOut());
        out.set(0, valueIn(s));
        return out;
      },
      Computes::Exactly);
}

void interpreter::addRandomRules(Rules &rules) {
  addFrameValue<sym::SeedOp>(rules, [](const Scope &s) { return static_cast<int64_t>(s.draws.seed); });
  addFrameValue<sym::StepOp>(rules, [](const Scope &s) { return s.options.step; });
  addSource<sym::RandomUniformOp>(rules, [](auto op, const Stream &stream, int64_t i, const Sums &sum) {
    double low = op.getLow(), high = op.getHigh(), x = placed(stream.uniform(i), high - low, low, sum);
    return areApart(low, high, sum.type) ? std::min(x, largestBelow(high, sum.type)) : x;
  });
  addSource<sym::RandomNormalOp>(rules, [](auto op, const Stream &stream, int64_t i, const Sums &sum) {
    return placed(stream.normal(i, sum), op.getStddev(), op.getMean(), sum);
  });
  addSource<sym::RandomTruncatedNormalOp>(rules, [](auto op, const Stream &stream, int64_t i, const Sums &sum) {
    double between = std::erf(std::sqrt(2.0)); // -2 and 2
    return placed(inverseNormal((stream.uniform(i) - 0.5) * between), op.getStddev(), op.getMean(), sum);
  });
  addSource<sym::RandomBernoulliOp>(
      rules, [](auto op, const Stream &stream, int64_t i, const Sums &) { return stream.uniform(i) < op.getP(); },
      Computes::Exactly);
  rules.add<sym::RandomCategoricalOp>(categorical);
  rules.add<sym::RandomOp>(drawn);
  rules.add<sym::DropoutOp>(dropout);
}
