//===- Tile.cpp - Sums of products in registers ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Contraction/Tile.h"

using namespace mlir;
using namespace symc;
using namespace symc::contraction;

// Two multiply-adds a cycle of latency four, and two loads a cycle: what current cores have in common.
constexpr unsigned kChains = 8;

double symc::contraction::stepCycles(unsigned rows, unsigned vectors) {
  return std::max({rows * vectors / 2.0, (rows + vectors) / 2.0, std::min(4.0, rows * vectors * 1.0)});
}

unsigned symc::contraction::enoughSums(unsigned rows, unsigned vectors) {
  return std::max(1u, kChains / (rows * vectors));
}

unsigned symc::contraction::sumsAtOnce(const Isa &isa, unsigned rows, unsigned vectors, unsigned sums) {
  // With one row every vector is used but once, straight from memory.
  unsigned operands = (rows > 1 ? vectors : 1) + 1 + !isa.hasFma, room = isa.registers - (isa.registers > 16);
  for (unsigned count = sums; count > 1; --count)
    if (sums % count == 0 && rows * vectors * count + operands <= room)
      return count;
  return 1;
}

bool symc::contraction::fitsRegisters(const Isa &isa, unsigned rows, unsigned vectors) {
  // One register for the spread S, one more for the product where there is no fused multiply-add.
  return rows * vectors + vectors + 1 + !isa.hasFma <= isa.registers - (isa.registers > 16);
}

unsigned symc::contraction::mostRows(const Isa &isa, unsigned vectors) {
  unsigned rows = 1;
  while (fitsRegisters(isa, rows + 1, vectors))
    ++rows;
  return rows;
}

namespace {
class Accumulation {
public:
  Accumulation(Problem &problem, const RegisterTile &tile) : p(problem), code(problem.code), tile(tile) {
    for (unsigned o = 0; o < tile.outer; ++o)
      for (unsigned i = 0; i < tile.inner; ++i) {
        Value offset = code.c(0);
        if (o)
          offset = code.add(offset, code.mul(tile.sOuter, o));
        if (i)
          offset = code.add(offset, code.mul(tile.sInner, i));
        rowOffsets.push_back(offset);
      }
    size = tile.rows() * tile.vectors;
    // Few accumulators are spread over several sums, so that one multiply-add need not wait for the one before.
    if (!tile.levels.empty())
      copies = enoughSums(tile.rows(), tile.vectors);
    if (!tile.levels.empty())
      if (auto trips = known(tile.levels.back().trips))
        copies = std::max<int64_t>(1, std::min<int64_t>(copies, *trips));
  }

  Values run(Values start) {
    if (tile.sums)
      return parts(start);
    Value zero = code.zero(p.vector);
    if (start.empty())
      start.assign(size, zero);
    Values sums = start;
    sums.append((copies - 1) * size, zero);
    sums = level(0, tile.s, tile.v, sums);
    return addUp(sums, copies);
  }

private:
  Value forward(Value address, Value stride, int64_t steps) {
    return code.at(address, code.mul(stride, steps), p.element);
  }

  /// One product for every accumulator of copy `copy`.
  void step(Value s, Value v, MutableArrayRef<Value> sums) {
    Values lanes;
    for (unsigned i = 0; i < tile.vectors; ++i)
      lanes.push_back(code.loadIf(p.vector, code.at(v, int64_t(i) * p.lanes, p.element),
                                  tile.masks.empty() ? Value() : tile.masks[i]));
    for (unsigned r = 0; r < tile.rows(); ++r) {
      Value scalar = code.splat(code.load(p.element, code.at(s, rowOffsets[r], p.element)), p.lanes);
      for (unsigned i = 0; i < tile.vectors; ++i) {
        Value &sum = sums[r * tile.vectors + i];
        sum = code.multiplyAdd(scalar, lanes[i], sum);
      }
    }
  }

  /// `count` steps of the innermost level.
  void steps(const Level &inner, int64_t count, Value s, Value v, Values &sums) {
    for (int64_t u = 0; u < count; ++u) {
      step(s, v, MutableArrayRef<Value>(sums).slice((u % copies) * size, size));
      if (u + 1 < count) {
        s = forward(s, inner.sStride, 1);
        v = forward(v, inner.vStride, 1);
      }
    }
  }

  /// A loop over steps that carries the two addresses and all sums; returns what it ends with, addresses first.
  Values carry(Value from, Value to, int64_t by, const Level &level, Value s, Value v, ArrayRef<Value> sums,
               llvm::function_ref<Values(Value, Value, Values)> body) {
    Values carried{s, v};
    carried.append(sums.begin(), sums.end());
    return code.loop(from, to, code.c(by), carried, [&](Value, ValueRange arguments) {
      Values inside = body(arguments[0], arguments[1], Values(arguments.drop_front(2)));
      Values next{forward(arguments[0], level.sStride, by), forward(arguments[1], level.vStride, by)};
      next.append(inside.begin(), inside.end());
      return next;
    });
  }

