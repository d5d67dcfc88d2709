//===- Compiler.cpp - The interface of libSymcCompiler.so -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "symc/compiler.h"
#include "lib/Driver/Compilation.h"
#include "lib/Driver/Watch.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>
#include <cstring>
#include <new>
#include <unistd.h>

using namespace symc;

struct symc_session {
  symc_session_options options;
};

namespace {

static_assert(static_cast<int>(Outcome::Done) == SYMC_COMPILER_DONE &&
                  static_cast<int>(Outcome::WrongInput) == SYMC_COMPILER_WRONG_INPUT &&
                  static_cast<int>(Outcome::WrongOptions) == SYMC_COMPILER_WRONG_OPTIONS &&
                  static_cast<int>(Outcome::Lacking) == SYMC_COMPILER_LACKING &&
                  static_cast<int>(Outcome::Internal) == SYMC_COMPILER_INTERNAL,
              "the values of symc_outcome");

//===----------------------------------------------------------------------===//
// What callers say
//===----------------------------------------------------------------------===//

/// The caller's struct as this library knows it: what a shorter one lacks is zero. None when it is longer and says
/// something there, or when no version has a struct of its size: it would end within a field, or far beyond them all.
template <typename T> std::optional<T> received(const T *given) {
  constexpr uint32_t largest = 1 << 12;
  if (!given || given->size == 0 || given->size % alignof(T) != 0 || given->size > largest)
    return std::nullopt;
  auto *bytes = reinterpret_cast<const char *>(given);
  for (uint32_t i = sizeof(T); i < given->size; ++i)
    if (bytes[i] != 0)
      return std::nullopt;
  T known = {};
  std::memcpy(&known, given, std::min<size_t>(given->size, sizeof(T)));
  known.size = sizeof(T);
  return known;
}

std::string text(const char *string) { return string ? string : ""; }

/// Reports what the options have wrong.
class OptionReader {
public:
  OptionReader(const symc_compile_options &given, BuildOptions &options, Diagnostics &diagnostics)
      : given(given), options(options), diagnostics(diagnostics) {}

  void notUnderstood() { wrong("size", "the options are those of another version of the library"); }

  /// What every call needs.
  void readInput() {
    options.input = text(given.input);
    if (options.input.empty())
      wrong("input", "no graph file is named");
    if (given.text && given.text_size > INT32_MAX) // like a file of this size
      wrong("text_size", "the text has 2 GiB or more", code::FileTooLarge);
    else if (given.text)
      options.text = std::string(given.text, given.text_size);
    options.verifyEach = given.debug_verify;
    options.exposeValues = given.debug_values;
    readDims();
    options.freeze = list("freeze", given.freeze, given.freeze_count);
    if (!given.learning_rate)
      return;
    options.learningRate = *given.learning_rate;
    if (!std::isfinite(*given.learning_rate) || *given.learning_rate < 0)
      wrong("learning_rate", "the learning rate is a finite number, 0 or more");
  }

  void readResult() {
    options.output = text(given.output);
    options.header = given.header;
    if (!given.emit)
      return readOutput();
    const StageInfo *stage = findStage(given.emit);
    if (!stage)
      return wrong("emit", "there is no stage " + quoted(given.emit) + "; they are " + stageNames(true));
    if (!stage->isAvailable())
      return wrong("emit", quoted(given.emit) + " is of targets that this version does not have",
                   code::CommandNotInThisVersion);
    emitted = stage;
    options.stage = stage->stage;
    options.codeStage = stage->code;
  }

  void readRest() {
    readTarget();
    if (emitted && emitted->target && emitted->target != &options.target->info())
      wrong("emit", quoted(given.emit) + " is of the target " + quoted(emitted->target->name));
    options.functions = list("functions", given.functions, given.function_count);
    options.functionsRequired = given.functions_required;
    options.tracePoints = given.trace_points;
    options.describeGraph = given.describe_graph;
    options.watched = list("watched", given.watched, given.watched_count);
    if (!options.watched.empty() && !options.functions.empty())
      options.functions.emplace_back(kWatched);
    options.code.cpus = list("cpus", given.cpus, given.cpu_count);
    options.code.triple = text(given.triple);
    options.code.gpuArchs = list("gpu_archs", given.gpu_archs, given.gpu_arch_count);
    options.params = text(given.params);
    options.allowExtra = given.allow_extra;
    options.allowMissing = given.allow_missing;
    options.threads = given.threads;
    if (given.threads < 0)
      wrong("threads", "the number of threads is 0 or more, not " + std::to_string(given.threads));
    options.seed = given.seed;
    if (given.opt_level < SYMC_OPT_DEFAULT || given.opt_level > SYMC_OPT_3)
      wrong("opt_level", "a level of optimization is one of 0 to 3");
    else if (given.opt_level != SYMC_OPT_DEFAULT)
      options.code.optLevel = given.opt_level - SYMC_OPT_0;
    options.code.fastMath = given.fast_math;
    options.timePasses = given.time_passes;
    options.logPlacement = given.log_device_placement;
    readDebugging();
  }

