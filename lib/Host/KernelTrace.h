//===- KernelTrace.h - Which kernel ran when -----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_KERNELTRACE_H
#define SYMC_HOST_KERNELTRACE_H

#include "lib/Host/Library.h"
#include "lib/Host/OutputFile.h"

#include <deque>
#include <functional>
#include <mutex>

namespace symc::host {

/// Runs calls of an instance and keeps what its kernels did in some of them.
class KernelTrace {
public:
  struct Node {
    std::string name;
    double time, memory; // shares of its kernel's
  };
  /// What symc_trace_part::about says.
  struct Kernel {
    std::string name, kind;
    std::vector<Node> nodes; // the one with most arithmetic first
  };
  /// A part of a kernel on one thread.
  struct Span {
    const Kernel *kernel;
    double begin, duration; // µs, the begin since that of the trace
    int32_t thread;         // 0: the one that calls
    int64_t read, written, flops;
  };

  /// `file`, for Chrome's trace viewer and Perfetto, appears when `calls` calls have been traced, or at the end of the
  /// trace; empty: none. Wrong usage for a library without trace points.
  KernelTrace(Instance &instance, std::string file, int64_t calls = 20);
  KernelTrace(const KernelTrace &) = delete;
  ~KernelTrace();

  /// A call of a function, by `run`. `step` is how it is numbered. `isWanted`: it is traced whatever the file needs.
  void call(const char *function, int64_t step, const std::function<void()> &run, bool isWanted = false);
  /// Of the last call that was traced.
  std::vector<Span> lastSpans() const { return {spans.begin() + calls.back().first, spans.end()}; }
  /// Writes the file if it has not been.
  void finish();

private:
  struct Call {
    const char *function;
    int64_t step;
    double begin, end; // µs
    size_t first;      // span
  };
  static void hook(void *self, const symc_trace_part *part, int32_t ends);
  void keep(const symc_trace_part &part, double begin, double end);
  double now() const;

  Instance &instance;
  std::string file;
  std::optional<OutputFile> output; // from the start: one that cannot be written is found out before anything runs
  int64_t limit;
  int64_t origin; // ns
  std::mutex mutex;
  std::map<const char *, Kernel> kernels; // by symc_trace_part::about
  std::map<int64_t, int32_t> threads;     // by the system's number
  std::vector<Span> spans;
  std::vector<Call> calls;
  int64_t dropped = 0; // spans that were too many
};

} // namespace symc::host

#endif // SYMC_HOST_KERNELTRACE_H
