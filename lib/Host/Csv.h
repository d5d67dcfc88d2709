//===- Csv.h - Data sets in comma-separated values ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_CSV_H
#define SYMC_HOST_CSV_H

#include "lib/Host/Categories.h"
#include "lib/Host/Tensor.h"

namespace symc::host {

/// One `--csv-inputs` item: which columns make which input.
struct CsvRequest {
  std::string input;
  std::string columns;     // "3", "0:13", "side", "a:side" (half open)
  DataType type;           // that of the input; cells are read into it
  bool categories = false; // texts, which become codes: these, or those that the rows themselves give
  const std::vector<std::vector<std::string>> *known = nullptr;
};

/// How the file as a whole is read.
struct CsvOptions {
  char delimiter = ',';
  double heldOut = 0;                 // the last fraction of the rows, whose texts must stand in the others too
  std::string codesOf = "parameters"; // where known codes come from, for messages
  /// The columns of texts by input, of those too that are not asked for: a first row with texts there is no header.
  std::vector<std::pair<std::string, std::string>> textColumns = {};
};

/// How many of the last examples a fraction holds out.
int64_t heldOutExamples(int64_t examples, double fraction);

/// Reads all rows. A range of columns gives [rows, columns], one column [rows]. `codes` receives those of the inputs
/// that are categories. Throws Error, located in the file.
std::vector<Tensor> readCsv(std::unique_ptr<ByteSource> source, const std::vector<CsvRequest> &requests,
                            const CsvOptions &options = {}, CategoryCodes *codes = nullptr);

} // namespace symc::host

#endif // SYMC_HOST_CSV_H
