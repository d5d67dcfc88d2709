//===- symc/compiler.h - The compiler as a library ------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The interface of libSymcCompiler.so. `symc` is one program that uses it: it opens
// the library when it compiles, so that running and training a compiled model load
// neither LLVM nor MLIR.
//
//     symc_session_options settings = {sizeof settings, 0, user, receive};
//     symc_session *session = symc_session_create(&settings);
//     symc_compile_options options = {sizeof options};
//     options.input = "perceptron.json";
//     options.output = "libperceptron.so";
//     if (symc_session_compile(session, &options, NULL) != SYMC_COMPILER_DONE)
//       ...                                // `receive` was told why
//     symc_session_destroy(session);
//
// Structs. Each begins with its size, is only ever extended at its end, and means by
// zeros what it means when nothing is said. A caller sets `size` to its own sizeof:
// fields that a shorter struct lacks are zero, and a longer one is refused unless
// what the library does not know is zero. The library sets the size of the structs that it
// makes.
//
// Ownership. What a caller passes is read during the call alone. What a callback
// receives lives until the callback returns. A result belongs to the caller, who
// gives it to symc_result_destroy; it outlives its session.
//
// Threads. A session is used by one thread at a time, several sessions by as many
// threads at once. A call uses the stack of its thread, more of it the deeper a graph
// nests: `symc` gives it 64 MiB at least. Callbacks are called on the thread that
// called, before the call returns, when all is compiled: they may call the library, and
// destroy the session. They return: no longjmp() and no exception leaves them.
//
// Errors. What is wrong with a graph, a file or an option is a diagnostic, and the
// outcome says whose mistake it was. A file appears whole or not at all. Nothing is
// printed and nothing exits; but where memory runs out, or LLVM finds an error of its
// own, LLVM aborts the process: who cannot have that calls from a child, like `symc`.
// Before that the new-handler of the process is called (std::set_new_handler), for
// LLVM's own allocations too, and may end the process in another way.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_COMPILER_H
#define SYMC_COMPILER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A program and the library are of one version of symc: a program refuses a library with another number. */
#define SYMC_COMPILER_ABI 2

#if defined(__GNUC__)
#define SYMC_COMPILER_EXPORT __attribute__((visibility("default")))
#else
#define SYMC_COMPILER_EXPORT
#endif

/* What the library is. Constant, and as long-lived as the library. */
typedef struct {
  uint32_t size;
  uint32_t abi;        /* SYMC_COMPILER_ABI */
  const char *version; /* "0.1.0" */
  const char *llvm;    /* "22.1.8" */
  const char *targets; /* "x86-64": architectures that it compiles for, separated by blanks */
  const char *stages;  /* "sym dot autodiff ...": what symc_compile_options.emit may name, separated by blanks */
} symc_compiler_info;

SYMC_COMPILER_EXPORT const symc_compiler_info *symc_compiler_about(void);

/*===- Diagnostics ----------------------------------------------------------===*/

typedef enum { SYMC_SEVERITY_ERROR = 0, SYMC_SEVERITY_WARNING, SYMC_SEVERITY_NOTE, SYMC_SEVERITY_REMARK } symc_severity;

/* A place in a text. Lines and columns count from 1, columns in bytes; the end is exclusive, and 0 where it is not
   known. Line 0 stands for the file as a whole, and an empty name for the options of the call. */
typedef struct {
  uint32_t size;
  uint32_t line, column;
  uint32_t end_line, end_column;
  const char *file; /* as the options name it; never NULL */
  const char *text; /* the line as it is in the file, without its end and not terminated; NULL: not known */
  uint64_t text_size;
} symc_place;

typedef struct {
  uint32_t size;
  const char *message;
  const symc_place *place;
} symc_note;

/* Texts are one line of valid UTF-8, empty where there is nothing to say, never NULL. */
typedef struct {
  uint32_t size;
  int32_t severity; /* a symc_severity */
  const char *code; /* "S0301": docs/errors.md lists them all */
  const char *message;
  const char *hint;       /* what may help */
  const char *suggestion; /* the bare word that was probably meant */
  const char *option;     /* the field of the options that is wrong */
  const symc_place *place;
  const symc_note *const *notes; /* what belongs to it: where the first of two duplicates is, ... */
  int32_t note_count;
} symc_diagnostic;

