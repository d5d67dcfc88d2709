//===- Weights.h - Files of parameters ----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_WEIGHTS_H
#define SYMC_HOST_WEIGHTS_H

#include "lib/Host/Library.h"

namespace symc::host {

/// Loads the tensors that have the name, the type and the shape of a parameter; a remark names the parameters that
/// keep their initial values, and why. Throws Error: a file without one that fits; an extra one without `allowExtra`.
void loadFitting(Instance &instance, const std::string &path, bool allowExtra);

/// What lets a file be loaded whose tensors are not just the parameters; empty where they are.
std::string fittingHint(const symc_model &model, const std::string &path, bool allowExtra);

/// Writes the parameters as the instance itself does, with texts under their keys in the metadata of the file, which
/// appears whole or not at all.
void saveWithTexts(Instance &instance, const std::string &path,
                   const std::vector<std::pair<std::string, std::string>> &texts);

/// What a file of parameters, or a checkpoint, holds under each of the keys, see KeptTexts.h; nothing for a key that it
/// does not have. Throws Error when it is no safetensors file.
std::vector<std::optional<std::string>> textsOfWeights(const std::string &path, const std::vector<const char *> &keys);

} // namespace symc::host

#endif // SYMC_HOST_WEIGHTS_H
