//===- ArenaMode.h - How buffers share memory ---------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_ARENAMODE_H
#define SYMC_LIB_LOWERING_ARENAMODE_H

namespace symc {

/// How arena buffers share memory: as planned, which is the product, or for finding errors in that.
enum class ArenaMode {
  Planned,
  Separate, // each has memory of its own for the whole call
  Poisoned, // as planned, and every byte of a buffer is 0xff (NaN, -1) before its first step
};

} // namespace symc
#endif
