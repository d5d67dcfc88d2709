//===- ReservedNames.h - Names that a library has already -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TARGET_RESERVEDNAMES_H
#define SYMC_TARGET_RESERVEDNAMES_H

#include "lib/Frontend/ReservedNames.h"

namespace symc {

/// The rules of the C header, of the functions that every library has and of the training log.
ReservedNames reservedNames();

/// Whether C, POSIX or the C library has it, or names that begin with it and end like a function of every model.
bool isCLibraryName(std::string_view name);

/// Whether `name` is one of `words`, each of which is followed by a blank. A scan: for short lists.
bool isOneOf(std::string_view words, std::string_view name);

} // namespace symc

#endif // SYMC_TARGET_RESERVEDNAMES_H
