//===- JsonMistake.h - Why a text is no JSON ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_JSONMISTAKE_H
#define SYMC_FRONTEND_JSONMISTAKE_H

#include "lib/Frontend/JsonReader.h"

namespace symc {

/// How far a text was JSON.
struct JsonProgress {
  /// What was read last: nothing, an opening bracket, a key, a number or word, a string, a closing bracket.
  enum Last : uint8_t { Nothing, Open, Key, Scalar, String, Close } last = Nothing;
  TextRange range; // of that
  // The innermost array or object that is open.
  bool nested = false;
  bool inObject = false;
  bool inDoc = false; // the last key was 'doc', whose strings may hold control characters
  uint32_t open = 0;
};

/// Where the lexer stopped: it has taken the bytes before `taken`, and with `atEnd` asked for more than there are.
struct JsonStop {
  size_t taken = 0;
  bool atEnd = false;
  bool overflow = false; // what it took last is a number that is too large
};

/// Reports why the text does not go on as JSON does: the place, what was expected, the likely cause.
void reportJsonMistake(const SourceText &source, const JsonProgress &progress, JsonStop stop, Diagnostics &diagnostics);

/// The first byte from `offset` on that is no white space of JSON.
size_t skipJsonSpace(std::string_view text, size_t offset);

} // namespace symc

#endif // SYMC_FRONTEND_JSONMISTAKE_H
