//===- FakeModel.h - A compiled model written by hand --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// predict: y = 2 x for x: f32[batch, 3], through an arena buffer and the threads; prints y.
// train_step: w -= 0.1 * sum(x), m += 1; gives the loss sum(x) and a metric.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TEST_FAKEMODEL_H
#define SYMC_TEST_FAKEMODEL_H

#include "runtime/Runtime.h"
#include "test/Unit/RuntimeEntries.h"

namespace fake {

inline const DLDataType f32 = {2, 32, 1};
inline const int64_t matrixShape[] = {-1, 3}, weightShape[] = {2, 2}, biasShape[] = {3};
inline const int32_t matrixDims[] = {0, -1}, batchOnly[] = {0};
inline const symc_dim dims[] = {{"batch", 1, 4096, 1}}, emptyDims[] = {{"batch", 0, 4096, 1}};
inline const symc_argument x[] = {{"x", "f32[batch, 3]", "", f32, 2, matrixShape, matrixDims}};
inline const symc_argument y[] = {{"y", "f32[batch, 3]", "", f32, 2, matrixShape, matrixDims}};
inline const symc_argument losses[] = {{"loss", "f32[]", "", f32, 0, nullptr, nullptr},
                                       {"count", "f32[]", "", f32, 0, nullptr, nullptr}};
inline const symc_function functions[] = {
    {"predict", "", 0, 1, 1, x, y, 1, batchOnly, 2},
    {"train_step", "", SYMC_FUNCTION_UPDATES_STATE | SYMC_FUNCTION_TRAINING_MODE | SYMC_FUNCTION_LATE_CHECKS, 1, 2, x,
     losses, 1, batchOnly, 1}};
inline const symc_parameter parameters[] = {{"w", "f32[2, 2]", "", f32, 2, weightShape, 4, 1},
                                            {"fc/bias", "f32[3]", "", f32, 1, biasShape, 3, 1}};
inline const symc_slot slots[] = {{"w", f32, 2, weightShape, 4, SYMC_INIT_NORMAL, 77, 0, 1, nullptr, 0},
                                  {"fc/bias", f32, 1, biasShape, 3, SYMC_INIT_CONSTANT, 0, 0.5, 0, nullptr, 0},
                                  {"adam/m/w", f32, 2, weightShape, 4, SYMC_INIT_ZEROS, 0, 0, 0, nullptr, 0}};
inline const symc_buffer buffers[] = {{0, 1}};
inline int32_t sizesPredict(const int64_t *d, int64_t *bytes, int64_t *shapes, symc_check *) {
  bytes[0] = d[0] * 12;
  shapes[0] = d[0], shapes[1] = 3;
  return 0;
}
inline int32_t sizesTrain(const int64_t *, int64_t *, int64_t *, symc_check *) { return 0; }

inline void copyRows(void *const *b, const int64_t *, int64_t begin, int64_t end) {
  for (int64_t i = 3 * begin; i < 3 * end; ++i)
    static_cast<float *>(b[1])[i] = static_cast<float *>(b[0])[i];
}
inline void doubleRows(void *const *b, const int64_t *, int64_t begin, int64_t end) {
  for (int64_t i = 3 * begin; i < 3 * end; ++i)
    static_cast<float *>(b[1])[i] = 2 * static_cast<float *>(b[0])[i];
}
inline int32_t predict(symc_frame *frame) {
  void *first[] = {frame->inputs[0], frame->arena + frame->offsets[0]};
  void *second[] = {first[1], frame->outputs[0]};
  symc_rt_parallel(frame, copyRows, first, frame->dims[0], 8);
  symc_rt_parallel(frame, doubleRows, second, frame->dims[0], 8);
  const int64_t shape[] = {frame->dims[0], 3};
  symc_rt_print(frame, "twice", frame->outputs[0], f32.code, f32.bits, 2, shape);
  return 0;
}
inline int32_t trainStep(symc_frame *frame) {
  *static_cast<float *>(frame->outputs[1]) = -1; // before the check
  float sum = 0;
  for (int64_t i = 0; i < 3 * frame->dims[0]; ++i)
    sum += static_cast<float *>(frame->inputs[0])[i];
  if (sum < 0) {
    frame->check = {1, static_cast<int64_t>(sum), 0};
    return 1;
  }
  for (int i = 0; i < 4; ++i) {
    static_cast<float *>(frame->slots[0])[i] -= 0.1f * sum;
    static_cast<float *>(frame->slots[2])[i] += 1;
  }
  *static_cast<float *>(frame->outputs[0]) = sum;
  *static_cast<float *>(frame->outputs[1]) = static_cast<float>(frame->dims[0]);
  return 0;
}

inline const symc_entry entries[] = {{1, buffers, sizesPredict}, {0, nullptr, sizesTrain}};
inline const symc_body bodies[] = {predict, trainStep};
inline const symc_variant variants[] = {{"future", uint64_t(1) << 40, bodies, entries}, {"x86-64", 0, bodies, entries}};
inline const char *const checks[] = {"the sum is {value}; it must be at least {bound}"};

inline symc_program make(const char *name, const char *manifest, const symc_dim *dims = fake::dims) {
  return {{SYMC_ABI_VERSION, sizeof(symc_model), name, manifest, 1, 2, 2, 0, dims, functions, parameters,
           SYMC_RUNTIME_ENTRIES},
          3,
          2,
          slots,
          variants,
          checks};
}
inline const symc_program program = make("fake", "{\"graph_sha256\": \"abc123\"}");
/// The same tensors, another graph.
inline const symc_program other = make("fake", "{\"graph_sha256\": \"def456\"}");
inline const symc_program stranger = make("stranger", "{\"graph_sha256\": \"abc123\"}");
/// Whose batch may be empty.
inline const symc_program empty = make("empty", "", emptyDims);

} // namespace fake

#endif // SYMC_TEST_FAKEMODEL_H
