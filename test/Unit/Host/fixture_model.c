/*===- fixture_model.c - A compiled model written by hand -----------------===//
 *
 * Part of symc, under the Apache License v2.0 with LLVM Exceptions.
 *
 *===----------------------------------------------------------------------===//
 *
 * Logistic regression with momentum, in the form that the compiler gives a model:
 * constant tables, bodies, and the runtime linked in. With it the command line,
 * the training loop and the Python module are tested without the compiler.
 *
 *   predict:    yhat = sigmoid(x W + b)           x: f32[batch, 2], yhat: f32[batch, 1]
 *   train_step: m = 0.9 m + g; w -= 0.5 m         y: f32[batch, 1], mean squared error
 *   lookup:     row = table[ids]                  ids: i64[batch], 0 <= ids < 3
 */
#include "lib/Support/Program.h"
#include "test/Unit/RuntimeEntries.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#ifndef FIXTURE_ABI
#define FIXTURE_ABI SYMC_ABI_VERSION
#endif
#ifndef FIXTURE_SIZE
#define FIXTURE_SIZE sizeof(symc_model)
#endif
#define EXPORT __attribute__((visibility("default")))
#define COUNT(array) (int32_t)(sizeof(array) / sizeof(array[0]))

static const symc_dim dims[] = {{"batch", 1, 4096, 1}};
static const int32_t batch_only[] = {0}, matrix_dims[] = {0, -1};
static const int64_t x_shape[] = {-1, 2}, y_shape[] = {-1, 1}, ids_shape[] = {-1}, w_shape[] = {2, 1}, b_shape[] = {1};

#define ARGUMENT_X {"x", "f32[batch, 2]", "points", {2, 32, 1}, 2, x_shape, matrix_dims}
#define ARGUMENT_Y {"y", "f32[batch, 1]", "classes", {2, 32, 1}, 2, y_shape, matrix_dims}
#define SCALAR(name) {name, "f32[]", "", {2, 32, 1}, 0, x_shape, matrix_dims}
static const symc_argument inputs[] = {ARGUMENT_X, ARGUMENT_Y};
static const symc_argument ids[] = {{"ids", "i64[batch]", "", {0, 64, 1}, 1, ids_shape, batch_only}};
static const symc_argument yhat[] = {{"yhat", "f32[batch, 1]", "", {2, 32, 1}, 2, y_shape, matrix_dims}};
static const symc_argument row[] = {{"row", "i64[batch]", "", {0, 64, 1}, 1, ids_shape, batch_only}};
static const symc_argument scores[] = {SCALAR("loss"), SCALAR("accuracy")};
static const symc_argument gradient[] = {{"W", "f32[2, 1]", "", {2, 32, 1}, 2, w_shape, (const int32_t[]){-1, -1}},
                                         {"b", "f32[1]", "", {2, 32, 1}, 1, b_shape, (const int32_t[]){-1}}};

enum { TRAINS = SYMC_FUNCTION_UPDATES_STATE | SYMC_FUNCTION_TRAINING_MODE };
static const symc_function functions[] = {
    {"predict", "", 0, 1, 1, inputs, yhat, 1, batch_only, 1},
    {"loss", "", 0, 2, 1, inputs, scores, 1, batch_only, 1},
    {"gradients", "", SYMC_FUNCTION_TRAINING_MODE, 2, 2, inputs, gradient, 1, batch_only, 1},
    {"train_step", "", TRAINS, 2, 2, inputs, scores, 1, batch_only, 1},
    {"evaluate", "", 0, 2, 2, inputs, scores, 1, batch_only, 1},
    {"lookup", "", SYMC_FUNCTION_LATE_CHECKS, 1, 1, ids, row, 1, batch_only, 1}};
static const symc_parameter parameters[] = {{"W", "f32[2, 1]", "", {2, 32, 1}, 2, w_shape, 2, 1},
                                            {"b", "f32[1]", "", {2, 32, 1}, 1, b_shape, 1, 1}};
static const symc_slot slots[] = {{"W", {2, 32, 1}, 2, w_shape, 2, SYMC_INIT_NORMAL, 1, 0, 0.5, NULL, 0},
                                  {"b", {2, 32, 1}, 1, b_shape, 1, SYMC_INIT_ZEROS, 2, 0, 0, NULL, 0},
                                  {"momentum/W", {2, 32, 1}, 2, w_shape, 2, SYMC_INIT_ZEROS, 3, 0, 0, NULL, 0},
                                  {"momentum/b", {2, 32, 1}, 1, b_shape, 1, SYMC_INIT_ZEROS, 4, 0, 0, NULL, 0}};

static int32_t sizes_rows(const int64_t *d, int64_t *bytes, int64_t *shapes, symc_check *check) {
  (void)bytes, (void)check, shapes[0] = d[0], shapes[1] = 1;
  return 0;
}
static int32_t sizes_ids(const int64_t *d, int64_t *bytes, int64_t *shapes, symc_check *check) {
  (void)bytes, (void)check, shapes[0] = d[0];
  return 0;
}
static int32_t sizes_none(const int64_t *d, int64_t *bytes, int64_t *shapes, symc_check *check) {
  (void)d, (void)bytes, (void)shapes, (void)check;
  return 0;
}
static int32_t sizes_gradient(const int64_t *d, int64_t *bytes, int64_t *shapes, symc_check *check) {
  (void)d, (void)bytes, (void)check, shapes[0] = 2, shapes[1] = 1, shapes[2] = 1;
  return 0;
}

