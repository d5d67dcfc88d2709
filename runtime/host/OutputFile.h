//===- OutputFile.h - Files that appear whole or not at all ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_RUNTIME_HOST_OUTPUTFILE_H
#define SYMC_RUNTIME_HOST_OUTPUTFILE_H

#include <cstddef>
#include <string>

namespace symc::host {

/// Writes to a temporary name beside `path` and renames at `commit`; without a commit nothing stays behind.
class OutputFile {
public:
  explicit OutputFile(std::string path);
  OutputFile(const OutputFile &) = delete;
  ~OutputFile();

  void write(const void *data, size_t bytes);
  void commit();

private:
  [[noreturn]] void fail(const char *what);
  std::string path, temporary;
  int file = -1;
};

} // namespace symc::host

#endif // SYMC_RUNTIME_HOST_OUTPUTFILE_H
