//===- Diagnostics.cpp - Collects and prints located errors ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Support/Diagnostics.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <tuple>
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

//===----------------------------------------------------------------------===//
// Characters
//===----------------------------------------------------------------------===//

size_t symc::utf8Length(std::string_view text, size_t offset) {
  auto at = [&](size_t i) -> unsigned { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  auto tail = [&](size_t i) { return (at(i) & 0xC0) == 0x80; };
  unsigned first = at(offset);
  if (offset >= text.size())
    return 0;
  if (first < 0x80)
    return 1;
  if (first >= 0xC2 && first <= 0xDF)
    return tail(offset + 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    unsigned second = at(offset + 1); // overlong forms and surrogates are no UTF-8
    if (!tail(offset + 1) || !tail(offset + 2) || (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F))
      return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    unsigned second = at(offset + 1);
    if (!tail(offset + 1) || !tail(offset + 2) || !tail(offset + 3) || (first == 0xF0 && second < 0x90) ||
        (first == 0xF4 && second > 0x8F))
      return 0;
    return 4;
  }
  return 0;
}

static uint32_t codePoint(std::string_view text, size_t offset, size_t length) {
  auto at = [&](size_t i) -> uint32_t { return static_cast<unsigned char>(text[offset + i]); };
  switch (length) {
  case 1:
    return at(0);
  case 2:
    return (at(0) & 0x1F) << 6 | (at(1) & 0x3F);
  case 3:
    return (at(0) & 0x0F) << 12 | (at(1) & 0x3F) << 6 | (at(2) & 0x3F);
  default:
    return (at(0) & 0x07) << 18 | (at(1) & 0x3F) << 12 | (at(2) & 0x3F) << 6 | (at(3) & 0x3F);
  }
}

/// Characters that a terminal obeys instead of showing: controls, and those that change the direction of what follows.
static bool mustEscape(uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0xA0 || (point >= 0x2000 && point <= 0x200F) ||
         (point >= 0x2028 && point <= 0x202F) || point == 0x3000 || (point >= 0x2066 && point <= 0x2069) ||
         point == 0xFEFF;
}

/// Columns that a character takes on a terminal.
static unsigned columnsOf(uint32_t point) {
  if ((point >= 0x300 && point <= 0x36F) || (point >= 0x200B && point <= 0x200D) ||
      (point >= 0xFE00 && point <= 0xFE0F))
    return 0;
  if ((point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0xA4CF) ||
      (point >= 0xAC00 && point <= 0xD7A3) || (point >= 0xF900 && point <= 0xFAFF) ||
      (point >= 0xFE30 && point <= 0xFE6F) || (point >= 0xFF00 && point <= 0xFF60) ||
      (point >= 0x1F300 && point <= 0x1FAFF) || (point >= 0x20000 && point <= 0x3FFFD))
    return 2;
  return 1;
}

namespace {
/// One character as it is shown.
struct Shown {
  std::string text;
  size_t bytes;     // of the original
  unsigned columns; // on the terminal
};
} // namespace

static Shown show(std::string_view text, size_t offset) {
  size_t length = utf8Length(text, offset);
  char buffer[16];
  if (length == 0) {
    std::snprintf(buffer, sizeof buffer, "\\x%02x", static_cast<unsigned char>(text[offset]));
    return {buffer, 1, 4};
  }
  uint32_t point = codePoint(text, offset, length);
  if (!mustEscape(point))
    return {std::string(text.substr(offset, length)), length, columnsOf(point)};
  if (point == '\n' || point == '\t' || point == '\r')
    return {point == '\n' ? "\\n" : point == '\t' ? "\\t" : "\\r", 1, 2};
  int written = std::snprintf(buffer, sizeof buffer, "\\u%04x", point);
  return {buffer, length, static_cast<unsigned>(written)};
}

std::string symc::printable(std::string_view text, size_t limit) {
  std::string out;
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++count) {
    if (count == limit) {
      out += "…";
      break;
    }
    Shown shown = show(text, i);
    out += shown.text;
    i += shown.bytes;
  }
  return out;
}

std::string symc::quoted(std::string_view text, size_t limit) { return "'" + printable(text, limit) + "'"; }

std::string symc::oneLine(std::string_view text) { return printable(text, std::string_view::npos); }

//===----------------------------------------------------------------------===//
// SourceText
//===----------------------------------------------------------------------===//

void SourceText::findLines() const {
  if (!lineStarts.empty())
    return;
  lineStarts.push_back(0);
  const char *begin = contents.data(), *end = begin + contents.size();
  for (const char *at = begin; at != end;) {
    at = static_cast<const char *>(std::memchr(at, '\n', end - at));
    if (!at)
      break;
    lineStarts.push_back(++at - begin);
  }
}

