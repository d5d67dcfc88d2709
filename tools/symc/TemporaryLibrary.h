//===- TemporaryLibrary.h - A library for this run only -------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TOOLS_SYMC_TEMPORARYLIBRARY_H
#define SYMC_TOOLS_SYMC_TEMPORARYLIBRARY_H

#include "lib/Host/Library.h"

namespace symc::cli {

/// A place in a fresh directory for what `symc train M.json` compiles. The files are removed as soon as the library is
/// loaded, so that a killed run leaves nothing.
class TemporaryLibrary {
public:
  TemporaryLibrary();
  TemporaryLibrary(const TemporaryLibrary &) = delete;
  ~TemporaryLibrary() { remove(); }

  std::string path() const { return directory + "/libmodel.so"; }
  /// Errors name the graph.
  host::Library load(const std::string &graph);

  /// Whether the file is an ELF file (or is named like a library). Throws host::Error when it cannot be read.
  static bool isLibrary(const std::string &file);

private:
  void remove();
  std::string directory;
};

} // namespace symc::cli

#endif // SYMC_TOOLS_SYMC_TEMPORARYLIBRARY_H