  void readFormula(const symc_formula_options &formula, FormulaRequest &request) {
    request = {text(formula.of), list("wrt", formula.wrt, formula.wrt_count), formula.latex != 0};
  }

  void readExamination(const symc_examination &asked, ExaminationRequest &request) {
    if (asked.question < SYMC_EXAMINE_NODES || asked.question > SYMC_EXAMINE_PASSES)
      return wrong("question", "there is no question " + std::to_string(asked.question));
    request.question = static_cast<ExaminationRequest::Question>(asked.question);
    request.function = text(asked.function);
    request.seed = asked.seed;
    request.step = asked.step;
    readArrays("arguments", asked.arguments, asked.argument_count, request.arguments);
    readArrays("values", asked.values, asked.value_count, request.values);
  }

private:
  void readArrays(std::string_view option, const symc_array *const *items, int32_t count,
                  std::vector<GivenArray> &arrays) {
    if (count < 0)
      return wrong(option, "there are no " + std::to_string(count) + " arrays");
    for (int32_t i = 0; i < count; ++i) {
      std::optional<symc_array> given = items ? received(items[i]) : std::nullopt;
      const ElementTypeInfo *type = llvm::find_if(kElementTypes, [&](const ElementTypeInfo &info) {
        return given && given->element && llvm::StringRef(info.name) == given->element;
      });
      if (type == std::end(kElementTypes) || !given->name || given->rank < 0 || (given->rank && !given->shape))
        return wrong(option, "array " + std::to_string(i) + " lacks its name, its element type or its shape");
      GivenArray array{given->name,
                       static_cast<ElementType>(type - std::begin(kElementTypes)),
                       interpreter::Sizes(given->shape, given->shape + given->rank),
                       {},
                       {}};
      int64_t elements = 1;
      for (int64_t size : array.sizes)
        if (size < 0 || llvm::MulOverflow(elements, size, elements))
          return wrong(option, "array " + std::to_string(i) + " has sizes that no tensor has");
      bool isReal = isFloating(array.element);
      if (elements && !(isReal ? static_cast<const void *>(given->reals) : given->integers))
        return wrong(option, "array " + std::to_string(i) + " lacks its elements");
      if (isReal)
        array.reals.assign(given->reals, given->reals + elements);
      else
        array.integers.assign(given->integers, given->integers + elements);
      arrays.push_back(std::move(array));
    }
  }

  /// A list that lacks its array, or a text in it, is a mistake of the caller's code, which must not be taken for an
  /// empty list: that one means all, or none.
  std::vector<std::string> list(std::string_view option, const char *const *items, int32_t count) {
    if (count < 0 || (count > 0 && (!items || llvm::is_contained(llvm::ArrayRef(items, count), nullptr)))) {
      wrong(option, "the list of " + std::to_string(count) + " lacks texts");
      return {};
    }
    return {items, items + count};
  }

  void readDims() {
    std::vector<std::string> names = list("dim_names", given.dim_names, given.dim_count);
    if (!names.empty() && !given.dim_values)
      return wrong("dim_values", "the dimensions have no values");
    for (size_t i = 0; i < names.size(); ++i) {
      if (llvm::is_contained(llvm::ArrayRef(names).take_front(i), names[i]))
        return wrong("dim_names", "the dimension " + quoted(names[i]) + " is fixed twice");
      options.fixedDims.push_back({names[i], given.dim_values[i]});
    }
  }

  void readOutput() {
    llvm::StringRef output = options.output;
    if (output.empty())
      wrong("output", "neither a file to write nor a stage to stop at is named");
    else if (!output.ends_with(".so") && !output.ends_with(".o") && !output.ends_with(".a"))
      wrong("output", quoted(options.output) + " ends in none of .so, .o, .a");
  }

