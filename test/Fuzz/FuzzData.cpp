//===- FuzzData.cpp - Hostile data files ----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// One source, a program per format (SYMC_FUZZ_NPY, _IDX, _CSV, _NPZ): whatever the
// bytes, the reader gives a tensor or throws an Error. The CSV reader also warns: run
// that program with -close_fd_mask=2.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Csv.h"
#include "lib/Host/Errors.h"
#include "lib/Host/Tensor.h"

#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

using namespace symc::host;

[[maybe_unused]] static void readAs(TensorFile file) {
  if (elementCount(file.header.shape).value_or(INT64_MAX) < 1 << 20)
    readTensor(std::move(file), DataType::F32);
}

static void run(const char *data, size_t size) {
#if defined(SYMC_FUZZ_NPY)
  readAs(openNpy(openMemory("fuzz.npy", data, size)));
#elif defined(SYMC_FUZZ_IDX)
  readAs(openIdx(openMemory("fuzz.idx", data, size)));
#elif defined(SYMC_FUZZ_CSV)
  try {
    readCsv(openMemory("fuzz.csv", data, size),
            {{"x", "0", DataType::F32}, {"y", "0:2", DataType::I32}, {"z", "b", DataType::Bool}});
  } catch (const Error &) {
  }
  CategoryCodes codes;
  CsvOptions options;
  options.delimiter = ';';
  options.textColumns = {{"y", "1:3"}};
  readCsv(openMemory("fuzz.csv", data, size), {{"x", "0", DataType::F32}, {"y", "1:3", DataType::I8, true}}, options,
          &codes);
#else
  int file = memfd_create("fuzz.npz", 0);
  if (write(file, data, size) != static_cast<ssize_t>(size))
    abort();
  try {
    NpzArchive archive("/proc/self/fd/" + std::to_string(file));
    for (const std::string &name : archive.names())
      readAs(archive.open(name));
  } catch (const Error &) {
  }
  close(file);
#endif
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  try {
    run(reinterpret_cast<const char *>(data), size);
  } catch (const Error &) {
  }
  return 0;
}
