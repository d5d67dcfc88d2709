//===- KernelTrace.cpp - Which kernel ran when ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/KernelTrace.h"
#include "lib/Host/Progress.h"
#include "lib/Support/Json.h"

#include <nlohmann/json.hpp>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace symc::host {

/// Of loops of many small kernels: some 300 MB of text.
constexpr size_t maxSpans = 1 << 20;

static int64_t nanoseconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t(1000000000) * time.tv_sec + time.tv_nsec;
}

static KernelTrace::Kernel kernelOf(const char *about) {
  KernelTrace::Kernel kernel;
  nlohmann::json json = nlohmann::json::parse(about, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object())
    return kernel;
  kernel.name = json.value("kernel", "");
  kernel.kind = json.value("kind", "");
  for (const nlohmann::json &node : json.value("nodes", nlohmann::json::array()))
    kernel.nodes.push_back({node.value("node", ""), node.value("time", 0.0), node.value("memory", 0.0)});
  return kernel;
}

KernelTrace::KernelTrace(Instance &instance, std::string file, int64_t calls)
    : instance(instance), file(std::move(file)), limit(this->file.empty() ? 0 : calls), origin(nanoseconds()) {
  if (!instance.library().hasTracePoints())
    throw usageError(code::OptionConflict, printable(instance.library().path()) + " is compiled without trace points",
                     "give the graph file, or compile it with --trace-points");
  threads[syscall(SYS_gettid)] = 0;
  if (!this->file.empty())
    output.emplace(this->file);
}

KernelTrace::~KernelTrace() { instance.trace(nullptr, nullptr); }

double KernelTrace::now() const { return 1e-3 * static_cast<double>(nanoseconds() - origin); }

void KernelTrace::hook(void *self, const symc_trace_part *part, int32_t ends) {
  static thread_local double begin;
  auto *trace = static_cast<KernelTrace *>(self);
  if (!ends)
    begin = trace->now();
  else
    trace->keep(*part, begin, trace->now());
}

void KernelTrace::keep(const symc_trace_part &part, double begin, double end) {
  std::lock_guard<std::mutex> lock(mutex);
  if (spans.size() == maxSpans) {
    ++dropped;
    return;
  }
  auto kernel = kernels.find(part.about);
  if (kernel == kernels.end())
    kernel = kernels.emplace(part.about, kernelOf(part.about)).first;
  int32_t thread = threads.emplace(syscall(SYS_gettid), static_cast<int32_t>(threads.size())).first->second;
  spans.push_back({&kernel->second, begin, end - begin, thread, part.read_bytes, part.written_bytes, part.flops});
}

void KernelTrace::call(const char *function, int64_t step, const std::function<void()> &run, bool isWanted) {
  bool forFile = limit > 0;
  if (!forFile && !isWanted)
    return run();
  if (file.empty()) { // nobody asks for older ones
    spans.clear();
    calls.clear();
  }
  instance.trace(hook, this);
  size_t first = spans.size();
  double begin = now();
  run();
  calls.push_back({function, step, begin, now(), first});
  instance.trace(nullptr, nullptr);
  if (forFile && --limit == 0)
    finish();
}

/// An event of the format that Chrome's trace viewer defined.
static Json eventOf(const char *phase, const std::string &name, const char *category, double time, int32_t thread) {
  return {{"name", name}, {"cat", category}, {"ph", phase}, {"ts", time}, {"pid", 0}, {"tid", thread}};
}

void KernelTrace::finish() {
  if (!output)
    return;
  limit = 0;
  std::string text = "{\"displayTimeUnit\": \"ns\", \"traceEvents\": [\n";
  auto add = [&](const Json &event, const char *end = ",\n") {
    text += jsonLine(event) + end;
    if (text.size() > 1 << 16) {
      output->write(text.data(), text.size());
      text.clear();
    }
  };
  for (const Call &call : calls) {
    Json begin = eventOf("B", call.function, "call", call.begin, 0);
    begin["args"] = {{"step", call.step}};
    add(begin);
    size_t next = &call == &calls.back() ? spans.size() : (&call + 1)->first;
    for (size_t i = call.first; i < next; ++i) {
      const Span &span = spans[i];
      std::vector<std::string> names;
      for (const Node &node : span.kernel->nodes)
        names.push_back(node.name);
      std::string node = names.empty() ? "" : names.front();
      Json event = eventOf("X", node, "kernel", span.begin, span.thread);
      event["dur"] = span.duration;
      event["args"] = {{"node", node},
                       {"nodes", names},
                       {"kernel", span.kernel->name},
                       {"kind", span.kernel->kind},
                       {"bytes", span.read + span.written},
                       {"flops", span.flops},
                       {"step", call.step}};
      add(event);
    }
    add(eventOf("E", call.function, "call", call.end, 0));
  }
  for (const auto &[number, thread] : threads) {
    Json name = eventOf("M", "thread_name", "__metadata", 0, thread);
    name["args"] = {{"name", thread ? "worker " + std::to_string(thread) : "caller"}};
    add(name);
  }
  Json name = eventOf("M", "process_name", "__metadata", 0, 0);
  name["args"] = {{"name", instance.library().model().name}};
  add(name, "\n]}\n");
  output->write(text.data(), text.size());
  output->commit();
  output.reset();
  Progress::clear();
  std::string said = printable(file) + ": " + std::to_string(spans.size()) + " spans of the first " +
                     (calls.size() == 1 ? "call" : std::to_string(calls.size()) + " calls");
  say(said + (dropped ? "; " + std::to_string(dropped) + " more were too many" : ""));
}

} // namespace symc::host
