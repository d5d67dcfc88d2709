//===- Memory.h - Large buffers and the machine's memory ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_MEMORY_H
#define SYMC_HOST_MEMORY_H

#include <cstddef>
#include <cstdint>
#include <utility>

namespace symc::host {

/// Zeroed pages straight from the system: what is never written takes no memory, so a header that promises more than
/// the file holds costs nothing, and growing moves page tables instead of bytes.
class Buffer {
public:
  Buffer() = default;
  explicit Buffer(size_t bytes) { resize(bytes); }
  Buffer(Buffer &&other) noexcept { swap(other); }
  Buffer &operator=(Buffer &&other) noexcept {
    swap(other);
    return *this;
  }
  ~Buffer();

  /// Keeps the contents. Throws std::bad_alloc.
  void resize(size_t bytes);
  char *data() { return memory; }
  const char *data() const { return memory; }
  size_t size() const { return bytes; }

private:
  void swap(Buffer &other) noexcept {
    std::swap(memory, other.memory);
    std::swap(bytes, other.bytes);
    std::swap(mapped, other.mapped);
  }
  char *memory = nullptr;
  size_t bytes = 0, mapped = 0;
};

/// Physical memory, or the limit that is set for this process where that is lower.
uint64_t machineMemory();

/// a * b, or UINT64_MAX when that wraps.
uint64_t saturatingMultiply(uint64_t a, uint64_t b);

} // namespace symc::host

#endif // SYMC_HOST_MEMORY_H
