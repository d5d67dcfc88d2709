//===- Render.cpp - Diagnostics as people and programs read them -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Support/Render.h"
#include "lib/Support/Text.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

using namespace symc;

std::string_view symc::severityName(Severity severity) {
  switch (severity) {
  case Severity::Error:
    return "error";
  case Severity::Warning:
    return "warning";
  case Severity::Note:
    return "note";
  case Severity::Remark:
    return "remark";
  }
  return "error";
}

/// The line with a caret under [column, endColumn): at most `window` columns of it around the caret.
static void echo(std::string &out, std::string_view text, uint32_t line, uint32_t column, uint32_t endColumn) {
  constexpr unsigned window = 100;
  size_t caret = std::min<size_t>(column ? column - 1 : 0, text.size());
  size_t end = std::max<size_t>(caret + 1, endColumn ? endColumn - 1 : 0);
  // Only the part near the caret is looked at: a line may be a gigabyte long.
  size_t begin = caret > 60 ? caret - 60 : 0;
  while (begin > 0 && begin < text.size() && (text[begin] & 0xC0) == 0x80)
    --begin;
  if (caret <= window / 2)
    begin = 0;
  std::string shownText = begin ? "…" : "", marks = begin ? " " : "";
  unsigned width = shownText.empty() ? 0 : 1;
  size_t i = begin;
  for (; i < text.size() && width < window;) {
    ShownCharacter shown = showCharacter(text, i);
    if (text[i] == '\t')
      shown = {" ", 1, 1};
    shownText += shown.text;
    if (i < end)
      marks.append(shown.columns, i < caret ? ' ' : i == caret ? '^' : '~');
    // Of a character of several columns only the first carries the caret.
    if (i == caret && shown.columns > 1)
      std::fill(marks.end() - shown.columns + 1, marks.end(), '~');
    width += shown.columns;
    i += shown.bytes;
  }
  if (i < text.size())
    shownText += "…";
  if (caret >= text.size())
    marks += '^';
  std::string number = std::to_string(line);
  std::string gutter(std::max<size_t>(5, number.size()), ' ');
  out += gutter.substr(number.size()) + number + " | " + shownText + "\n";
  out += gutter + " | " + marks + "\n";
}

std::string symc::renderText(const Diagnostic &d, const LineOf &lineOf, bool colour) {
  auto paint = [&](const char *style, std::string_view text) {
    return colour ? std::string("\033[") + style + "m" + std::string(text) + "\033[0m" : std::string(text);
  };
  auto head = [&](std::string_view file, uint32_t line, uint32_t column) {
    if (line == 0) // a whole file, or the command line
      return file.empty() ? std::string("symc: ") : oneLine(file) + ": ";
    return oneLine(file) + ":" + std::to_string(line) + ":" + std::to_string(column) + ": ";
  };
  const char *style = d.severity == Severity::Error ? "1;31" : d.severity == Severity::Warning ? "1;35" : "1;36";
  std::string out = paint("1", head(d.file, d.line, d.column));
  out += paint(style, std::string(severityName(d.severity)) + "[" + d.code + "]: ");
  out += paint("1", oneLine(d.message)) + "\n";
  if (std::optional<std::string_view> text = d.line ? lineOf(d.file, d.line) : std::nullopt) {
    uint32_t end = d.endLine == d.line ? d.endColumn : d.endLine > d.line ? UINT32_MAX : 0;
    echo(out, *text, d.line, d.column, end);
  }
  if (!d.hint.empty())
    out += "      = " + paint("1;32", "hint: ") + oneLine(d.hint) + "\n";
  for (const DiagnosticNote &note : d.notes) {
    out += paint("1", head(note.file, note.line, note.column)) + paint("1;36", "note: ") + oneLine(note.message) + "\n";
    if (std::optional<std::string_view> text = note.line ? lineOf(note.file, note.line) : std::nullopt)
      echo(out, *text, note.line, note.column, 0);
  }
  return out;
}

std::string symc::renderText(const Diagnostics &diagnostics, bool colour) {
  std::string out;
  LineOf lineOf = [&](std::string_view file, uint32_t line) { return diagnostics.line(file, line); };
  for (const Diagnostic &diagnostic : diagnostics.inOrder())
    out += renderText(diagnostic, lineOf, colour);
  return out;
}

std::string symc::renderJson(const Diagnostics &diagnostics) {
  std::string out;
  for (const Diagnostic &diagnostic : diagnostics.inOrder())
    out += renderJson(diagnostic);
  return out;
}

static void write(const std::string &text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}
static bool inColour() { return isatty(STDERR_FILENO) && !std::getenv("NO_COLOR"); }

void symc::print(const Diagnostic &diagnostic, const LineOf &lineOf, bool json) {
  write(json ? renderJson(diagnostic) : renderText(diagnostic, lineOf, inColour()));
}

void symc::print(const Diagnostics &diagnostics, bool json) {
  write(json ? renderJson(diagnostics) : renderText(diagnostics, inColour()));
}
