//===- LibraryTest.cpp - Libraries, objects, headers, manifests ----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/Program.h"
#include "test/Unit/Target/FakeSource.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <sstream>

using namespace symc;

namespace {
std::string contents(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Output of a shell command, with ": N" for an exit status other than 0.
std::string shell(const std::string &command) {
  std::string out;
  FILE *pipe = popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (size_t got = fread(buffer, 1, sizeof(buffer), pipe))
    out.append(buffer, got);
  int status = pclose(pipe);
  return status == 0 ? out : out + ": " + std::to_string(status);
}

struct LibraryTest : testing::Test {
  std::string folder;
  void SetUp() override {
    std::string name = testing::TempDir() + "symc-library-XXXXXX";
    folder = mkdtemp(name.data());
  }
  void TearDown() override { shell("rm -rf " + folder); }

  void emit(const std::string &file, const std::string &model = "twice", std::vector<std::string> cpus = {"x86-64-v2"},
            int extra = 0, unsigned jobs = 0) {
    llvm::LLVMContext context;
    std::vector<Variant> variants;
    for (const std::string &cpu : cpus) {
      llvm::Expected<Cpu> target = resolveCpu("", cpu);
      ASSERT_TRUE(!!target) << llvm::toString(target.takeError());
      variants.push_back({*target, fake::parse(context, extra)});
      ASSERT_TRUE(variants.back().module);
    }
    EmitOptions options;
    options.jobs = jobs;
    llvm::Error error = emitLibrary(std::move(variants), fake::describe(model), options, folder + "/" + file);
    ASSERT_FALSE(!!error) << llvm::toString(std::move(error));
  }
};

TEST_F(LibraryTest, RunsThroughTypedAndReflectionCalls) {
  emit("libtwice.so");
  void *library = dlopen((folder + "/libtwice.so").c_str(), RTLD_NOW);
  ASSERT_NE(library, nullptr) << dlerror();
  auto symbol = [&](const char *name) {
    void *address = dlsym(library, name);
    EXPECT_NE(address, nullptr) << name;
    return address;
  };
  auto defaults = reinterpret_cast<symc_options (*)()>(symbol("twice_options_default"));
  auto create = reinterpret_cast<int (*)(symc_options *, symc_instance **)>(symbol("twice_create"));
  auto destroy = reinterpret_cast<void (*)(symc_instance *)>(symbol("twice_destroy"));
  auto error = reinterpret_cast<const char *(*)(symc_instance *)>(symbol("twice_error"));
  auto predict = reinterpret_cast<int (*)(symc_instance *, int64_t, const float *, float *)>(symbol("twice_predict"));
  auto train = reinterpret_cast<int (*)(symc_instance *, int64_t, const float *, float *)>(symbol("twice_train_step"));
  auto reserve = reinterpret_cast<int (*)(symc_instance *, int64_t)>(symbol("twice_reserve"));
  auto model = reinterpret_cast<const symc_model *(*)()>(symbol("twice_model"))();

  symc_options options = defaults();
  EXPECT_EQ(options.size, sizeof(options));
  EXPECT_EQ(options.seed, 7u);
  symc_instance *instance = nullptr;
  ASSERT_EQ(create(&options, &instance), 0) << error(nullptr);
  std::vector<float> x(300), y(300);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(i);
  ASSERT_EQ(reserve(instance, 100), 0) << error(instance);
  ASSERT_EQ(predict(instance, 100, x.data(), y.data()), 0) << error(instance);
  for (size_t i = 0; i < x.size(); ++i)
    ASSERT_EQ(y[i], 2 * x[i]);
  float loss = 0;
  ASSERT_EQ(train(instance, 1, x.data(), &loss), 0) << error(instance);
  EXPECT_EQ(loss, 1);
  ASSERT_EQ(train(instance, 1, x.data(), &loss), 0) << error(instance);
  EXPECT_FLOAT_EQ(loss, 0.9f);
  EXPECT_EQ(train(instance, 13, x.data(), &loss), SYMC_CHECK_FAILED);
  EXPECT_STREQ(error(instance), "batch 13 is unlucky");
  EXPECT_EQ(predict(nullptr, 1, x.data(), y.data()), SYMC_INVALID_ARGUMENT);
  EXPECT_EQ(create(nullptr, nullptr), SYMC_INVALID_ARGUMENT);

  EXPECT_EQ(model->abi, static_cast<uint32_t>(SYMC_ABI_VERSION));
  EXPECT_EQ(model->size, sizeof(symc_model));
  EXPECT_STREQ(model->name, "twice");
  EXPECT_EQ(model->step(instance), 2);
  EXPECT_STREQ(model->parameters[0].name, "fc1/kernel");
  ASSERT_EQ(model->function_count, 2);
  EXPECT_STREQ(model->functions[1].outputs[1].name, "count");
  int64_t shape[] = {2, 3}, none[1], dims[] = {10}, arena, live;
  DLTensor in = {x.data(), {1, 0}, 2, {2, 32, 1}, shape, nullptr, 0}, outputs[2] = {in, in};
  outputs[0].data = &loss, outputs[0].ndim = 0, outputs[0].shape = none;
  outputs[1] = outputs[0], outputs[1].data = y.data();
  ASSERT_EQ(model->call(instance, 1, &in, outputs), 0) << error(instance);
  EXPECT_EQ(y[0], 2);
  ASSERT_EQ(model->plan(model, 0, dims, &arena, &live), 0);
  EXPECT_EQ(arena, 128);
  EXPECT_NE(std::string(model->manifest).find("\"live_bytes\": \"12*m\""), std::string::npos) << model->manifest;
  destroy(instance);
  dlclose(library);
}

TEST_F(LibraryTest, NeedsLibcAndExportsOnlyItsOwn) {
  emit("libtwice.so");
  std::string needed = shell("readelf -dW " + folder + "/libtwice.so | grep NEEDED");
  for (const char *name : {"libc.so.6", "libpthread.so.0"})
    EXPECT_NE(needed.find(name), std::string::npos) << needed;
  EXPECT_EQ(needed.find("stdc++"), std::string::npos) << needed;
  std::string names = shell("nm -D --defined-only " + folder + "/libtwice.so");
  std::istringstream lines(names);
  int count = 0;
  for (std::string address, kind, name; lines >> address >> kind >> name; ++count)
    EXPECT_EQ(name.rfind("twice_", 0), 0u) << name;
  EXPECT_EQ(count, 15) << names;
  // No version, so that the oldest of each name will do.
  EXPECT_EQ(shell("nm -D " + folder + "/libtwice.so").find('@'), std::string::npos);
  EXPECT_EQ(shell("readelf -SW " + folder + "/libtwice.so | grep -c init_array || true"), "0\n");
  EXPECT_EQ(shell("ls " + folder), "libtwice.so\ntwice.h\n");
}

TEST_F(LibraryTest, SameBytesAnywhere) {
  shell("mkdir " + folder + "/a " + folder + "/b");
  emit("a/libtwice.so");
  emit("b/libtwice.so");
  EXPECT_EQ(contents(folder + "/a/libtwice.so"), contents(folder + "/b/libtwice.so"));
  emit("a/twice.o");
  emit("b/twice.o");
  EXPECT_EQ(contents(folder + "/a/twice.o"), contents(folder + "/b/twice.o"));
}

TEST_F(LibraryTest, SameBytesOnAnyNumberOfThreads) {
  shell("mkdir " + folder + "/a " + folder + "/b");
  emit("a/libtwice.so", "twice", {"x86-64-v2", "x86-64-v3"}, 300, 1);
  emit("b/libtwice.so", "twice", {"x86-64-v2", "x86-64-v3"}, 300, 4);
  EXPECT_EQ(contents(folder + "/a/libtwice.so"), contents(folder + "/b/libtwice.so"));
  emit("twice.o", "twice", {"x86-64-v2", "x86-64-v3"}, 300);
  EXPECT_EQ(shell("nm " + folder + "/twice.o | grep ' [TDRB] ' | grep -v ' twice_' || true"), "");
}

TEST_F(LibraryTest, ObjectsAndArchivesLinkTogether) {
  emit("one.o", "one");
  emit("libtwo.a", "two", {"x86-64-v2", "x86-64-v4", "x86-64"});
  std::ofstream(folder + "/main.c") << "#include \"one.h\"\n#include \"two.h\"\n"
                                       "int main(void) { one *a; two *b; float x[3] = {1, 2, 3}, y[3], z[3];\n"
                                       "  if (one_create(NULL, &a) || two_create(NULL, &b)) return 1;\n"
                                       "  if (one_predict(a, 1, x, y) || two_predict(b, 1, x, z)) return 2;\n"
                                       "  one_destroy(a); two_destroy(b); return y[2] == 6 && z[2] == 6 ? 0 : 3; }\n";
  std::string in = "cd " + folder + " && ";
  EXPECT_EQ(shell(in + "cc -std=c99 -Wall -Werror main.c one.o libtwo.a -lm -lpthread -o main && ./main"), "");
  EXPECT_EQ(shell(in + "cc -std=c99 -static main.c one.o libtwo.a -lm -lpthread -o fixed && ./fixed"), "");
  EXPECT_EQ(shell(in + "nm one.o | grep ' [TDRB] ' | grep -v ' one_' || true"), "");
}

TEST_F(LibraryTest, HeadersAreStrictCAndCpp) {
  emit("libtwice.so");
  std::string in = "cd " + folder + " && ";
  EXPECT_EQ(shell(in + "cc -xc -std=c99 -Wall -Wextra -Wpedantic -Werror -fsyntax-only twice.h"), "");
  EXPECT_EQ(shell(in + "c++ -xc++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only twice.h"), "");
  std::string header = contents(folder + "/twice.h");
  EXPECT_NE(header.find("twice_status twice_predict(twice *m, int64_t m_, const float *for_, float *yhat);"),
            std::string::npos)
      << header;
}

TEST_F(LibraryTest, HeadersSurviveHostileNames) {
  ModelDescription model = fake::describe("twice");
  model.doc = "/* */ // ?\?/ \\ %s \xe2\x80\xae \xe2\x81\xa6 */ #include </etc/passwd>\r\n#error \xc3\xa9";
  model.parameters[0].doc = "*/ int x; /*";
  FunctionDescription &predict = model.functions[0];
  predict.dims.clear();
  predict.inputs.clear();
  for (const char *name : {"double", "__LINE__", "_Bool", "INT64_MAX", "a.b-c", "class", "uint8_t", "m", "m_",
                           "DLTensor", "twice", "I", "NULL", "linux", "restrict", "co_await", "_X", "a_b_c"}) {
    predict.dims.push_back(static_cast<int32_t>(model.dims.size()));
    model.dims.push_back({name, 0, 7, 7});
    ArgumentDescription input = predict.outputs[0];
    input.name = name;
    input.doc = model.doc;
    predict.inputs.push_back(input);
  }
  std::ofstream(folder + "/h.h") << emitHeader(model);
  std::string in = "cd " + folder + " && ";
  EXPECT_EQ(shell(in + "cc -xc -std=c99 -Wall -Wextra -Wpedantic -Werror -fsyntax-only h.h"), "");
  EXPECT_EQ(shell(in + "cc -xc -std=gnu2x -Wall -Wextra -Wpedantic -Werror -fsyntax-only h.h"), "");
  EXPECT_EQ(shell(in + "c++ -xc++ -std=c++20 -Wall -Wextra -Wpedantic -Werror -fsyntax-only h.h"), "");
}

/// X_OK and the like are macros of <unistd.h>.
TEST_F(LibraryTest, EnumeratorsAreNoMacros) {
  for (const char *name : {"f", "r", "w", "x", "mm", "netdb"}) {
    std::ofstream(folder + "/e.h") << emitHeader(fake::describe(name));
    EXPECT_EQ(shell("cd " + folder +
                    " && printf '#include <unistd.h>\\n#include <fmtmsg.h>\\n#include <netdb.h>\\n#include "
                    "\"e.h\"\\n' | cc -xc -std=gnu11 -Wall -Werror -fsyntax-only -"),
              "")
        << name;
  }
}

TEST_F(LibraryTest, SeveralCpus) {
  emit("libtwice.so", "twice", {"x86-64", "x86-64-v4", "x86-64-v3"});
  void *library = dlopen((folder + "/libtwice.so").c_str(), RTLD_NOW);
  ASSERT_NE(library, nullptr) << dlerror();
  auto program = reinterpret_cast<const symc_program *(*)()>(dlsym(library, "twice_model"))();
  ASSERT_EQ(program->variant_count, 3);
  EXPECT_STREQ(program->variants[0].cpu, "x86-64-v4");
  EXPECT_STREQ(program->variants[2].cpu, "x86-64");
  EXPECT_NE(program->variants[0].bodies[0], program->variants[1].bodies[0]);
  symc_instance *instance;
  EXPECT_EQ(program->model.create(&program->model, nullptr, &instance), 0);
  program->model.destroy(instance);
  dlclose(library);
}

TEST_F(LibraryTest, AssemblyShowsKernels) {
  llvm::LLVMContext context;
  llvm::Expected<Cpu> cpu = resolveCpu("", "x86-64-v4");
  ASSERT_TRUE(!!cpu);
  std::string text;
  llvm::raw_string_ostream os(text);
  ASSERT_FALSE(!!emitAssembly({*cpu, fake::parse(context)}, EmitOptions(), os));
  EXPECT_NE(text.find("k0:"), std::string::npos);
  EXPECT_NE(text.find("vmulps"), std::string::npos);
  EXPECT_EQ(text.find("twice"), std::string::npos) << "not inlined";
}

TEST(CpuTest, NamesAndLevels) {
  auto resolve = [](const char *name) {
    llvm::Expected<Cpu> cpu = resolveCpu("", name);
    if (cpu)
      return cpu->level + cpu->features;
    return llvm::toString(cpu.takeError());
  };
  EXPECT_EQ(resolve("x86-64"), "x86-64");
  EXPECT_EQ(resolve("x86-64-v3"), "x86-64-v3");
  EXPECT_EQ(resolve("haswell"), "x86-64-v3");
  EXPECT_EQ(resolve("skylake-avx512"), "x86-64-v4");
  EXPECT_EQ(resolve("znver5"), "x86-64-v4+avx512vnni,+avx512bf16");
  EXPECT_EQ(resolve("nehalem"), "x86-64-v2");
  EXPECT_EQ(resolve("x86-64-v5").rfind("unknown CPU 'x86-64-v5'; did you mean 'x86-64-v2'?", 0), 0u);
  EXPECT_FALSE(!!llvm::errorToBool(resolveCpu("", "native").takeError()));
  llvm::Expected<Cpu> arm = resolveCpu("aarch64-linux-gnu", "native");
  ASSERT_FALSE(!!arm);
  EXPECT_EQ(llvm::toString(arm.takeError()),
            "symc compiles for x86-64 Linux; 'aarch64-unknown-linux-gnu' is another platform");
}
} // namespace
