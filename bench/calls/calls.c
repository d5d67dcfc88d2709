/* Part of symc, under the Apache License v2.0 with LLVM Exceptions.
 *
 * Nanoseconds of calls that do little, as a program makes them: a dense layer of 8 units, and one step of a stream
 * through an LSTM of 16 units, whose input is what it gave before. Minimum and median of 101 runs of 20,000 calls. */
#include "dense8.h"
#include "slstm.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { kRuns = 101, kCalls = 20000 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void report(const char *what, double *times) {
  qsort(times, kRuns, sizeof *times, ascending);
  printf("%-44s %7.1f %7.1f ns\n", what, times[0], times[kRuns / 2]);
}

int main(void) {
  dense8_options dense_options = dense8_options_default();
  slstm_options lstm_options = slstm_options_default();
  dense_options.threads = lstm_options.threads = 1;
  dense8 *dense;
  slstm *lstm;
  if (dense8_create(&dense_options, &dense) || slstm_create(&lstm_options, &lstm))
    return fputs("no instance\n", stderr), 1;
  dense8_initialize(dense, 1);
  slstm_initialize(lstm, 1);
  float x[8] = {.1f, .2f, .3f, .4f, .5f, .6f, .7f, .8f}, y[8], sample = .3f;
  double dense_times[kRuns], lstm_times[kRuns];
  for (int run = 0; run < kRuns; ++run) {
    double begin = now();
    for (int i = 0; i < kCalls; ++i)
      dense8_predict(dense, x, y);
    double middle = now();
    for (int i = 0; i < kCalls; ++i)
      slstm_step(lstm, &sample, &sample);
    dense_times[run] = (middle - begin) / kCalls;
    lstm_times[run] = (now() - middle) / kCalls;
  }
  printf("%-44s %7s %7s\n", "", "minimum", "median");
  report("dense layer of 8 units, predict", dense_times);
  report("LSTM of 16 units and a dense layer, a step", lstm_times);
  dense8_destroy(dense);
  slstm_destroy(lstm);
  return 0;
}
