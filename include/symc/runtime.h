//===- symc/runtime.h - The reflection interface of a compiled model ------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Every library that symc writes exports one reflection entry,
//
//     const symc_model *MODEL_model(void);
//
// through which a program that does not know the model at compile time can read
// its signature and call it. `symc run`, `symc train`, `symc bench` and the Python
// module use nothing else.
//
// The struct begins with an ABI version and its size and is only ever extended at
// its end. A reader refuses a version that it does not know. Everything that the
// struct points to is constant, belongs to the library and lives as long as it.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_RUNTIME_H
#define SYMC_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

/* DLPack's tensor (https://github.com/dmlc/dlpack, version 1.0), reproduced so that this header stands alone. */
#ifndef DLPACK_DLPACK_H_
#define DLPACK_DLPACK_H_
#ifdef __cplusplus
extern "C" {
#endif
typedef struct {
  int32_t device_type; /* 1: kDLCPU */
  int32_t device_id;
} DLDevice;
typedef struct {
  uint8_t code; /* 0 signed integer, 1 unsigned integer, 2 IEEE float, 4 bfloat, 6 bool */
  uint8_t bits;
  uint16_t lanes; /* 1 */
} DLDataType;
typedef struct DLTensor {
  void *data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t *shape;
  int64_t *strides; /* in elements; NULL: dense and row-major */
  uint64_t byte_offset;
} DLTensor;
#ifdef __cplusplus
}
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define SYMC_ABI_VERSION 1

/* The same values as MODEL_status of every generated header. */
typedef enum {
  SYMC_OK = 0,
  SYMC_INVALID_ARGUMENT,
  SYMC_OUT_OF_MEMORY,
  SYMC_IO_ERROR,
  SYMC_UNSUPPORTED,
  SYMC_CHECK_FAILED,
  SYMC_INTERNAL
} symc_status;

/* The same layout as MODEL_options of every generated header. */
typedef struct {
  uint32_t size;   /* sizeof(symc_options) of the caller, so that the struct can grow */
  int32_t threads; /* 0: as many as the process may use */
  uint64_t seed;
  void *user;                                                    /* passed to the hooks below */
  void *(*allocate)(void *user, size_t bytes, size_t alignment); /* NULL: the library's own */
  void (*release)(void *user, void *memory, size_t bytes);
  void (*parallel_for)(void *user, int64_t chunks, void (*body)(void *context, int64_t chunk), void *context);
  /* Takes what `print` of the graph shows, on the thread of the call; `value` is there until it returns. NULL: nothing
     does. */
  void (*print)(void *user, const char *label, const struct DLTensor *value);
} symc_options;

/* A symbolic dimension. A call with a value outside [min, max], or one that is no multiple, is a status. */
typedef struct {
  const char *name;
  int64_t min, max; /* max: INT64_MAX when unbounded */
  int64_t multiple_of;
} symc_dim;

/* An input or output of a function. */
typedef struct {
  const char *name;
  const char *type; /* as in the graph file: "f32[batch, 2]" */
  const char *doc;  /* may be empty, never NULL */
  DLDataType dtype;
  int32_t rank;
  const int64_t *shape; /* one entry an axis: the size, or -1 where it depends on symbolic dimensions */
  const int32_t *dims;  /* one entry an axis: index of the symbolic dimension that it is, or -1 */
} symc_argument;

enum {
  SYMC_FUNCTION_UPDATES_STATE = 1, /* train_step: writes parameters and optimizer state, counts one step */
  SYMC_FUNCTION_TRAINING_MODE = 2, /* dropout on, batch statistics; a call without examples is a status */
  SYMC_FUNCTION_LATE_CHECKS = 4,   /* a call that fails a check has computed results, which it keeps to itself */
  SYMC_FUNCTION_MEASURES = 8       /* statistics: results are called as the parameters that training fills with them */
};

typedef struct {
  const char *name; /* "predict", "loss", "gradients", "train_step", "evaluate" or an entry point */
  const char *doc;
  int32_t flags;
  int32_t input_count, output_count;
  const symc_argument *inputs;
  /* predict: the outputs. loss: the loss. gradients: one a trainable parameter, named like it.
     train_step, evaluate: the loss, then the metrics, then, as METRIC/totals, the sums over the examples of the call
     that a metric of that name, or the loss, is made of over a data set. Typed functions do not have those. */
  const symc_argument *outputs;
  int32_t dim_count;   /* symbolic dimensions that the typed function takes, ... */
  const int32_t *dims; /* ... in that order, as indices into symc_model::dims */
  int32_t kernels;     /* number of kernels that one call launches */
} symc_function;

