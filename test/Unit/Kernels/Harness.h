//===- Harness.h - Compiles a module and runs its functions -------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TEST_UNIT_KERNELS_HARNESS_H
#define SYMC_TEST_UNIT_KERNELS_HARNESS_H

#include "lib/Support/Program.h"
#include <memory>
#include <string>
#include <vector>

namespace symc::test {

/// How the outermost loop of each kernel is cut.
enum class Cut { Whole, Grain, Odd };

/// The functions of a module of fused regions, compiled for one CPU level and loaded.
class Program {
public:
  /// `text` is MLIR; null when something fails, with the reason on standard error.
  static std::unique_ptr<Program> compile(const std::string &text, const std::string &level);
  ~Program();

  /// Calls a function; answers the check that it leaves.
  symc_check run(const std::string &function, const std::vector<const void *> &inputs,
                 const std::vector<void *> &outputs, const std::vector<int64_t> &dims, Cut cut = Cut::Grain,
                 const std::vector<void *> &slots = {});
  /// The same, timed: nanoseconds a call.
  double time(const std::string &function, const std::vector<const void *> &inputs, const std::vector<void *> &outputs,
              const std::vector<int64_t> &dims, const std::vector<void *> &slots = {});

  /// Whether this machine runs code for `level`.
  static bool supports(const std::string &level);

private:
  symc_body find(const std::string &function);
  symc_frame frameOf(const std::vector<const void *> &inputs, const std::vector<void *> &outputs,
                     const std::vector<int64_t> &dims, const std::vector<void *> &slots);
  struct Impl;
  explicit Program(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl;
};

} // namespace symc::test
#endif
