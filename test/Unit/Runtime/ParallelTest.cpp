//===- ParallelTest.cpp - The threads of an instance ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "runtime/Runtime.h"
#include "gtest/gtest.h"
#include <chrono>
#include <mutex>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace symc::rt;

namespace {
struct PoolHolder {
  Allocator allocator;
  Pool *pool;
  explicit PoolHolder(int threads) : pool(poolCreate(allocator, threads, symc_options{})) {}
  ~PoolHolder() { poolDestroy(allocator, pool); }
};

void count(void *const *buffers, const int64_t *, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i)
    ++static_cast<int32_t *>(buffers[0])[i];
}

TEST(ParallelTest, EveryIndexOnce) {
  for (int threads : {1, 2, 3, 8}) {
    PoolHolder holder(threads);
    for (int64_t extent : {0, 1, 2, 7, 64, 1000, 4097})
      for (int64_t grain : {1, 3, 64, 5000}) {
        std::vector<int32_t> seen(static_cast<size_t>(extent) + 1);
        void *buffers[] = {seen.data()};
        poolRun(holder.pool, count, buffers, nullptr, extent, grain);
        for (int64_t i = 0; i < extent; ++i)
          ASSERT_EQ(seen[static_cast<size_t>(i)], 1) << threads << " " << extent << " " << grain;
      }
  }
}

struct Parts {
  std::mutex mutex;
  int64_t read = 0, written = 0, flops = 0;
  int begun = 0, ended = 0;

  static void hear(void *self, const symc_trace_part *part, int32_t ends) {
    auto *parts = static_cast<Parts *>(self);
    std::lock_guard<std::mutex> lock(parts->mutex);
    ++(ends ? parts->ended : parts->begun);
    EXPECT_EQ(part->size, sizeof(symc_trace_part));
    EXPECT_STREQ(part->about, "{}");
    if (!ends)
      return;
    parts->read += part->read_bytes;
    parts->written += part->written_bytes;
    parts->flops += part->flops;
  }
};

TEST(ParallelTest, PartsOfATracedKernelAddUp) {
  constexpr int64_t large = int64_t(1) << 62; // times an extent it is more than 63 bits
  for (int threads : {1, 3})
    for (int64_t extent : {0, 1, 7, 1000})
      for (int64_t grain : {-1, 1, 3, 5000}) {
        PoolHolder holder(threads);
        std::vector<int32_t> seen(static_cast<size_t>(extent) + 1);
        void *buffers[] = {seen.data()};
        Parts parts;
        symc_frame frame = {};
        frame.pool = holder.pool;
        for (int round = 0; round < 2; ++round) { // nobody hears of the second
          frame.trace = round ? nullptr : Parts::hear;
          frame.trace_user = &parts;
          symc_rt_traced(&frame, count, buffers, extent, grain, "{}", 1001, 7, large);
        }
        bool runs = extent > 0 || grain < 0; // a direct call is one whatever its extent is
        EXPECT_EQ(parts.read, runs ? 1001 : 0);
        EXPECT_EQ(parts.written, runs ? 7 : 0);
        EXPECT_EQ(parts.flops, runs ? large : 0);
        EXPECT_EQ(parts.begun, parts.ended);
        for (int64_t i = 0; i < extent; ++i)
          ASSERT_EQ(seen[static_cast<size_t>(i)], 2);
      }
}

TEST(ParallelTest, ManySmallJobs) {
  PoolHolder holder(2);
  std::vector<int32_t> seen(64);
  void *buffers[] = {seen.data()};
  for (int round = 0; round < 20000; ++round) {
    poolRun(holder.pool, count, buffers, nullptr, 64, 8);
    if (round % 1000 == 0) // let the worker fall asleep
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  for (int32_t n : seen)
    ASSERT_EQ(n, 20000);
}

#if !defined(__SANITIZE_THREAD__) && !(defined(__has_feature) && __has_feature(thread_sanitizer))
TEST(ParallelTest, AChildOfForkStartsItsOwn) {
  PoolHolder holder(2);
  std::vector<int32_t> seen(100);
  void *buffers[] = {seen.data()};
  poolRun(holder.pool, count, buffers, nullptr, 100, 1);
  pid_t child = fork();
  if (child == 0) {
    poolRun(holder.pool, count, buffers, nullptr, 100, 1);
    _exit(seen[99] == 2 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}
#endif
} // namespace
