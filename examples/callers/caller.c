/* caller.c - Trains a compiled model from C99, saves it, loads it again and predicts.

   Part of symc, under the Apache License v2.0 with LLVM Exceptions. */
#include "perceptron.h"

#include <math.h>
#include <stdio.h>

enum { POINTS = 512, BATCH = 32 };

/* The caller owns all data that it passes. */
static float x[POINTS * 2], y[POINTS], yhat[POINTS];

/* Random numbers in [0, 1), the same everywhere. */
static float uniform(void) {
  static uint32_t state = 1;
  state = state * 1664525u + 1013904223u;
  return (float)(state >> 8) / 16777216.0f;
}

/* Two half moons that reach into each other. */
static void make_moons(void) {
  int i;
  for (i = 0; i < POINTS; ++i) {
    float side = (float)(i % 2), sign = 1.0f - 2.0f * side, angle = 3.14159265f * uniform();
    x[2 * i] = cosf(angle) * sign + side + 0.2f * (uniform() - 0.5f);
    x[2 * i + 1] = sinf(angle) * sign + 0.5f * side + 0.2f * (uniform() - 0.5f);
    y[i] = side;
  }
}

/* Every call returns a status; the instance has the message. */
static int failed(const perceptron *model, const char *what) {
  fprintf(stderr, "%s: %s\n", what, perceptron_error(model));
  return 1;
}

static int run(perceptron *model, perceptron *copy) {
  const char *path = "perceptron.safetensors";
  float loss = 0, accuracy = 0;
  int epoch, first, i, right = 0;

  make_moons();
  for (epoch = 0; epoch < 200; ++epoch)
    for (first = 0; first < POINTS; first += BATCH)
      if (perceptron_train_step(model, BATCH, x + 2 * first, y + first, &loss))
        return failed(model, "train_step");
  if (perceptron_evaluate(model, POINTS, x, y, &loss, &accuracy))
    return failed(model, "evaluate");
  printf("trained: loss %.6f, accuracy %.3f\n", (double)loss, (double)accuracy);

  if (perceptron_save_parameters(model, path))
    return failed(model, "save_parameters");
  if (perceptron_load_parameters(copy, path))
    return failed(copy, "load_parameters");
  remove(path);
  if (perceptron_predict(copy, POINTS, x, yhat))
    return failed(copy, "predict");
  for (i = 0; i < POINTS; ++i)
    right += (yhat[i] > 0.5f) == (y[i] > 0.5f);
  printf("loaded: %d of %d points are right\n", right, (int)POINTS);

  /* A mistake is a status with a message; the instance stays as it was. */
  if (perceptron_predict(copy, POINTS, NULL, yhat) != PERCEPTRON_INVALID_ARGUMENT)
    return failed(copy, "a null pointer was accepted");
  printf("a null pointer: %s\n", perceptron_error(copy));
  if (perceptron_load_parameters(copy, "no-such-file.safetensors") == PERCEPTRON_OK)
    return failed(copy, "a missing file was accepted");
  printf("a missing file: %s\n", perceptron_error(copy));
  return right < POINTS * 97 / 100;
}

int main(void) {
  perceptron *model = NULL, *copy = NULL;
  perceptron_options options = perceptron_options_default();
  int status;

  options.seed = 1;
  options.threads = 1;
  if (perceptron_create(&options, &model) || perceptron_create(&options, &copy))
    status = failed(NULL, "create");
  else
    status = run(model, copy);
  perceptron_destroy(copy);
  perceptron_destroy(model);
  return status;
}