SourceText::Place SourceText::place(size_t offset) const {
  findLines();
  size_t line = std::upper_bound(lineStarts.begin(), lineStarts.end(), offset) - lineStarts.begin();
  return {static_cast<uint32_t>(line), static_cast<uint32_t>(offset - lineStarts[line - 1] + 1)};
}

std::string_view SourceText::line(uint32_t number) const {
  findLines();
  if (number == 0 || number > lineStarts.size())
    return {};
  size_t begin = lineStarts[number - 1];
  size_t end = number < lineStarts.size() ? lineStarts[number] - 1 : contents.size();
  if (end > begin && contents[end - 1] == '\r')
    --end;
  return contents.substr(begin, end - begin);
}

//===----------------------------------------------------------------------===//
// Diagnostics
//===----------------------------------------------------------------------===//

const SourceText &Diagnostics::addSource(std::string name, std::string_view text) {
  return sources.emplace_back(std::move(name), text);
}

const SourceText *Diagnostics::source(std::string_view name) const {
  for (const SourceText &source : sources)
    if (source.name() == name)
      return &source;
  return nullptr;
}

void Diagnostics::report(Diagnostic diagnostic) {
  if (diagnostic.hint.empty() && !diagnostic.suggestion.empty())
    diagnostic.hint = "did you mean " + quoted(diagnostic.suggestion) + "?";
  if (diagnostic.severity == Severity::Error) {
    if (++errors > errorLimit) {
      if (left++ == 0)
        firstLeft = std::move(diagnostic);
      return;
    }
  } else if (kept.size() >= 10 * errorLimit) {
    return; // warnings are bounded too; the errors are what must not be lost
  }
  kept.push_back(std::move(diagnostic));
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  auto rank = [&](const Diagnostic &d) {
    size_t index = 0;
    while (index < sources.size() && sources[index].name() != d.file)
      ++index;
    return index;
  };
  std::vector<std::tuple<size_t, uint32_t, uint32_t, size_t>> order; // file, line, column, when it was found
  for (size_t i = 0; i < kept.size(); ++i)
    order.emplace_back(rank(kept[i]), kept[i].line, kept[i].column, i);
  std::sort(order.begin(), order.end());
  std::vector<Diagnostic> out;
  for (const auto &place : order)
    out.push_back(kept[std::get<3>(place)]);
  if (left) {
    Diagnostic more;
    more.severity = Severity::Note;
    more.code = code::MoreErrors;
    more.file = firstLeft.file;
    more.line = firstLeft.line;
    more.column = firstLeft.column;
    more.message = "too many errors: " + std::to_string(left) + " more are not shown";
    out.push_back(std::move(more));
  }
  return out;
}

/// The line with a caret under [column, endColumn): at most `window` columns of it around the caret.
static void echo(std::string &out, const SourceText &source, uint32_t line, uint32_t column, uint32_t endColumn) {
  constexpr unsigned window = 100;
  std::string_view text = source.line(line);
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
    Shown shown = show(text, i);
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

std::string Diagnostics::renderText(bool colour) const {
  auto paint = [&](const char *style, std::string_view text) {
    return colour ? std::string("\033[") + style + "m" + std::string(text) + "\033[0m" : std::string(text);
  };
  auto head = [&](std::string_view file, uint32_t line, uint32_t column) {
    if (line == 0) // a whole file, or the command line
      return file.empty() ? std::string("symc: ") : oneLine(file) + ": ";
    return oneLine(file) + ":" + std::to_string(line) + ":" + std::to_string(column) + ": ";
  };
  std::string out;
  for (const Diagnostic &d : sorted()) {
    const char *style = d.severity == Severity::Error ? "1;31" : d.severity == Severity::Warning ? "1;35" : "1;36";
    out += paint("1", head(d.file, d.line, d.column));
    out += paint(style, std::string(severityName(d.severity)) + "[" + d.code + "]: ");
    out += paint("1", oneLine(d.message)) + "\n";
    if (const SourceText *text = d.line ? source(d.file) : nullptr) {
      uint32_t end = d.endLine == d.line ? d.endColumn : d.endLine > d.line ? UINT32_MAX : 0;
      echo(out, *text, d.line, d.column, end);
    }
    if (!d.hint.empty())
      out += "      = " + paint("1;32", "hint: ") + oneLine(d.hint) + "\n";
    for (const DiagnosticNote &note : d.notes) {
      out +=
          paint("1", head(note.file, note.line, note.column)) + paint("1;36", "note: ") + oneLine(note.message) + "\n";
      if (const SourceText *text = note.line ? source(note.file) : nullptr)
        echo(out, *text, note.line, note.column, 0);
    }
  }
  return out;
}

void Diagnostics::print(bool json) const {
  bool colour = !json && isatty(STDERR_FILENO) && !std::getenv("NO_COLOR");
  std::string out = json ? renderJson() : renderText(colour);
  std::fwrite(out.data(), 1, out.size(), stderr);
  std::fflush(stderr);
}
