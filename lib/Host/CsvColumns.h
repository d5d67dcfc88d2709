//===- CsvColumns.h - The columns of a file of separated values ----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_CSVCOLUMNS_H
#define SYMC_HOST_CSVCOLUMNS_H

#include "lib/Host/Csv.h"
#include "lib/Host/CsvRows.h"

namespace symc::host {

/// What the first row says of columns.
struct FirstRow {
  const std::vector<CsvField> &cells;
  bool isHeader;
  char delimiter;
  const std::string &file;
};

/// Whether the first row is no data. It is a header where one of its cells is neither empty nor a number, those in
/// columns of texts aside, and where an option gives a column by name, any cell that is no number makes it one. Warns
/// where it may be the other.
bool isHeader(const std::vector<CsvField> &row, const std::vector<CsvRequest> &requests, const CsvOptions &options,
              const std::string &file);

/// How to say that a text of the first row is a name.
std::string headerHint(const std::string &input, const std::string &text);

/// [begin, end), as `a:b` or `a` says: indices or names of the header.
std::pair<size_t, size_t> resolveColumns(const std::string &input, const std::string &columns, const FirstRow &first);

} // namespace symc::host

#endif // SYMC_HOST_CSVCOLUMNS_H
