/* Part of symc, under the Apache License v2.0 with LLVM Exceptions.

   write PROMPT LENGTH TEMPERATURE: reads PROMPT, then writes LENGTH characters, each drawn with the probabilities that the
   model gives after all before it. The parameters are in the library. */
#include "char_lstm.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ALPHABET of alice.py. */
static const char alphabet[] = "\n !\"'()*,-.29:;?ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_`abcdefghijklmnopqrstuvwxyz";
enum { CHARACTERS = sizeof alphabet - 1 };

static uint8_t draw(const float *p) {
  float u = (float)rand() / ((float)RAND_MAX + 1);
  uint8_t place = 0;
  while (place < CHARACTERS - 1 && (u -= p[place]) >= 0)
    place++;
  return place;
}

int main(int argc, char **argv) {
  if (argc != 4 || !*argv[1])
    return fprintf(stderr, "usage: write PROMPT LENGTH TEMPERATURE\n"), 2;
  const char *prompt = argv[1];
  float temperature = strtof(argv[3], NULL), next[CHARACTERS];
  char_lstm *model = NULL;
  char_lstm_status status = char_lstm_create(NULL, &model);
  for (int i = 0, length = (int)strlen(prompt) + atoi(argv[2]); !status && i < length; i++) {
    const char *found = *prompt ? strchr(alphabet, *prompt++) : &alphabet[draw(next)];
    if (!found)
      return fprintf(stderr, "write: '%c' is not in the alphabet\n", prompt[-1]), 1;
    putchar(*found);
    uint8_t place = (uint8_t)(found - alphabet);
    status = char_lstm_step(model, &place, &temperature, next);
  }
  putchar('\n');
  if (status)
    fprintf(stderr, "write: %s\n", char_lstm_error(model));
  char_lstm_destroy(model);
  return status != 0;
}
