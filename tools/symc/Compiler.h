//===- Compiler.h - libSymcCompiler.so, loaded when it is needed ----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TOOLS_SYMC_COMPILER_H
#define SYMC_TOOLS_SYMC_COMPILER_H

#include "symc/compiler.h"
#include "tools/symc/Options.h"

#include <memory>

namespace symc::cli {

/// The struct of symc/compiler.h with the memory that it points into.
class CompileRequest {
public:
  /// What the command line says. Wrong values throw host::Error.
  explicit CompileRequest(const Arguments &arguments);
  CompileRequest(const CompileRequest &) = delete;

  symc_compile_options options = {};
  /// Points a string of `options` to a text that lives as long as this.
  void set(const char *&field, const std::string &text);
  void set(symc_string_list &field, const std::vector<std::string> &items);

private:
  std::vector<std::unique_ptr<std::string>> texts;
  std::vector<std::unique_ptr<std::vector<const char *>>> lists;
  std::vector<symc_fixed_dim> dims;
};

enum class CompilerCommand { Compile, Check, Grad };

/// Runs the compiler in a child process and gives its exit code. A crash in it is a diagnostic and exit 70; its memory
/// is gone when this returns, so that training after compiling is as small as training a library.
int runCompiler(CompilerCommand command, const symc_compile_options &options);

/// The compiler's own description; NULL when it cannot be loaded.
const symc_compiler_info *compilerInfo();

} // namespace symc::cli

#endif // SYMC_TOOLS_SYMC_COMPILER_H
