/* realtime.cpp [--threads N] [--growing] SIZE...: a model's functions in a thread that must not wait.

   Part of symc, under the Apache License v2.0 with LLVM Exceptions.

   Built with -fsanitize=realtime and linked to a model whose name is MODEL: from inside of a [[clang::nonblocking]]
   function RealtimeSanitizer ends the program at the first allocation, lock or system call. What is called there is
   every function of the model, one after another, at the sizes given for its symbolic dimensions and at smaller ones,
   once after a first call of each and once after `reserve` alone.

   Two controls show that this can fail: --growing calls at sizes larger than those that were seen, which has to
   allocate, and with --threads 2 a call wakes the other thread. */
#include "symc/runtime.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unistd.h>
#include <vector>

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
extern "C" const symc_model *PASTE(MODEL, _model)(void);

namespace {
const symc_model *const model = PASTE(MODEL, _model)();

[[noreturn]] void fail(const symc_instance *instance, const char *what) {
  std::fprintf(stderr, "%s: %s: %s\n", model->name, what, model->error(instance));
  std::exit(1);
}

/// A tensor with memory of its own.
struct Buffer {
  std::vector<int64_t> shape;
  std::vector<char> data;

  Buffer(const symc_argument &argument, std::vector<int64_t> sizes) : shape(std::move(sizes)) {
    size_t count = 1;
    for (int64_t size : shape)
      count *= static_cast<size_t>(size);
    data.resize(count * argument.dtype.bits / 8);
    // Numbers between 0 and 1; labels and indices are 0, which any axis has.
    for (size_t i = 0; argument.dtype.code == 2 && argument.dtype.bits == 32 && i < count; ++i) {
      float value = static_cast<float>(i * 2654435761u % 1000) / 1000;
      std::memcpy(data.data() + i * sizeof(value), &value, sizeof(value));
    }
  }
};

/// A call with its arguments, made before time counts.
struct Call {
  int32_t function;
  std::vector<Buffer> buffers;
  std::vector<DLTensor> inputs, outputs;

  Call(int32_t function, const std::vector<int64_t> &dims) : function(function) {
    const symc_function &f = model->functions[function];
    for (int32_t i = 0; i < f.input_count; ++i) {
      std::vector<int64_t> shape;
      for (int32_t axis = 0; axis < f.inputs[i].rank; ++axis)
        shape.push_back(f.inputs[i].dims[axis] >= 0 ? dims[f.inputs[i].dims[axis]] : f.inputs[i].shape[axis]);
      buffers.emplace_back(f.inputs[i], shape);
    }
    for (int32_t i = 0; i < f.output_count; ++i) {
      std::vector<int64_t> shape(32); // of any rank
      if (model->output_shape(model, function, i, dims.data(), shape.data()) != SYMC_OK)
        fail(nullptr, f.name);
      shape.resize(f.outputs[i].rank);
      buffers.emplace_back(f.outputs[i], shape);
    }
    for (int32_t i = 0; i < f.input_count + f.output_count; ++i) {
      const symc_argument &a = i < f.input_count ? f.inputs[i] : f.outputs[i - f.input_count];
      (i < f.input_count ? inputs : outputs)
          .push_back({buffers[i].data.data(), {1, 0}, a.rank, a.dtype, buffers[i].shape.data(), nullptr, 0});
    }
  }
};

std::vector<Call> calls(const std::vector<int64_t> &dims) {
  std::vector<Call> result;
  for (int32_t f = 0; f < model->function_count; ++f)
    result.emplace_back(f, dims);
  return result;
}

/// What a thread that must not wait does. The function that failed, or -1.
int32_t run(symc_instance *instance, const Call *first, size_t count) [[clang::nonblocking]] {
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < count; ++i)
      if (model->call(instance, first[i].function, first[i].inputs.data(), first[i].outputs.data()) != SYMC_OK)
        return first[i].function;
    if (model->reset(instance) != SYMC_OK)
      return 0;
  }
  return -1;
}

void runAll(symc_instance *instance, const std::vector<Call> &list) {
  if (int32_t failed = run(instance, list.data(), list.size()); failed >= 0)
    fail(instance, model->functions[failed].name);
}
} // namespace

int main(int argc, char **argv) {
  bool growing = false;
  std::vector<int64_t> dims;
  symc_options options = {};
  options.size = sizeof(options);
  options.threads = 1;
  for (int i = 1; i < argc; ++i)
    if (std::string argument = argv[i]; argument == "--growing")
      growing = true;
    else if (argument == "--threads" && i + 1 < argc)
      options.threads = std::atoi(argv[++i]);
    else
      dims.push_back(std::atoll(argv[i]));
  if (dims.size() != static_cast<size_t>(model->dim_count)) {
    std::fprintf(stderr, "%s has %d symbolic dimensions\n", model->name, model->dim_count);
    return 2;
  }
  std::vector<int64_t> smaller = dims, larger = dims;
  for (int64_t &size : smaller)
    size = (size + 1) / 2;
  for (int64_t &size : larger)
    size *= 8;

  for (bool reserving : {true, false}) {
    symc_instance *instance = nullptr;
    if (model->create(model, &options, &instance) != SYMC_OK)
      fail(nullptr, "create");
    std::vector<Call> wanted = calls(dims), fewer = calls(smaller), more = calls(larger);
    if (reserving && model->reserve(instance, dims.data()) != SYMC_OK)
      fail(instance, "reserve");
    for (const Call &call : wanted)
      if (!reserving && model->call(instance, call.function, call.inputs.data(), call.outputs.data()) != SYMC_OK)
        fail(instance, "a first call");
    runAll(instance, wanted);
    runAll(instance, fewer);
    runAll(instance, wanted);
    if (growing)
      runAll(instance, more);
    // Other threads sleep as soon as they get to it; the next call wakes them.
    for (int turn = 0; options.threads > 1 && turn < 1000; ++turn) {
      usleep(10000);
      runAll(instance, wanted);
    }
    model->destroy(instance);
  }
  std::printf("%s: %d functions\n", model->name, model->function_count);
}
