//===- InstanceTest.cpp - Instances, calls and training state ------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "test/Unit/Runtime/FakeModel.h"
#include "gtest/gtest.h"
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace {
struct InstanceTest : testing::Test {
  symc_instance *instance = nullptr;
  std::string folder;

  void SetUp() override {
    std::string name = testing::TempDir() + "symc-runtime-XXXXXX";
    folder = mkdtemp(name.data());
    make(2);
  }
  void TearDown() override {
    symc_rt_destroy(instance);
    std::system(("rm -rf " + folder).c_str());
  }
  void make(int threads, const symc_program &program = fake::program) {
    symc_rt_destroy(instance);
    symc_options options = {};
    options.size = sizeof(options);
    options.threads = threads;
    options.seed = 3;
    ASSERT_EQ(symc_rt_create(&program.model, &options, &instance), SYMC_OK) << symc_rt_error(nullptr);
  }
  symc_status predict(int64_t batch, const float *x, float *y) {
    const void *inputs[] = {x};
    void *outputs[] = {y};
    return symc_rt_call_typed(instance, &fake::program.model, 0, &batch, inputs, outputs);
  }
  symc_status train(int64_t batch, const float *x, float *loss, const symc_program &program = fake::program) {
    const void *inputs[] = {x};
    void *outputs[] = {loss, nullptr};
    return symc_rt_call_typed(instance, &program.model, 1, &batch, inputs, outputs);
  }
  std::string error() { return symc_rt_error(instance); }
  std::string path(const char *name) { return folder + "/" + name; }
  std::string bytes(const char *name) {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  float *w() { return static_cast<float *>(instance->slots[0]); }
};

TEST_F(InstanceTest, PredictsOnAnyNumberOfThreads) {
  for (int threads : {1, 2, 5}) {
    make(threads);
    for (int64_t batch : {1, 7, 64, 1000, 33}) {
      std::vector<float> x(3 * batch), y(3 * batch);
      for (size_t i = 0; i < x.size(); ++i)
        x[i] = static_cast<float>(i);
      ASSERT_EQ(predict(batch, x.data(), y.data()), SYMC_OK) << error();
      for (size_t i = 0; i < x.size(); ++i)
        ASSERT_EQ(y[i], 2 * x[i]);
    }
  }
}

TEST_F(InstanceTest, WrongCallsAreStatusesWithValues) {
  float x[12] = {}, y[12];
  EXPECT_EQ(predict(5000, x, y), SYMC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "dimension 'batch' is 5000; its maximum is 4096");
  EXPECT_EQ(predict(-1, x, y), SYMC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "dimension 'batch' is -1; its minimum is 1");
  EXPECT_EQ(predict(2, nullptr, y), SYMC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "argument 'x' of predict is NULL");
  EXPECT_EQ(predict(2, x, nullptr), SYMC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "result 'y' of predict is NULL");
  EXPECT_EQ(predict(2, x, x + 3), SYMC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "'x' and 'y' of predict overlap in memory");
  EXPECT_EQ(predict(2, x, w()), SYMC_INVALID_ARGUMENT);
  EXPECT_EQ(predict(1, w(), y), SYMC_OK) << error();
  int64_t batch = 2;
  EXPECT_EQ(symc_rt_call_typed(nullptr, &fake::program.model, 0, &batch, nullptr, nullptr), SYMC_INVALID_ARGUMENT);
  EXPECT_STREQ(symc_rt_error(nullptr), "predict of fake: the instance is NULL");
  EXPECT_EQ(symc_rt_call_typed(instance, &fake::other.model, 0, &batch, nullptr, nullptr), SYMC_INVALID_ARGUMENT);
}

TEST_F(InstanceTest, ReflectionChecksTensors) {
  float x[6] = {1, 2, 3, 4, 5, 6}, y[6];
  int64_t shape[] = {2, 3}, wrong[] = {3, 2}, strides[] = {1, 2};
  DLTensor in = {x, {1, 0}, 2, {2, 32, 1}, shape, nullptr, 0}, out = in;
  out.data = y;
  ASSERT_EQ(symc_rt_call(instance, 0, &in, &out), SYMC_OK) << error();
  EXPECT_EQ(y[5], 12);
  auto refused = [&](const DLTensor &a, const DLTensor &b) {
    EXPECT_EQ(symc_rt_call(instance, 0, &a, &b), SYMC_INVALID_ARGUMENT);
    return error();
  };
  DLTensor bad = in;
  bad.shape = wrong;
  EXPECT_EQ(refused(bad, out), "argument 'x' of predict has shape [3, 2]; it must be f32[batch, 3]");
  bad = out, bad.shape = wrong;
  EXPECT_EQ(refused(in, bad), "result 'y' of predict has shape [3, 2]; it must be f32[batch, 3], here [2, 3]");
  bad = in, bad.dtype.bits = 64;
  EXPECT_EQ(refused(bad, out), "argument 'x' of predict is f64; it must be f32[batch, 3]");
  bad = in, bad.ndim = 1;
  EXPECT_EQ(refused(bad, out), "argument 'x' of predict has 1 dimensions; it must be f32[batch, 3]");
  bad = in, bad.strides = strides;
  EXPECT_EQ(refused(bad, out), "argument 'x' of predict is not dense and row-major; it must be f32[batch, 3]");
  bad = in, bad.data = nullptr;
  EXPECT_EQ(refused(bad, out), "argument 'x' of predict is NULL");
  bad = in, bad.device.device_type = 2;
  EXPECT_NE(refused(bad, out).find("CPU memory"), std::string::npos);
  EXPECT_EQ(symc_rt_call(instance, 2, &in, &out), SYMC_INVALID_ARGUMENT);
  EXPECT_EQ(symc_rt_call(instance, 0, nullptr, &out), SYMC_INVALID_ARGUMENT);
  out.data = nullptr; // computed and dropped
  EXPECT_EQ(symc_rt_call(instance, 0, &in, &out), SYMC_OK) << error();
}

TEST_F(InstanceTest, CreateRefusesWhatItCannotUse) {
  symc_instance *made = nullptr;
  EXPECT_EQ(symc_rt_create(&fake::program.model, nullptr, nullptr), SYMC_INVALID_ARGUMENT);
  symc_options options = {};
  EXPECT_EQ(symc_rt_create(&fake::program.model, &options, &made), SYMC_INVALID_ARGUMENT);
  EXPECT_STREQ(symc_rt_error(nullptr), "options.size is 0; take the options from options_default");
  options.size = sizeof(options), options.threads = -1;
  EXPECT_EQ(symc_rt_create(&fake::program.model, &options, &made), SYMC_INVALID_ARGUMENT);
  symc_program future = fake::program;
  future.variant_count = 1;
  EXPECT_EQ(symc_rt_create(&future.model, nullptr, &made), SYMC_UNSUPPORTED);
  EXPECT_STREQ(symc_rt_error(nullptr), "model fake was compiled for future; this CPU lacks an unknown feature");
  EXPECT_EQ(made, nullptr);
}

TEST_F(InstanceTest, ChecksOfTheModelBecomeMessages) {
  float x[3] = {-5, 0, 0}, loss;
  EXPECT_EQ(train(1, x, &loss), SYMC_CHECK_FAILED);
  EXPECT_EQ(error(), "the sum is -5; it must be at least 0");
  EXPECT_EQ(symc_rt_step(instance), 0);
}

TEST_F(InstanceTest, ResetBeginsStreamsAnewAndNothingElse) {
  symc_slot slots[3] = {fake::slots[0], fake::slots[1], fake::slots[2]};
  symc_program streaming = fake::program;
  streaming.slots = slots;
  float x[3] = {1, 2, 3}, loss;
  auto state = [&] { return static_cast<float *>(instance->slots[2])[0]; };
  for (int resets : {0, 1}) {
    slots[2].resets = resets;
    make(1, streaming);
    float before = w()[0];
    ASSERT_EQ(train(1, x, &loss, streaming), SYMC_OK) << error();
    ASSERT_EQ(symc_rt_reset(instance), SYMC_OK) << error();
    EXPECT_EQ(state(), resets ? 0 : 1);
    EXPECT_NE(w()[0], before);
    EXPECT_EQ(symc_rt_step(instance), 1);
  }
  EXPECT_EQ(symc_rt_reset(nullptr), SYMC_INVALID_ARGUMENT);
}

TEST_F(InstanceTest, StateGoesThroughAFile) {
  float x[6] = {1, 2, 3, 4, 5, 6}, loss, first[4];
  ASSERT_EQ(train(2, x, &loss), SYMC_OK) << error();
  EXPECT_EQ(loss, 21);
  ASSERT_EQ(train(1, x, &loss), SYMC_OK) << error();
  EXPECT_EQ(symc_rt_step(instance), 2);
  ASSERT_EQ(symc_rt_save_state(instance, path("c").c_str(), "a \"note\"\n\xc3\xa9"), SYMC_OK) << error();
  memcpy(first, w(), sizeof(first));
  make(1);
  EXPECT_NE(memcmp(first, w(), sizeof(first)), 0);
  const char *note;
  ASSERT_EQ(symc_rt_load_state(instance, path("c").c_str(), &note), SYMC_OK) << error();
  EXPECT_STREQ(note, "a \"note\"\n\xc3\xa9");
  EXPECT_EQ(memcmp(first, w(), sizeof(first)), 0);
  EXPECT_EQ(symc_rt_step(instance), 2);
  EXPECT_EQ(instance->seed, 3u);
  EXPECT_EQ(static_cast<float *>(instance->slots[2])[0], 2);
  ASSERT_EQ(symc_rt_save_state(instance, path("d").c_str(), note), SYMC_OK);
  EXPECT_EQ(bytes("c"), bytes("d"));

  make(1, fake::other);
  EXPECT_EQ(symc_rt_load_state(instance, path("c").c_str(), &note), SYMC_INVALID_ARGUMENT);
  EXPECT_NE(error().find("its graph_sha256 is abc123, this library's def456"), std::string::npos) << error();
  make(1, fake::stranger);
  EXPECT_EQ(symc_rt_load_state(instance, path("c").c_str(), &note), SYMC_INVALID_ARGUMENT);
  EXPECT_NE(error().find("checkpoint of model fake; this is stranger"), std::string::npos) << error();
  EXPECT_EQ(symc_rt_save_state(instance, path("e").c_str(), "\xff"), SYMC_INVALID_ARGUMENT);
}

TEST_F(InstanceTest, ParametersGoThroughAFile) {
  ASSERT_EQ(symc_rt_save_parameters(instance, path("w").c_str()), SYMC_OK) << error();
  float first = *w();
  ASSERT_EQ(symc_rt_initialize(instance, 99), SYMC_OK);
  EXPECT_NE(first, *w());
  ASSERT_EQ(symc_rt_load_parameters(instance, path("w").c_str()), SYMC_OK) << error();
  EXPECT_EQ(first, *w());
  EXPECT_EQ(symc_rt_load_state(instance, path("w").c_str(), nullptr), SYMC_INVALID_ARGUMENT);
  EXPECT_NE(error().find("no checkpoint"), std::string::npos);
  ASSERT_EQ(symc_rt_save_state(instance, path("c").c_str(), nullptr), SYMC_OK) << error();
  EXPECT_EQ(symc_rt_load_parameters(instance, path("c").c_str()), SYMC_INVALID_ARGUMENT);
  EXPECT_NE(error().find("no tensor 'state:adam/m/w'"), std::string::npos) << error();
  EXPECT_EQ(symc_rt_load_parameters_subset(instance, path("c").c_str()), SYMC_OK) << error();
  EXPECT_EQ(symc_rt_load_parameters(instance, "/nonexistent"), SYMC_IO_ERROR);
  EXPECT_EQ(error(), "cannot open /nonexistent: No such file or directory");
  EXPECT_EQ(symc_rt_load_parameters(instance, folder.c_str()), SYMC_IO_ERROR);
  EXPECT_EQ(symc_rt_save_parameters(instance, "/nonexistent/w"), SYMC_IO_ERROR);
  ASSERT_EQ(symc_rt_save_parameters(instance, "/dev/full/w"), SYMC_IO_ERROR);
}

TEST_F(InstanceTest, ParametersCanBeShared) {
  symc_instance *second = nullptr;
  ASSERT_EQ(symc_rt_create(&fake::program.model, nullptr, &second), SYMC_OK);
  ASSERT_EQ(symc_rt_share_parameters(second, instance), SYMC_OK);
  *w() = 42;
  DLTensor view;
  ASSERT_EQ(symc_rt_parameter(second, "w", &view), SYMC_OK);
  EXPECT_EQ(*static_cast<float *>(view.data), 42);
  EXPECT_EQ(view.strides[0], 2);
  EXPECT_EQ(view.shape[1], 2);
  symc_rt_destroy(instance); // the memory lives on
  instance = second;
  EXPECT_EQ(*w(), 42);
  EXPECT_EQ(symc_rt_parameter(second, "nope\n", &view), SYMC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "model fake has no parameter 'nope\\x0a'");
}

TEST_F(InstanceTest, LibrariesShareNoParameters) {
  symc_program other = fake::program;
  symc_instance *second = nullptr;
  ASSERT_EQ(symc_rt_create(&other.model, nullptr, &second), SYMC_OK);
  EXPECT_EQ(symc_rt_share_parameters(instance, second), SYMC_INVALID_ARGUMENT);
  EXPECT_EQ(error(),
            "the instances are of two libraries, each compiled of a model fake; parameters are shared by instances "
            "of one library");
  other.model.name = "another";
  EXPECT_EQ(symc_rt_share_parameters(instance, second), SYMC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "the instances are of different models, fake and another");
  symc_rt_destroy(second);
}

struct Seen {
  std::string label;
  std::vector<int64_t> shape;
  std::vector<float> values;
};

TEST_F(InstanceTest, PrintsToTheCallersHook) {
  Seen seen;
  symc_options options = {};
  options.size = sizeof(options);
  options.user = &seen;
  options.print = [](void *user, const char *label, const DLTensor *value) {
    ASSERT_EQ(value->dtype.bits, 32);
    ASSERT_EQ(value->strides, nullptr);
    auto *data = static_cast<const float *>(value->data);
    *static_cast<Seen *>(user) = {label, {value->shape, value->shape + value->ndim}, {data, data + 6}};
  };
  const float x[] = {1, 2, 3, 4, 5, 6};
  float y[6];
  // One who knows of no such hook yet leaves it out.
  for (uint32_t size : {uint32_t(sizeof(options)), uint32_t(offsetof(symc_options, print))}) {
    seen = {};
    options.size = size;
    symc_rt_destroy(instance);
    ASSERT_EQ(symc_rt_create(&fake::program.model, &options, &instance), SYMC_OK);
    ASSERT_EQ(predict(2, x, y), SYMC_OK) << error();
    bool hooked = size == sizeof(options);
    EXPECT_EQ(seen.label, hooked ? "twice" : "");
    EXPECT_EQ(seen.shape, hooked ? std::vector<int64_t>({2, 3}) : std::vector<int64_t>());
    EXPECT_EQ(seen.values, hooked ? std::vector<float>(y, y + 6) : std::vector<float>());
  }
}

struct Counted {
  std::atomic<int64_t> live{0}, calls{0}, chunks{0};
};

TEST_F(InstanceTest, MemoryComesFromTheCallerOnly) {
  Counted counted;
  symc_options options = {};
  options.size = sizeof(options);
  options.threads = 2;
  options.user = &counted;
  options.allocate = [](void *user, size_t bytes, size_t alignment) {
    static_cast<Counted *>(user)->live += static_cast<int64_t>(bytes);
    ++static_cast<Counted *>(user)->calls;
    return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  };
  options.release = [](void *user, void *memory, size_t bytes) {
    static_cast<Counted *>(user)->live -= static_cast<int64_t>(bytes);
    std::free(memory);
  };
  options.parallel_for = [](void *user, int64_t chunks, void (*body)(void *, int64_t), void *context) {
    static_cast<Counted *>(user)->chunks += chunks;
    for (int64_t i = chunks; i-- > 0;)
      body(context, i);
  };
  symc_rt_destroy(instance);
  ASSERT_EQ(symc_rt_create(&fake::program.model, &options, &instance), SYMC_OK);
  int64_t dims[] = {100};
  ASSERT_EQ(symc_rt_reserve(instance, dims), SYMC_OK) << error();
  int64_t before = counted.calls;
  std::vector<float> x(300, 1), y(300);
  float loss;
  for (int64_t batch = 100; batch > 0; --batch) {
    ASSERT_EQ(predict(batch, x.data(), y.data()), SYMC_OK) << error();
    ASSERT_EQ(train(batch, x.data(), &loss), SYMC_OK) << error();
  }
  EXPECT_EQ(counted.calls, before) << "a call allocated";
  EXPECT_GT(counted.chunks, 0);
  symc_rt_destroy(instance);
  instance = nullptr;
  EXPECT_EQ(counted.live, 0);
}

TEST_F(InstanceTest, AFailedCheckLeavesResultsAlone) {
  float x[3] = {-5, 0, 0}, results[2] = {7, 8};
  const void *inputs[] = {x};
  void *outputs[] = {results, results + 1};
  int64_t batch = 1;
  EXPECT_EQ(symc_rt_call_typed(instance, &fake::program.model, 1, &batch, inputs, outputs), SYMC_CHECK_FAILED);
  EXPECT_EQ(results[0], 7);
  EXPECT_EQ(results[1], 8);
  x[0] = 5;
  EXPECT_EQ(symc_rt_call_typed(instance, &fake::program.model, 1, &batch, inputs, outputs), SYMC_OK);
  EXPECT_EQ(results[0], 5);
  EXPECT_EQ(results[1], 1);
}

TEST_F(InstanceTest, AStepNeedsExamples) {
  make(1, fake::empty);
  float x[3] = {1, 2, 3}, y[3], loss = 7;
  int64_t none = 0, shape[] = {0, 3};
  const void *inputs[] = {x};
  void *outputs[] = {y, nullptr};
  EXPECT_EQ(symc_rt_call_typed(instance, &fake::empty.model, 0, &none, inputs, outputs), SYMC_OK) << error();
  float before = *w();
  EXPECT_EQ(train(0, x, &loss, fake::empty), SYMC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "train_step has no examples: its argument 'x', f32[batch, 3], has shape [0, 3]");
  DLTensor in = {x, {1, 0}, 2, {2, 32, 1}, shape, nullptr, 0}, out[2] = {};
  EXPECT_EQ(symc_rt_call(instance, 1, &in, out), SYMC_INVALID_ARGUMENT);
  EXPECT_EQ(symc_rt_step(instance), 0);
  EXPECT_EQ(*w(), before);
  EXPECT_EQ(loss, 7);
  EXPECT_EQ(symc_rt_reserve(instance, &none), SYMC_OK) << error();
  EXPECT_EQ(train(1, x, &loss, fake::empty), SYMC_OK) << error();
}

TEST_F(InstanceTest, AllocationsThatFailChangeNothing) {
  struct Memory {
    bool full = false, odd = false;
    int64_t live = 0;
  } memory;
  symc_options options = {};
  options.size = sizeof(options);
  options.threads = 1;
  options.user = &memory;
  options.allocate = [](void *user, size_t bytes, size_t alignment) -> void * {
    auto *m = static_cast<Memory *>(user);
    if (m->full)
      return nullptr;
    ++m->live;
    char *block =
        static_cast<char *>(std::aligned_alloc(alignment, (bytes + 2 * alignment - 1) / alignment * alignment));
    return m->odd ? block + 16 : block;
  };
  options.release = [](void *user, void *block, size_t) {
    --static_cast<Memory *>(user)->live;
    std::free(reinterpret_cast<void *>(reinterpret_cast<uintptr_t>(block) & ~uintptr_t(63)));
  };
  symc_rt_destroy(instance);
  ASSERT_EQ(symc_rt_create(&fake::program.model, &options, &instance), SYMC_OK);
  std::vector<float> x(3000, 1), y(3000);
  ASSERT_EQ(predict(10, x.data(), y.data()), SYMC_OK);
  memory.full = true;
  int64_t dims[] = {1000};
  EXPECT_EQ(symc_rt_reserve(instance, dims), SYMC_OUT_OF_MEMORY);
  EXPECT_EQ(predict(1000, x.data(), y.data()), SYMC_OUT_OF_MEMORY);
  EXPECT_EQ(predict(10, x.data(), y.data()), SYMC_OK) << "what was there is gone: " << error();
  memory.full = false;
  memory.odd = true; // not aligned as was asked for
  EXPECT_EQ(predict(1000, x.data(), y.data()), SYMC_OUT_OF_MEMORY);
  memory.odd = false;
  EXPECT_EQ(predict(1000, x.data(), y.data()), SYMC_OK);
  symc_rt_destroy(instance);
  instance = nullptr;
  EXPECT_EQ(memory.live, 0);
}

TEST_F(InstanceTest, PlansWithoutAnInstance) {
  int64_t dims[] = {10}, arena, live, shape[2];
  ASSERT_EQ(symc_rt_plan(&fake::program.model, 0, dims, &arena, &live), SYMC_OK);
  EXPECT_EQ(arena, 128);
  EXPECT_EQ(live, 128);
  ASSERT_EQ(symc_rt_output_shape(&fake::program.model, 0, 0, dims, shape), SYMC_OK);
  EXPECT_EQ(shape[0], 10);
  EXPECT_EQ(shape[1], 3);
  dims[0] = 0;
  EXPECT_EQ(symc_rt_plan(&fake::program.model, 0, dims, &arena, &live), SYMC_INVALID_ARGUMENT);
}
} // namespace
