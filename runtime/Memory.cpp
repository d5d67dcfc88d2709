//===- Memory.cpp - Allocation, and the plan of an arena -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A plan gives every buffer an offset so that buffers that live at the same time do
// not overlap. Finding the smallest arena is NP-hard; greedy placement in a few good
// orders, then moving what sticks out at the top to the front, comes within a few
// percent of the largest live set, which is a lower bound. Everything is a function
// of the intervals and sizes alone.
//
//===----------------------------------------------------------------------===//
#include "runtime/Runtime.h"
#include <stdlib.h>
#include <sys/mman.h>

using namespace symc::rt;

void *Allocator::allocate(size_t bytes) const {
  if (bytes > static_cast<size_t>(maxBytes))
    return nullptr;
  bytes += bytes == 0;
  if (allocateHook)
    return allocateHook(user, bytes, alignment);
  // Large blocks on 2 MiB pages: fewer TLB misses in the arena and in big parameters.
  constexpr size_t hugePage = size_t(2) << 20;
  bool huge = bytes >= 2 * hugePage;
  void *memory = nullptr;
  if (posix_memalign(&memory, huge ? hugePage : alignment, bytes) != 0)
    return nullptr;
  if (huge)
    madvise(memory, bytes / hugePage * hugePage, MADV_HUGEPAGE);
  return memory;
}

void Allocator::release(void *memory, size_t bytes) const {
  if (!memory)
    return;
  if (!allocateHook)
    return free(memory);
  releaseHook(user, memory, bytes + (bytes == 0));
}

