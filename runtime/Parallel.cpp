//===- Parallel.cpp - Threads of an instance -----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A job is open while its caller works on it. A worker that sees an open job enters
// it, takes chunks and leaves; the caller closes the job when no chunk is left and
// waits only for those inside. So a worker that sleeps costs nothing, and a small job
// is done before it would have woken up.
//
// Every participant first takes chunks of its own part of the index space, which
// stays the same from call to call (so do its caches), then of the others' parts.
// Who computes a chunk never changes a result.
//
//===----------------------------------------------------------------------===//
#include "runtime/Runtime.h"
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace symc::rt;

namespace {
constexpr int32_t maxThreads = 1024;
constexpr uint64_t openBit = uint64_t(1) << 31;
constexpr uint64_t insideMask = openBit - 1;
/// Some 50 microseconds: longer than the serial stretches between the kernels of a step.
constexpr uint64_t spinCycles = 150000;

struct alignas(64) Share {
  int64_t next, end; // chunks
};

struct Worker {
  Pool *pool;
  int32_t index;
  pthread_t thread;
};

uint64_t cycles() { return __builtin_ia32_rdtsc(); }

void relax(uint32_t &spins) {
  __builtin_ia32_pause();
  // The one that is waited for may have lost its CPU.
  if (++spins % 4096 == 0)
    sched_yield();
}

uint32_t epochOf(uint64_t state) { return static_cast<uint32_t>(state >> 32); }
} // namespace

struct symc::rt::Pool {
  size_t size; // of this object with the tables behind it
  int32_t threads;
  int32_t started; // workers beside the caller
  bool tried, spin;
  pid_t process; // that the threads belong to: a child of fork has none
  void *user;
  void (*hook)(void *user, int64_t chunks, void (*body)(void *context, int64_t chunk), void *context);

  // The job. Written while no worker is inside.
  symc_kernel kernel;
  void *const *buffers;
  const int64_t *dims;
  int64_t extent, grain, chunks, parts;

  alignas(64) uint64_t state; // the epoch in the upper half, whether it is open, how many workers are inside
  alignas(64) int32_t sleepers;
  bool stop;
  Share *shares;
  Worker *workers;

  uint32_t *epochWord() { return reinterpret_cast<uint32_t *>(&state) + 1; } // little-endian
};

namespace {
long futex(uint32_t *word, int operation, uint32_t value) {
  return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, nullptr, nullptr, 0);
}

void runChunks(Pool *pool, int64_t begin, int64_t end) {
  int64_t last = end == pool->chunks ? pool->extent : end * pool->grain;
  pool->kernel(pool->buffers, pool->dims, begin * pool->grain, last);
}

/// Takes chunks until none is left.
void work(Pool *pool, int64_t self) {
  int64_t parts = pool->parts;
  for (int64_t i = 0; i < parts; ++i) {
    int64_t part = self + i < parts ? self + i : self + i - parts;
    Share &share = pool->shares[part];
    int64_t size = (part + 1) * pool->chunks / parts - part * pool->chunks / parts;
    // One's own part in two pieces, others' in small ones: few calls, and nobody waits long for the last.
    int64_t piece = i == 0 ? (size + 1) / 2 : (size + 7) / 8;
    for (;;) {
      if (__atomic_load_n(&share.next, __ATOMIC_RELAXED) >= share.end)
        break;
      int64_t begin = __atomic_fetch_add(&share.next, piece, __ATOMIC_RELAXED);
      if (begin >= share.end)
        break;
      runChunks(pool, begin, begin + piece < share.end ? begin + piece : share.end);
    }
  }
}

void *workerMain(void *argument) {
  FloatState ieee; // a thread begins with its creator's
  auto *self = static_cast<Worker *>(argument);
  Pool *pool = self->pool;
  uint32_t seen = 0, spins = 0;
  uint64_t since = cycles();
  for (;;) {
    uint64_t state = __atomic_load_n(&pool->state, __ATOMIC_ACQUIRE);
    if (epochOf(state) == seen) {
      if (pool->spin && cycles() - since < spinCycles) {
        relax(spins);
        continue;
      }
      __atomic_fetch_add(&pool->sleepers, 1, __ATOMIC_SEQ_CST);
      futex(pool->epochWord(), FUTEX_WAIT, seen);
      __atomic_fetch_sub(&pool->sleepers, 1, __ATOMIC_SEQ_CST);
      since = cycles();
      continue;
    }
    seen = epochOf(state);
    if (__atomic_load_n(&pool->stop, __ATOMIC_ACQUIRE))
      return nullptr;
    while ((state & openBit) && epochOf(state) == seen) {
      if (!__atomic_compare_exchange_n(&pool->state, &state, state + 1, true, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE))
        continue;
      if (self->index < pool->parts)
        work(pool, self->index);
      __atomic_fetch_sub(&pool->state, 1, __ATOMIC_RELEASE);
      break;
    }
    since = cycles();
  }
}

void wake(Pool *pool, int32_t count) {
  if (__atomic_load_n(&pool->sleepers, __ATOMIC_SEQ_CST) > 0)
    futex(pool->epochWord(), FUTEX_WAKE, count);
}

struct HookContext {
  Pool *pool;
  int64_t pieces;
};

void hookBody(void *context, int64_t piece) {
  auto *call = static_cast<HookContext *>(context);
  if (piece < 0 || piece >= call->pieces)
    return;
  int64_t chunks = call->pool->chunks;
  FloatState ieee;
  runChunks(call->pool, piece * chunks / call->pieces, (piece + 1) * chunks / call->pieces);
}

