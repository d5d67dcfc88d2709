//===- LogImages.h - Values of nodes as images ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_LOGIMAGES_H
#define SYMC_HOST_LOGIMAGES_H

#include "lib/Host/Dataset.h"
#include "lib/Host/EventFile.h"

namespace symc::host {

/// `--log-images`: what is shown of each name, the value of a node (or input, or output) and filters of kernels.
class LogImages {
public:
  /// Wrong usage for a name of which the library can show nothing.
  LogImages(const Library &library, const std::vector<std::string> &names);

  /// The function whose results are shown; -1: none is.
  int32_t functionIndex() const { return values.empty() ? -1 : function; }
  /// Shows the values for examples [first, first+count) of `data` in `file`, under NODE/image/0 and so on.
  void addValues(EventFile &file, Instance &instance, const Dataset &data, int64_t first, int64_t count) const;
  /// Shows the filters, under NAME/filters.
  void addFilters(EventFile &file, Instance &instance) const;

private:
  const Library &library;
  int32_t function = -1;
  std::vector<int32_t> values; // results of the function
  std::vector<const symc_parameter *> kernels;
};

/// The elements of a parameter as f64.
std::vector<double> parameterValues(Instance &instance, const symc_parameter &parameter);

} // namespace symc::host

#endif // SYMC_HOST_LOGIMAGES_H
