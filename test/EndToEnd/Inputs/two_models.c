/* two_models.c - Two compiled models trained in one process.

   Part of symc, under the Apache License v2.0 with LLVM Exceptions. */
#include "perceptron.h"
#include "regression.h"

#include <math.h>
#include <stdio.h>

enum { POINTS = 64 };

int main(void) {
  static float x[POINTS * 2], side[POINTS], t[POINTS], curve[POINTS];
  perceptron *classifier = NULL;
  regression *fit = NULL;
  float first[2] = {0, 0}, last[2] = {0, 0};
  int i, step;

  for (i = 0; i < POINTS; ++i) {
    x[2 * i] = (float)(i % 2) * 2 - 1 + 0.1f * sinf((float)i);
    x[2 * i + 1] = (float)(i / 2 % 2) * 2 - 1 + 0.1f * cosf((float)i);
    side[i] = (float)((i % 2) ^ (i / 2 % 2));
    t[i] = (float)i / 16.0f - 2.0f;
    curve[i] = sinf(2.0f * t[i]);
  }
  if (perceptron_create(NULL, &classifier) || regression_create(NULL, &fit)) {
    fprintf(stderr, "%s %s\n", perceptron_error(NULL), regression_error(NULL));
    return 1;
  }
  for (step = 0; step < 1500; ++step) {
    if (perceptron_train_step(classifier, POINTS, x, side, &last[0]) ||
        regression_train_step(fit, POINTS, t, curve, &last[1])) {
      fprintf(stderr, "%s %s\n", perceptron_error(classifier), regression_error(fit));
      return 1;
    }
    if (step == 0)
      first[0] = last[0], first[1] = last[1];
  }
  printf("losses %.9g and %.9g\n", (double)last[0], (double)last[1]);
  perceptron_destroy(classifier);
  regression_destroy(fit);
  return !(last[0] < 0.05f * first[0] && last[1] < 0.05f * first[1]);
}