namespace {
struct Item {
  int64_t first, last, bytes, offset;
};

enum class Order { Bytes, BytesTimesLife, Life, First, Last };
constexpr Order orders[] = {Order::BytesTimesLife, Order::Bytes, Order::Life, Order::First, Order::Last};

int64_t saturatingTimes(int64_t a, int64_t b) {
  int64_t product;
  return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

int64_t keyOf(const Item &item, Order order) {
  int64_t life = item.last - item.first + 1;
  switch (order) {
  case Order::Bytes:
    return item.bytes;
  case Order::BytesTimesLife:
    return saturatingTimes(item.bytes, life);
  case Order::Life:
    return life;
  case Order::First:
    return -item.first;
  case Order::Last:
    return item.last;
  }
  return 0;
}

class Planner {
public:
  Planner(Item *items, int32_t count, int32_t *work)
      : items(items), count(count), order(work), best(work + count), placed(work + 2 * count), merge(work + 3 * count) {
  }

  /// The largest sum of sizes that live at one time.
  int64_t liveBytes() {
    // Starts in one order, ends in another: a sweep.
    sort(order, [&](int32_t a, int32_t b) { return items[a].first < items[b].first; });
    sort(placed, [&](int32_t a, int32_t b) { return items[a].last < items[b].last; });
    int64_t live = 0, largest = 0;
    for (int32_t i = 0, j = 0; i < count; ++i) {
      for (; items[placed[j]].last < items[order[i]].first; ++j)
        live -= items[placed[j]].bytes;
      live += items[order[i]].bytes;
      largest = live > largest ? live : largest;
    }
    return largest;
  }

  int64_t run(int64_t lowerBound) {
    arena = INT64_MAX;
    for (Order by : orders) {
      sort(order, [&](int32_t a, int32_t b) {
        int64_t x = keyOf(items[a], by), y = keyOf(items[b], by);
        return x != y ? x > y : items[a].bytes > items[b].bytes;
      });
      attempt(false);
      attempt(true);
      if (arena == lowerBound)
        return arena;
    }
    // Repair: what ends highest goes first in the best order so far. The work is bounded, whatever the graph.
    int64_t rounds = 4000000 / (int64_t(count) * count + 1);
    rounds = rounds > 256 ? 256 : rounds;
    bool bestFit = false;
    for (int64_t round = 0; round < rounds && arena > lowerBound; ++round) {
      memcpy(order, best, count * sizeof(int32_t));
      place(bestFit);
      int32_t top = 0;
      for (int32_t i = 1; i < count; ++i)
        if (endOf(order[i]) > endOf(order[top]))
          top = i;
      // Halfway to the front at first, so that large buffers keep their places.
      int32_t to = round % 2 ? top / 2 : 0;
      int32_t moved = order[top];
      memmove(order + to + 1, order + to, (top - to) * sizeof(int32_t));
      order[to] = moved;
      int64_t got = place(bestFit);
      if (got <= arena) {
        arena = got;
        memcpy(best, order, count * sizeof(int32_t));
        bestUsesBestFit = bestFit;
      } else if (round % 2) {
        bestFit = !bestFit;
      }
    }
    return arena;
  }

  /// Leaves the offsets of the best plan in the items.
  void finish() {
    memcpy(order, best, count * sizeof(int32_t));
    place(bestUsesBestFit);
  }

private:
  void attempt(bool bestFit) {
    int64_t got = place(bestFit);
    if (got >= arena)
      return;
    arena = got;
    memcpy(best, order, count * sizeof(int32_t));
    bestUsesBestFit = bestFit;
  }

  int64_t endOf(int32_t item) const { return items[item].offset + items[item].bytes; }

  /// Places the buffers in `order`; the size of the arena.
  int64_t place(bool bestFit) {
    int64_t size = 0;
    for (int32_t n = 0; n < count; ++n) {
      Item &item = items[order[n]];
      int64_t cursor = 0, chosen = -1, smallest = INT64_MAX;
      for (int32_t i = 0; i < n; ++i) { // in order of offset
        const Item &other = items[placed[i]];
        if (other.last < item.first || item.last < other.first)
          continue;
        int64_t gap = other.offset - cursor;
        if (gap >= item.bytes && gap < smallest) {
          chosen = cursor;
          smallest = gap;
          if (!bestFit)
            break;
        }
        int64_t end = other.offset + other.bytes;
        cursor = end > cursor ? end : cursor;
      }
      item.offset = chosen >= 0 ? chosen : cursor;
      size = item.offset + item.bytes > size ? item.offset + item.bytes : size;
      int32_t at = n;
      for (; at > 0 && items[placed[at - 1]].offset > item.offset; --at)
        placed[at] = placed[at - 1];
      placed[at] = order[n];
    }
    return size;
  }

  /// A stable merge sort of all items into `out`.
  template <typename Less> void sort(int32_t *out, Less less) {
    for (int32_t i = 0; i < count; ++i)
      out[i] = i;
    for (int64_t width = 1; width < count; width *= 2) {
      for (int64_t begin = 0; begin < count; begin += 2 * width) {
        int64_t middle = begin + width < count ? begin + width : count;
        int64_t end = begin + 2 * width < count ? begin + 2 * width : count;
        for (int64_t i = begin, j = middle, k = begin; k < end; ++k)
          merge[k] = i < middle && (j >= end || !less(out[j], out[i])) ? out[i++] : out[j++];
      }
      memcpy(out, merge, count * sizeof(int32_t));
    }
  }

  Item *items;
  int32_t count;
  int32_t *order, *best, *placed, *merge;
  int64_t arena = INT64_MAX;
  bool bestUsesBestFit = false;
};
} // namespace

size_t symc::rt::planScratch(int32_t count) { return count * (sizeof(Item) + 4 * sizeof(int32_t)); }

bool symc::rt::planArena(const symc_buffer *buffers, int32_t count, void *scratch, int64_t *bytes, int64_t *offsets,
                         int64_t *arenaBytes, int64_t *liveBytes) {
  *arenaBytes = *liveBytes = 0;
  int64_t total = 0;
  int32_t used = 0;
  for (int32_t i = 0; i < count; ++i) {
    if (bytes[i] < 0 || bytes[i] > maxBytes)
      return false;
    bytes[i] = (bytes[i] + alignment - 1) & -alignment;
    total += bytes[i];
    if (total > maxBytes)
      return false;
    offsets[i] = 0;
    used += bytes[i] > 0;
  }
  if (used == 0)
    return true;

  auto *items = static_cast<Item *>(scratch);
  for (int32_t i = 0, n = 0; i < count; ++i)
    if (bytes[i] > 0)
      items[n++] = {buffers[i].first, buffers[i].last, bytes[i], 0};
  Planner planner(items, used, reinterpret_cast<int32_t *>(items + used));
  *liveBytes = planner.liveBytes();
  *arenaBytes = planner.run(*liveBytes);
  planner.finish();
  for (int32_t i = 0, n = 0; i < count; ++i)
    if (bytes[i] > 0)
      offsets[i] = items[n++].offset;
  return true;
}
