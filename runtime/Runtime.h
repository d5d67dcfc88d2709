//===- Runtime.h - What the runtime's own files share ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The runtime is linked into every compiled model and must run wherever glibc 2.17
// does, so it is C++ without the C++ library: no exceptions, RTTI, global
// constructors or `std::` with code behind it, and only old libc names (no stat,
// pthread_cond or sched_getaffinity, which are versioned by structure or argument).
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_RUNTIME_RUNTIME_H
#define SYMC_RUNTIME_RUNTIME_H

#include "lib/Support/ElementTypes.h"
#include "lib/Support/Program.h"
#include "lib/Support/Safetensors.h"
#include <stdarg.h>
#include <string.h>

namespace symc::rt {

inline const symc_program *programOf(const symc_model *model) { return reinterpret_cast<const symc_program *>(model); }

//===- Text.cpp -------------------------------------------------------------===//

/// A name from outside (a file, a caller) as it is shown: control characters escaped, cut to 80 bytes.
struct Shown {
  char text[4 * 80 + 4];
  Shown(const char *bytes, size_t size);
  explicit Shown(const char *string) : Shown(string, strlen(string)) {}
};

/// "[3, 4]".
struct ShownShape {
  char text[32 * 22];
  ShownShape(const int64_t *shape, int64_t rank);
};

/// Sets the message of `instance`, or that of this thread for NULL, and gives `status` back.
symc_status fail(symc_instance *instance, symc_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
char *threadError();

const char *typeName(DLDataType type);

/// No sum of sizes below this overflows when it is rounded up.
constexpr int64_t maxBytes = INT64_MAX / 4;
constexpr int64_t alignment = 64;
inline int64_t alignUp(int64_t bytes) { return (bytes + alignment - 1) & -alignment; }

/// Gives the buffers offsets in one arena. `bytes` are rounded up to 64 in place. Deterministic. `scratch` holds
/// planScratch(count) bytes. False when the sizes are no sizes, or no memory could hold them.
bool planArena(const symc_buffer *buffers, int32_t count, void *scratch, int64_t *bytes, int64_t *offsets,
               int64_t *arenaBytes, int64_t *liveBytes);
size_t planScratch(int32_t count);

/// The plan of one function at one set of dimensions. The tables are as long as the function needs them.
struct Plan {
  int64_t *dims;    // of the model
  int64_t *bytes;   // of the buffers
  int64_t *offsets; // of the buffers
  int64_t *shapes;  // of the outputs, one after another
  int64_t *outputBytes, *inputBytes;
  int64_t arenaBytes, liveBytes;
  uint64_t used; // for replacing the least recently used plan; 0: empty
};
constexpr int plansPerFunction = 4;

//===- Floating-point state ---------------------------------------------------===//

/// IEEE arithmetic, whatever rounding, traps and treatment of tiny numbers the program around has set: the same bits
/// in any caller. While it lives; then everything is as before: the flags that the call raises are dropped.
class FloatState {
public:
  static constexpr uint32_t standard = 0x1f80, flags = 0x3f;
  FloatState() : before(__builtin_ia32_stmxcsr()) {
    if ((before & ~flags) != standard)
      __builtin_ia32_ldmxcsr(standard);
  }
  FloatState(const FloatState &) = delete;
  ~FloatState() { __builtin_ia32_ldmxcsr(before); }

private:
  uint32_t before;
};

//===- Parallel.cpp ---------------------------------------------------------===//

struct Pool;
int32_t availableThreads();
/// Creates no threads yet: the first parallel call or `poolStart` does.
Pool *poolCreate(const Allocator &allocator, int32_t threads, const symc_options &options);
void poolStart(Pool *pool);
void poolDestroy(const Allocator &allocator, Pool *pool);
/// For tests and the runtime's own loops.
void poolRun(Pool *pool, symc_kernel kernel, void *const *buffers, const int64_t *dims, int64_t extent, int64_t grain);

//===- Philox.cpp, Initialize.cpp, Math.cpp --------------------------------===//

void philox(uint64_t seed, uint64_t index, uint32_t stream, uint32_t step, uint32_t bits[4]);
/// Fills a tensor as its slot says. `scratch` holds initializeScratch(slot) numbers.
void initializeSlot(const symc_slot &slot, uint64_t seed, void *data, double *scratch);
size_t initializeScratch(const symc_slot &slot);

double logOf(double x);                             // x > 0, normal
void cosSinOfTurns(double u, double *c, double *s); // of 2 pi u, u in [0, 1)
double inverseNormal(double p);                     // 0 < p < 1, not far in the tails

//===- Cpu.cpp --------------------------------------------------------------===//

/// SYMC_CPU_* bits of this machine, with the operating system's support.
uint64_t cpuFeatures();
const char *cpuFeatureName(uint64_t bit);

} // namespace symc::rt

/// The parameters of one or several instances.
struct symc_rt_parameters {
  int64_t references;
  symc::rt::Allocator allocator;
  size_t bytes;
  char *data;
};

struct symc_instance {
  const symc_program *program;
  const symc_variant *variant;
  symc::rt::Allocator allocator;
  size_t size; // of this object with the tables behind it

