//===- Bisect.h - `symc bisect` -------------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TOOLS_SYMC_BISECT_H
#define SYMC_TOOLS_SYMC_BISECT_H

#include "lib/Host/Witness.h"
#include "tools/symc/Options.h"

namespace symc::cli {

/// Compiles the graph, runs it and holds what it computes against the reference interpreter. The exit code is 1 when
/// something is found, 0 when nothing is, 2 when the input is wrong.
int bisect(const Arguments &arguments, const host::WitnessOptions &options);

} // namespace symc::cli

#endif // SYMC_TOOLS_SYMC_BISECT_H