static float probability(const symc_frame *frame, const float *x) {
  const float *w = frame->slots[0], *b = frame->slots[1];
  return 1 / (1 + expf(-(x[0] * w[0] + x[1] * w[1] + b[0])));
}

static int32_t predict(symc_frame *frame) {
  const float *x = frame->inputs[0];
  for (int64_t i = 0; i < frame->dims[0]; ++i)
    ((float *)frame->outputs[0])[i] = probability(frame, x + 2 * i);
  return 0;
}

/* Loss, accuracy and gradient of mean((p - y)^2). */
static void derive(const symc_frame *frame, float *loss, float *accuracy, float *g) {
  const float *x = frame->inputs[0], *y = frame->inputs[1];
  float n = (float)frame->dims[0], sum = 0, hits = 0;
  memset(g, 0, 3 * sizeof *g);
  for (int64_t i = 0; i < frame->dims[0]; ++i) {
    float p = probability(frame, x + 2 * i), e = p - y[i], d = 2 * e * p * (1 - p) / n;
    sum += e * e;
    hits += (p > 0.5f) == (y[i] > 0.5f);
    g[0] += d * x[2 * i], g[1] += d * x[2 * i + 1], g[2] += d;
  }
  *loss = sum / n;
  *accuracy = hits / n;
}

static int32_t loss(symc_frame *frame) {
  float accuracy, g[3];
  derive(frame, frame->outputs[0], &accuracy, g);
  return 0;
}
static int32_t gradients(symc_frame *frame) {
  float value, accuracy, g[3];
  derive(frame, &value, &accuracy, g);
  memcpy(frame->outputs[0], g, 2 * sizeof *g);
  memcpy(frame->outputs[1], g + 2, sizeof *g);
  return 0;
}
static int32_t evaluate(symc_frame *frame) {
  float g[3];
  derive(frame, frame->outputs[0], frame->outputs[1], g);
  return 0;
}
static int32_t train_step(symc_frame *frame) {
  float g[3];
  derive(frame, frame->outputs[0], frame->outputs[1], g);
  for (int i = 0; i < 3; ++i) {
    float *w = i < 2 ? (float *)frame->slots[0] + i : frame->slots[1];
    float *m = i < 2 ? (float *)frame->slots[2] + i : frame->slots[3];
    *m = 0.9f * *m + g[i];
    *w -= 0.5f * *m;
  }
  return 0;
}
static int32_t lookup(symc_frame *frame) {
  static const int64_t table[] = {10, 20, 30};
  for (int64_t i = 0; i < frame->dims[0]; ++i) {
    int64_t id = ((const int64_t *)frame->inputs[0])[i];
    if (id < 0 || id > 2) {
      frame->check = (symc_check){1, id, 3};
      return 1;
    }
    ((int64_t *)frame->outputs[0])[i] = table[id];
  }
  return 0;
}

static const symc_entry entries[] = {{0, NULL, sizes_rows}, {0, NULL, sizes_none}, {0, NULL, sizes_gradient},
                                     {0, NULL, sizes_none}, {0, NULL, sizes_none}, {0, NULL, sizes_ids}};
static const symc_body bodies[] = {predict, loss, gradients, train_step, evaluate, lookup};
static const symc_variant variants[] = {{"x86-64", 0, bodies, entries}};
static const char *const checks[] = {"index {value} is out of range for 'table' with {bound} rows"};

static const char manifest[] =
    "{\"model\": \"fixture\", \"symc\": \"0.1.0\", \"llvm\": \"\", \"abi\": 1, \"graph_sha256\": \"f1\", \"flags\": [],"
    " \"target\": {\"kind\": \"cpu\"}, \"dims\": {\"batch\": {\"min\": 1, \"max\": 4096}},"
    " \"functions\": [{\"name\": \"predict\", \"kernels\": 1}],"
    " \"parameters\": [{\"name\": \"W\", \"type\": \"f32[2, 1]\", \"count\": 2, \"trainable\": true},"
    " {\"name\": \"b\", \"type\": \"f32[1]\", \"count\": 1, \"trainable\": true}],"
    " \"memory\": {\"train_step\": {\"live_bytes\": \"0*batch\"}}}";

static const symc_program program = {{FIXTURE_ABI, FIXTURE_SIZE, "fixture", manifest, COUNT(dims),
                                      COUNT(functions), COUNT(parameters), 0, dims, functions, parameters,
                                      SYMC_RUNTIME_ENTRIES},
                                     COUNT(slots),
                                     COUNT(variants),
                                     slots,
                                     variants,
                                     checks};

EXPORT const symc_model *fixture_model(void) { return &program.model; }
EXPORT symc_options fixture_options_default(void) { return (symc_options){.size = sizeof(symc_options)}; }
EXPORT symc_status fixture_create(const symc_options *options, symc_instance **out) {
  return symc_rt_create(&program.model, options, out);
}
