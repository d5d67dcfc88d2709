//===- Errors.cpp - Errors of the command line, of data and of libraries --===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Errors.h"
#include "lib/Support/SystemErrors.h"

#include <cstdio>

namespace symc::host {

static bool asJson = false;

void setJsonDiagnostics(bool json) { asJson = json; }
bool jsonDiagnostics() { return asJson; }

Diagnostic makeDiagnostic(std::string_view code, std::string file, std::string message, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.file = std::move(file);
  diagnostic.line = diagnostic.column = 0; // no place in the file
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

Error usageError(std::string_view code, std::string message, std::string hint, std::string suggestion) {
  Diagnostic diagnostic = makeDiagnostic(code, "", std::move(message), std::move(hint));
  diagnostic.suggestion = std::move(suggestion);
  return Error(WrongUsage, std::move(diagnostic));
}

Error dataError(std::string_view code, const std::string &file, std::string message, std::string hint) {
  ExitCode exit = saysLacking(message) ? WrongEnvironment : WrongInput;
  return Error(exit, makeDiagnostic(code, file, std::move(message), std::move(hint)));
}

static void printOne(const Diagnostic &diagnostic, const std::string &sourceLine) {
  Diagnostics diagnostics;
  std::string text;
  // A text that has the one line in its place: a data set is never held as text.
  if (diagnostic.line && !sourceLine.empty()) {
    text = std::string(diagnostic.line - 1, '\n') + sourceLine;
    diagnostics.addSource(diagnostic.file, text);
  }
  diagnostics.report(diagnostic);
  diagnostics.print(asJson);
}

void Error::print() const { printOne(diagnostic, sourceLine); }

static void printAs(Severity severity, Diagnostic diagnostic) {
  diagnostic.severity = severity;
  printOne(diagnostic, "");
}

void warn(std::string_view code, std::string message, std::string file, std::string hint) {
  printAs(Severity::Warning, makeDiagnostic(code, std::move(file), std::move(message), std::move(hint)));
}

void remark(std::string_view code, std::string message, std::string file) {
  printAs(Severity::Remark, makeDiagnostic(code, std::move(file), std::move(message)));
}

void say(const std::string &line) {
  if (asJson)
    return;
  fprintf(stderr, "%s\n", line.c_str());
  fflush(stderr);
}

void sayOrWarn(std::string_view code, const std::string &line) {
  if (asJson)
    warn(code, line);
  else
    say(line);
}

} // namespace symc::host
