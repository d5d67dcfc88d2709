//===- Arena.cpp - The plan of an arena -----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A plan gives every buffer an offset so that buffers that live at the same time do
// not overlap. Finding the smallest arena is NP-hard, but the largest live set is a
// lower bound that is mostly met: several heuristics are tried until one meets it,
// and what sticks out of the best is then moved about for a bounded number of times.
// Everything is a function of the intervals and sizes alone.
//
//===----------------------------------------------------------------------===//
#include "runtime/Runtime.h"

using namespace symc::rt;

namespace {
struct Item {
  int64_t first, last, bytes, offset;
  int64_t contention; // the largest live set while it lives
  bool placed;

  int64_t end() const { return offset + bytes; }
  int64_t life() const { return last - first + 1; }
};

/// A stretch of time and the height up to which it is taken.
struct Segment {
  int64_t first, last, height;
};

enum class Key { Bytes, BytesTimesLife, Life, Contention, First, Last };
constexpr Key skylineKeys[] = {Key::BytesTimesLife, Key::Life, Key::Bytes};
constexpr Key greedyKeys[] = {Key::BytesTimesLife, Key::Contention, Key::Bytes, Key::Life, Key::First, Key::Last};

int64_t keyOf(const Item &item, Key key) {
  int64_t product;
  switch (key) {
  case Key::Bytes:
    return item.bytes;
  case Key::BytesTimesLife:
    return __builtin_mul_overflow(item.bytes, item.life(), &product) ? INT64_MAX : product;
  case Key::Life:
    return item.life();
  case Key::Contention:
    return item.contention;
  case Key::First:
    return -item.first;
  case Key::Last:
    return item.last;
  }
  return 0;
}

class Planner {
public:
  Planner(Item *items, int32_t count, void *scratch) : items(items), count(count) {
    segments = static_cast<Segment *>(scratch);
    order = reinterpret_cast<int32_t *>(segments + 2 * static_cast<int64_t>(count) + 2);
    best = order + count;
    placed = best + count;
    merge = placed + count;
  }

  /// The largest sum of sizes that live at one time; sets the items' contention.
  int64_t liveBytes() {
    sort(order, [&](int32_t a, int32_t b) { return items[a].first < items[b].first; });
    sort(placed, [&](int32_t a, int32_t b) { return items[a].last < items[b].last; });
    // The live set only grows where an item starts: its sizes there, in the order of starts.
    int64_t live = 0, largest = 0;
    for (int32_t i = 0, ended = 0; i < count; ++i) {
      for (; items[placed[ended]].last < items[order[i]].first; ++ended)
        live -= items[placed[ended]].bytes;
      live += items[order[i]].bytes;
      segments[i].height = live;
      largest = live > largest ? live : largest;
    }
    for (int32_t i = 0; i < count; ++i) {
      Item &item = items[order[i]];
      item.contention = 0;
      for (int32_t j = i; j < count && items[order[j]].first <= item.last; ++j)
        item.contention = segments[j].height > item.contention ? segments[j].height : item.contention;
    }
    return largest;
  }

  int64_t run(int64_t lowerBound) {
    for (Key key : skylineKeys) {
      skyline(key);
      // As an order it can only get better, and the repair below works on orders.
      sort(order, [&](int32_t a, int32_t b) { return items[a].offset < items[b].offset; });
      keepIfBetter(false);
      if (arena == lowerBound)
        return arena;
    }
    for (Key key : greedyKeys) {
      sort(order, [&](int32_t a, int32_t b) {
        int64_t x = keyOf(items[a], key), y = keyOf(items[b], key);
        return x != y ? x > y : items[a].bytes > items[b].bytes;
      });
      keepIfBetter(false);
      keepIfBetter(true);
      if (arena == lowerBound)
        return arena;
    }
    repair(lowerBound);
    return arena;
  }

  /// Leaves the offsets of the best plan in the items.
  void finish() {
    memcpy(order, best, count * sizeof(int32_t));
    place(bestUsesBestFit);
  }

private:
  void keepIfBetter(bool bestFit) {
    int64_t got = place(bestFit);
    if (got >= arena)
      return;
    arena = got;
    memcpy(best, order, count * sizeof(int32_t));
    bestUsesBestFit = bestFit;
  }

