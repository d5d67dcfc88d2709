//===- Progress.h - How far an epoch is -----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_PROGRESS_H
#define SYMC_HOST_PROGRESS_H

#include <chrono>
#include <string>

namespace symc::host {

/// A bar on a terminal; elsewhere, and in JSON diagnostics, nothing.
class Progress {
public:
  Progress();
  /// Redraws at most ten times a second. `loss` is the mean so far.
  void update(const std::string &label, int64_t done, int64_t total, double loss);
  /// There is one terminal, and one bar on it.
  static void clear();

private:
  bool terminal;
  static bool drawn;
  std::chrono::steady_clock::time_point last;
};

} // namespace symc::host

#endif // SYMC_HOST_PROGRESS_H
