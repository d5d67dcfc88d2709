//===- Hash.h - XXH64 -----------------------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Yann Collet's 64-bit hash with seed 0, as his specification describes it: several
// bytes a cycle, so that it costs nothing beside the disk.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_HASH_H
#define SYMC_SUPPORT_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace symc {

class Hash {
public:
  void add(const void *data, size_t size) {
    auto *next = static_cast<const unsigned char *>(data);
    total += size;
    if (held > 0) {
      size_t part = size < sizeof(buffer) - held ? size : sizeof(buffer) - held;
      memcpy(buffer + held, next, part);
      held += part, next += part, size -= part;
      if (held < sizeof(buffer))
        return;
      stripe(buffer);
      held = 0;
    }
    for (; size >= sizeof(buffer); next += sizeof(buffer), size -= sizeof(buffer))
      stripe(next);
    if (size > 0)
      memcpy(buffer, next, size);
    held = size;
  }

  uint64_t value() const {
    uint64_t hash = prime5;
    if (total >= sizeof(buffer)) {
      hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18);
      for (uint64_t lane : lanes)
        hash = (hash ^ round(0, lane)) * prime1 + prime4;
    }
    hash += total;
    size_t at = 0;
    for (; at + 8 <= held; at += 8)
      hash = rotate(hash ^ round(0, load<uint64_t>(buffer + at)), 27) * prime1 + prime4;
    for (; at + 4 <= held; at += 4)
      hash = rotate(hash ^ load<uint32_t>(buffer + at) * prime1, 23) * prime2 + prime3;
    for (; at < held; ++at)
      hash = rotate(hash ^ buffer[at] * prime5, 11) * prime1;
    hash = (hash ^ hash >> 33) * prime2;
    hash = (hash ^ hash >> 29) * prime3;
    return hash ^ hash >> 32;
  }

private:
  static constexpr uint64_t prime1 = 0x9E3779B185EBCA87, prime2 = 0xC2B2AE3D27D4EB4F, prime3 = 0x165667B19E3779F9,
                            prime4 = 0x85EBCA77C2B2AE63, prime5 = 0x27D4EB2F165667C5;

  static uint64_t rotate(uint64_t x, int bits) { return x << bits | x >> (64 - bits); }
  static uint64_t round(uint64_t lane, uint64_t input) { return rotate(lane + input * prime2, 31) * prime1; }
  template <typename T> static T load(const unsigned char *from) { // little-endian
    T value;
    memcpy(&value, from, sizeof(T));
    return value;
  }
  void stripe(const unsigned char *from) {
    for (int lane = 0; lane < 4; ++lane)
      lanes[lane] = round(lanes[lane], load<uint64_t>(from + 8 * lane));
  }

  uint64_t lanes[4] = {prime1 + prime2, prime2, 0, uint64_t(0) - prime1};
  unsigned char buffer[32];
  size_t held = 0;
  uint64_t total = 0;
};

} // namespace symc

#endif // SYMC_SUPPORT_HASH_H
