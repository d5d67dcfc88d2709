//===- CsvRows.h - The rows of a file of separated values ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_CSVROWS_H
#define SYMC_HOST_CSVROWS_H

#include "lib/Host/ByteSource.h"
#include "lib/Host/Errors.h"

namespace symc::host {

struct CsvField {
  std::string text;
  int64_t line, column;
};

/// RFC 4180: fields between delimiters, optional quotes with "" inside, CRLF or LF, a last line with or without its
/// end. Rows are read one at a time, and a field is bounded, so a file without line ends cannot take all memory.
class CsvRows {
public:
  CsvRows(ByteSource &source, char delimiter);

  /// The next row; false at the end. An empty line is a row of one empty field.
  bool next(std::vector<CsvField> &row);

  /// An error at that place; the line is shown when it is the current row's first.
  Error fail(int64_t line, int64_t column, std::string message, std::string_view code = code::CsvCell) const;

private:
  int peek();
  int get();
  CsvField field();
  /// As `fail`, in a row that is not read to its end: the line is shown whole.
  Error failWithin(int64_t line, int64_t column, std::string message);
  bool endsField(int c) const { return c < 0 || c == delimiter || c == '\n' || c == '\r'; }

  ByteSource &source;
  int delimiter;
  std::vector<char> chunk;
  size_t at = 0, filled = 0;
  int64_t line = 1, column = 1, rowLine = 1;
  std::string echo;
};

} // namespace symc::host

#endif // SYMC_HOST_CSVROWS_H
