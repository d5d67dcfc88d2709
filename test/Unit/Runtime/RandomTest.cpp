//===- RandomTest.cpp - Random bits and initial values -------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/NarrowFloat.h"
#include "runtime/Runtime.h"
#include "gtest/gtest.h"
#include <cmath>
#include <vector>

using namespace symc;
using namespace symc::rt;

namespace {
const DLDataType f32 = {2, 32, 1}, f64 = {2, 64, 1}, f16 = {2, 16, 1}, bf16 = {4, 16, 1};

struct Tensor {
  std::vector<int64_t> shape;
  std::vector<double> values;

  Tensor(std::vector<int64_t> dims, symc_init init, double a, double b, uint64_t seed = 1) : shape(std::move(dims)) {
    int64_t count = 1;
    for (int64_t size : shape)
      count *= size;
    values.resize(static_cast<size_t>(count));
    symc_slot slot = {"t", f64, static_cast<int32_t>(shape.size()), shape.data(), count, init, 5, a, b, nullptr, 0};
    std::vector<double> scratch(initializeScratch(slot));
    initializeSlot(slot, seed, values.data(), scratch.data());
  }
  double at(int64_t i, int64_t j) const { return values[static_cast<size_t>(i * shape.back() + j)]; }
};

TEST(RandomTest, PhiloxKnownAnswers) {
  // From the authors' kat_vectors. The key is the seed; the counter (index, stream, step).
  uint32_t bits[4];
  philox(0, 0, 0, 0, bits);
  EXPECT_EQ(bits[0], 0x6627e8d5u);
  EXPECT_EQ(bits[1], 0xe169c58du);
  EXPECT_EQ(bits[2], 0xbc57ac4cu);
  EXPECT_EQ(bits[3], 0x9b00dbd8u);
  philox(~0ull, ~0ull, ~0u, ~0u, bits);
  EXPECT_EQ(bits[0], 0x408f276du);
  EXPECT_EQ(bits[1], 0x41c83b0eu);
  EXPECT_EQ(bits[2], 0xa20bc7c6u);
  EXPECT_EQ(bits[3], 0x6d5451fdu);
  philox(0x299f31d0a4093822ull, 0x85a308d3243f6a88ull, 0x13198a2e, 0x03707344, bits);
  EXPECT_EQ(bits[0], 0xd16cfe09u);
  EXPECT_EQ(bits[1], 0x94fdccebu);
  EXPECT_EQ(bits[2], 0x5001e420u);
  EXPECT_EQ(bits[3], 0x24126ea1u);
}

TEST(RandomTest, ElementaryFunctions) {
  for (double x = 1e-8; x < 1e3; x *= 1.0037) {
    double tolerance = 4.5e-16 * std::max(1.0, std::abs(std::log(x)));
    EXPECT_NEAR(logOf(x), std::log(x), tolerance) << x;
  }
  EXPECT_EQ(logOf(1), 0);
  for (int i = 0; i < 100000; ++i) {
    double u = i / 100000.0, c, s;
    cosSinOfTurns(u, &c, &s);
    EXPECT_NEAR(c, std::cos(2 * M_PI * u), 1e-15);
    EXPECT_NEAR(s, std::sin(2 * M_PI * u), 1e-15);
  }
  EXPECT_EQ(inverseNormal(0.5), 0);
  for (double p = 0.001; p < 1; p += 0.001)
    EXPECT_NEAR(0.5 * std::erfc(-inverseNormal(p) / std::sqrt(2.0)), p, 1e-15) << p;
}

TEST(RandomTest, Distributions) {
  auto moments = [](const std::vector<double> &v, double &mean, double &deviation) {
    mean = deviation = 0;
    for (double x : v)
      mean += x / static_cast<double>(v.size());
    for (double x : v)
      deviation += (x - mean) * (x - mean) / static_cast<double>(v.size());
    deviation = std::sqrt(deviation);
  };
  double mean, deviation;
  Tensor uniform({99999}, SYMC_INIT_UNIFORM, -1, 3);
  moments(uniform.values, mean, deviation);
  EXPECT_NEAR(mean, 1, 0.02);
  EXPECT_NEAR(deviation, 4 / std::sqrt(12.0), 0.02);
  Tensor normal({99999}, SYMC_INIT_NORMAL, 2, 0.5);
  moments(normal.values, mean, deviation);
  EXPECT_NEAR(mean, 2, 0.01);
  EXPECT_NEAR(deviation, 0.5, 0.005);
  Tensor cut({99999}, SYMC_INIT_TRUNCATED_NORMAL, 2, 0.5);
  moments(cut.values, mean, deviation);
  EXPECT_NEAR(mean, 2, 0.01);
  EXPECT_NEAR(deviation, 0.5 * 0.8796, 0.005);
  for (double x : cut.values)
    ASSERT_LE(std::abs(x - 2), 1.0 + 1e-12);
  // An element depends on its index alone.
  Tensor few({5}, SYMC_INIT_NORMAL, 2, 0.5);
  for (size_t i = 0; i < 5; ++i)
    EXPECT_EQ(few.values[i], normal.values[i]);
  EXPECT_NE(Tensor({5}, SYMC_INIT_NORMAL, 2, 0.5, 2).values, few.values);
}

TEST(RandomTest, UniformIsOneFma) {
  uint32_t bits[4];
  philox(9, 0, 5, 0, bits);
  int64_t shape[] = {4};
  float values[4];
  symc_slot slot = {"t", f32, 1, shape, 4, SYMC_INIT_UNIFORM, 5, -0.3, 0.7, nullptr, 0};
  initializeSlot(slot, 9, values, nullptr);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(values[i], std::fmaf(static_cast<float>(bits[i] >> 8) * 0x1p-24f, 0.7f - -0.3f, -0.3f));
}

/// What rounds to the end of the interval is the number below it.
TEST(RandomTest, UniformIsBelowItsEnd) {
  int64_t shape[] = {100000};
  std::vector<float> values(100000);
  auto most = [&](DLDataType dtype, double low, double high, auto read) {
    symc_slot slot = {"t", dtype, 1, shape, 100000, SYMC_INIT_UNIFORM, 5, low, high, nullptr, 0};
    initializeSlot(slot, 9, values.data(), nullptr);
    double largest = low;
    for (int i = 0; i < 100000; ++i)
      largest = std::max<double>(largest, read(i));
    return largest;
  };
  auto narrow = [&](int i) { return reinterpret_cast<const uint16_t *>(values.data())[i]; };
  EXPECT_EQ(most(f32, 100, 101, [&](int i) { return values[i]; }), std::nextafterf(101, 0));
  EXPECT_EQ(most(f16, 0, 1, [&](int i) { return fromF16(narrow(i)); }), 1 - 0x1p-11);
  EXPECT_EQ(most(bf16, -2, -1, [&](int i) { return fromBF16(narrow(i)); }), -1 - 0x1p-7);
  EXPECT_EQ(most(f32, 3, 3, [&](int i) { return values[i]; }), 3);
  // Where nothing is between them: the lower end, and nothing below it.
  most(f32, 16777216, 16777217, [&](int i) { return values[i]; });
  EXPECT_EQ(*std::min_element(values.begin(), values.end()), 16777216);
  most(bf16, 1, 1.003, [&](int i) { return fromBF16(narrow(i)); });
  EXPECT_EQ(fromBF16(narrow(0)), 1);
}

TEST(RandomTest, OrthogonalMatrices) {
  for (auto [rows, columns] : {std::pair{20, 7}, {7, 20}, {13, 13}, {1, 5}, {5, 1}}) {
    Tensor q({rows, columns}, SYMC_INIT_ORTHOGONAL, 3, 0);
    int64_t n = std::min(rows, columns), m = std::max(rows, columns);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double dot = 0;
        for (int64_t k = 0; k < m; ++k)
          dot += rows < columns ? q.at(i, k) * q.at(j, k) : q.at(k, i) * q.at(k, j);
        EXPECT_NEAR(dot, i == j ? 9 : 0, 1e-13);
      }
  }
  // Not the identity up to signs.
  Tensor q({4, 4}, SYMC_INIT_ORTHOGONAL, 1, 0);
  EXPECT_LT(std::abs(q.at(0, 0)), 0.999);
}

TEST(RandomTest, Identity) {
  Tensor eye({2, 3}, SYMC_INIT_IDENTITY, 2, 0);
  EXPECT_EQ(eye.values, (std::vector<double>{2, 0, 0, 0, 2, 0}));
  Tensor kernel({3, 3, 1, 1}, SYMC_INIT_IDENTITY, 1, 0);
  EXPECT_EQ(kernel.values, (std::vector<double>{0, 0, 0, 0, 1, 0, 0, 0, 0}));
}
} // namespace
