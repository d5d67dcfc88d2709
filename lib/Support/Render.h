//===- Render.h - Diagnostics as people and programs read them -*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// In the form of a C++ compiler, with the line and a caret, or as one JSON object a line. Both forms say the same. Of
// the programs: the compiler's library prints nothing.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_RENDER_H
#define SYMC_SUPPORT_RENDER_H

#include "lib/Support/Diagnostics.h"

#include <functional>

namespace symc {

std::string_view severityName(Severity severity);

/// The text of a line of a file; none where it is not known.
using LineOf = std::function<std::optional<std::string_view>(std::string_view file, uint32_t line)>;

std::string renderText(const Diagnostic &diagnostic, const LineOf &lineOf, bool colour = false);
std::string renderJson(const Diagnostic &diagnostic);
/// All of them, in their order.
std::string renderText(const Diagnostics &diagnostics, bool colour = false);
std::string renderJson(const Diagnostics &diagnostics);

/// Writes either form to standard error; colour on a terminal unless NO_COLOR is set.
void print(const Diagnostic &diagnostic, const LineOf &lineOf, bool json);
void print(const Diagnostics &diagnostics, bool json);

} // namespace symc

#endif // SYMC_SUPPORT_RENDER_H
