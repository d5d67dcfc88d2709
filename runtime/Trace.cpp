//===- Trace.cpp - Kernels that tell when they run ------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// In a library with trace points every kernel is called from here. Others do not name
// this file, so that it is not in them.
//
//===----------------------------------------------------------------------===//
#include "runtime/Runtime.h"

using namespace symc::rt;

namespace {
/// A kernel, and what its hook is to be told: what the pool takes for the buffers.
struct Traced {
  symc_frame *frame;
  symc_kernel kernel;
  void *const *buffers;
  int64_t extent;
  symc_trace_part whole;
};

/// The share of `begin` to `end` in the extent. The shares of all parts add up to the whole.
int64_t shareOf(int64_t whole, int64_t begin, int64_t end, int64_t extent) {
  if (extent <= 0)
    return whole;
  // In 64 bits: the runtime has no division of more. Of an extent beyond 2³¹ the last part gets the rest.
  auto until = [&](int64_t part) {
    int64_t rest = extent >> 31 ? 0 : whole % extent * part / extent;
    return part == extent ? whole : whole / extent * part + rest;
  };
  return until(end) - until(begin);
}

void runPart(void *const *context, const int64_t *dims, int64_t begin, int64_t end) {
  auto *traced = reinterpret_cast<const Traced *>(context);
  symc_trace_part part = traced->whole;
  part.read_bytes = shareOf(part.read_bytes, begin, end, traced->extent);
  part.written_bytes = shareOf(part.written_bytes, begin, end, traced->extent);
  part.flops = shareOf(part.flops, begin, end, traced->extent);
  traced->frame->trace(traced->frame->trace_user, &part, 0);
  traced->kernel(traced->buffers, dims, begin, end);
  traced->frame->trace(traced->frame->trace_user, &part, 1);
}
} // namespace

void symc_rt_traced(symc_frame *frame, symc_kernel kernel, void *const *buffers, int64_t extent, int64_t grain,
                    const char *about, int64_t read_bytes, int64_t written_bytes, int64_t flops) {
  Traced traced = {
      frame, kernel, buffers, extent, {sizeof(symc_trace_part), 0, about, read_bytes, written_bytes, flops}};
  bool told = frame->trace;
  symc_kernel called = told ? runPart : kernel;
  void *const *given = told ? reinterpret_cast<void *const *>(&traced) : buffers;
  if (grain < 0)
    return called(given, frame->dims, 0, extent);
  poolRun(static_cast<Pool *>(frame->pool), called, given, frame->dims, extent, grain);
}

symc_status symc_rt_trace(symc_instance *instance, void (*hook)(void *user, const symc_trace_part *part, int32_t ends),
                          void *user) {
  if (!instance)
    return fail(nullptr, SYMC_INVALID_ARGUMENT, "trace: the instance is NULL");
  instance->trace = hook;
  instance->traceUser = user;
  return SYMC_OK;
}
