//===- Errors.h - Errors of the command line, of data and of libraries ----===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Outside the compiler one mistake ends a command: it is thrown as an Error, which
// is a diagnostic and an exit code, and printed by `main`.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_ERRORS_H
#define SYMC_HOST_ERRORS_H

#include "lib/Support/Diagnostics.h"

#include <exception>
#include <set>

namespace symc::host {

/// The exit codes of the program.
enum ExitCode { Done = 0, WrongInput = 1, WrongUsage = 2, WrongEnvironment = 3, InternalError = 70, Interrupted = 130 };

class Error : public std::exception {
public:
  Error(ExitCode exit, Diagnostic diagnostic, std::string sourceLine = {})
      : exit(exit), diagnostic(std::move(diagnostic)), sourceLine(std::move(sourceLine)) {}
  const char *what() const noexcept override { return diagnostic.message.c_str(); }
  /// Prints on standard error.
  void print() const;

  ExitCode exit;
  Diagnostic diagnostic;
  std::string sourceLine; // echoed with a caret when the diagnostic has a line
};

/// A diagnostic about a file as a whole; `file` may be empty.
Diagnostic makeDiagnostic(std::string_view code, std::string file, std::string message, std::string hint = {});

/// Wrong usage (exit 2). A suggestion may be empty.
Error usageError(std::string_view code, std::string message, std::string hint = {}, std::string suggestion = {});
/// A wrong input (exit 1), or one that the system could not open for what it lacks (exit 3).
Error dataError(std::string_view code, const std::string &file, std::string message, std::string hint = {});

/// Set once by the command line before anything can fail.
void setJsonDiagnostics(bool json);
bool jsonDiagnostics();

void warn(std::string_view code, std::string message, std::string file = {}, std::string hint = {});
/// What a caller may want to know though nothing is wrong.
void remark(std::string_view code, std::string message, std::string file = {});

/// While it lives, a warning or remark is printed once, however often what it tells of is done.
class SayOnce {
public:
  SayOnce();
  SayOnce(const SayOnce &) = delete;
  ~SayOnce();
  /// Whether nothing like it was said.
  bool isNew(const Diagnostic &diagnostic);

private:
  std::set<std::string> said;
};

/// A line for a person on standard error; nothing in JSON form, where standard error holds diagnostics only.
void say(const std::string &line);
/// A line for a person; a warning in JSON form, whose reader needs to know it too.
void sayOrWarn(std::string_view code, const std::string &line);

} // namespace symc::host

#endif // SYMC_HOST_ERRORS_H