  //===--- A given number of sums -----------------------------------------===//

  Values parts(const Values &start) {
    const Level &loop = tile.levels.front();
    unsigned sums = tile.sums, together = sumsAtOnce(p.isa, tile.rows(), tile.vectors, sums);
    Values zeros(together * size, code.zero(p.vector));
    if (sums == 1)
      return products(loop.trips, tile.s, tile.v, start.empty() ? zeros : start);
    Value part = code.div(loop.trips, sums), done = code.mul(part, sums);
    auto sAt = [&](Value product) { return code.at(tile.s, code.mul(loop.sStride, product), p.element); };
    auto vAt = [&](Value product) { return code.at(tile.v, code.mul(loop.vStride, product), p.element); };
    auto pass = [&](Value first) {
      Value product = code.mul(part, first);
      return products(part, sAt(product), vAt(product), zeros);
    };
    // All but the last pass leave their sums in memory.
    unsigned waiting = sums - together;
    code.loop(code.c(0), code.c(waiting), together, [&](Value first) {
      Value to = code.at(tile.waiting, code.mul(first, int64_t(size) * p.lanes), p.element);
      for (auto [i, sum] : llvm::enumerate(pass(first)))
        code.store(sum, code.at(to, int64_t(i) * p.lanes, p.element));
    });
    Values last = pass(code.c(waiting)), all;
    for (unsigned i = 0; i < waiting * size; ++i)
      all.push_back(code.load(p.vector, code.at(tile.waiting, int64_t(i) * p.lanes, p.element)));
    all.append(last);
    Values total = addUp(all, sums);
    for (unsigned j = 0; j < size && !start.empty(); ++j)
      total[j] = code.plus(start[j], total[j]);
    return products(code.sub(loop.trips, done), sAt(done), vAt(done), total);
  }

  /// The sum of `count` groups of accumulators, pairwise.
  Values addUp(Values sums, unsigned count) {
    for (unsigned width = count; width > 1; width = (width + 1) / 2)
      for (unsigned i = 0; i < width / 2; ++i)
        for (unsigned j = 0; j < size; ++j)
          sums[i * size + j] = code.plus(sums[i * size + j], sums[(i + (width + 1) / 2) * size + j]);
    sums.resize(size);
    return sums;
  }

  /// `trips` products for each of some groups of accumulators, of which each starts `trips` after the one before.
  Values products(Value trips, Value s, Value v, const Values &sums) {
    const Level &loop = tile.levels.front();
    unsigned together = sums.size() / size, accumulators = sums.size();
    Values sOffsets, vOffsets;
    for (unsigned i = 0; i < together; ++i) {
      sOffsets.push_back(code.mul(code.mul(trips, loop.sStride), i));
      vOffsets.push_back(code.mul(code.mul(trips, loop.vStride), i));
    }
    auto unrolled = [&](int64_t count) {
      return [&, count](Value s, Value v, Values sums) {
        for (int64_t u = 0; u < count; ++u) {
          for (unsigned i = 0; i < together; ++i)
            step(code.at(s, sOffsets[i], p.element), code.at(v, vOffsets[i], p.element),
                 MutableArrayRef<Value>(sums).slice(i * size, size));
          if (u + 1 < count) {
            s = forward(s, loop.sStride, 1);
            v = forward(v, loop.vStride, 1);
          }
        }
        return sums;
      };
    };
    int64_t by = together == 1 && size <= 12 ? 2 : 1;
    if (auto count = known(trips)) {
      // Of a wide row few loads, so that the processor foresees what each reads next.
      int64_t most = std::max(1u, (tile.rows() == 1 && size > 4 ? 24 : 48) / accumulators);
      if (*count <= std::max<int64_t>(most, 64 / accumulators))
        by = std::max<int64_t>(1, *count);
      else
        for (int64_t candidate = by = 1; candidate <= most; ++candidate)
          if (*count % candidate == 0)
            by = candidate;
    }
    Value whole = code.mul(code.div(trips, by), by);
    Values all = carry(code.c(0), whole, by, loop, s, v, sums, unrolled(by));
    all = carry(whole, trips, 1, loop, all[0], all[1], ArrayRef(all).drop_front(2), unrolled(1));
    return Values(ArrayRef(all).drop_front(2));
  }

  //===--- A nest of loops ------------------------------------------------===//