  void readTarget() {
    std::string name = text(given.target);
    if (const Target *target = name.empty() ? &defaultTarget() : findTarget(name)) {
      options.target = target;
    } else if (findTargetInfo(name)) {
      auto words = [](const Target *target) { return std::string(target->info().what); };
      wrong("target", "this version compiles for " + llvm::join(llvm::map_range(targets(), words), " and ") + " only",
            code::CommandNotInThisVersion);
    } else {
      auto words = [](const TargetInfo *target) { return std::string(target->name); };
      wrong("target", "there is no target " + quoted(name) + "; they are " +
                          llvm::join(llvm::map_range(targetInfos, words), " and "));
    }
  }

  void readDebugging() {
    std::string fusion = text(given.debug_fusion), arena = text(given.debug_arena);
    options.fuse = fusion != "off";
    if (!fusion.empty() && fusion != "on" && fusion != "off")
      wrong("debug_fusion", "fusion is on or off, not " + quoted(fusion));
    if (std::optional<ArenaMode> mode = findArenaMode(arena))
      options.code.arena = *mode;
    else if (!arena.empty())
      wrong("debug_arena", "the arena is planned, separate or poisoned, not " + quoted(arena));
  }

  void wrong(std::string_view option, std::string message, std::string_view code = code::OptionValue) {
    symc::Diagnostic diagnostic;
    diagnostic.code = code;
    diagnostic.option = option;
    diagnostic.line = diagnostic.column = 0;
    diagnostic.message = std::move(message);
    diagnostics.report(std::move(diagnostic));
  }

  const symc_compile_options given;
  const StageInfo *emitted = nullptr;
  BuildOptions &options;
  Diagnostics &diagnostics;
};

//===----------------------------------------------------------------------===//
// What callers receive
//===----------------------------------------------------------------------===//

/// A diagnostic as the struct of the interface, with the memory that it points into.
class Told {
public:
  Told(const symc::Diagnostic &diagnostic, const Diagnostics &all)
      : message(oneLine(diagnostic.message)), hint(oneLine(diagnostic.hint)),
        suggestion(oneLine(diagnostic.suggestion)), option(diagnostic.option) {
    place = placeOf(all, diagnostic.file, diagnostic.line, diagnostic.column);
    place.end_line = diagnostic.endLine;
    place.end_column = diagnostic.endColumn;
    for (const DiagnosticNote &note : diagnostic.notes) {
      noteTexts.push_back(oneLine(note.message));
      places.push_back(placeOf(all, note.file, note.line, note.column));
      notes.push_back({sizeof(symc_note), noteTexts.back().c_str(), &places.back()});
    }
    for (const symc_note &note : notes)
      pointers.push_back(&note);
    told = {sizeof told,
            static_cast<int32_t>(diagnostic.severity),
            diagnostic.code.c_str(),
            message.c_str(),
            hint.c_str(),
            suggestion.c_str(),
            option.c_str(),
            &place,
            pointers.data(),
            static_cast<int32_t>(pointers.size())};
  }
  Told(const Told &) = delete;

  const symc_diagnostic *get() const { return &told; }

private:
  static symc_place placeOf(const Diagnostics &all, const std::string &file, uint32_t line, uint32_t column) {
    symc_place place = {sizeof place, line, column, 0, 0, file.c_str(), nullptr, 0};
    if (std::optional<std::string_view> text = line ? all.line(file, line) : std::nullopt) {
      place.text = text->data() ? text->data() : "";
      place.text_size = text->size();
    }
    return place;
  }

