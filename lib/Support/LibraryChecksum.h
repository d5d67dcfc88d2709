//===- LibraryChecksum.h - What tells a damaged library -------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A library that lost or changed some bytes on its way would crash the loader, or
// compute something else. So `symc compile` appends a checksum, behind what the loader
// reads, and the command line and the Python module check it before they load anything.
// A library without one (`strip` takes it off) is loaded as it is.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_LIBRARYCHECKSUM_H
#define SYMC_SUPPORT_LIBRARYCHECKSUM_H

#include <cstdint>

namespace symc {

/// The last 16 bytes of a library, little-endian.
struct LibraryChecksum {
  static constexpr uint32_t mark = 0x636D7973; // "symc"
  uint32_t magic;
  uint32_t crc;  // CRC-32, as in gzip, of all bytes before
  uint64_t size; // their number
};
static_assert(sizeof(LibraryChecksum) == 16);

} // namespace symc

#endif // SYMC_SUPPORT_LIBRARYCHECKSUM_H