  Values level(unsigned depth, Value s, Value v, Values sums) {
    if (depth == tile.levels.size())
      return sums;
    const Level &loop = tile.levels[depth];
    if (depth + 1 < tile.levels.size()) {
      Values all = carry(code.c(0), loop.trips, 1, loop, s, v, sums,
                         [&](Value s, Value v, Values sums) { return level(depth + 1, s, v, sums); });
      return Values(ArrayRef(all).drop_front(2));
    }
    auto unrolled = [&](int64_t count) {
      return [&, count](Value s, Value v, Values sums) {
        steps(loop, count, s, v, sums);
        return sums;
      };
    };
    int64_t most = std::max<int64_t>(copies, 48 / size);
    if (auto trips = known(loop.trips)) {
      int64_t by = 1;
      if (*trips <= std::max<int64_t>(most, 64 / size)) {
        by = std::max<int64_t>(1, *trips);
      } else {
        for (int64_t candidate = 1; candidate <= most; ++candidate)
          if (*trips % candidate == 0)
            by = candidate;
        if (by < copies) // no divisor serves the copies: a remainder does
          by = copies;
      }
      int64_t whole = *trips / by * by;
      Values all = carry(code.c(0), code.c(whole), by, loop, s, v, sums, unrolled(by));
      if (whole < *trips) {
        Values rest(ArrayRef(all).drop_front(2));
        steps(loop, *trips - whole, all[0], all[1], rest);
        return rest;
      }
      return Values(ArrayRef(all).drop_front(2));
    }
    int64_t by = std::max<int64_t>(copies, size <= 12 ? 2 : 1);
    Value whole = code.mul(code.div(loop.trips, by), by);
    Values all = carry(code.c(0), whole, by, loop, s, v, sums, unrolled(by));
    if (by > 1)
      all = carry(whole, loop.trips, 1, loop, all[0], all[1], ArrayRef(all).drop_front(2), unrolled(1));
    return Values(ArrayRef(all).drop_front(2));
  }

  Problem &p;
  Code &code;
  const RegisterTile &tile;
  Values rowOffsets;
  unsigned size = 1, copies = 1;
};
} // namespace

Values symc::contraction::sumProducts(Problem &problem, const RegisterTile &tile, Values start) {
  return Accumulation(problem, tile).run(std::move(start));
}

Value symc::contraction::sumLanes(Problem &problem, Values rows) {
  Code &code = problem.code;
  int lanes = problem.lanes;
  // As a transposition, but what is exchanged is added at once: half as many vectors after each step.
  rows.resize(lanes);
  for (int s = 1; s < lanes; s *= 2) {
    SmallVector<int32_t> upper(lanes), lower(lanes);
    for (int l = 0; l < lanes; ++l) {
      upper[l] = l & s ? lanes + l - s : l;
      lower[l] = l & s ? lanes + l : l + s;
    }
    Values next;
    for (size_t i = 0; i < rows.size(); i += 2) {
      Value x = rows[i], y = rows[i + 1];
      if (!x && !y) {
        next.push_back({});
        continue;
      }
      if (!y)
        y = code.zero(problem.vector);
      next.push_back(code.plus(code.shuffle(x, y, upper), code.shuffle(x, y, lower)));
    }
    rows = next;
  }
  return rows[0];
}

void symc::contraction::packTransposed(Problem &problem, Value from, Value laneStride, Value count, Value depth,
                                       Value to, int64_t width, int64_t rowStride) {
  Code &code = problem.code;
  Type element = problem.element, four = VectorType::get(4, element);
  Value last = code.sub(count, code.c(1)), whole = code.mul(code.div(depth, 4), 4);
  // Blocks of 4 × 4: as fast as whole vectors, which would take ten times as many instructions.
  code.loop(code.c(0), code.c(width), 4, [&](Value group) {
    Values rows;
    for (unsigned i = 0; i < 4; ++i)
      rows.push_back(code.at(from, code.mul(code.min(code.add(group, i), last), laneStride), element));
    Value target = code.at(to, group, element);
    code.loop(code.c(0), whole, 4, [&](Value k) {
      Values x;
      for (Value row : rows)
        x.push_back(code.load(four, code.at(row, k, element)));
      Value low = code.shuffle(x[0], x[1], {0, 4, 1, 5}), high = code.shuffle(x[0], x[1], {2, 6, 3, 7});
      Value low2 = code.shuffle(x[2], x[3], {0, 4, 1, 5}), high2 = code.shuffle(x[2], x[3], {2, 6, 3, 7});
      Value base = code.at(target, code.mul(k, rowStride), element);
      code.store(code.shuffle(low, low2, {0, 1, 4, 5}), base);
      code.store(code.shuffle(low, low2, {2, 3, 6, 7}), code.at(base, rowStride, element));
      code.store(code.shuffle(high, high2, {0, 1, 4, 5}), code.at(base, 2 * rowStride, element));
      code.store(code.shuffle(high, high2, {2, 3, 6, 7}), code.at(base, 3 * rowStride, element));
    });
    code.loop(whole, depth, 1, [&](Value k) {
      for (unsigned i = 0; i < 4; ++i)
        code.store(code.load(element, code.at(rows[i], k, element)),
                   code.at(code.at(target, code.mul(k, rowStride), element), i, element));
    });
  });
}
