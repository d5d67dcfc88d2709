//===- CompilerLibrary.h - libSymcCompiler.so, loaded when it is needed ---===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TOOLS_SYMC_COMPILERLIBRARY_H
#define SYMC_TOOLS_SYMC_COMPILERLIBRARY_H

#include "symc/compiler.h"

#include <string>

namespace symc::cli {

/// ../lib/libSymcCompiler.so as seen from the program. Running and training a compiled model never load it.
class CompilerLibrary {
public:
  /// Throws host::Error when there is none, or that of another version of symc.
  CompilerLibrary();

  const symc_compiler_info &about() const { return *info; }

  decltype(&symc_session_create) createSession;
  decltype(&symc_session_destroy) destroySession;
  decltype(&symc_session_compile) compile;
  decltype(&symc_session_check) check;
  decltype(&symc_session_differentiate) differentiate;
  decltype(&symc_session_examine) examine;
  decltype(&symc_result_destroy) destroyResult;

private:
  template <typename Function> void find(Function &function, const char *name);

  void *handle;
  const symc_compiler_info *info;
};

} // namespace symc::cli

#endif // SYMC_TOOLS_SYMC_COMPILERLIBRARY_H
