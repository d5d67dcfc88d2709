//===- Compiler.cpp - The compiler in a process of its own ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "tools/symc/Compiler.h"
#include "lib/Host/OutputFile.h"
#include "lib/Support/Json.h"
#include "lib/Support/Render.h"
#include "tools/symc/CompilerLibrary.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <new>
#include <nlohmann/json.hpp>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace symc::cli {

using host::Error;
using host::makeDiagnostic;

std::string compilerDescription() {
  try {
    CompilerLibrary library;
    return std::string("LLVM ") + library.about().llvm + "\ntargets: " + library.about().targets + "\n";
  } catch (const Error &) {
    return "the compiler is not installed: libraries can be run, graphs cannot be compiled\n";
  }
}

/// Prints a diagnostic of the compiler; `user` is the CompileRequest.
static void tell(void *user, const symc_diagnostic *told) {
  if (told->severity != SYMC_SEVERITY_ERROR && static_cast<const CompileRequest *>(user)->errorsOnly)
    return;
  Diagnostic diagnostic;
  diagnostic.severity = static_cast<Severity>(told->severity);
  diagnostic.code = told->code;
  diagnostic.file = told->place->file;
  diagnostic.line = told->place->line;
  diagnostic.column = told->place->column;
  diagnostic.endLine = told->place->end_line;
  diagnostic.endColumn = told->place->end_column;
  diagnostic.message = told->message;
  if (*told->option)
    diagnostic.message = static_cast<const CompileRequest *>(user)->spelling(told->option) + ": " + told->message;
  diagnostic.hint = told->hint;
  diagnostic.suggestion = told->suggestion;
  std::vector<const symc_place *> places = {told->place};
  for (int32_t i = 0; i < told->note_count; ++i) {
    const symc_note &note = *told->notes[i];
    diagnostic.notes.push_back({note.message, note.place->file, note.place->line, note.place->column});
    places.push_back(note.place);
  }
  auto lineOf = [&](std::string_view file, uint32_t line) -> std::optional<std::string_view> {
    for (const symc_place *place : places)
      if (place->text && place->line == line && file == place->file)
        return std::string_view(place->text, place->text_size);
    return std::nullopt;
  };
  print(diagnostic, lineOf, host::jsonDiagnostics());
}

/// The text of a stage goes to its file or to standard output.
static int deliver(const symc_result &result, const CompileRequest &request) {
  fputs(result.timings, stderr);
  if (!result.text)
    return host::Done;
  if (!request.textFile.empty()) {
    host::OutputFile file(request.textFile);
    file.write(result.text, result.text_size);
    file.commit();
    return host::Done;
  }
  fwrite(result.text, 1, result.text_size, stdout);
  if (fflush(stdout) || ferror(stdout))
    throw Error(host::WrongEnvironment,
                makeDiagnostic(code::OutputUnwritable, "", "standard output cannot be written"));
  return host::Done;
}

static int exitCode(symc_outcome outcome) {
  switch (outcome) {
  case SYMC_COMPILER_DONE:
    return host::Done;
  case SYMC_COMPILER_WRONG_INPUT:
    return host::WrongInput;
  case SYMC_COMPILER_WRONG_OPTIONS:
    return host::WrongUsage;
  case SYMC_COMPILER_LACKING:
    return host::WrongEnvironment;
  case SYMC_COMPILER_INTERNAL:
    return host::InternalError;
  }
  return host::InternalError;
}

/// A number of a finding: a string where it is not finite.
static std::string numberText(const Json &number) {
  return number.is_string() ? number.get<std::string>() : jsonLine(number);
}

void printFinding(const std::string &text) {
  if (host::jsonDiagnostics()) {
    printf("%s\n", text.c_str());
    return;
  }
  Json finding = Json::parse(text);
  auto word = [&](const char *key) { return finding.value(key, std::string()); };
  std::string line;
  if (finding.contains("file"))
    line = printable(word("file")) + ":" + std::to_string(finding["line"].get<int>()) + ":" +
           std::to_string(finding["column"].get<int>()) + ": ";
  line += finding.contains("result") ? "result " + symc::quoted(word("result")) : symc::quoted(word("node"));
  if (finding.contains("function"))
    line += " of " + word("function");
  if (!word("op").empty())
    line += " (" + word("op") + ")";
  if (finding.contains("pass"))
    line += ", after " + symc::quoted(word("pass"));
  if (finding.contains("element")) {
    line += ": element " + jsonLine(finding["element"]) + " is " + numberText(finding["value"]);
    if (finding.contains("reference"))
      line += ", and " + numberText(finding["reference"]) + " by the reference (roundings explain " +
              numberText(finding["allowed"]) + ")";
    else
      line += finding.contains("given")           ? ", as it was given"
              : finding.contains("of_infinities") ? ", of infinities"
                                                  : ", of finite operands";
    line += "; " + std::to_string(finding["differ"].get<int64_t>()) + " of " +
            std::to_string(finding["elements"].get<int64_t>()) + " elements";
    if (finding.contains("reaches_result"))
      line += ", which reach no result";
  }
  printf("%s\n", line.c_str());
}