  symc_diagnostic told;
  std::string message, hint, suggestion, option;
  symc_place place;
  std::deque<std::string> noteTexts;
  std::deque<symc_place> places;
  std::deque<symc_note> notes;
  std::vector<const symc_note *> pointers;
};

static_assert(static_cast<int>(Severity::Error) == SYMC_SEVERITY_ERROR &&
                  static_cast<int>(Severity::Warning) == SYMC_SEVERITY_WARNING &&
                  static_cast<int>(Severity::Note) == SYMC_SEVERITY_NOTE &&
                  static_cast<int>(Severity::Remark) == SYMC_SEVERITY_REMARK,
              "the values of symc_severity");

struct OwnedResult {
  symc_result result; // first: a symc_result * is an OwnedResult *
  BuildResult content;
  std::vector<const char *> files;
};

symc_result *hand(BuildResult content) {
  auto *owned = new OwnedResult{{}, std::move(content), {}};
  for (const std::string &file : owned->content.files)
    owned->files.push_back(file.c_str());
  const std::optional<std::string> &text = owned->content.text;
  owned->result = {sizeof(symc_result),     static_cast<int32_t>(owned->files.size()),
                   owned->files.data(),     text ? text->c_str() : nullptr,
                   text ? text->size() : 0, owned->content.timings.c_str()};
  return &owned->result;
}

/// LLVM's containers take their memory past operator new. Where there is none, the program's new-handler is called for
/// them, too, which may end the process in its own way.
void onBadAlloc(void *, const char *, bool) {
  if (std::new_handler handler = std::get_new_handler())
    handler();
  constexpr char said[] = "LLVM ERROR: out of memory\n"; // as LLVM does by itself
  (void)!write(STDERR_FILENO, said, sizeof said - 1);
  abort();
}

void watchMemory() {
  static const bool installed = (llvm::install_bad_alloc_error_handler(onBadAlloc), true);
  (void)installed;
}

/// One call: reads the options, compiles, tells what was wrong and hands out the result.
symc_outcome call(symc_session *session, const symc_compile_options *options, symc_result **result,
                  llvm::function_ref<void(OptionReader &)> read,
                  llvm::function_ref<Outcome(Compilation &, BuildResult &)> work) {
  if (result)
    *result = nullptr;
  if (!session)
    return SYMC_COMPILER_WRONG_OPTIONS;
  watchMemory();
  const symc_session_options listener = session->options; // what it is told may make the caller destroy the session
  Diagnostics diagnostics;
  BuildOptions build;
  BuildResult content;
  std::optional<symc_compile_options> given = received(options);
  OptionReader reader(given ? *given : symc_compile_options(), build, diagnostics);
  if (given) {
    reader.readInput();
    read(reader);
  } else {
    reader.notUnderstood();
  }
  Outcome outcome = Outcome::WrongOptions;
  if (!diagnostics.hasErrors()) {
    Compilation compilation(build, diagnostics);
    outcome = work(compilation, content);
    if (outcome == Outcome::Done && result)
      *result = hand(std::move(content));
  }
  if (listener.diagnostic)
    for (const symc::Diagnostic &diagnostic : diagnostics.inOrder())
      listener.diagnostic(listener.user, Told(diagnostic, diagnostics).get());
  return static_cast<symc_outcome>(outcome);
}

} // namespace

const symc_compiler_info *symc_compiler_about(void) {
  static const std::string stages = stageNames(/*onlyAvailable=*/true);
  static const std::string architectures = [] {
    auto of = [](const Target *target) { return target->architectures().str(); };
    return llvm::join(llvm::map_range(targets(), of), " ");
  }();
  static const symc_compiler_info info = {sizeof info,         SYMC_COMPILER_ABI,     SYMC_VERSION,
                                          LLVM_VERSION_STRING, architectures.c_str(), stages.c_str()};
  return &info;
}

symc_session *symc_session_create(const symc_session_options *options) {
  std::optional<symc_session_options> given = received(options);
  return given && given->reserved == 0 ? new symc_session{*given} : nullptr;
}

void symc_session_destroy(symc_session *session) { delete session; }

symc_outcome symc_session_compile(symc_session *session, const symc_compile_options *options, symc_result **result) {
  auto read = [](OptionReader &reader) {
    reader.readResult();
    reader.readRest();
  };
  return call(session, options, result, read,
              [](Compilation &compilation, BuildResult &content) { return compilation.compile(content); });
}

symc_outcome symc_session_check(symc_session *session, const symc_compile_options *options) {
  return call(
      session, options, nullptr, [](OptionReader &) {},
      [](Compilation &compilation, BuildResult &) { return compilation.check(); });
}

symc_outcome symc_session_differentiate(symc_session *session, const symc_compile_options *options,
                                        const symc_formula_options *formula, symc_result **result) {
  std::optional<symc_formula_options> asked = received(formula);
  FormulaRequest request;
  return call(
      session, asked ? options : nullptr, result, [&](OptionReader &reader) { reader.readFormula(*asked, request); },
      [&](Compilation &compilation, BuildResult &content) { return compilation.differentiate(request, content); });
}

symc_outcome symc_session_examine(symc_session *session, const symc_compile_options *options,
                                  const symc_examination *examination, symc_result **result) {
  std::optional<symc_examination> asked = received(examination);
  ExaminationRequest request;
  auto read = [&](OptionReader &reader) {
    reader.readRest();
    reader.readExamination(*asked, request);
  };
  return call(session, asked ? options : nullptr, result, read,
              [&](Compilation &compilation, BuildResult &content) { return compilation.examine(request, content); });
}

void symc_result_destroy(symc_result *result) { delete reinterpret_cast<OwnedResult *>(result); }
