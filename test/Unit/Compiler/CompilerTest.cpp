//===- CompilerTest.cpp - The compiler as a library of another program ----===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "symc/compiler.h"
#include "symc/runtime.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

constexpr char graph[] = R"json({
  "symc": 1, "name": "line",
  "inputs": {"x": "f32[batch, 3]"},
  "parameters": {"w": "f32[3]"},
  "nodes": [{"name": "y", "expr": "x * w"}, {"name": "J", "expr": "sum(y * y)"}],
  "outputs": ["y"],
  "train": {"loss": "J", "optimizer": {"sgd": {"learning_rate": 0.1}}}
}
)json";

/// What a callback was told, copied.
struct Told {
  int32_t severity;
  std::string code, message, hint, suggestion, option, file, line;
  uint32_t lineNumber, column;
  std::vector<std::string> notes;
};

void receive(void *user, const symc_diagnostic *told) {
  EXPECT_EQ(told->size, sizeof(symc_diagnostic));
  EXPECT_EQ(told->place->size, sizeof(symc_place));
  Told copy = {told->severity,
               told->code,
               told->message,
               told->hint,
               told->suggestion,
               told->option,
               told->place->file,
               "",
               told->place->line,
               told->place->column,
               {}};
  if (told->place->text)
    copy.line.assign(told->place->text, told->place->text_size);
  for (int32_t i = 0; i < told->note_count; ++i)
    copy.notes.push_back(told->notes[i]->message);
  static_cast<std::vector<Told> *>(user)->push_back(copy);
}

/// A session whose diagnostics are kept.
struct Session {
  std::vector<Told> told;
  symc_session *session;

  Session() {
    symc_session_options settings = {sizeof settings, 0, &told, receive};
    session = symc_session_create(&settings);
  }
  Session(const Session &) = delete;
  ~Session() { symc_session_destroy(session); }
};

symc_compile_options optionsFor(const char *name, const char *text) {
  symc_compile_options options = {};
  options.size = sizeof options;
  options.input = name;
  options.text = text;
  options.text_size = strlen(text);
  options.debug_verify = 1;
  return options;
}

/// What is written to the two standard descriptors while it lives.
class Watch {
public:
  Watch() : file(tmpfile()) {
    fflush(stdout);
    for (int i = 0; i < 2; ++i) {
      before[i] = dup(i + 1);
      dup2(fileno(file), i + 1);
    }
  }
  Watch(const Watch &) = delete;
  ~Watch() { stop(); }

  /// The number of bytes; what was there before is there again.
  long stop() {
    if (!file)
      return 0;
    fflush(stdout);
    for (int i = 0; i < 2; ++i) {
      dup2(before[i], i + 1);
      close(before[i]);
    }
    long written = lseek(fileno(file), 0, SEEK_END);
    fclose(std::exchange(file, nullptr));
    return written;
  }

private:
  FILE *file;
  int before[2];
};