/*===- Sessions -------------------------------------------------------------===*/

typedef struct {
  uint32_t size;
  int32_t reserved; /* 0 */
  void *user;       /* passed to the callback */
  /* Called for every diagnostic of a call, in the order of files, lines and columns; NULL: they are dropped. At most
     100 errors are told one by one, a note says how many more there are. */
  void (*diagnostic)(void *user, const symc_diagnostic *diagnostic);
} symc_session_options;

typedef struct symc_session symc_session;

/* NULL when `options` are not understood, or `reserved` is not 0. */
SYMC_COMPILER_EXPORT symc_session *symc_session_create(const symc_session_options *options);
/* NULL does nothing. */
SYMC_COMPILER_EXPORT void symc_session_destroy(symc_session *session);

/*===- Compiling ------------------------------------------------------------===*/

typedef enum {
  SYMC_COMPILER_DONE = 0,
  SYMC_COMPILER_WRONG_INPUT,   /* the graph or a file that it names; or a result cannot be written where it should be */
  SYMC_COMPILER_WRONG_OPTIONS, /* nothing but the options of the call */
  SYMC_COMPILER_LACKING,       /* the system lacks room on a disk, or open files */
  SYMC_COMPILER_INTERNAL       /* an error of symc: please report it */
} symc_outcome;

typedef enum { SYMC_OPT_DEFAULT = 0, SYMC_OPT_0, SYMC_OPT_1, SYMC_OPT_2, SYMC_OPT_3 } symc_opt_level;

/* What is asked for. A list is an array and its length, in the order in which it counts; none of its texts is NULL. */
typedef struct {
  uint32_t size;
  int32_t opt_level; /* a symc_opt_level; by default 2 */

  const char *input; /* the graph file; diagnostics repeat the name as it is given */
  const char *text;  /* the text of the graph, below 2 GiB; the file then is not read. NULL: that of the file */
  uint64_t text_size;

  /* Either the file to write, libM.so, M.o or M.a by its ending, or the stage to stop at, whose text (of `obj` the
     bytes) is the result of the call. */
  const char *output;
  const char *emit;
  int32_t header; /* write M.h beside the output */

  int32_t threads; /* default of MODEL_options.threads, 0 or more */
  uint64_t seed;   /* default of MODEL_options.seed */

  const char *target;           /* "cpu", also when NULL */
  const char *triple;           /* another platform */
  const char *const *cpus;      /* "native", "x86-64-v4", an LLVM name; several: the best is picked at load */
  const char *const *gpu_archs; /* "sm_90a" */
  const char *const *dim_names; /* symbolic dimensions to fix; no name twice */
  const int64_t *dim_values;    /* one a name */
  const char *const *functions; /* of predict, loss, gradients, train_step, evaluate, entry points; none: all */
  int32_t cpu_count, gpu_arch_count, dim_count, function_count;
  int32_t functions_required; /* a function that the model lacks is a mistake of the graph, not of the options */

  const char *params;           /* a safetensors file whose tensors become the initial values */
  int32_t allow_extra;          /* tensors of `params` that the graph does not have are ignored */
  int32_t fast_math;            /* recorded in the manifest */
  int32_t time_passes;          /* measures: see symc_result.timings */
  int32_t log_device_placement; /* a remark a node: its device */

  /* For finding out what is wrong with a number; the first two are in the manifest's flags. */
  const char *debug_fusion; /* "on", also when NULL, or "off": a kernel an op */
  const char *debug_arena;  /* "planned", also when NULL, "separate" or "poisoned": see ArenaMode of the lowering */
  int32_t debug_verify;     /* verifies the module after every pass: changes nothing, and takes its time */
  int32_t debug_values;     /* `predict` also gives the value of every op, for symc_session_examine */

  /* In place of what the section `train` of the graph says: recorded in the manifest. */
  const char *const *freeze;   /* patterns of the parameters that are not trained; none: those of the graph */
  const double *learning_rate; /* of the optimizer; NULL: that of the graph */
  int32_t freeze_count;

  int32_t allow_missing; /* what `params` lacks, or has with another type, keeps its initial value: a remark */

  /* For watching a model at work. */
  int32_t trace_points;   /* kernels tell when they run: symc_model.trace; in the manifest's flags */
  int32_t describe_graph; /* the manifest has the nodes of the graph: {"graph": {"device", "nodes": [...]}} */
  int32_t watched_count;  /* An entry point `_watched` gives the values of these nodes and inputs, by their names, */
  const char *const *watched; /* in inference; a name of parameters with four dimensions is none of its results. */
} symc_compile_options;

