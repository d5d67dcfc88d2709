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

/// The tensor of a file that fits the first parameter of the model that the file does not have, and ends as its name
/// does (`fc/kernel`, `net.fc.kernel` for `block/fc/kernel`); empty when there is no such one, or none that is nearest.
std::string misnamedTensor(const Instance &instance, const std::string &path);

/// Writes the parameters as the instance itself does, with a text under `key` in the metadata of the file, which
/// appears whole or not at all.
void saveWithText(Instance &instance, const std::string &path, const std::string &key, const std::string &text);

/// What a file of parameters, or a checkpoint, holds under `key` in its metadata; nothing when it has no such key.
/// Throws Error when it is no safetensors file.
std::optional<std::string> textOfWeights(const std::string &path, const char *key);

} // namespace symc::host

#endif // SYMC_HOST_WEIGHTS_H
