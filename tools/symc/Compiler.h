//===- Compiler.h - The compiler in a process of its own ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TOOLS_SYMC_COMPILER_H
#define SYMC_TOOLS_SYMC_COMPILER_H

#include "tools/symc/CompileRequest.h"

namespace symc::cli {

enum class CompilerCommand { Compile, Check, Grad, Examine };

/// Runs the compiler in a child process, prints what it tells and what it makes, and gives the exit code of the
/// program. A crash in it is a diagnostic and exit 70; its memory is gone when this returns, so that training after
/// compiling is as small as training a library.
int runCompiler(CompilerCommand command, CompileRequest &request);

/// What `symc --version` says of it.
/// Prints what `symc bisect` found: the JSON of symc_session_examine.
void printFinding(const std::string &json);

std::string compilerDescription();

} // namespace symc::cli

#endif // SYMC_TOOLS_SYMC_COMPILER_H
