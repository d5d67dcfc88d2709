//===- Program.h - What a compiled model hands to the runtime -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The private contract between generated code (lib/Target/CPU/Descriptor.cpp
// writes these structs as constants) and the runtime that is linked into every
// model. Both sides are always of one version of symc, so there is no version here.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_PROGRAM_H
#define SYMC_SUPPORT_PROGRAM_H

#include "symc/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Results of evaluate and train_step that a metric over a data set is made of are called METRIC/totals. */
#define SYMC_TOTALS_ENDING "/totals"

/* A failed run-time check (index out of range, a violated assert). Kernels write it, bodies read it. */
typedef struct {
  int64_t code;  /* 0: none; else 1 + index into symc_program::checks */
  int64_t value; /* the offending value and its bound, for the message */
  int64_t bound;
} symc_check;

/* What a compiled body sees of a call. Generated code addresses the fields by their offsets. */
typedef struct symc_frame {
  const int64_t *dims;    /*  0: values of the model's symbolic dimensions, in model order */
  void *const *inputs;    /*  8: in function order */
  void *const *outputs;   /* 16: in function order, never NULL inside */
  void *const *slots;     /* 24: persistent tensors: the parameters, then the optimizer state */
  char *arena;            /* 32: 64-byte aligned */
  const int64_t *offsets; /* 40: one an arena buffer, in bytes */
  void *pool;             /* 48: for symc_rt_parallel */
  uint64_t seed;          /* 56: seed of dropout and random operators */
  int64_t step;           /* 64: completed training steps */
  symc_check check;       /* 72 */
  void (*print)(void *user, const char *label, const DLTensor *value);  /* 96: for symc_rt_print, as in symc_options */
  void *user;                                                           /* 104 */
  void (*trace)(void *user, const symc_trace_part *part, int32_t ends); /* 112: for symc_rt_traced */
  void *trace_user;                                                     /* 120 */
} symc_frame;

/* A kernel computes the part [begin, end) of its outermost parallel index space. Which part it is given does not
   change any bit of the result. */
typedef void (*symc_kernel)(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end);

/* Runs `kernel` over [0, extent) in chunks of `grain` (the last may be shorter), on the instance's threads. Called by
   generated bodies only; returns when all chunks are done. One thread or one chunk: a direct call. */
void symc_rt_parallel(symc_frame *frame, symc_kernel kernel, void *const *buffers, int64_t extent, int64_t grain);

/* The same in a library with trace points, for every kernel; a `grain` below 0: one direct call. The rest is as in
   symc_trace_part, of all parts together. */
void symc_rt_traced(symc_frame *frame, symc_kernel kernel, void *const *buffers, int64_t extent, int64_t grain,
                    const char *about, int64_t read_bytes, int64_t written_bytes, int64_t flops);

/* Hands a dense tensor to the caller's hook, if there is one. Called by generated bodies only. */
void symc_rt_print(const symc_frame *frame, const char *label, void *data, int32_t code, int32_t bits, int32_t rank,
                   const int64_t *shape);

/* An arena buffer lives from the end of step `first`-1 to the end of step `last` of its body (inclusive). */
typedef struct {
  int32_t first, last;
} symc_buffer;

typedef struct {
  int32_t buffer_count;
  const symc_buffer *buffers;
  /* Byte sizes of the buffers, and the shapes of the outputs one after another, at these dimensions. Not 0: they do not
     do for the function; `check` says why. */
  int32_t (*sizes)(const int64_t *dims, int64_t *bytes, int64_t *shapes, symc_check *check);
} symc_entry;

typedef enum {
  SYMC_INIT_ZEROS = 0,        /* a, b unused */
  SYMC_INIT_CONSTANT,         /* a: the value (ones: 1); of i64 a + b, exactly */
  SYMC_INIT_UNIFORM,          /* a: low, b: high */
  SYMC_INIT_NORMAL,           /* a: mean, b: stddev */
  SYMC_INIT_TRUNCATED_NORMAL, /* a: mean, b: stddev; cut at 2 stddev */
  SYMC_INIT_ORTHOGONAL,       /* a: gain */
  SYMC_INIT_IDENTITY,         /* a: gain */
  SYMC_INIT_DATA              /* data: the bytes */
} symc_init;

