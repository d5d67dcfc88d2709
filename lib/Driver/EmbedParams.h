//===- EmbedParams.h - Weights of a file as initial values ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_DRIVER_EMBEDPARAMS_H
#define SYMC_LIB_DRIVER_EMBEDPARAMS_H

#include "lib/Driver/Build.h"

namespace symc {

/// Makes the tensors of `options.params` the initial values of the model's parameters. False after an error: a tensor
/// is missing, of another type or shape, or (without `allowExtra`) not one of the model.
bool embedParameters(ModelDescription &model, const BuildOptions &options, Diagnostics &diagnostics);

} // namespace symc
#endif
