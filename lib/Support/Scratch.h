//===- Scratch.h - Memory that goes back at the end of a scope -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// For code that models carry, which must do without the C++ library. What allocates
// is in runtime/Memory.cpp.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_SCRATCH_H
#define SYMC_SUPPORT_SCRATCH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace symc::rt {

/// Where memory comes from: the caller's hooks or libc.
struct Allocator {
  void *user = nullptr;
  void *(*allocateHook)(void *user, size_t bytes, size_t alignment) = nullptr;
  void (*releaseHook)(void *user, void *memory, size_t bytes) = nullptr;

  void *allocate(size_t bytes) const; // 64-byte aligned; NULL when there is none; `bytes` may be 0
  void release(void *memory, size_t bytes) const;
  /// Gives back the pages of a block whose content is no longer needed, where that can be done.
  void forget(void *memory, size_t bytes) const;
};

/// Memory that goes back at the end of a scope.
template <typename T> struct Scratch {
  const Allocator &allocator;
  T *data = nullptr;
  size_t count = 0;
  explicit Scratch(const Allocator &allocator) : allocator(allocator) {}
  Scratch(const Scratch &) = delete;
  ~Scratch() { allocator.release(data, count * sizeof(T)); }
  bool resize(size_t wanted) {
    if (wanted > PTRDIFF_MAX / sizeof(T))
      return false;
    T *memory = static_cast<T *>(allocator.allocate(wanted * sizeof(T)));
    if (!memory)
      return false;
    if (data)
      memcpy(memory, data, (count < wanted ? count : wanted) * sizeof(T));
    allocator.release(data, count * sizeof(T));
    data = memory;
    count = wanted;
    return true;
  }
  T &operator[](size_t i) { return data[i]; }
};

} // namespace symc::rt

#endif // SYMC_SUPPORT_SCRATCH_H