struct CompilerTest : testing::Test {
  std::string folder;
  void SetUp() override {
    std::string name = testing::TempDir() + "symc-compiler-XXXXXX";
    folder = mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
};

TEST_F(CompilerTest, SaysWhatItIs) {
  const symc_compiler_info *info = symc_compiler_about();
  EXPECT_EQ(info->size, sizeof *info);
  EXPECT_EQ(info->abi, static_cast<uint32_t>(SYMC_COMPILER_ABI));
  EXPECT_NE(std::string(info->stages).find("autodiff"), std::string::npos);
}

/// Every stage gives a text and no file; a whole compilation gives files and no text.
TEST_F(CompilerTest, StagesAreTexts) {
  Session client;
  std::string stages = symc_compiler_about()->stages, stage;
  std::vector<std::string> texts;
  Watch watch;
  for (size_t begin = 0; begin < stages.size(); begin += stage.size() + 1) {
    stage = stages.substr(begin, stages.find(' ', begin) - begin);
    symc_compile_options options = optionsFor("line.json", graph);
    options.emit = stage.c_str();
    symc_result *result = nullptr;
    ASSERT_EQ(symc_session_compile(client.session, &options, &result), SYMC_COMPILER_DONE) << stage;
    EXPECT_EQ(result->file_count, 0);
    texts.emplace_back(result->text, result->text_size);
    symc_result_destroy(result);
  }
  EXPECT_EQ(watch.stop(), 0);
  ASSERT_GE(texts.size(), 8u);
  EXPECT_NE(texts[0].find("sym.mul"), std::string::npos) << texts[0];
  for (size_t i = 0; i < texts.size(); ++i)
    EXPECT_EQ(std::count(texts.begin(), texts.end(), texts[i]), 1) << i;
}

/// Two threads compile at once; what they make is what one makes alone, and runs.
TEST_F(CompilerTest, TwoSessionsInTwoThreads) {
  auto compile = [&](const std::string &name, Session &client) {
    std::filesystem::create_directory(folder + "/" + name);
    std::string output = folder + "/" + name + "/libline.so";
    symc_compile_options options = optionsFor("line.json", graph);
    options.output = output.c_str();
    options.header = 1;
    symc_result *result = nullptr;
    symc_outcome outcome = symc_session_compile(client.session, &options, &result);
    EXPECT_EQ(outcome, SYMC_COMPILER_DONE);
    if (outcome != SYMC_COMPILER_DONE)
      return;
    EXPECT_EQ(result->text, nullptr);
    EXPECT_EQ(result->file_count, 2);
    EXPECT_EQ(result->files[0], output);
    EXPECT_EQ(result->files[1], folder + "/" + name + "/line.h");
    symc_result_destroy(result);
  };
  Watch watch;
  Session alone, first, second;
  compile("alone", alone);
  std::thread one([&] { compile("one", first); });
  std::thread two([&] { compile("two", second); });
  one.join();
  two.join();
  EXPECT_EQ(watch.stop(), 0);
  EXPECT_TRUE(first.told.empty() && second.told.empty());
  auto bytes = [&](const std::string &name) {
    std::ifstream file(folder + "/" + name + "/libline.so", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_GT(bytes("alone").size(), 1000u);
  EXPECT_TRUE(bytes("one") == bytes("alone") && bytes("two") == bytes("alone"));
  void *library = dlopen((folder + "/two/libline.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << dlerror();
  auto model = reinterpret_cast<const symc_model *(*)()>(dlsym(library, "line_model"));
  ASSERT_NE(model, nullptr);
  EXPECT_STREQ(model()->name, "line");
}

/// A client of before a field was there, and one of after the library.
TEST_F(CompilerTest, ShorterAndLongerOptions) {
  Session client;
  struct Longer {
    symc_compile_options options;
    uint64_t more;
  } longer = {optionsFor("line.json", graph), 0};
  longer.options.size = sizeof longer;
  EXPECT_EQ(symc_session_check(client.session, &longer.options), SYMC_COMPILER_DONE);
  longer.more = 1;
  EXPECT_EQ(symc_session_check(client.session, &longer.options), SYMC_COMPILER_WRONG_OPTIONS);
  ASSERT_EQ(client.told.size(), 1u);
  EXPECT_EQ(client.told[0].option, "size");

  // What is behind its size is not looked at.
  symc_compile_options shorter = optionsFor("line.json", graph);
  shorter.emit = "sym";
  shorter.size = offsetof(symc_compile_options, target);
  memset(reinterpret_cast<char *>(&shorter) + shorter.size, 0x5a, sizeof shorter - shorter.size);
  symc_result *result = nullptr;
  ASSERT_EQ(symc_session_compile(client.session, &shorter, &result), SYMC_COMPILER_DONE);
  EXPECT_GT(result->text_size, 0u);
  symc_result_destroy(result);
  shorter.size = 0;
  EXPECT_EQ(symc_session_compile(client.session, &shorter, &result), SYMC_COMPILER_WRONG_OPTIONS);
  EXPECT_EQ(result, nullptr);
  EXPECT_EQ(symc_session_create(nullptr), nullptr);
  symc_session_destroy(nullptr);
  symc_result_destroy(nullptr);
}

/// Sizes that no version has: they would end within a pointer, or lead far past the struct.
TEST_F(CompilerTest, SizesOfNoVersion) {
  Session client;
  symc_compile_options options = optionsFor("line.json", graph);
  options.emit = "sym";
  for (size_t size : {size_t(1), size_t(4), offsetof(symc_compile_options, input) + 3,
                      offsetof(symc_compile_options, input) + 4, sizeof options - 1, size_t(UINT32_MAX)}) {
    options.size = static_cast<uint32_t>(size);
    EXPECT_EQ(symc_session_compile(client.session, &options, nullptr), SYMC_COMPILER_WRONG_OPTIONS) << size;
    ASSERT_FALSE(client.told.empty());
    EXPECT_EQ(client.told.back().option, "size") << size;
  }
  symc_session_options settings = {sizeof settings - 4, 0, &client.told, receive};
  EXPECT_EQ(symc_session_create(&settings), nullptr);
  settings = {sizeof settings, 1, &client.told, receive};
  EXPECT_EQ(symc_session_create(&settings), nullptr);
}

/// A callback may call the library, with its own session too, and destroy the session.
TEST_F(CompilerTest, CallbacksCallBack) {
  struct Caller {
    symc_session *session = nullptr;
    std::vector<std::string> told;
  } caller;
  symc_session_options settings = {sizeof settings, 0, &caller, [](void *user, const symc_diagnostic *told) {
                                     Caller &caller = *static_cast<Caller *>(user);
                                     if (symc_session *session = std::exchange(caller.session, nullptr)) {
                                       symc_compile_options inner = optionsFor("line.json", graph);
                                       EXPECT_EQ(symc_session_check(session, &inner), SYMC_COMPILER_DONE);
                                       symc_session_destroy(session);
                                     }
                                     caller.told.push_back(told->message);
                                   }};
  caller.session = symc_session_create(&settings);
  symc_compile_options options = optionsFor("wrong.json", "{\"symc\": 1, \"nam\": 2, \"outptus\": 3}");
  EXPECT_EQ(symc_session_check(caller.session, &options), SYMC_COMPILER_WRONG_INPUT);
  EXPECT_EQ(caller.session, nullptr);
  EXPECT_GE(caller.told.size(), 2u);
}

/// All mistakes of a graph are told, in the order of the file, with their lines.
TEST_F(CompilerTest, DiagnosticsAreReceived) {
  constexpr char wrong[] = R"json({
  "symc": 1, "name": "wrong",
  "inputs": {"x": "f33[batch, 3]"},
  "parametres": {},
  "nodes": [{"name": "y", "expr": "x * x"}, {"name": "z", "op": "matmull", "inputs": ["x", "x"]}],
  "outputs": ["y"]
}
)json";
  Session client;
  symc_compile_options options = optionsFor("wrong.json", wrong);
  options.emit = "sym";
  symc_result *result = nullptr;
  Watch watch;
  EXPECT_EQ(symc_session_compile(client.session, &options, &result), SYMC_COMPILER_WRONG_INPUT);
  EXPECT_EQ(watch.stop(), 0);
  EXPECT_EQ(result, nullptr);
  ASSERT_EQ(client.told.size(), 3u);
  const char *words[] = {"f33", "parametres", "matmull"}, *meant[] = {"f32", "parameters", "matmul"};
  for (size_t i = 0; i < 3; ++i) {
    const Told &told = client.told[i];
    EXPECT_EQ(told.severity, SYMC_SEVERITY_ERROR);
    EXPECT_EQ(told.code.size(), 5u);
    EXPECT_EQ(told.file, "wrong.json");
    EXPECT_EQ(told.lineNumber, 3 + i);
    EXPECT_EQ(told.column, told.line.find(words[i]) + (i == 0 ? 1u : 0u)) << told.line;
    EXPECT_EQ(told.suggestion, meant[i]) << told.message;
    EXPECT_EQ(told.option, "");
  }
}

/// Mistakes of options name the field, and nothing is compiled.
TEST_F(CompilerTest, WrongOptions) {
  auto wrong = [&](const char *field, auto change, const char *suggestion = "") {
    Session client;
    symc_compile_options options = optionsFor("line.json", graph);
    std::string output = folder + "/liba.so";
    options.output = output.c_str();
    change(options);
    EXPECT_EQ(symc_session_compile(client.session, &options, nullptr), SYMC_COMPILER_WRONG_OPTIONS) << field;
    ASSERT_EQ(client.told.size(), 1u) << field;
    EXPECT_EQ(client.told[0].option, field) << client.told[0].message;
    EXPECT_EQ(client.told[0].file, "");
    EXPECT_EQ(client.told[0].suggestion, suggestion);
  };
  static const char *const functions[] = {"predcit"}, *const cpus[] = {"x86-64-v9"}, *const archs[] = {"sm_90a"},
                           *const gap[] = {"predict", nullptr}, *const twice[] = {"batch", "batch"};
  static const int64_t sizes[] = {3, 4};
  wrong("input", [](auto &o) { o.input = nullptr; });
  wrong("output", [](auto &o) { o.output = nullptr; });
  wrong("output", [](auto &o) { o.output = "m.dll"; });
  wrong("emit", [](auto &o) { o.emit = "autodif"; });
  wrong("emit", [](auto &o) { o.emit = "ptx"; });
  wrong("target", [](auto &o) { o.target = "tpu"; });
  wrong("target", [](auto &o) { o.target = "cuda"; });
  wrong("opt_level", [](auto &o) { o.opt_level = 7; });
  wrong("debug_arena", [](auto &o) { o.debug_arena = "none"; });
  wrong("threads", [](auto &o) { o.threads = -1; });
  wrong("text_size", [](auto &o) { o.text_size = uint64_t(1) << 31; });
  wrong("functions", [](auto &o) { o.functions = gap, o.function_count = 2; });
  wrong("functions", [](auto &o) { o.function_count = 2; });
  wrong("functions", [](auto &o) { o.functions = functions, o.function_count = -1; });
  wrong("cpus", [](auto &o) { o.cpus = gap + 1, o.cpu_count = 1; });
  wrong("dim_names", [](auto &o) { o.dim_names = gap + 1, o.dim_values = sizes, o.dim_count = 1; });
  wrong("dim_names", [](auto &o) { o.dim_names = twice, o.dim_values = sizes, o.dim_count = 2; });
  wrong("dim_values", [](auto &o) { o.dim_names = twice, o.dim_count = 1; });
  wrong("functions", [](auto &o) { o.functions = functions, o.function_count = 1; }, "predict");
  wrong("", [](auto &o) { o.cpus = cpus, o.cpu_count = 1; });
  wrong("", [](auto &o) { o.gpu_archs = archs, o.gpu_arch_count = 1; });
  wrong("gpu_archs", [](auto &o) { o.gpu_archs = gap, o.gpu_arch_count = 2; });
  EXPECT_TRUE(std::filesystem::is_empty(folder));

  // What the caller needs of the graph is the graph's mistake.
  Session client;
  symc_compile_options options = optionsFor("line.json", graph);
  options.emit = "autodiff";
  options.functions = functions;
  options.function_count = options.functions_required = 1;
  EXPECT_EQ(symc_session_compile(client.session, &options, nullptr), SYMC_COMPILER_WRONG_INPUT);
  ASSERT_EQ(client.told.size(), 1u);
  EXPECT_EQ(client.told[0].file, "line.json");
}

/// A file that cannot be read is the caller's mistake, whatever kind of text is expected there.
TEST_F(CompilerTest, UnreadableInput) {
  std::string pipe = folder + "/pipe.mlir";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (std::string input : {folder + "/none.json", folder + "/none.mlir", folder, pipe}) {
    Session client;
    symc_compile_options options = {};
    options.size = sizeof options;
    options.input = input.c_str();
    EXPECT_EQ(symc_session_check(client.session, &options), SYMC_COMPILER_WRONG_INPUT) << input;
    ASSERT_EQ(client.told.size(), 1u);
    EXPECT_EQ(client.told[0].code, "S0003");
  }
}

/// A place that cannot be written to is told, with the path as it was given.
TEST_F(CompilerTest, UnwritableOutput) {
  Session client;
  symc_compile_options options = optionsFor("line.json", graph);
  options.output = "/no/such/folder/libline.so";
  EXPECT_EQ(symc_session_compile(client.session, &options, nullptr), SYMC_COMPILER_WRONG_INPUT);
  ASSERT_EQ(client.told.size(), 1u);
  EXPECT_EQ(client.told[0].file, options.output);
}

/// Formulas and timings are results too; a session without a callback drops what it would tell.
TEST_F(CompilerTest, FormulasAndTimings) {
  symc_session_options settings = {sizeof settings, 0, nullptr, nullptr};
  symc_session *session = symc_session_create(&settings);
  symc_compile_options options = optionsFor("line.json", graph);
  static const char *const wrt[] = {"w"}, *const nothing[] = {"W"};
  symc_formula_options formula = {sizeof formula, 1, "J", wrt, 1};
  symc_result *result = nullptr;
  Watch watch;
  EXPECT_EQ(symc_session_differentiate(session, &options, &formula, &result), SYMC_COMPILER_DONE);
  std::string latex(result ? result->text : "");
  symc_result_destroy(result);
  static const char *const gap[] = {nullptr};
  formula.wrt = gap;
  EXPECT_EQ(symc_session_differentiate(session, &options, &formula, &result), SYMC_COMPILER_WRONG_OPTIONS);
  EXPECT_EQ(result, nullptr);
  formula.wrt = nothing;
  EXPECT_EQ(symc_session_differentiate(session, &options, &formula, &result), SYMC_COMPILER_WRONG_OPTIONS);
  options.emit = "linalg";
  options.time_passes = 1;
  EXPECT_EQ(symc_session_compile(session, &options, &result), SYMC_COMPILER_DONE);
  std::string timings(result ? result->timings : "");
  symc_result_destroy(result);
  EXPECT_EQ(watch.stop(), 0);
  symc_session_destroy(session);
  EXPECT_NE(latex.find('x'), std::string::npos) << latex;
  EXPECT_NE(timings.find("Total"), std::string::npos) << timings;
}

} // namespace
