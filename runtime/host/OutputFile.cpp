//===- OutputFile.cpp - Files that appear whole or not at all -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/host/OutputFile.h"
#include "runtime/host/Errors.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace symc::host {

OutputFile::OutputFile(std::string target) : path(std::move(target)), temporary(path + ".XXXXXX") {
  file = mkostemp(temporary.data(), O_CLOEXEC);
  if (file < 0) {
    temporary.clear();
    fail("cannot be written");
  }
  // mkstemp gives 0600; the result is an ordinary file.
  mode_t mask = umask(0);
  umask(mask);
  fchmod(file, 0666 & ~mask);
}

OutputFile::~OutputFile() {
  if (file >= 0)
    close(file);
  if (!temporary.empty())
    unlink(temporary.c_str());
}

void OutputFile::fail(const char *what) {
  int cause = errno;
  bool full = cause == ENOSPC || cause == EDQUOT || cause == EFBIG;
  throw Error(full ? WrongEnvironment : WrongInput,
              makeDiagnostic(code::OutputUnwritable, path, std::string(what) + ": " + strerror(cause),
                             full ? "free some space, or write to another place" : ""));
}

void OutputFile::write(const void *data, size_t bytes) {
  const char *from = static_cast<const char *>(data);
  while (bytes) {
    ssize_t done = ::write(file, from, std::min<size_t>(bytes, 1 << 30));
    if (done < 0 && errno == EINTR)
      continue;
    if (done < 0)
      fail("cannot be written");
    from += done;
    bytes -= done;
  }
}

void OutputFile::commit() {
  if (fsync(file) || close(std::exchange(file, -1)))
    fail("cannot be written");
  if (rename(temporary.c_str(), path.c_str()))
    fail("cannot be written");
  temporary.clear();
}

} // namespace symc::host
