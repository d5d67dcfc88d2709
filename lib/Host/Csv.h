//===- Csv.h - Data sets in comma-separated values ------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_CSV_H
#define SYMC_HOST_CSV_H

#include "lib/Host/Tensor.h"

namespace symc::host {

/// One `--csv-inputs` item: which columns make which input.
struct CsvRequest {
  std::string input;
  std::string columns; // "3", "0:13", "side", "a:side" (half open)
  DataType type;       // that of the input; cells are read into it
};

/// Reads all rows. A range of columns gives [rows, columns], one column [rows]. Throws Error, located in the file.
std::vector<Tensor> readCsv(std::unique_ptr<ByteSource> source, const std::vector<CsvRequest> &requests);

} // namespace symc::host

#endif // SYMC_HOST_CSV_H
