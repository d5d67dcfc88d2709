//===- Shuffle.h - The order of examples in an epoch ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_SHUFFLE_H
#define SYMC_HOST_SHUFFLE_H

#include <cstdint>
#include <vector>

namespace symc::host {

/// A permutation of 0..count-1 that depends on the seed and the epoch alone, so that a resumed run finds the order of
/// the interrupted one without replaying the epochs before. Fisher–Yates on the bits of Philox4x32-10: key = the halves
/// of the seed, counter = (draw low, draw high, CRC-32 of "shuffle", epoch).
std::vector<int64_t> shuffledRows(int64_t count, uint64_t seed, int64_t epoch);

} // namespace symc::host

#endif // SYMC_HOST_SHUFFLE_H
