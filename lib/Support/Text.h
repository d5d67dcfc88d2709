//===- Text.h - Foreign texts in messages ----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What stands in a file or on the command line may be any bytes. In a message it is valid UTF-8 that does nothing to
// a terminal.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_TEXT_H
#define SYMC_SUPPORT_TEXT_H

#include <cstddef>
#include <string>
#include <string_view>

namespace symc {

/// `text` as part of a message: control and direction characters escaped, bytes that are no UTF-8 as `\xNN`, at most
/// `limit` characters (then `…`).
std::string printable(std::string_view text, size_t limit = 80);

/// The same between apostrophes: a name or value as written.
std::string quoted(std::string_view text, size_t limit = 80);

/// The number of bytes of the valid UTF-8 sequence that begins at `offset`; 0 when there is none.
size_t utf8Length(std::string_view text, size_t offset);

/// One character as it is shown.
struct ShownCharacter {
  std::string text;
  size_t bytes;     // of the original
  unsigned columns; // on a terminal
};
ShownCharacter showCharacter(std::string_view text, size_t offset);

/// A message on one line of valid UTF-8, whatever went into it.
inline std::string oneLine(std::string_view text) { return printable(text, std::string_view::npos); }

} // namespace symc

#endif // SYMC_SUPPORT_TEXT_H
