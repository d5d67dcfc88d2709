//===- CsvRows.cpp - The rows of a file of separated values -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/CsvRows.h"

#include <algorithm>
#include <cstring>

namespace symc::host {

constexpr size_t maxField = 1 << 16, maxColumns = 1 << 20, maxEcho = 1 << 12;

CsvRows::CsvRows(ByteSource &source, char delimiter)
    : source(source), delimiter(static_cast<unsigned char>(delimiter)), chunk(1 << 16) {
  if (peek() >= 0 && filled >= 3 && !memcmp(chunk.data(), "\xEF\xBB\xBF", 3)) // spreadsheets write a byte order mark
    at = 3;
}

bool CsvRows::next(std::vector<CsvField> &row) {
  row.clear();
  echo.clear();
  if (peek() < 0)
    return false;
  rowLine = line;
  while (true) {
    if (row.size() == maxColumns)
      throw failWithin(line, column, "a row of more than " + std::to_string(maxColumns) + " columns");
    row.push_back(field());
    int end = get();
    if (end == delimiter)
      continue;
    if (end == '\r' && peek() != '\n')
      throw fail(line, column - 1, "a CR without LF behind it: a line ends with LF or CRLF");
    if (end == '\r')
      get();
    return true;
  }
}

Error CsvRows::fail(int64_t atLine, int64_t atColumn, std::string message, std::string_view code) const {
  Diagnostic diagnostic = makeDiagnostic(code, source.where, std::move(message));
  diagnostic.line = static_cast<uint32_t>(std::min<int64_t>(atLine, UINT32_MAX));
  diagnostic.column = static_cast<uint32_t>(std::min<int64_t>(atColumn, UINT32_MAX));
  return Error(WrongInput, std::move(diagnostic), atLine == rowLine ? echo : "");
}

Error CsvRows::failWithin(int64_t atLine, int64_t atColumn, std::string message) {
  while (line == rowLine && echo.size() < maxEcho && peek() > 0 && peek() != '\n')
    get();
  return fail(atLine, atColumn, std::move(message));
}

int CsvRows::peek() {
  if (at == filled) {
    filled = source.read(chunk.data(), chunk.size());
    at = 0;
    if (!filled)
      return -1;
  }
  return static_cast<unsigned char>(chunk[at]);
}

int CsvRows::get() {
  int c = peek();
  if (c < 0)
    return c;
  ++at;
  if (c == '\n') {
    ++line;
    column = 1;
  } else {
    ++column;
    if (c != '\r' && line == rowLine && echo.size() < maxEcho)
      echo += static_cast<char>(c);
  }
  return c;
}

CsvField CsvRows::field() {
  CsvField field{"", line, column};
  bool quotes = peek() == '"';
  if (quotes)
    get();
  while (true) {
    int c = peek();
    if (quotes && c < 0)
      throw fail(field.line, field.column, "a quote without end");
    if (quotes && c == '"') {
      get();
      if (peek() != '"')
        break;
    } else if (!quotes && endsField(c)) {
      return field;
    }
    if (c == 0)
      throw fail(line, column, "a NUL byte: this is not a text file");
    if (field.text.size() == maxField)
      throw fail(field.line, field.column, "a field of more than " + std::to_string(maxField) + " bytes");
    field.text += static_cast<char>(get());
  }
  if (!endsField(peek()))
    throw failWithin(line, column, "text after a closing quote");
  return field;
}

} // namespace symc::host
