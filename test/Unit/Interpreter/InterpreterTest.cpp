//===- InterpreterTest.cpp - Ops by their definitions ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The corners; what ops do to ordinary numbers is compared with the compiled code on random
// graphs (test/Random), where the two would have to be wrong alike.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Rules.h"
#include "test/Unit/Interpreter/Module.h"
#include <cmath>
#include <set>

using namespace symc::interpreter;
using Reals = std::vector<double>;
using Integers = std::vector<int64_t>;

namespace {
const double nan = std::nan(""), inf = HUGE_VAL;

/// The function of one op on two vectors of `type`.
std::string binary(const std::string &op, const std::string &type) {
  return "func.func @f(%x: " + type + ", %y: " + type + ") -> " + type + " { %0 = sym." + op + " %x, %y : " + type +
         " return %0 : " + type + " }";
}

/// Equal, where NaN equals NaN.
void expectReals(const Array &array, const Reals &expected) {
  ASSERT_EQ(array.reals.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_TRUE(array.reals[i] == expected[i] || (std::isnan(array.reals[i]) && std::isnan(expected[i])))
        << i << ": " << array.reals[i] << ", not " << expected[i];
}

/// `grad` is defined by the derivatives of all others.
TEST(Interpreter, EveryOpOfGraphFilesHasARule) {
  Module m("func.func @f() { return }");
  const std::set<std::string> without = {"sym.grad", "sym.train", "sym.parameter", "sym.state", "sym.yield"};
  for (mlir::RegisteredOperationName name : m.context.getRegisteredOperationsByDialect("sym"))
    EXPECT_EQ(Rules::get().knows(name), !without.count(name.getStringRef().str())) << name.getStringRef().str();
}

TEST(Interpreter, IntegersWrapAround) {
  Module m(binary("add", "tensor<3xi8>"));
  EXPECT_EQ(m.run({m.integers("i8", {3}, {127, -128, 5}), m.integers("i8", {3}, {1, -1, 6})}).results[0].integers,
            Integers({-128, 127, 11}));
  Module u(binary("mul", "tensor<2xui64>"));
  EXPECT_EQ(u.run({u.integers("ui64", {2}, {-1, 3}), u.integers("ui64", {2}, {2, 5})}).results[0].integers,
            Integers({-2, 15})); // 2^64 - 2
}

TEST(Interpreter, QuotientsAreFloorsAndByZeroZero) {
  Module m(binary("floor_div", "tensor<4xi32>")), r(binary("mod", "tensor<4xi32>"));
  std::vector<Array> operands{m.integers("i32", {4}, {-7, 7, 7, 1}), m.integers("i32", {4}, {2, -2, 0, 3})};
  EXPECT_EQ(m.run(operands).results[0].integers, Integers({-4, -4, 0, 0}));
  operands = {r.integers("i32", {4}, {-7, 7, 7, 1}), r.integers("i32", {4}, {2, -2, 0, 3})};
  EXPECT_EQ(r.run(operands).results[0].integers, Integers({1, -1, 0, 1}));
}

// NumPy: np.mod([5, -5, 5, 0], [inf, inf, -inf, inf])
TEST(Interpreter, RemaindersByInfinities) {
  Module m(binary("mod", "tensor<4xf64>"));
  expectReals(m.run({m.reals("f64", {4}, {5, -5, 5, 0}), m.reals("f64", {4}, {inf, inf, -inf, inf})}).results[0],
              {5, inf, -inf, 0});
}

TEST(Interpreter, PowersOfIntegers) {
  Module m(binary("pow", "tensor<5xi32>"));
  EXPECT_EQ(
      m.run({m.integers("i32", {5}, {3, -1, 2, 1, 0}), m.integers("i32", {5}, {4, -3, -1, -9, 0})}).results[0].integers,
      Integers({81, -1, 0, 1, 1}));
}

TEST(Interpreter, ShiftCountsOfTheWidthAndMore) {
  Module l(binary("shift_left", "tensor<3xi8>")), r(binary("shift_right", "tensor<3xi8>"));
  EXPECT_EQ(l.run({l.integers("i8", {3}, {1, 1, 1}), l.integers("i8", {3}, {7, 8, -1})}).results[0].integers,
            Integers({-128, 0, 0}));
  EXPECT_EQ(r.run({r.integers("i8", {3}, {-128, -128, 127}), r.integers("i8", {3}, {7, 9, -1})}).results[0].integers,
            Integers({-1, -1, 0}));
}

TEST(Interpreter, CastsSaturate) {
  Module m("func.func @f(%x: tensor<5xf32>) -> tensor<5xi8> {"
           " %0 = sym.cast %x {dtype = i8} : tensor<5xf32> -> tensor<5xi8> return %0 : tensor<5xi8> }");
  EXPECT_EQ(m.run({m.reals("f32", {5}, {300, -1e30, nan, -1.9, 1.9})}).results[0].integers,
            Integers({127, -128, 0, -1, 1}));
}

TEST(Interpreter, NothingIsRoundedButByCasts) {
  Module m("func.func @f(%x: tensor<f32>) -> (tensor<f32>, tensor<f16>) { %0 = sym.add %x, %x : tensor<f32>"
           " %1 = sym.cast %0 {dtype = f16} : tensor<f32> -> tensor<f16> return %0, %1 : tensor<f32>, tensor<f16> }");
  Outcome outcome = m.run({m.reals("f32", {}, {1.0 / 3})});
  EXPECT_EQ(outcome.results[0].reals[0], 2.0 / 3);
  EXPECT_EQ(outcome.results[1].reals[0], 0.66650390625);
}

TEST(Interpreter, ExtremesAndNaN) {
  Module m("func.func @f(%x: tensor<4xf32>) -> (tensor<f32>, tensor<i64>, tensor<i64>) {"
           " %0 = sym.max %x : (tensor<4xf32>) -> tensor<f32> %1 = sym.argmax %x : (tensor<4xf32>) -> tensor<i64>"
           " %2 = sym.argmin %x : (tensor<4xf32>) -> tensor<i64>"
           " return %0, %1, %2 : tensor<f32>, tensor<i64>, tensor<i64> }");
  Outcome outcome = m.run({m.reals("f32", {4}, {1, nan, 3, nan})});
  EXPECT_TRUE(std::isnan(outcome.results[0].reals[0]));
  EXPECT_EQ(outcome.results[1].integers[0], 1);
  EXPECT_EQ(outcome.results[2].integers[0], 1);
  outcome = m.run({m.reals("f32", {4}, {1, 3, 3, 1})});
  EXPECT_EQ(outcome.results[1].integers[0], 1);
  EXPECT_EQ(outcome.results[2].integers[0], 0);
}

TEST(Interpreter, ReductionsOverNothing) {
  Module m("func.func @f(%x: tensor<0xf32>) -> (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) {"
           " %0 = sym.sum %x : (tensor<0xf32>) -> tensor<f32> %1 = sym.prod %x : (tensor<0xf32>) -> tensor<f32>"
           " %2 = sym.mean %x : (tensor<0xf32>) -> tensor<f32> %3 = sym.max %x : (tensor<0xf32>) -> tensor<f32>"
           " %4 = sym.logsumexp %x : (tensor<0xf32>) -> tensor<f32>"
           " return %0, %1, %2, %3, %4 : tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32> }");
  Outcome outcome = m.run({m.reals("f32", {0}, {})});
  Reals found;
  for (const Array &result : outcome.results)
    found.push_back(result.reals[0]);
  expectReals(m.reals("f32", {5}, found), {0, 1, nan, -inf, -inf});
}

TEST(Interpreter, SortsStablyWithNaNLast) {
  Module m("func.func @f(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<2xf32>, tensor<2xi64>) {"
           " %0 = sym.sort %x {descending = true} : (tensor<4xf32>) -> tensor<4xf32>"
           " %1, %2 = sym.top_k %x {k = 2} : (tensor<4xf32>) -> (tensor<2xf32>, tensor<2xi64>)"
           " return %0, %1, %2 : tensor<4xf32>, tensor<2xf32>, tensor<2xi64> }");
  Outcome outcome = m.run({m.reals("f32", {4}, {2, nan, 5, 2})});
  expectReals(outcome.results[0], {5, 2, 2, nan});
  expectReals(outcome.results[1], {nan, 5});
  EXPECT_EQ(outcome.results[2].integers, Integers({1, 2}));
}

TEST(Interpreter, AttentionOfRowsThatSeeNothing) {
  Module m("func.func @f(%x: tensor<2x1xf32>, %m: tensor<2x2xi1>) -> tensor<2x1xf32> {"
           " %0 = sym.attention %x, %x, %x, %m : (tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x2xi1>) ->"
           " tensor<2x1xf32> return %0 : tensor<2x1xf32> }");
  expectReals(m.run({m.reals("f32", {2, 1}, {3, inf}), m.integers("i1", {2, 2}, {1, 0, 0, 0})}).results[0], {3, 0});
}

// Random123's known answers: kat_vectors, philox 4x32 10 rounds with zeros everywhere.
TEST(Interpreter, Philox) {
  Module m("func.func @f(%s: tensor<i64>, %t: tensor<i64>) -> tensor<4xf32> {"
           " %0 = sym.random uniform %s, %t {stream = 0 : i64, shape = #sym.dims<4>, dtype = f32} :"
           " (tensor<i64>, tensor<i64>) -> tensor<4xf32> return %0 : tensor<4xf32> }");
  Outcome outcome = m.run({m.integers("i64", {}, {0}), m.integers("i64", {}, {0})});
  expectReals(outcome.results[0], {0x6627e8 * 0x1p-24, 0xe169c5 * 0x1p-24, 0xbc57ac * 0x1p-24, 0x9b00db * 0x1p-24});
}

TEST(Interpreter, IndexOutOfRangeIsAnError) {
  Module m("func.func @f(%x: tensor<3xf32>, %i: tensor<2xi64>) -> tensor<2xf32> {"
           " %0 = sym.gather %x, %i : (tensor<3xf32>, tensor<2xi64>) -> tensor<2xf32> return %0 : tensor<2xf32> }");
  expectReals(m.run({m.reals("f32", {3}, {1, 2, 3}), m.integers("i64", {2}, {-1, 0})}).results[0], {3, 1});
  Outcome outcome = m.run({m.reals("f32", {3}, {1, 2, 3}), m.integers("i64", {2}, {3, 0})});
  EXPECT_NE(outcome.error, "");
  EXPECT_TRUE(outcome.failed);
}

TEST(Interpreter, OnlyWhatIsWantedIsEvaluated) {
  Module m("func.func @f(%x: tensor<3xf32>, %i: tensor<1xi64>) -> (tensor<1xf32>, tensor<3xf32>) {"
           " %0 = sym.gather %x, %i : (tensor<3xf32>, tensor<1xi64>) -> tensor<1xf32> %1 = sym.neg %x : tensor<3xf32>"
           " return %0, %1 : tensor<1xf32>, tensor<3xf32> }");
  llvm::BitVector second(2);
  second.set(1);
  Outcome outcome =
      Interpreter({}).evaluate(m.function(), {m.reals("f32", {3}, {1, 2, 3}), m.integers("i64", {1}, {9})}, second);
  EXPECT_EQ(outcome.error, "");
  expectReals(outcome.results[1], {-1, -2, -3});
}

TEST(Interpreter, LoopsRunAsOftenAsTheyShould) {
  Module m("func.func @f(%x: tensor<?xf32, #sym.dims<n>>) -> (tensor<f32>, tensor<?xf32, #sym.dims<n>>) {"
           " %zero = sym.constant dense<0.0> : tensor<f32>"
           " %0, %1 = sym.scan #sym.dims<n> carry(%zero : tensor<f32>) over(%x : tensor<?xf32, #sym.dims<n>>)"
           " attributes {reverse = true} -> tensor<f32>, tensor<?xf32, #sym.dims<n>> {"
           " ^bb0(%i: tensor<i64>, %h: tensor<f32>, %e: tensor<f32>): %s = sym.add %h, %e : tensor<f32>"
           " sym.yield %s, %s : tensor<f32>, tensor<f32> }"
           " return %0, %1 : tensor<f32>, tensor<?xf32, #sym.dims<n>> }");
  for (int64_t n : {0, 3}) {
    Options options;
    options.dims["n"] = n;
    Outcome outcome = m.run({m.reals("f32", {n}, n ? Reals{1, 2, 3} : Reals{})}, options);
    expectReals(outcome.results[0], {n ? 6.0 : 0.0});
    expectReals(outcome.results[1], n ? Reals{6, 5, 3} : Reals{});
  }
}

TEST(Interpreter, PerturbationsAreOfTheSizeOfRoundings) {
  Module m(binary("add", "tensor<1xf32>"));
  double largest = 0;
  for (uint64_t seed = 1; seed < 50; ++seed) {
    Options options;
    options.perturbation = seed;
    double value = m.run({m.reals("f32", {1}, {1}), m.reals("f32", {1}, {1})}, options).results[0].reals[0];
    largest = std::max(largest, std::abs(value - 2));
  }
  EXPECT_GT(largest, 0x1p-25);
  EXPECT_LT(largest, 0x1p-21);
}
} // namespace
