//===- Errors.cpp - Errors of the command line, of data and of libraries --===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Errors.h"
#include "lib/Support/Render.h"
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

/// `sourceLine` is all that is known of the file: a data set is never held as text.
static void printOne(Diagnostic diagnostic, const std::string &sourceLine) {
  Diagnostics completed;
  completed.report(std::move(diagnostic));
  auto lineOf = [&](std::string_view, uint32_t) {
    return sourceLine.empty() ? std::nullopt : std::optional<std::string_view>(sourceLine);
  };
  print(completed.all().front(), lineOf, asJson);
}

void Error::print() const { printOne(diagnostic, sourceLine); }

static SayOnce *saidOnce = nullptr;

SayOnce::SayOnce() { saidOnce = this; }
SayOnce::~SayOnce() { saidOnce = nullptr; }
bool SayOnce::isNew(const Diagnostic &diagnostic) {
  return said.insert(diagnostic.code + diagnostic.file + ": " + diagnostic.message).second;
}

static void printAs(Severity severity, Diagnostic diagnostic) {
  if (saidOnce && !saidOnce->isNew(diagnostic))
    return;
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
