//===- Preparation.h - What is done to data before a model gets it -------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_PREPARATION_H
#define SYMC_HOST_PREPARATION_H

#include "lib/Host/Library.h"

namespace symc::host {

/// By input, for each of its columns: the texts in ascending order of their bytes. Their places are their codes.
using CategoryCodes = std::map<std::string, std::vector<std::vector<std::string>>>;
/// By input: what multiplies it.
using ScaleFactors = std::map<std::string, double>;

/// What was done to the data that parameters were trained with: data that meet them later need the same.
struct Preparation {
  CategoryCodes codes;
  ScaleFactors scale;
};

/// The codes as JSON, as files of parameters keep them: {"y": [["setosa", "versicolor"]]}.
std::string categoriesText(const CategoryCodes &codes);

/// What the file of parameters says beside them, or a library of its embedded parameters when no file is given; nothing
/// where they say nothing. Throws Error when that is damaged.
Preparation preparationOf(const Library &library, const std::string &params);

/// The keys and the JSON under which files keep it; nothing where nothing was done.
std::vector<std::pair<std::string, std::string>> textsOf(const Preparation &preparation);

/// Writes the parameters, with what was done to their data if anything was.
void saveParameters(Instance &instance, const std::string &path, const Preparation &preparation);

} // namespace symc::host

#endif // SYMC_HOST_PREPARATION_H
