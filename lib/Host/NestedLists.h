//===- NestedLists.h - Tensors as JSON ------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_NESTEDLISTS_H
#define SYMC_HOST_NESTEDLISTS_H

#include "lib/Host/Tensor.h"

namespace symc::host {

/// One JSON object of name and nested lists. Adds the number of NaN and infinite elements, which become null, to
/// `notFinite`.
std::string nestedLists(const std::vector<std::string> &names, const std::vector<Tensor> &tensors, int64_t &notFinite);

} // namespace symc::host

#endif // SYMC_HOST_NESTEDLISTS_H
