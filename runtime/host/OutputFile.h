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

class Error;

/// The error for a file that cannot be written for the reason `cause` (an errno): the path is a wrong input, a full
/// disk is the environment's.
Error outputError(const std::string &path, int cause);

/// Writes to a file without a name, or with a temporary one beside `path`, that gets the name `path` at `commit`;
/// without a commit nothing stays behind. A device or a pipe is written as it is.
class OutputFile {
public:
  explicit OutputFile(std::string path);
  OutputFile(const OutputFile &) = delete;
  ~OutputFile();

  void write(const void *data, size_t bytes);
  void commit();

private:
  [[noreturn]] void fail();
  std::string path, temporary;
  enum { Special, Unnamed, Named } kind = Special;
  int file = -1;
};

} // namespace symc::host

#endif // SYMC_RUNTIME_HOST_OUTPUTFILE_H
