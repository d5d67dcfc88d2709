//===- Diagnostics.h - Located errors and their limits --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A mistake of the user is a Diagnostic: a stable code, a place, the values involved, the cause and a hint. They are
// collected and put in the order of the file; Render.h is for who prints them. Needs the standard library only: the
// graph reader, the command line and the data readers share it.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_DIAGNOSTICS_H
#define SYMC_SUPPORT_DIAGNOSTICS_H

#include "lib/Support/Text.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
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
  /// The field of symc_compile_options that is wrong, if that is what is.
  std::string_view option = {};
};

/// Takes the hint off a message of an op or pass, which has it behind "; hint: ".
std::string takeHint(std::string &message);

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

  /// Registers the text of a file, so that its lines can be shown. Must outlive this.
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

  /// All of them in the order of files, lines and columns, and how many are not kept.
  std::vector<Diagnostic> inOrder() const;
  /// A line of a registered text.
  std::optional<std::string_view> line(std::string_view file, uint32_t number) const;

private:
  const SourceText *source(std::string_view name) const;

  std::deque<std::string> owned;
  std::deque<SourceText> sources;
  std::vector<Diagnostic> kept;
  size_t errors = 0;
  size_t left = 0; // errors over the limit
  Diagnostic firstLeft;
};

} // namespace symc

#endif // SYMC_SUPPORT_DIAGNOSTICS_H
