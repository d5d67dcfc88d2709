//===- Shuffle.cpp - The order of examples in an epoch --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Shuffle.h"

#include <numeric>
#include <utility>

namespace symc::host {

namespace {

constexpr uint32_t shuffleStream = 0x33FE5971; // CRC-32 of "shuffle"

/// Two 64-bit draws a block.
class Philox {
public:
  Philox(uint64_t seed, int64_t epoch) : seed(seed), epoch(static_cast<uint32_t>(epoch)) {}

  uint64_t next() {
    if (left == 0) {
      refill();
      left = 2;
    }
    --left;
    return words[2 * left] | uint64_t(words[2 * left + 1]) << 32;
  }

private:
  void refill() {
    uint32_t key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
    uint32_t c0 = static_cast<uint32_t>(block), c1 = static_cast<uint32_t>(block >> 32), c2 = shuffleStream, c3 = epoch;
    for (int round = 0; round < 10; ++round) {
      uint64_t a = uint64_t(c0) * 0xD2511F53, b = uint64_t(c2) * 0xCD9E8D57;
      c0 = static_cast<uint32_t>(b >> 32) ^ c1 ^ key0;
      c1 = static_cast<uint32_t>(b);
      c2 = static_cast<uint32_t>(a >> 32) ^ c3 ^ key1;
      c3 = static_cast<uint32_t>(a);
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
    ++block;
  }

  uint64_t seed, block = 0;
  uint32_t epoch, words[4];
  int left = 0;
};

} // namespace

std::vector<int64_t> shuffledRows(int64_t count, uint64_t seed, int64_t epoch) {
  std::vector<int64_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0);
  Philox random(seed, epoch);
  for (int64_t i = count - 1; i > 0; --i) {
    // The high half of a 64×64-bit product: a bias of i/2^64 at most.
    int64_t j =
        static_cast<int64_t>(static_cast<unsigned __int128>(random.next()) * static_cast<uint64_t>(i + 1) >> 64);
    std::swap(rows[i], rows[j]);
  }
  return rows;
}

} // namespace symc::host
