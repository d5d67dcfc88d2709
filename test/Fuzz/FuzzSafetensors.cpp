//===- FuzzSafetensors.cpp - Fuzzes the reader of weight files -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "runtime/Runtime.h"
#include <cstdlib>
#include <cstring>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace symc::rt;
  Allocator allocator;
  SafetensorsFile file(allocator);
  file.dataBytes = size % 64;
  char error[errorSize];
  // A block of its very size, so that a read past the end is seen.
  auto *text = static_cast<char *>(std::malloc(size));
  if (size)
    std::memcpy(text, data, size);
  if (parseHeader(file, text, size, error) == SYMC_OK)
    for (size_t i = 0; i < file.tensorCount; ++i)
      if (file.tensors[i].end > file.dataBytes || !file.find(file.tensors[i].name))
        std::abort();
  std::free(text);
  return 0;
}
