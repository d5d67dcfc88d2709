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

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const symc_compiler_info *symc_compiler_about(void) {
  static const symc_compiler_info info = {SYMC_COMPILER_ABI, "0.1.0", "0.0.0", "fake"};
  return &info;
}

static void list(const char *name, symc_string_list items) {
  printf("%s:", name);
  for (int32_t i = 0; i < items.count; ++i)
    printf(" %s", items.items[i]);
  printf("\n");
}

/* Uses far more stack than a thread usually has. */
static int dive(int depth) {
  volatile char page[4096];
  page[0] = (char)depth;
  return depth ? dive(depth - 1) + page[0] : 0;
}

static int behave(const symc_compile_options *options) {
  char word[8] = "";
  FILE *file = fopen(options->input, "r");
  if (!file)
    return 1;
  if (!fgets(word, sizeof word, file))
    word[0] = 0;
  fclose(file);
  if (!strncmp(word, "crash", 5))
    abort();
  if (!strncmp(word, "deep", 4))
    return dive(50000) == 12345;
  if (strncmp(word, "error", 5))
    return 0;
  fprintf(stderr, options->json_diagnostics ? "{\"severity\": \"error\"}\n" : "%s:1:1: error[S0101]: no\n",
          options->input);
  return 1;
}

int symc_compiler_compile(const symc_compile_options *options) {
  int exit = behave(options);
  if (exit)
    return exit;
  if (options->emit) {
    printf("emit %s target %s level %d seed %llu threads %d\n", options->emit, options->target, options->opt_level,
           (unsigned long long)options->seed, options->threads);
    list("cpus", options->cpus);
    list("functions", options->functions);
    for (int32_t i = 0; i < options->dim_count; ++i)
      printf("dim %s = %lld\n", options->dims[i].name, (long long)options->dims[i].value);
    return 0;
  }
  FILE *from = fopen(getenv("FIXTURE"), "rb"), *to = fopen(options->output, "wb");
  if (!from || !to)
    return 3;
  for (int c; (c = getc(from)) != EOF;)
    putc(c, to);
  fclose(from);
  return fclose(to) ? 3 : 0;
}

int symc_compiler_check(const symc_compile_options *options) { return behave(options); }

int symc_compiler_grad(const symc_compile_options *options) {
  printf("d%s as %s", options->of, options->format);
  list("", options->wrt);
  return behave(options);
}
