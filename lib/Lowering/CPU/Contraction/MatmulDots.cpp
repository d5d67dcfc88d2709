//===- MatmulDots.cpp - Products of few columns ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Contraction/MatmulEmitter.h"

using namespace mlir;
using namespace symc;
using namespace symc::contraction;

Schedule MatmulEmitter::emitDots(const Choice &choice) {
  unsigned columns = choice.vectors;
  int64_t depth = (*k.constant + lanes - 1) / lanes;
  Value bBase = b.buffer->pointer, bColumn = b.outerStride;
  if (columns > 1 && !is(b.kStride, 1)) {
    // B turned so that its columns run along k.
    Value turned = p.shell.stack(p.element, depth * lanes * columns);
    code.loop(code.c(0), k.size, 1, [&](Value i) {
      for (unsigned j = 0; j < columns; ++j)
        code.store(code.load(p.element, code.at(bBase, code.add(code.mul(i, b.kStride), j), p.element)),
                   code.at(turned, code.add(i, j * depth * lanes), p.element));
    });
    bBase = turned;
    bColumn = code.c(depth * lanes);
  }
  unsigned group = columns == 1 ? lanes : choice.rows;
  Dim groups = m.expr.ceilDiv(int64_t(group));
  Dim batch = rank == 3 ? p.result().dims[0] : constantDim(code.b.getContext(), 1);
  Value groupCount = code.max(code.ceilDiv(m.size, group), code.c(1));
  code.loop(p.shell.begin(), p.shell.end(), 1, [&](Value number) {
    Value batchIndex = rank == 3 ? code.div(number, groupCount) : code.c(0);
    Value first = code.mul(rank == 3 ? code.rem(number, groupCount) : number, group);
    Value aBase = code.at(a.buffer->pointer, code.mul(batchIndex, a.batchStride), p.element);
    Value bHere = code.at(bBase, code.mul(batchIndex, b.batchStride), p.element);
    Value last = code.sub(m.size, code.c(1));
    Values rowAddresses;
    for (unsigned i = 0; i < group; ++i)
      rowAddresses.push_back(code.at(aBase, code.mul(code.min(code.add(first, i), last), a.outerStride), p.element));
    Values sums = dotSums(rowAddresses, bHere, bColumn, columns, depth);
    Place place;
    place.index.assign(rank, batchIndex);
    place.index[rank - 2] = first;
    place.index[rank - 1] = code.c(0);
    Value left = code.sub(m.size, first);
    if (columns == 1) {
      place.laneDim = rank - 2; // n is 1: the rows of the result are neighbours
      epilogue.finishTile(place, 1, 1, 1, {code.mask(left, lanes)}, sumLanes(p, sums));
      return;
    }
    tileElements = int64_t(group) * lanes;
    Value tile = tileStack();
    for (unsigned i = 0; i < group; ++i)
      code.store(sumLanes(p, Values(ArrayRef(sums).slice(i * columns, columns))),
                 code.at(tile, int64_t(i) * lanes, p.element));
    place.innerDim = rank - 2;
    place.laneDim = rank - 1;
    epilogue.finishStored(place, tile, lanes, code.c(0), code.c(1), code.c(0), code.min(left, code.c(group)), group, 1,
                          {code.mask(code.c(columns), lanes)});
  });
  double cycles = depth * group * columns / 2.0 + group * lanes;
  return {batch * groups, std::max<int64_t>(1, std::lround(20000 / cycles))};
}

Values MatmulEmitter::dotSums(ArrayRef<Value> rowAddresses, Value bBase, Value bColumn, unsigned columns,
                              int64_t depth) {
  int64_t rest = *k.constant % lanes;
  auto step = [&](Value at, Values sums, Value mask) {
    Values right;
    for (unsigned j = 0; j < columns; ++j) {
      Value address = code.at(code.at(bBase, code.mul(bColumn, j), p.element), at, p.element);
      right.push_back(code.loadIf(p.vector, address, mask));
    }
    for (auto [i, address] : llvm::enumerate(rowAddresses)) {
      Value left = code.loadIf(p.vector, code.at(address, at, p.element), mask);
      for (unsigned j = 0; j < columns; ++j)
        sums[i * columns + j] = code.multiplyAdd(left, right[j], sums[i * columns + j]);
    }
    return sums;
  };
  Values sums(rowAddresses.size() * columns, code.zero(p.vector));
  int64_t whole = rest ? depth - 1 : depth;
  sums = code.loop(code.c(0), code.c(whole * lanes), code.c(lanes), sums,
                   [&](Value at, ValueRange carried) { return step(at, Values(carried), {}); });
  if (rest)
    sums = step(code.c(whole * lanes), sums, code.mask(code.c(rest), lanes));
  return sums;
}
