//===- KernelJit.h - Compile and call single kernels --------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Lets tests and benchmarks of kernel emitters go without the rest of the pipeline: a
// module with kernels and `func.func @main` that calls them is emitted for a CPU and
// loaded into the process.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_BENCH_KERNELS_KERNELJIT_H
#define SYMC_BENCH_KERNELS_KERNELJIT_H

#include "lib/Support/Program.h"
#include <memory>
#include <string>
#include <vector>

namespace symc {

class KernelJit {
public:
  /// Exits with a message when `text` does not compile.
  KernelJit(const std::string &text, const std::string &cpu) : KernelJit(text, cpu, nullptr) {}
  ~KernelJit();

  /// Calls what @main calls, in order. `buffers` are the memref arguments of @main, `dims` the values of the module's
  /// dimensions. Each kernel runs in chunks of `chunk` iterations; 0: all at once, -1: of its own grain.
  void run(void *const *buffers, const int64_t *dims, int64_t chunk = 0);
  /// Time in LLVM's code generation, and bytes of machine code.
  double codegenMilliseconds() const { return codegen; }
  size_t codeBytes() const { return bytes; }
  static std::string hostCpu();
  /// The assembly of the kernels, for any CPU.
  static std::string assembly(const std::string &text, const std::string &cpu);

private:
  /// With `assembly` it is written there and nothing is loaded.
  KernelJit(const std::string &text, const std::string &cpu, std::string *assembly);

  struct State;
  std::unique_ptr<State> state;
  double codegen = 0;
  size_t bytes = 0;
};

} // namespace symc
#endif
