//===- Memory.cpp - Where memory comes from ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
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
  if (allocateHook) {
    void *memory = allocateHook(user, bytes, alignment);
    if (reinterpret_cast<uintptr_t>(memory) % alignment == 0)
      return memory;
    releaseHook(user, memory, bytes);
    return nullptr;
  }
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

void Allocator::forget(void *memory, size_t bytes) const {
  constexpr uintptr_t page = 4096;
  auto begin = (reinterpret_cast<uintptr_t>(memory) + page - 1) & -page;
  auto end = (reinterpret_cast<uintptr_t>(memory) + bytes) & -page;
  if (!allocateHook && memory && begin < end)
    madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
}