/* What symc_session_differentiate prints. */
typedef struct {
  uint32_t size;
  int32_t latex;          /* LaTeX instead of NumPy */
  const char *of;         /* a node, input or parameter; NULL: the loss */
  const char *const *wrt; /* none: every trainable parameter; a name repeated differentiates again */
  int32_t wrt_count;
} symc_formula_options;

/* A tensor, row-major. */
typedef struct {
  uint32_t size;
  int32_t rank;
  const char *name;
  const char *element;     /* "f32" */
  const int64_t *shape;    /* of `rank` sizes */
  const double *reals;     /* the elements of a floating type */
  const int64_t *integers; /* those of any other; bool 0 or 1, u64 by its bits */
} symc_array;

typedef enum {
  /* `values` are what `predict` gives of a library that was compiled with debug_values: which op is the first whose
     value the reference does not get from the same operands? */
  SYMC_EXAMINE_NODES = 0,
  /* `values` are the results of `function`: which is the first that differs? */
  SYMC_EXAMINE_RESULTS,
  /* `values` as of NODES: which op is the first that makes a NaN or an infinity out of finite operands (or a NaN out of
     infinities that the graph itself says)? One whose elements reach a result is before one whose elements do not; of
     those, where `function` is "gradients", since gradients are not finite, only what the loss is made of is named. */
  SYMC_EXAMINE_NOT_FINITE,
  /* No values: which pass is the first after which the reference gives other results? */
  SYMC_EXAMINE_PASSES
} symc_question;

/* What symc_session_examine is asked. The reference is an interpreter in f64; how far a library's roundings may lead is
   tried with random ones. */
typedef struct {
  uint32_t size;
  int32_t question;                   /* a symc_question */
  const char *function;               /* of RESULTS, NOT_FINITE */
  const symc_array *const *arguments; /* inputs, parameters and state, by name */
  const symc_array *const *values;
  int32_t argument_count, value_count;
  int64_t seed, step; /* of the random numbers */
} symc_examination;

typedef struct {
  uint32_t size;
  int32_t file_count;
  const char *const *files; /* what was written, the library first */
  const char *text;         /* of a stage, or formulas, with a NUL behind it; NULL: none was asked for */
  uint64_t text_size;
  const char *timings; /* a table for people; empty when nothing was measured */
} symc_result;

/* `symc compile`. `result` may be NULL; it receives NULL unless the outcome is SYMC_COMPILER_DONE. */
SYMC_COMPILER_EXPORT symc_outcome symc_session_compile(symc_session *session, const symc_compile_options *options,
                                                       symc_result **result);

/* `symc check`: reads and verifies, writes nothing. Of the options those are used that say what is read. */
SYMC_COMPILER_EXPORT symc_outcome symc_session_check(symc_session *session, const symc_compile_options *options);

/* `symc grad`: the text of the result are the derivatives, a formula a line. */
SYMC_COMPILER_EXPORT symc_outcome symc_session_differentiate(symc_session *session, const symc_compile_options *options,
                                                             const symc_formula_options *formula, symc_result **result);

/* `symc bisect`: the text of the result is what was found, one JSON object: `node` and its `op`, or `function` and its
   `result`; the `pass`; the place (`file`, `line`, `column`); and of the first element that is wrong `element` (its
   index), `value`, `reference` and `allowed`, with how many `differ` of how many `elements`. Of what is not finite:
   `of_infinities`, true where the operands are so, too; `reaches_result`, false where no result is so because of it.
   There is no text when nothing was found. */
SYMC_COMPILER_EXPORT symc_outcome symc_session_examine(symc_session *session, const symc_compile_options *options,
                                                       const symc_examination *examination, symc_result **result);

/* NULL does nothing. */
SYMC_COMPILER_EXPORT void symc_result_destroy(symc_result *result);

#ifdef __cplusplus
}
#endif
#endif /* SYMC_COMPILER_H */