/// 1 when something is found; what is wrong with the input is then told from that.
static int deliverFinding(symc_outcome outcome, const symc_result *result) {
  if (outcome == SYMC_COMPILER_WRONG_INPUT)
    return host::WrongUsage;
  if (outcome != SYMC_COMPILER_DONE)
    return exitCode(outcome);
  if (!result || !result->text)
    return host::Done;
  printFinding(result->text);
  return 1;
}

/// The exit code of the program. Of the session and its result nothing is freed: the process ends.
static int call(CompilerCommand command, CompileRequest &request) {
  CompilerLibrary library;
  symc_session_options settings = {sizeof settings, 0, &request, tell};
  symc_session *session = library.createSession(&settings);
  if (!session)
    throw Error(host::InternalError, makeDiagnostic(code::Internal, "", "the compiler refuses a session"));
  symc_result *result = nullptr;
  if (command == CompilerCommand::Examine) {
    symc_outcome outcome = library.examine(session, &request.options, &request.examination, &result);
    return deliverFinding(outcome, result);
  }
  symc_outcome outcome = command == CompilerCommand::Compile ? library.compile(session, &request.options, &result)
                         : command == CompilerCommand::Check
                             ? library.check(session, &request.options)
                             : library.differentiate(session, &request.options, &request.formula, &result);
  return result ? deliver(*result, request) : exitCode(outcome);
}

namespace {

constexpr size_t smallestStack = size_t(1) << 26;

struct Job {
  CompilerCommand command;
  CompileRequest &request;
  sigset_t signals; // blocked ones
  int exit;
};

} // namespace

static int callCompiler(const Job &job) {
  pthread_sigmask(SIG_SETMASK, &job.signals, nullptr);
  try {
    return call(job.command, job.request);
  } catch (const Error &error) {
    error.print();
    return error.exit;
  }
}

/// Freed when there is no memory left, so that this can be said; and of what.
static char *reserve = nullptr;
static const char *compiled = "";

/// The new-handler of the child, which LLVM calls too: no exception crosses its code.
static void endWithoutMemory() {
  std::set_new_handler(nullptr);
  delete[] std::exchange(reserve, nullptr);
  Error(host::WrongEnvironment, makeDiagnostic(code::OutOfMemory, compiled, "there is not enough memory to compile it"))
      .print();
  _exit(host::WrongEnvironment);
}

/// Where addresses are limited (ulimit -v), the compiler and its data need most of them.
static size_t largestStack() {
  struct rlimit addresses = {};
  getrlimit(RLIMIT_AS, &addresses);
  size_t stack = size_t(1) << 30;
  while (stack > smallestStack && addresses.rlim_cur != RLIM_INFINITY && stack > addresses.rlim_cur / 5)
    stack /= 4;
  return stack;
}

/// The child's part: on a large stack, since graphs nest as deep as their authors like. Pages that are not used cost
/// nothing.
static int callOnLargeStack(Job &job) {
  for (size_t stack = largestStack(); stack >= smallestStack; stack /= 4) {
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

int runCompiler(CompilerCommand command, CompileRequest &request) {
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
    Job job = {command, request, given, host::InternalError};
    compiled = request.options.input;
    reserve = new char[size_t(4) << 20];
    std::set_new_handler(endWithoutMemory);
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
    throw Error(host::WrongEnvironment,
                makeDiagnostic(code::OutOfMemory, request.options.input, "the compiler was killed",
                               "most often because the machine has too little memory"));
  throw Error(host::InternalError,
              makeDiagnostic(code::Internal, request.options.input,
                             std::string("the compiler crashed (") + strsignal(signal) + ")",
                             "this is an error of symc: please report it with the graph file and the command line"));
}

} // namespace symc::cli