/// What kernels put on the stack (packed operands, kKernelStackBytes of lib/Lowering/CPU/KernelShell.h at most) does
/// not depend on what the program around thinks a thread needs.
constexpr size_t threadStack = size_t(2) << 20;

bool startThread(Worker &worker) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) == 0) {
    bool started = pthread_attr_setstacksize(&attributes, threadStack) == 0 &&
                   pthread_create(&worker.thread, &attributes, workerMain, &worker) == 0;
    pthread_attr_destroy(&attributes);
    if (started)
      return true;
  }
  // A program whose thread-local variables are larger than that.
  return pthread_create(&worker.thread, nullptr, workerMain, &worker) == 0;
}

void startThreads(Pool *pool) {
  pool->tried = true;
  pool->process = getpid();
  pool->started = 0;
  // With more threads than CPUs a waiting one must not keep a working one from running.
  pool->spin = pool->threads <= availableThreads();
  sigset_t all, before;
  sigfillset(&all); // the program's signal handlers do not run on these threads
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (int32_t i = 1; i < pool->threads; ++i) {
    Worker &worker = pool->workers[i];
    worker.pool = pool;
    worker.index = i;
    if (!startThread(worker))
      break; // fewer threads, the same results
    ++pool->started;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}
} // namespace

int32_t symc::rt::availableThreads() {
  unsigned long mask[1024 / sizeof(unsigned long)] = {};
  long bytes = syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
  int32_t count = 0;
  for (long i = 0; i < bytes / static_cast<long>(sizeof(unsigned long)); ++i)
    for (unsigned long word = mask[i]; word; word &= word - 1)
      ++count;
  return count < 1 ? 1 : count < maxThreads ? count : maxThreads;
}

Pool *symc::rt::poolCreate(const Allocator &allocator, int32_t threads, const symc_options &options) {
  threads = threads < 1 ? 1 : threads < maxThreads ? threads : maxThreads;
  size_t size = sizeof(Pool) + threads * (sizeof(Share) + sizeof(Worker));
  void *memory = allocator.allocate(size);
  if (!memory)
    return nullptr;
  memset(memory, 0, size);
  auto *pool = static_cast<Pool *>(memory);
  pool->size = size;
  pool->threads = threads;
  pool->user = options.user;
  pool->hook = options.parallel_for;
  pool->shares = reinterpret_cast<Share *>(pool + 1);
  pool->workers = reinterpret_cast<Worker *>(pool->shares + threads);
  return pool;
}

void symc::rt::poolStart(Pool *pool) {
  if (pool->threads > 1 && !pool->hook && !pool->tried)
    startThreads(pool);
}

void symc::rt::poolDestroy(const Allocator &allocator, Pool *pool) {
  if (!pool)
    return;
  if (pool->started > 0 && pool->process == getpid()) {
    __atomic_store_n(&pool->stop, true, __ATOMIC_RELEASE);
    __atomic_fetch_add(&pool->state, uint64_t(1) << 32, __ATOMIC_SEQ_CST);
    futex(pool->epochWord(), FUTEX_WAKE, INT_MAX);
    for (int32_t i = 1; i <= pool->started; ++i)
      pthread_join(pool->workers[i].thread, nullptr);
  }
  allocator.release(pool, pool->size);
}

void symc::rt::poolRun(Pool *pool, symc_kernel kernel, void *const *buffers, const int64_t *dims, int64_t extent,
                       int64_t grain) {
  if (extent <= 0)
    return;
  grain = grain < 1 ? 1 : grain;
  int64_t chunks = extent / grain + (extent % grain != 0);
  if (pool->threads == 1 || chunks == 1)
    return kernel(buffers, dims, 0, extent);

  pool->kernel = kernel;
  pool->buffers = buffers;
  pool->dims = dims;
  pool->extent = extent;
  pool->grain = grain;
  pool->chunks = chunks;
  if (pool->hook) {
    HookContext context{pool, chunks < 4 * pool->threads ? chunks : 4 * pool->threads};
    return pool->hook(pool->user, context.pieces, hookBody, &context);
  }
  if (!pool->tried || pool->process != getpid()) {
    pool->state = 0;
    pool->sleepers = 0;
    startThreads(pool);
  }
  if (pool->started == 0)
    return kernel(buffers, dims, 0, extent);

  int64_t parts = pool->started + 1;
  pool->parts = parts = chunks < parts ? chunks : parts;
  for (int64_t i = 0; i < parts; ++i) {
    __atomic_store_n(&pool->shares[i].next, i * chunks / parts, __ATOMIC_RELAXED);
    pool->shares[i].end = (i + 1) * chunks / parts;
  }
  uint64_t epoch = epochOf(__atomic_load_n(&pool->state, __ATOMIC_RELAXED)) + uint64_t(1);
  __atomic_store_n(&pool->state, epoch << 32 | openBit, __ATOMIC_SEQ_CST);
  wake(pool, static_cast<int32_t>(parts - 1));
  work(pool, 0);
  uint64_t state = __atomic_and_fetch(&pool->state, ~openBit, __ATOMIC_ACQ_REL);
  for (uint32_t spins = 0; state & insideMask; state = __atomic_load_n(&pool->state, __ATOMIC_ACQUIRE))
    relax(spins);
}

void symc_rt_parallel(symc_frame *frame, symc_kernel kernel, void *const *buffers, int64_t extent, int64_t grain) {
  poolRun(static_cast<Pool *>(frame->pool), kernel, buffers, frame->dims, extent, grain);
}
