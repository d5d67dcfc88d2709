//===- Compiler.cpp - libSymcCompiler.so, loaded when it is needed --------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "tools/symc/Compiler.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <iterator>
#include <pthread.h>
#include <set>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace symc::cli {

using host::Error;
using host::makeDiagnostic;
using host::usageError;

CompileRequest::CompileRequest(const Arguments &arguments) {
  options.size = sizeof options;
  set(options.input, arguments.file);
  if (arguments.has("-o"))
    set(options.output, arguments.text("-o"));
  options.header = 1;
  set(options.target, arguments.choice("--target", {"cpu", "cuda"}, "cpu"));
  set(options.cpus, arguments.list("--cpu"));
  if (arguments.has("--triple"))
    set(options.triple, arguments.text("--triple"));
  set(options.gpu_archs, arguments.list("--gpu-arch"));
  if (arguments.has("--gpu-arch") && arguments.text("--target", "cpu") != "cuda")
    throw usageError(code::OptionConflict, "--gpu-arch belongs to --target cuda");
  for (const auto &[name, value] : arguments.dims()) {
    texts.push_back(std::make_unique<std::string>(name));
    dims.push_back({texts.back()->c_str(), value});
  }
  options.dims = dims.data();
  options.dim_count = static_cast<int32_t>(dims.size());
  std::set<std::string> functions;
  for (const std::string &name : arguments.list("--functions"))
    if (!functions.insert(name).second)
      throw usageError(code::RepeatedOption, "--functions gives " + symc::quoted(name) + " twice");
  set(options.functions, arguments.list("--functions"));
  options.functions_option = "--functions";
  options.embed_params = arguments.has("--embed-params");
  if (options.embed_params)
    set(options.params, arguments.text("--params"));
  options.allow_extra = arguments.has("--allow-extra");
  options.threads = static_cast<int32_t>(arguments.integer("--threads", 0, 0, 4096));
  options.seed = arguments.seed();
  options.opt_level = static_cast<int32_t>(arguments.integer("-O", 2, 0, 3));
  options.fast_math = arguments.has("--fast-math");
  if (arguments.has("--emit"))
    set(options.emit,
        arguments.choice(
            "--emit", {"sym", "autodiff", "fused", "linalg", "llvm", "asm", "obj", "cuda", "ptx", "cubin", "dot"}, ""));
  options.json_diagnostics = host::jsonDiagnostics();
  options.time_passes = arguments.has("--time-passes");
  options.log_device_placement = arguments.has("--log-device-placement");
  set(options.debug_fusion, arguments.choice("--debug-fusion", {"on", "off"}, "on"));
  set(options.debug_arena, arguments.choice("--debug-arena", {"planned", "separate", "poisoned"}, "planned"));
  if (arguments.has("--of"))
    set(options.of, arguments.text("--of"));
  set(options.wrt, arguments.list("--wrt"));
  set(options.format, arguments.choice("--format", {"text", "latex"}, "text"));
}

void CompileRequest::set(const char *&field, const std::string &text) {
  texts.push_back(std::make_unique<std::string>(text));
  field = texts.back()->c_str();
}

void CompileRequest::set(symc_string_list &field, const std::vector<std::string> &items) {
  auto list = std::make_unique<std::vector<const char *>>();
  for (const std::string &item : items)
    set(list->emplace_back(), item);
  field = {list->data(), static_cast<int32_t>(list->size())};
  lists.push_back(std::move(list));
}

/// ../lib/libSymcCompiler.so as seen from the program.
static std::string compilerPath() {
  std::error_code error;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  // A root without /proc still knows by what path the program was started.
  if (error)
    program = std::filesystem::canonical(reinterpret_cast<const char *>(getauxval(AT_EXECFN)), error);
  return (program.parent_path().parent_path() / "lib" / "libSymcCompiler.so").string();
}

