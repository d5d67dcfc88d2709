//===- TemporaryLibrary.cpp - A library for this run only -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "tools/symc/TemporaryLibrary.h"
#include "lib/Host/ByteSource.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sys/statvfs.h>
#include <utility>

namespace symc::cli {

constexpr const char *anotherPlace = "TMPDIR names another directory for temporary files";

TemporaryLibrary::TemporaryLibrary() {
  const char *base = getenv("TMPDIR");
  directory = std::string(base && *base ? base : "/tmp") + "/symc-XXXXXX";
  if (!mkdtemp(directory.data())) {
    std::string wanted = std::exchange(directory, "");
    throw host::Error(host::WrongEnvironment,
                      host::makeDiagnostic(code::OutputUnwritable, wanted,
                                           std::string("cannot be created: ") + strerror(errno), anotherPlace));
  }
  struct statvfs system;
  if (statvfs(directory.c_str(), &system) == 0 && system.f_flag & ST_NOEXEC) {
    std::string wanted = directory;
    remove();
    throw host::Error(host::WrongEnvironment,
                      host::makeDiagnostic(code::LibraryLoad, wanted,
                                           "no library can be loaded from there: its file system is mounted noexec",
                                           anotherPlace));
  }
}

void TemporaryLibrary::remove() {
  std::error_code ignored;
  if (!directory.empty())
    std::filesystem::remove_all(directory, ignored);
  directory.clear();
}

host::Library TemporaryLibrary::load(const std::string &graph) {
  try {
    host::Library library(path(), graph);
    remove();
    return library;
  } catch (host::Error &error) {
    if (error.diagnostic.code == code::LibraryLoad) { // the library is as it should be
      error.exit = host::WrongEnvironment;
      error.diagnostic.hint = anotherPlace;
      throw;
    }
    error.diagnostic.file = graph;
    throw;
  }
}

bool TemporaryLibrary::isLibrary(const std::string &file) {
  std::string start = host::firstBytes(file, 4);
  bool named = file.size() > 3 && file.compare(file.size() - 3, 3, ".so") == 0;
  return named || start == "\x7f"
                           "ELF";
}

} // namespace symc::cli
