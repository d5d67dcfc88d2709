//===- Show.h - What a graph prints -------------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_SHOW_H
#define SYMC_HOST_SHOW_H

#include "symc/runtime.h"

#include <string>

namespace symc::host {

/// A dense tensor in one line, as NumPy writes it: "[[1. 0.25] [nan 3e-09]]". Of more than 100 elements long axes show
/// their ends, "[0 1 2 ... 997 998 999]".
std::string shown(const DLTensor &value);
/// The hook `print` of symc_options: "label: value" on standard error, where diagnostics are JSON a remark.
void showPrinted(void *user, const char *label, const DLTensor *value);

} // namespace symc::host

#endif // SYMC_HOST_SHOW_H