/* A persistent tensor. The fan-based initialisers are resolved to UNIFORM or NORMAL at compile time. */
typedef struct {
  const char *name; /* parameters: as in the graph; state: "adam/m/W1" */
  DLDataType dtype;
  int32_t rank;
  const int64_t *shape;
  int64_t count;
  int32_t init;    /* symc_init */
  uint32_t stream; /* CRC-32 of the name: the Philox stream */
  double a, b;
  const void *data;
  int32_t resets; /* state of a stream, which reset initialises again */
} symc_slot;

typedef int32_t (*symc_body)(symc_frame *frame); /* 0, or a check failed */

/* The code of all functions for one CPU. Instruction sets differ in the scratch memory that their kernels want, so each
   has its own buffers. */
typedef struct {
  const char *cpu;           /* "x86-64-v4" */
  uint64_t features;         /* SYMC_CPU_* bits that it needs */
  const symc_body *bodies;   /* one a function */
  const symc_entry *entries; /* one a function */
} symc_variant;

enum {
  SYMC_CPU_SSE4_2 = 1 << 0, /* with SSSE3, SSE4.1, POPCNT, CX16: x86-64-v2 */
  SYMC_CPU_AVX2 = 1 << 1,   /* with AVX, BMI1, BMI2, F16C, LZCNT, MOVBE: x86-64-v3 without FMA */
  SYMC_CPU_FMA = 1 << 2,
  SYMC_CPU_AVX512 = 1 << 3, /* F, BW, CD, DQ, VL: x86-64-v4 */
  SYMC_CPU_AVX512_VNNI = 1 << 4,
  SYMC_CPU_AVX512_BF16 = 1 << 5
};

typedef struct symc_program {
  symc_model model;   /* first: a symc_model * of a library is a symc_program * */
  int32_t slot_count; /* parameters, then state */
  int32_t variant_count;
  const symc_slot *slots;
  const symc_variant *variants; /* best first */
  const char *const *checks;    /* messages, with {value} and {bound} where they stand */
} symc_program;

/* What generated wrappers and model tables name. Arguments that a caller can get wrong are checked here. */
symc_status symc_rt_create(const symc_model *model, const symc_options *options, symc_instance **out);
void symc_rt_destroy(symc_instance *instance);
const char *symc_rt_error(const symc_instance *instance);
symc_status symc_rt_initialize(symc_instance *instance, uint64_t seed);
symc_status symc_rt_load_parameters(symc_instance *instance, const char *path);
symc_status symc_rt_load_parameters_subset(symc_instance *instance, const char *path);
symc_status symc_rt_save_parameters(symc_instance *instance, const char *path);
symc_status symc_rt_save_state(symc_instance *instance, const char *path, const char *note);
symc_status symc_rt_load_state(symc_instance *instance, const char *path, const char **note);
symc_status symc_rt_parameter(symc_instance *instance, const char *name, DLTensor *out);
symc_status symc_rt_reserve(symc_instance *instance, const int64_t *dims);
symc_status symc_rt_share_parameters(symc_instance *instance, symc_instance *owner);
int64_t symc_rt_step(const symc_instance *instance);
symc_status symc_rt_reset(symc_instance *instance);
symc_status symc_rt_trace(symc_instance *instance, void (*hook)(void *user, const symc_trace_part *part, int32_t ends),
                          void *user);
symc_status symc_rt_call(symc_instance *instance, int32_t function, const DLTensor *inputs, const DLTensor *outputs);
symc_status symc_rt_output_shape(const symc_model *model, int32_t function, int32_t output, const int64_t *dims,
                                 int64_t *shape);
symc_status symc_rt_plan(const symc_model *model, int32_t function, const int64_t *dims, int64_t *arena_bytes,
                         int64_t *live_bytes);

/* The typed functions: `dims` holds the dimensions of the function in its own order; outputs beyond the typed ones
   (metrics of train_step) are passed as NULL by the wrapper. NULL or overlapping buffers are a status. */
symc_status symc_rt_call_typed(symc_instance *instance, const symc_model *model, int32_t function, const int64_t *dims,
                               const void *const *inputs, void *const *outputs);

#ifdef __cplusplus
}
#endif
#endif /* SYMC_SUPPORT_PROGRAM_H */
