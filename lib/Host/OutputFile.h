//===- OutputFile.h - Files that appear whole or not at all ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_OUTPUTFILE_H
#define SYMC_HOST_OUTPUTFILE_H

#include "lib/Support/NewFile.h"

#include <cstddef>
#include <string>

namespace symc::host {

class Error;

/// The error for a file that cannot be written for the reason `cause` (an errno): the path is a wrong input, a full
/// disk is the environment's.
Error outputError(const std::string &path, int cause);

/// Whether there is, or would be, a file that every write replaces: no pipe and no device.
bool isReplaced(const std::string &path);

/// A file that appears whole at `commit`, or not at all: see NewFile.h. For somebody who reads a pipe it waits, until
/// an interrupt. Throws Error.
class OutputFile {
public:
  explicit OutputFile(std::string path);
  OutputFile(const OutputFile &) = delete;

  void write(const void *data, size_t bytes);
  void commit();

private:
  [[noreturn]] void fail();
  std::string path;
  NewFile file;
};

/// A library writes to a pipe that somebody reads. Where `path` is one, this waits for the reader as an OutputFile
/// does, who sees no end of the data while it lives.
class HeldPipe {
public:
  explicit HeldPipe(const std::string &path);
  HeldPipe(const HeldPipe &) = delete;

private:
  NewFile file;
};

} // namespace symc::host

#endif // SYMC_HOST_OUTPUTFILE_H
