//===- PlanTest.cpp - The plan of an arena -------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "runtime/Runtime.h"
#include "gtest/gtest.h"
#include <random>
#include <vector>

using namespace symc::rt;

namespace {
struct Planned {
  std::vector<symc_buffer> buffers;
  std::vector<int64_t> bytes, offsets;
  int64_t arena = 0, live = 0;

  bool run() {
    std::vector<char> scratch(planScratch(static_cast<int32_t>(buffers.size())) + 1);
    offsets.assign(buffers.size(), -1);
    return planArena(buffers.data(), static_cast<int32_t>(buffers.size()), scratch.data(), bytes.data(), offsets.data(),
                     &arena, &live);
  }
  void check() const {
    for (size_t i = 0; i < buffers.size(); ++i) {
      ASSERT_EQ(offsets[i] % 64, 0);
      ASSERT_GE(offsets[i], 0);
      ASSERT_LE(offsets[i] + bytes[i], arena);
      for (size_t j = 0; j < i; ++j) {
        bool together = buffers[i].first <= buffers[j].last && buffers[j].first <= buffers[i].last;
        bool apart = offsets[i] + bytes[i] <= offsets[j] || offsets[j] + bytes[j] <= offsets[i];
        ASSERT_TRUE(!together || apart || !bytes[i] || !bytes[j]);
      }
    }
    for (size_t i = 0; i < buffers.size(); ++i) {
      int64_t sum = 0;
      for (size_t j = 0; j < buffers.size(); ++j)
        if (buffers[j].first <= buffers[i].first && buffers[i].first <= buffers[j].last)
          sum += bytes[j];
      ASSERT_LE(sum, live);
    }
  }
};

TEST(PlanTest, RandomIntervalsComeCloseToTheLiveSet) {
  std::mt19937 random(1);
  double worst = 0, sum = 0;
  const int rounds = 300;
  for (int round = 0; round < rounds; ++round) {
    Planned plan;
    int count = 2 + static_cast<int>(random() % 80);
    for (int i = 0; i < count; ++i) {
      auto first = static_cast<int32_t>(random() % count);
      plan.buffers.push_back({first, first + static_cast<int32_t>(random() % (1 + random() % 20))});
      plan.bytes.push_back(static_cast<int64_t>(random() % 3 ? random() % 5000 : random() % 200000));
    }
    ASSERT_TRUE(plan.run());
    plan.check();
    double ratio = plan.live ? static_cast<double>(plan.arena) / static_cast<double>(plan.live) : 1;
    worst = std::max(worst, ratio);
    sum += ratio;
  }
  RecordProperty("worst", std::to_string(worst));
  EXPECT_LE(worst, 1.10);
  EXPECT_LE(sum / rounds, 1.002);
}

/// A forward and a backward pass: activations that wait for their gradient, short-lived gradients between.
TEST(PlanTest, TrainingGraphs) {
  std::mt19937 random(2);
  for (int layers : {1, 2, 5, 20, 100}) {
    Planned plan;
    for (int i = 0; i < layers; ++i) {
      auto size = static_cast<int64_t>(64 * (1 + random() % 1000));
      plan.buffers.push_back({i, 2 * layers - i});                  // activation
      plan.buffers.push_back({2 * layers - i, 2 * layers - i + 1}); // its gradient
      plan.buffers.push_back({2 * layers - i, 2 * layers - i});     // a partial result
      plan.bytes.insert(plan.bytes.end(), {size, size, size / 2});
    }
    ASSERT_TRUE(plan.run());
    plan.check();
    EXPECT_LE(static_cast<double>(plan.arena), 1.10 * static_cast<double>(plan.live)) << layers;
  }
}

TEST(PlanTest, ManyBuffersTakeBoundedTime) {
  Planned plan;
  std::mt19937 random(3);
  for (int i = 0; i < 3000; ++i) {
    plan.buffers.push_back({i, i + static_cast<int32_t>(random() % 50)});
    plan.bytes.push_back(static_cast<int64_t>(random() % 100000));
  }
  ASSERT_TRUE(plan.run());
  EXPECT_LE(static_cast<double>(plan.arena), 1.10 * static_cast<double>(plan.live));
}

TEST(PlanTest, SizesThatAreNone) {
  Planned plan;
  plan.buffers = {{0, 1}, {1, 2}};
  for (int64_t bad : {int64_t(-1), INT64_MIN, INT64_MAX, INT64_MAX / 2}) {
    plan.bytes = {100, bad};
    EXPECT_FALSE(plan.run());
  }
  plan.bytes = {0, 0};
  ASSERT_TRUE(plan.run());
  EXPECT_EQ(plan.arena, 0);
}
} // namespace
