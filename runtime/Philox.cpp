//===- Philox.cpp - Random bits ------------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Philox4x32-10 of J. K. Salmon et al., Parallel random numbers: as easy as 1, 2, 3
// (SC 2011): a block of four words is a function of key and counter alone, so that
// any element of any tensor can be computed anywhere.
//
//===----------------------------------------------------------------------===//
#include "runtime/Runtime.h"

void symc::rt::philox(uint64_t seed, uint64_t index, uint32_t stream, uint32_t step, uint32_t bits[4]) {
  auto k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
  uint32_t c0 = static_cast<uint32_t>(index), c1 = static_cast<uint32_t>(index >> 32), c2 = stream, c3 = step;
  for (int round = 0; round < 10; ++round) {
    uint64_t p0 = uint64_t(0xD2511F53) * c0, p1 = uint64_t(0xCD9E8D57) * c2;
    uint32_t n0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0, n2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c1 = static_cast<uint32_t>(p1);
    c3 = static_cast<uint32_t>(p0);
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  bits[0] = c0, bits[1] = c1, bits[2] = c2, bits[3] = c3;
}
