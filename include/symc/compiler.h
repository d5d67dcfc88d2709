//===- symc/compiler.h - The interface of libSymcCompiler.so --------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The `symc` program holds no compiler: the commands that compile open
// `../lib/libSymcCompiler.so` beside it and call it through this interface, so
// that running and training a compiled model load neither LLVM nor MLIR.
//
// Every function returns the exit code of the program: 0 done, 1 the input is
// wrong, 2 wrong usage, 3 the environment lacks something, 70 an internal error.
// Diagnostics go to file descriptor 2 in the form that `json_diagnostics` asks
// for, results (IR, formulas) to file descriptor 1. Nothing else is printed and
// nothing exits. A file is written to a temporary name beside its final one and
// renamed; after a failure neither is left behind.
//
// The struct is only ever extended at its end. Both sides are of one version of
// symc; a program that finds a library of another `abi` refuses it.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_COMPILER_H
#define SYMC_COMPILER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SYMC_COMPILER_ABI 1

/* `--dim batch=32`: the value of a symbolic dimension, fixed at compile time. */
typedef struct {
  const char *name;
  int64_t value;
} symc_fixed_dim;

/* A list of strings given on the command line, in the order given. */
typedef struct {
  const char *const *items;
  int32_t count;
} symc_string_list;

/* What the command line says. Strings are NULL and lists empty where it says nothing; the file system, names and
   values are not checked by the caller unless a comment says so. */
typedef struct {
  uint32_t size;     /* sizeof(symc_compile_options) of the caller */
  const char *input; /* the graph file, as given: diagnostics repeat it */

  /* libM.so, M.o or M.a by its ending. With `emit` the file that receives the text instead of standard output. */
  const char *output;
  int32_t header; /* write M.h beside the output */

  const char *target;           /* "cpu" or "cuda" (checked) */
  symc_string_list cpus;        /* "native", "x86-64-v4", an LLVM name; several: the best is picked at load */
  const char *triple;           /* another platform */
  symc_string_list gpu_archs;   /* "sm_90a" */
  const symc_fixed_dim *dims;   /* symbolic dimensions to fix; no name twice (checked) */
  int32_t dim_count;            /* number of `dims` */
  symc_string_list functions;   /* of predict, loss, gradients, train_step, evaluate, entry points; empty: all */
  const char *params;           /* a safetensors file, for embed_params */
  int32_t embed_params;         /* its tensors become the initial values (`params` is given: checked) */
  int32_t allow_extra;          /* tensors of `params` that the graph does not have are ignored */
  int32_t threads;              /* default of MODEL_options.threads */
  uint64_t seed;                /* default of MODEL_options.seed */
  int32_t opt_level;            /* 0..3 (checked) */
  int32_t fast_math;            /* recorded in the manifest */
  const char *emit;             /* "sym autodiff fused linalg llvm asm obj cuda ptx cubin dot": print it and stop */
  int32_t json_diagnostics;     /* one JSON object a line instead of text */
  int32_t time_passes;          /* time per stage and pass, on standard error */
  int32_t log_device_placement; /* the device of every node, on standard error */

  /* symc_compiler_grad only. */
  const char *of;       /* node or parameter name */
  symc_string_list wrt; /* empty: every trainable parameter; a name repeated differentiates again */
  const char *format;   /* "text" or "latex" (checked) */

  /* `functions` are what a command needs, not what an option says: a missing one is a wrong graph, not wrong usage. */
  int32_t functions_implied;
  const char *functions_option; /* otherwise the option that says it: "--functions" or "--function" */

  /* For finding out what is wrong with a number; both are in the manifest's flags. */
  const char *debug_fusion; /* "on" or "off": a kernel an op (checked) */
  const char *debug_arena;  /* "planned", "separate" or "poisoned" (checked): see BuildOptions */
} symc_compile_options;

typedef struct {
  uint32_t abi;        /* SYMC_COMPILER_ABI */
  const char *version; /* "0.1.0" */
  const char *llvm;    /* "22.1.8" */
  const char *targets; /* "x86-64": architectures that it compiles for, separated by blanks */
} symc_compiler_info;

#if defined(__GNUC__)
#define SYMC_COMPILER_EXPORT __attribute__((visibility("default")))
#else
#define SYMC_COMPILER_EXPORT
#endif

SYMC_COMPILER_EXPORT const symc_compiler_info *symc_compiler_about(void);

/* `symc compile`: the library, and `emit`. */
SYMC_COMPILER_EXPORT int symc_compiler_compile(const symc_compile_options *options);

/* `symc check`: reads and verifies; writes no file and nothing to standard output. */
SYMC_COMPILER_EXPORT int symc_compiler_check(const symc_compile_options *options);

/* `symc grad`: the derivative of `of` as formulas on standard output. */
SYMC_COMPILER_EXPORT int symc_compiler_grad(const symc_compile_options *options);

#ifdef __cplusplus
}
#endif
#endif /* SYMC_COMPILER_H */
