/* forecast.c - Follows a series month by month and goes on where it ends.

   forecast MONTHS < SERIES: reads a value a line, prints the model's forecast behind each of them, then MONTHS forecasts
   more, each of them made from the one before.

   Part of symc, under the Apache License v2.0 with LLVM Exceptions. */
#include "signal_stream.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  int months = argc > 1 ? atoi(argv[1]) : 12;
  signal_stream_options options = signal_stream_options_default();
  signal_stream *model = NULL;
  float month = 0, next = 0;

  if (signal_stream_create(&options, &model)) {
    fprintf(stderr, "%s\n", signal_stream_error(model));
    return 1;
  }
  /* What the forecast needs of the past, twelve growths and the LSTM's state, stays in the instance. */
  while (scanf("%f", &month) == 1 || months-- > 1) {
    if (feof(stdin))
      month = next;
    if (signal_stream_step(model, &month, &next)) {
      fprintf(stderr, "%s\n", signal_stream_error(model));
      return 1;
    }
    printf("%.3f\n", (double)next);
  }
  signal_stream_destroy(model);
  return 0;
}
