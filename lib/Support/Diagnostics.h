//===- Diagnostics.h - Located errors, their texts and their limits -------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A mistake of the user is a Diagnostic: a stable code, a place, the values involved, the cause and a hint. They are
// collected, put in the order of the file, and printed in the form of a C++ compiler or as one JSON object a line.
// Both forms say the same. Needs no LLVM: the graph reader, the command line and the data readers share it.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_DIAGNOSTICS_H
#define SYMC_SUPPORT_DIAGNOSTICS_H

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace symc {

/// The codes of ErrorCodes.def by name: `code::JsonSyntax` is "S0101".
namespace code {
#define SYMC_CODE(NAME, CODE, MEANING) inline constexpr std::string_view NAME = CODE;
#include "lib/Support/ErrorCodes.def"
} // namespace code

enum class Severity { Error, Warning, Note, Remark };
std::string_view severityName(Severity severity);

/// A remark that belongs to a diagnostic: where the first of two duplicates is, what an expression expanded to.
struct DiagnosticNote {
  std::string message;
  std::string file;
  uint32_t line = 1;
  uint32_t column = 1;
};

/// Lines and columns count from 1, columns in bytes; the end is exclusive, and 0 where it is not known. Line 0 stands
/// for the file as a whole, and an empty file name for the command line.
struct Diagnostic {
  Severity severity = Severity::Error;
  std::string code;
  std::string file;
  uint32_t line = 1;
  uint32_t column = 1;
  uint32_t endLine = 0;
  uint32_t endColumn = 0;
  std::string message;
  std::string hint;
  /// The bare word that was probably meant. Without a `hint`, one that proposes it is printed.
  std::string suggestion;
  std::vector<DiagnosticNote> notes;
};

/// A text that diagnostics point into. The text itself belongs to the caller.
class SourceText {
public:
  struct Place {
    uint32_t line;
    uint32_t column;
  };

  SourceText(std::string name, std::string_view text) : fileName(std::move(name)), contents(text) {}

  const std::string &name() const { return fileName; }
  std::string_view text() const { return contents; }
  Place place(size_t offset) const;
  /// The line without its end; empty past the last one.
  std::string_view line(uint32_t number) const;

private:
  void findLines() const;

  std::string fileName;
  std::string_view contents;
  mutable std::vector<size_t> lineStarts; // found when first asked for
};

/// Collects diagnostics. At most `errorLimit` errors are kept; of the others only the number is.
class Diagnostics {
public:
  static constexpr size_t errorLimit = 100;

  /// Registers the text of a file, so that its lines are echoed. Must outlive the printing.
  const SourceText &addSource(std::string name, std::string_view text);
  /// The same for a text that nobody else keeps.
  const SourceText &ownSource(std::string name, std::string text) {
    return addSource(std::move(name), owned.emplace_back(std::move(text)));
  }

  void report(Diagnostic diagnostic);

  /// Errors so far, those over the limit included.
  size_t errorCount() const { return errors; }
  bool hasErrors() const { return errors != 0; }
  const std::vector<Diagnostic> &all() const { return kept; }

  /// All diagnostics in the order of files, lines and columns.
  std::string renderText(bool colour = false) const;
  std::string renderJson() const;
  /// Writes either form to standard error; colour on a terminal unless NO_COLOR is set.
  void print(bool json) const;

private:
  std::vector<Diagnostic> sorted() const;
  const SourceText *source(std::string_view name) const;

  std::deque<std::string> owned;
  std::deque<SourceText> sources;
  std::vector<Diagnostic> kept;
  size_t errors = 0;
  size_t left = 0; // errors over the limit
  Diagnostic firstLeft;
};

/// `text` as part of a message: control and direction characters escaped, bytes that are no UTF-8 as `\xNN`, at most
/// `limit` characters (then `…`).
std::string printable(std::string_view text, size_t limit = 80);

/// The same between apostrophes: a name or value as written.
std::string quoted(std::string_view text, size_t limit = 80);

/// A whole message on one line of valid UTF-8, whatever went into it.
std::string oneLine(std::string_view text);

/// The number of bytes of the valid UTF-8 sequence that begins at `offset`; 0 when there is none.
size_t utf8Length(std::string_view text, size_t offset);

} // namespace symc

#endif // SYMC_SUPPORT_DIAGNOSTICS_H
