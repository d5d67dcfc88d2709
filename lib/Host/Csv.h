//===- Csv.h - Data sets in comma-separated values ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_CSV_H
#define SYMC_HOST_CSV_H

#include "lib/Host/Preparation.h"
#include "lib/Host/Tensor.h"

#include <functional>

namespace symc::host {

/// One `--csv-inputs` item: which columns make which input.
struct CsvRequest {
  std::string input;
  std::string columns;     // "3", "0:13", "side", "a:side" (half open)
  DataType type;           // that of the input; cells are read into it
  bool categories = false; // texts, which become codes: these, or those that the rows themselves give
  const std::vector<std::vector<std::string>> *known = nullptr;
  /// Nobody said that there are texts, they are known: a column of which no text is a number may hold the codes
  /// instead.
  bool implied = false;
};

/// How the file as a whole is read.
struct CsvOptions {
  char delimiter = ',';
  /// How many of so many rows are known to be the last ones, whose texts must stand in the others too.
  std::function<int64_t(int64_t rows)> heldOut = [](int64_t) { return 0; };
  std::string codesOf = "parameters"; // where known codes come from, for messages
  /// The columns of texts by input, of those too that are not asked for: a first row with texts there is no header.
  std::vector<std::pair<std::string, std::string>> textColumns = {};
};

/// Reads all rows. A range of columns gives [rows, columns], one column [rows]. `codes` receives those of the inputs
/// that are categories; where that is implied, of those that hold a text. Throws Error, located in the file.
std::vector<Tensor> readCsv(std::unique_ptr<ByteSource> source, const std::vector<CsvRequest> &requests,
                            const CsvOptions &options = {}, CategoryCodes *codes = nullptr);

} // namespace symc::host

#endif // SYMC_HOST_CSV_H
