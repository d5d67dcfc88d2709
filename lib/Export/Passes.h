//===- Passes.h - Exports in symc-opt -----------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_EXPORT_PASSES_H
#define SYMC_EXPORT_PASSES_H

namespace symc {

void registerExportPasses();

} // namespace symc
#endif
