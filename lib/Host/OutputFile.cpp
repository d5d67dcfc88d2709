//===- OutputFile.cpp - Files that appear whole or not at all -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/OutputFile.h"
#include "lib/Host/Errors.h"
#include "lib/Host/Interrupt.h"
#include "lib/Support/SystemErrors.h"

#include <memory>
#include <utility>

namespace symc::host {

Error outputError(const std::string &path, int cause) {
  bool full = isFull(cause);
  const char *reason = writeProblem(cause);
  // What waited for a reader until an interrupt exits like all that an interrupt ends.
  bool stopped = cause == EINTR && interrupted();
  return Error(stopped            ? static_cast<ExitCode>(interruptExitCode())
               : isLacking(cause) ? WrongEnvironment
                                  : WrongInput,
               makeDiagnostic(code::OutputUnwritable, path,
                              std::string("cannot be written: ") + (reason ? reason : strerror(cause)),
                              full ? "free some space, or write to another place" : ""));
}

static bool goOn() { return !interrupted(); }

bool isReplaced(const std::string &path) {
  auto target = std::make_unique<Destination>();
  return !target->find(path.c_str()) || !target->special;
}

OutputFile::OutputFile(std::string target) : path(std::move(target)) {
  if (!file.open(path.c_str(), goOn))
    fail();
}

HeldPipe::HeldPipe(const std::string &path) {
  auto target = std::make_unique<Destination>();
  if (target->find(path.c_str()) && target->special && target->awaitsReader() && !file.open(path.c_str(), goOn))
    throw outputError(path, errno);
}

void OutputFile::fail() { throw outputError(path, errno); }

void OutputFile::write(const void *data, size_t bytes) {
  if (!file.write(data, bytes))
    fail();
}

void OutputFile::commit() {
  if (!file.commit())
    fail();
}

} // namespace symc::host
