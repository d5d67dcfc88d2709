/*===- fake_compiler.c - A compiler that copies ---------------------------===//
 *
 * Part of symc, under the Apache License v2.0 with LLVM Exceptions.
 *
 *===----------------------------------------------------------------------===//
 *
 * Stands for libSymcCompiler.so in the tests of the command line: `compile` copies
 * the library that the variable FIXTURE names; a graph file that begins with
 * `crash`, `error` or `deep` makes it do that; `--emit` prints what was asked for.
 */
#include "symc/compiler.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct symc_session {
  symc_session_options options;
};

const symc_compiler_info *symc_compiler_about(void) {
  static const symc_compiler_info info = {sizeof info, SYMC_COMPILER_ABI, "0.1.0", "0.0.0", "fake", "autodiff"};
  return &info;
}

symc_session *symc_session_create(const symc_session_options *options) {
  symc_session *session = malloc(sizeof *session);
  session->options = *options;
  return session;
}
void symc_session_destroy(symc_session *session) { free(session); }

typedef struct {
  symc_result result;
  char text[4096];
} owned;

static symc_result *make(void) {
  owned *made = calloc(1, sizeof *made);
  made->result = (symc_result){sizeof made->result, 0, NULL, NULL, 0, ""};
  return &made->result;
}
void symc_result_destroy(symc_result *result) { free(result); }

static void say(symc_result *result, const char *format, ...) {
  char *text = ((owned *)result)->text;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + result->text_size, sizeof(((owned *)result)->text) - result->text_size, format, arguments);
  va_end(arguments);
  result->text = text;
  result->text_size = strlen(text);
}

static void list(symc_result *result, const char *name, const char *const *items, int32_t count) {
  say(result, "%s:", name);
  for (int32_t i = 0; i < count; ++i)
    say(result, " %s", items[i]);
  say(result, "\n");
}

/* Uses far more stack than a thread usually has. */
static int dive(int depth) {
  volatile char page[4096];
  page[0] = (char)depth;
  return depth ? dive(depth - 1) + page[0] : 0;
}

static symc_outcome behave(symc_session *session, const symc_compile_options *options) {
  char word[8] = "";
  FILE *file = fopen(options->input, "r");
  if (!file)
    return SYMC_COMPILER_WRONG_INPUT;
  if (!fgets(word, sizeof word, file))
    word[0] = 0;
  fclose(file);
  if (!strncmp(word, "crash", 5))
    abort();
  if (!strncmp(word, "deep", 4))
    return dive(50000) == 12345 ? SYMC_COMPILER_INTERNAL : SYMC_COMPILER_DONE;
  if (strncmp(word, "error", 5))
    return SYMC_COMPILER_DONE;
  symc_place place = {sizeof place, 1, 1, 1, 6, options->input, "error", 5};
  symc_diagnostic no = {sizeof no, SYMC_SEVERITY_ERROR, "S0101", "no", "try again", "", "", &place, NULL, 0};
  session->options.diagnostic(session->options.user, &no);
  return SYMC_COMPILER_WRONG_INPUT;
}

symc_outcome symc_session_compile(symc_session *session, const symc_compile_options *options, symc_result **result) {
  symc_outcome outcome = behave(session, options);
  if (outcome != SYMC_COMPILER_DONE)
    return outcome;
  *result = make();
  if (options->emit) {
    say(*result, "emit %s target %s level %d seed %llu threads %d\n", options->emit, options->target,
        options->opt_level - SYMC_OPT_0, (unsigned long long)options->seed, options->threads);
    list(*result, "cpus", options->cpus, options->cpu_count);
    list(*result, "functions", options->functions, options->function_count);
    for (int32_t i = 0; i < options->dim_count; ++i)
      say(*result, "dim %s = %lld\n", options->dim_names[i], (long long)options->dim_values[i]);
    return SYMC_COMPILER_DONE;
  }
  FILE *from = fopen(getenv("FIXTURE"), "rb"), *to = fopen(options->output, "wb");
  if (!from || !to)
    return SYMC_COMPILER_LACKING;
  for (int c; (c = getc(from)) != EOF;)
    putc(c, to);
  fclose(from);
  return fclose(to) ? SYMC_COMPILER_LACKING : SYMC_COMPILER_DONE;
}

symc_outcome symc_session_check(symc_session *session, const symc_compile_options *options) {
  return behave(session, options);
}

symc_outcome symc_session_examine(symc_session *session, const symc_compile_options *options,
                                  const symc_examination *examination, symc_result **result) {
  *result = make();
  say(*result, "x%d", (int)examination->question);
  return behave(session, options);
}

symc_outcome symc_session_differentiate(symc_session *session, const symc_compile_options *options,
                                        const symc_formula_options *formula, symc_result **result) {
  *result = make();
  say(*result, "d%s as %s", formula->of, formula->latex ? "latex" : "text");
  list(*result, "", formula->wrt, formula->wrt_count);
  return behave(session, options);
}
