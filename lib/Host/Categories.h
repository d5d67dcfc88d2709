//===- Categories.h - Texts that stand for numbers ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_CATEGORIES_H
#define SYMC_HOST_CATEGORIES_H

#include "lib/Host/Library.h"

namespace symc::host {

/// By input, for each of its columns: the texts in ascending order of their bytes. Their places are their codes.
using CategoryCodes = std::map<std::string, std::vector<std::vector<std::string>>>;

/// Where files of parameters keep them, as JSON: {"y": [["setosa", "versicolor"]]}.
std::string categoriesText(const CategoryCodes &codes);

/// The codes beside the parameters in the file, or those of the embedded parameters of a library when no file is
/// given; none where there are none. Throws Error when they are damaged.
CategoryCodes categoriesOf(const Library &library, const std::string &params);

/// Writes the parameters, with the codes if there are any.
void saveWithCategories(Instance &instance, const std::string &path, const CategoryCodes &codes);

} // namespace symc::host

#endif // SYMC_HOST_CATEGORIES_H