  /// Moves an item to another place in the best order, mostly one that ends at the top to the front, and keeps what is
  /// not worse.
  void repair(int64_t lowerBound) {
    int64_t rounds = 20000000 / (int64_t(count) * count + 1);
    rounds = rounds > 400 ? 400 : rounds;
    uint64_t state = 1;
    auto random = [&](int64_t below) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      return static_cast<int32_t>((state >> 33) % static_cast<uint64_t>(below));
    };
    for (int64_t round = 0; round < rounds && arena > lowerBound; ++round) {
      memcpy(order, best, count * sizeof(int32_t));
      place(bestUsesBestFit);
      int32_t from = 0;
      for (int32_t i = 1; i < count; ++i)
        if (items[order[i]].end() > items[order[from]].end())
          from = i;
      int32_t to = round % 4 == 0 ? 0 : random(from + 1);
      if (round % 4 == 3) {
        from = random(count);
        to = random(count);
      }
      int32_t moved = order[from];
      if (to <= from)
        memmove(order + to + 1, order + to, (from - to) * sizeof(int32_t));
      else
        memmove(order + from, order + from + 1, (to - from) * sizeof(int32_t));
      order[to] = moved;
      int64_t got = place(bestUsesBestFit);
      if (got <= arena) {
        arena = got;
        memcpy(best, order, count * sizeof(int32_t));
      }
    }
  }

  /// Places the items in `order`, each as low as it fits (or in the tightest gap); the size of the arena.
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
        cursor = other.end() > cursor ? other.end() : cursor;
      }
      item.offset = chosen >= 0 ? chosen : cursor;
      size = item.end() > size ? item.end() : size;
      int32_t at = n;
      for (; at > 0 && items[placed[at - 1]].offset > item.offset; --at)
        placed[at] = placed[at - 1];
      placed[at] = order[n];
    }
    return size;
  }

  /// Fills the lowest valley of the skyline with the item of the largest key that fits between its walls; a valley that
  /// nothing fits into is raised to its lower wall. After T. Sekiyama et al., Profile-guided memory optimization for
  /// deep neural networks (2018).
  void skyline(Key key) {
    segments[0] = {0, 0, 0};
    for (int32_t i = 0; i < count; ++i) {
      items[i].placed = false;
      segments[0].last = items[i].last > segments[0].last ? items[i].last : segments[0].last;
    }
    int32_t used = 1;
    for (int32_t left = count; left > 0;) {
      int32_t valley = 0;
      for (int32_t i = 1; i < used; ++i)
        if (segments[i].height < segments[valley].height)
          valley = i;
      Segment &low = segments[valley];
      Item *chosen = nullptr;
      for (int32_t i = 0; i < count; ++i) {
        Item &item = items[i];
        if (item.placed || item.first < low.first || item.last > low.last)
          continue;
        int64_t x = keyOf(item, key), y = chosen ? keyOf(*chosen, key) : -1;
        if (x > y || (x == y && item.bytes > chosen->bytes))
          chosen = &item;
      }
      if (!chosen) {
        used = raise(valley, used);
        continue;
      }
      chosen->placed = true;
      --left;
      chosen->offset = low.height;
      used = split(valley, used, *chosen);
    }
  }

  int32_t raise(int32_t at, int32_t used) {
    int64_t left = at > 0 ? segments[at - 1].height : INT64_MAX;
    int64_t right = at + 1 < used ? segments[at + 1].height : INT64_MAX;
    int64_t height = left < right ? left : right;
    segments[at].height = height;
    if (right == height) {
      segments[at].last = segments[at + 1].last;
      erase(at + 1, used--);
    }
    if (left == height) {
      segments[at - 1].last = segments[at].last;
      erase(at, used--);
    }
    return used;
  }

  int32_t split(int32_t at, int32_t used, const Item &item) {
    Segment old = segments[at];
    Segment parts[3];
    int32_t n = 0;
    if (old.first < item.first)
      parts[n++] = {old.first, item.first - 1, old.height};
    parts[n++] = {item.first, item.last, item.end()};
    if (item.last < old.last)
      parts[n++] = {item.last + 1, old.last, old.height};
    memmove(segments + at + n, segments + at + 1, (used - at - 1) * sizeof(Segment));
    memcpy(segments + at, parts, n * sizeof(Segment));
    return used + n - 1;
  }

  void erase(int32_t at, int32_t used) { memmove(segments + at, segments + at + 1, (used - at - 1) * sizeof(Segment)); }

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
  Segment *segments;
  int32_t *order, *best, *placed, *merge;
  int64_t arena = INT64_MAX;
  bool bestUsesBestFit = false;
};
} // namespace

size_t symc::rt::planScratch(int32_t count) {
  return count * (sizeof(Item) + 4 * sizeof(int32_t)) + (2 * static_cast<size_t>(count) + 2) * sizeof(Segment);
}

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
      items[n++] = {buffers[i].first, buffers[i].last, bytes[i], 0, 0, false};
  Planner planner(items, used, items + used);
  *liveBytes = planner.liveBytes();
  *arenaBytes = planner.run(*liveBytes);
  planner.finish();
  for (int32_t i = 0, n = 0; i < count; ++i)
    if (bytes[i] > 0)
      offsets[i] = items[n++].offset;
  return true;
}
