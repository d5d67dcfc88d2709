//===- ParallelTest.cpp - The threads of an instance ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "runtime/Runtime.h"
#include "gtest/gtest.h"
#include <chrono>
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