/// NULL and a message when the library cannot be loaded.
static void *openCompiler(std::string &message) {
  void *handle = dlopen(compilerPath().c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (!handle) {
    message = dlerror();
    return nullptr;
  }
  auto about = reinterpret_cast<const symc_compiler_info *(*)()>(dlsym(handle, "symc_compiler_about"));
  if (about && about()->abi == SYMC_COMPILER_ABI)
    return handle;
  message = compilerPath() + " belongs to another version of symc";
  return nullptr;
}

const symc_compiler_info *compilerInfo() {
  std::string message;
  void *handle = openCompiler(message);
  if (!handle)
    return nullptr;
  return reinterpret_cast<const symc_compiler_info *(*)()>(dlsym(handle, "symc_compiler_about"))();
}

namespace {

struct Job {
  CompilerCommand command;
  const symc_compile_options *options;
  sigset_t signals; // blocked ones
  int exit;
};

} // namespace

static int callCompiler(const Job &job) {
  pthread_sigmask(SIG_SETMASK, &job.signals, nullptr);
  std::string message;
  void *handle = openCompiler(message);
  static constexpr const char *entries[] = {"symc_compiler_compile", "symc_compiler_check", "symc_compiler_grad"};
  auto entry = handle
                   ? reinterpret_cast<int (*)(const symc_compile_options *)>(dlsym(handle, entries[int(job.command)]))
                   : nullptr;
  if (!entry) {
    Error(host::WrongEnvironment, makeDiagnostic(code::CompilerMissing, "", "the compiler cannot be loaded: " + message,
                                                 "it is installed as lib/libSymcCompiler.so beside bin/symc"))
        .print();
    return host::WrongEnvironment;
  }
  return entry(job.options);
}

/// The child's part: on a large stack, since graphs nest as deep as their authors like. Pages that are not used cost
/// nothing.
static int callOnLargeStack(Job &job) {
  for (size_t stack = size_t(1) << 30; stack >= size_t(1) << 26; stack /= 4) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack);
    pthread_t thread;
    auto body = [](void *argument) -> void * {
      Job *job = static_cast<Job *>(argument);
      job->exit = callCompiler(*job);
      return nullptr;
    };
    int failed = pthread_create(&thread, &attributes, body, &job);
    pthread_attr_destroy(&attributes);
    if (failed)
      continue;
    pthread_join(thread, nullptr);
    return job.exit;
  }
  return callCompiler(job);
}

namespace {

volatile sig_atomic_t compilerProcess = 0, interruptedBy = 0;

/// While the compiler runs, what would end this process ends the compiler, so that this process can tidy up.
class PassOnSignals {
public:
  PassOnSignals() {
    struct sigaction action = {};
    action.sa_flags = SA_RESTART;
    action.sa_handler = [](int signal) {
      interruptedBy = signal;
      if (compilerProcess)
        kill(static_cast<pid_t>(compilerProcess), signal);
    };
    for (size_t i = 0; i < std::size(signals); ++i) {
      sigaction(signals[i], nullptr, &before[i]);
      if (before[i].sa_handler != SIG_IGN)
        sigaction(signals[i], &action, nullptr);
    }
  }
  PassOnSignals(const PassOnSignals &) = delete;
  ~PassOnSignals() {
    compilerProcess = 0;
    for (size_t i = 0; i < std::size(signals); ++i)
      sigaction(signals[i], &before[i], nullptr);
  }
  /// In the child, where they mean what they mean everywhere.
  void reset() const {
    for (size_t i = 0; i < std::size(signals); ++i)
      if (before[i].sa_handler != SIG_IGN)
        signal(signals[i], SIG_DFL);
  }

private:
  static constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction before[std::size(signals)];
};

} // namespace

int runCompiler(CompilerCommand command, const symc_compile_options &options) {
  fflush(stdout);
  // Blocked until both sides know what to do with them. The child's main thread, which only waits, keeps them so: they
  // go to the thread that compiles, and wait while it gives a file its name.
  sigset_t all, given;
  sigfillset(&all);
  PassOnSignals passOn;
  pthread_sigmask(SIG_BLOCK, &all, &given);
  pid_t parent = getpid(), child = fork();
  if (child > 0)
    compilerProcess = child;
  if (child != 0)
    pthread_sigmask(SIG_SETMASK, &given, nullptr);
  if (child < 0)
    throw Error(
        host::WrongEnvironment,
        makeDiagnostic(code::OutOfMemory, "", std::string("the compiler cannot be started: ") + strerror(errno)));
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); // no compiler outlives a killed symc
    if (getppid() != parent)
      _exit(host::InternalError);
    passOn.reset();
    Job job = {command, &options, given, host::InternalError};
    int exit = callOnLargeStack(job);
    fflush(stdout);
    _exit(exit);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  if (interruptedBy)
    return 128 + interruptedBy;
  if (WIFEXITED(status))
    return WEXITSTATUS(status);
  int signal = WTERMSIG(status);
  if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGPIPE)
    return 128 + signal;
  if (signal == SIGKILL)
    throw Error(host::WrongEnvironment, makeDiagnostic(code::OutOfMemory, options.input, "the compiler was killed",
                                                       "most often because the machine has too little memory"));
  throw Error(host::InternalError,
              makeDiagnostic(code::Internal, options.input,
                             std::string("the compiler crashed (") + strsignal(signal) + ")",
                             "this is an error of symc: please report it with the graph file and the command line"));
}

} // namespace symc::cli