  symc_rt_parameters *parameters;
  char *state; // optimizer state
  size_t stateBytes;
  void **slots;

  char *arena;
  size_t arenaBytes;
  symc::rt::Plan *plans; // plansPerFunction a function
  void *planScratch;
  uint64_t clock;
  symc::rt::Pool *pool;

  uint64_t seed;
  int64_t step;
  void (*print)(void *user, const char *label, const DLTensor *value); // of the options, with its argument
  void *user;
  void (*trace)(void *user, const symc_trace_part *part, int32_t ends);
  void *traceUser;

  // For one call.
  int64_t *dims;
  void **inputs, **outputs;
  void **results; // of the caller, where the outputs are held back until the call has succeeded
  struct symc_rt_span *spans;

  int64_t **strides; // of the parameters, for views
  char *note;
  size_t noteBytes;
  char error[symc::rt::errorSize];
};

/// A buffer of a call, for the search for overlaps.
struct symc_rt_span {
  uintptr_t begin, end;
  int32_t index; // inputs first, then outputs
};

namespace symc::rt {

//===- Plan.cpp -------------------------------------------------------------===//

/// The plan for `instance->dims`, from the cache or made now.
symc_status findPlan(symc_instance *instance, int32_t function, Plan **out);
/// Fills a plan whose tables are there and whose dims are set.
symc_status makePlan(symc_instance *instance, const symc_program *program, const symc_variant *variant,
                     int32_t function, void *scratch, Plan &plan);
/// Plans all functions at these dimensions and grows the arena.
symc_status reserveAll(symc_instance *instance, const int64_t *dims);
/// Dimensions that a function does not use have their minimum, so that equal calls look equal.
void resetDims(symc_instance *instance);
/// Code may look at the first element of an empty tensor, without using it: one that stands at the end of an arena has
/// memory behind it.
constexpr int64_t beyondArena = 64;
symc_status growArena(symc_instance *instance, int64_t bytes);
/// Checks a value against the bounds of the model's dimension `dim`.
symc_status checkDim(symc_instance *instance, const symc_model *model, int32_t dim, int64_t value);

/// Cuts tables out of one block; with no block, only counts.
struct Carver {
  char *block = nullptr;
  size_t used = 0;
  template <typename T> T *take(size_t count) {
    T *table = block ? reinterpret_cast<T *>(block + used) : nullptr;
    used += (count * sizeof(T) + 63) & ~size_t(63);
    return table;
  }
};
void carvePlan(Carver &carver, const symc_program *program, const symc_variant *variant, int32_t function, Plan &plan);
/// The variant that `create` would take on this CPU; the last, least demanding one when none suits.
const symc_variant *likelyVariant(const symc_program *program);
int64_t elementBytes(DLDataType type);
/// SYMC_CHECK_FAILED with the check's message.
symc_status failCheck(symc_instance *instance, const symc_program *program, const symc_check &check);

//===- SafetensorsRead.cpp ---------------------------------------------------===//

/// The length of the UTF-8 sequence at `text` with at most `size` bytes; 0: it is none.
size_t utf8Length(const char *text, size_t size);

} // namespace symc::rt

#endif // SYMC_RUNTIME_RUNTIME_H
