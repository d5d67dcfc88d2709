//===- Memory.cpp - Large buffers and the machine's memory ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Memory.h"

#include <algorithm>
#include <fstream>
#include <new>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace symc::host {

static size_t roundToPages(size_t bytes) {
  size_t page = sysconf(_SC_PAGESIZE);
  if (bytes > SIZE_MAX - page)
    throw std::bad_alloc();
  return std::max((bytes + page - 1) / page * page, page);
}

Buffer::~Buffer() {
  if (memory)
    munmap(memory, mapped);
}

void Buffer::resize(size_t newBytes) {
  size_t size = roundToPages(newBytes);
  if (size != mapped) {
    void *moved = memory
                      ? mremap(memory, mapped, size, MREMAP_MAYMOVE)
                      : mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (moved == MAP_FAILED)
      throw std::bad_alloc();
    memory = static_cast<char *>(moved);
    mapped = size;
  }
  bytes = newBytes;
}

uint64_t machineMemory() {
  uint64_t memory = saturatingMultiply(sysconf(_SC_PHYS_PAGES), sysconf(_SC_PAGESIZE));
  for (int resource : {RLIMIT_AS, RLIMIT_DATA}) {
    rlimit limit;
    if (!getrlimit(resource, &limit) && limit.rlim_cur != RLIM_INFINITY)
      memory = std::min<uint64_t>(memory, limit.rlim_cur);
  }
  // A container's limit; the file says "max" where there is none.
  uint64_t limit = 0;
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit)
    memory = std::min(memory, limit);
  return memory;
}

uint64_t saturatingMultiply(uint64_t a, uint64_t b) {
  uint64_t product;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

} // namespace symc::host
