//===- OutputFile.cpp - Files that appear whole or not at all -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/host/OutputFile.h"
#include "runtime/NewFile.h"
#include "runtime/host/Errors.h"

#include <algorithm>
#include <cstdlib>
#include <sys/stat.h>
#include <utility>

namespace symc::host {

Error outputError(const std::string &path, int cause) {
  bool full = cause == ENOSPC || cause == EDQUOT || cause == EFBIG;
  return Error(full ? WrongEnvironment : WrongInput,
               makeDiagnostic(code::OutputUnwritable, path, std::string("cannot be written: ") + strerror(cause),
                              full ? "free some space, or write to another place" : ""));
}

OutputFile::OutputFile(std::string target) : path(std::move(target)), temporary(path + ".tmp") {
  std::string scratch(path.size() + 2, '\0');
  if (isSpecialFile(path.c_str())) {
    kind = Special;
    file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  } else if ((file = openUnnamed(path.c_str(), scratch.data())) >= 0) {
    kind = Unnamed;
  } else {
    kind = Named;
    temporary = path + ".XXXXXX";
    file = mkostemp(temporary.data(), O_CLOEXEC);
  }
  if (file < 0) {
    kind = Special; // there is nothing to remove
    fail();
  }
  if (kind == Named) { // mkstemp gives 0600; the result is an ordinary file
    mode_t mask = umask(0);
    umask(mask);
    fchmod(file, 0666 & ~mask);
  }
}

OutputFile::~OutputFile() {
  if (file >= 0)
    close(file);
  if (kind == Named)
    unlink(temporary.c_str());
}

void OutputFile::fail() { throw outputError(path, errno); }

void OutputFile::write(const void *data, size_t bytes) {
  const char *from = static_cast<const char *>(data);
  while (bytes) {
    ssize_t done = ::write(file, from, std::min<size_t>(bytes, 1 << 30));
    if (done < 0 && errno == EINTR)
      continue;
    if (done < 0)
      fail();
    from += done;
    bytes -= done;
  }
}

void OutputFile::commit() {
  // A pipe or a terminal cannot be synchronised.
  if (fsync(file) && kind != Special)
    fail();
  if (kind == Unnamed && !nameFile(file, temporary.c_str(), path.c_str()))
    fail();
  if (close(std::exchange(file, -1)))
    fail();
  if (kind == Named && rename(temporary.c_str(), path.c_str()))
    fail();
  kind = Special;
}

} // namespace symc::host