typedef struct {
  const char *name;
  const char *type;
  const char *doc;
  DLDataType dtype;
  int32_t rank;
  const int64_t *shape;
  int64_t count; /* number of elements */
  int32_t trainable;
} symc_parameter;

/* A part of a kernel's work, as `trace` tells it. */
typedef struct {
  uint32_t size;
  int32_t reserved;
  /* One JSON object, the same pointer for all parts of a step of the program: {"kernel": "k3", "kind": "contraction",
     "nodes": [{"node": "fc1", "time": 0.98, "memory": 1}]}. Of what the kernel is made of, those with most arithmetic
     first; `time` and `memory` are their shares of its arithmetic and of what it writes, as the compiler estimates. */
  const char *about;
  /* Of this part: its share of the buffers that the kernel reads and writes, each counted once and whole, and of its
     operations on floating-point numbers. */
  int64_t read_bytes, written_bytes, flops;
} symc_trace_part;

typedef struct symc_instance symc_instance;

typedef struct symc_model {
  uint32_t abi;  /* SYMC_ABI_VERSION */
  uint32_t size; /* sizeof(symc_model) of the library */
  const char *name;
  const char *manifest; /* JSON; see `symc inspect` */
  int32_t dim_count, function_count, parameter_count, reserved;
  const symc_dim *dims;
  const symc_function *functions;
  const symc_parameter *parameters;

  /* Instance life cycle and state. One instance is used by one thread at a time. A call that returns a status other
     than SYMC_OK changes nothing. */
  symc_status (*create)(const struct symc_model *model, const symc_options *options, symc_instance **out);
  void (*destroy)(symc_instance *instance);
  /* The message of the last failure of `instance`; of the last failed create on this thread for NULL. */
  const char *(*error)(const symc_instance *instance);
  symc_status (*initialize)(symc_instance *instance, uint64_t seed);
  /* What is loaded is read as a whole before anything is replaced: for a moment it is held twice. */
  symc_status (*load_parameters)(symc_instance *instance, const char *path);
  /* Ignores tensors of the file that the model does not have. */
  symc_status (*load_parameters_subset)(symc_instance *instance, const char *path);
  symc_status (*save_parameters)(symc_instance *instance, const char *path);
  /* Full training state. `note` (may be NULL) is kept in the file and given back by load_state. The file appears
     whole or not at all; it carries a checksum, which load_state verifies. */
  symc_status (*save_state)(symc_instance *instance, const char *path, const char *note);
  /* `note` (may be NULL) receives a string owned by the instance, valid until its next load_state. */
  symc_status (*load_state)(symc_instance *instance, const char *path, const char **note);
  /* A view of a parameter: `out` points into the instance, and so do its shape and strides. */
  symc_status (*parameter)(symc_instance *instance, const char *name, DLTensor *out);
  /* Allocates ahead for these values of all symbolic dimensions, in the order of `dims`. */
  symc_status (*reserve)(symc_instance *instance, const int64_t *dims);
  /* `instance` uses the parameters of `owner` from now on; the memory lives until the last user is destroyed. */
  symc_status (*share_parameters)(symc_instance *instance, symc_instance *owner);
  /* The number of completed training steps. */
  int64_t (*step)(const symc_instance *instance);

  /* Calls function `function` on dense row-major CPU tensors owned by the caller. Output tensors have data and
     shape set by the caller; an output whose data is NULL is computed and dropped. Kernels of matrix products and
     convolutions keep packed operands on the stack (kKernelStackBytes of lib/Lowering/CPU/KernelShell.h): a thread that
     calls needs 1 MiB. */
  symc_status (*call)(symc_instance *instance, int32_t function, const DLTensor *inputs, const DLTensor *outputs);

  /* Without an instance: the values of all symbolic dimensions are given in the order of `dims`. */
  symc_status (*output_shape)(const struct symc_model *model, int32_t function, int32_t output, const int64_t *dims,
                              int64_t *shape);
  symc_status (*plan)(const struct symc_model *model, int32_t function, const int64_t *dims, int64_t *arena_bytes,
                      int64_t *live_bytes);

  /* Streams begin anew: the next call of a function with a stream takes the first step. */
  symc_status (*reset)(symc_instance *instance);

  /* NULL where the library is compiled without trace points. From now on calls of the instance call `hook` when a part
     of a kernel begins and when it ends (`ends` 0, then 1), on the thread that computes it, several threads at once;
     a NULL hook ends that. */
  symc_status (*trace)(symc_instance *instance, void (*hook)(void *user, const symc_trace_part *part, int32_t ends),
                       void *user);
} symc_model;

#ifdef __cplusplus
}
#endif
#endif /* SYMC_RUNTIME_H */
