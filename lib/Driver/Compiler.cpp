//===- Compiler.cpp - The interface of libSymcCompiler.so -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "symc/compiler.h"
#include "dialects/sym/SymOps.h"
#include "lib/Driver/Build.h"
#include "lib/Driver/EmbedParams.h"
#include "lib/Export/Dot.h"
#include "lib/Export/Formula.h"
#include "lib/Support/NewFile.h"
#include "lib/Support/Suggest.h"
#include "lib/Support/SystemErrors.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/TargetSelect.h"
#include <optional>

using namespace mlir;
using namespace symc;

namespace {

enum Exit { Done = 0, WrongInput = 1, WrongUsage = 2, LackingEnvironment = 3, InternalError = 70 };

std::vector<std::string> list(const symc_string_list &strings) {
  return std::vector<std::string>(strings.items, strings.items + strings.count);
}
std::string text(const char *string) { return string ? string : ""; }

/// The values of an option by their names.
template <typename T> struct Named {
  const char *name;
  T value;
};
constexpr Named<bool> fusions[] = {{"on", true}, {"off", false}};
constexpr Named<ArenaMode> arenas[] = {
    {"planned", ArenaMode::Planned}, {"separate", ArenaMode::Separate}, {"poisoned", ArenaMode::Poisoned}};

template <typename T, size_t Size> std::string nameOf(const Named<T> (&table)[Size], T value) {
  return llvm::find_if(table, [&](const Named<T> &entry) { return entry.value == value; })->name;
}
/// False when `name` is none of the table's; what is not given stays as it is.
template <typename T, size_t Size> bool choose(const Named<T> (&table)[Size], const char *name, T &value) {
  const auto *entry = llvm::find_if(table, [&](const Named<T> &entry) { return text(name) == entry.name; });
  if (name && entry != std::end(table))
    value = entry->value;
  return !name || entry != std::end(table);
}

BuildOptions buildOptions(const symc_compile_options &o) {
  BuildOptions options;
  options.input = text(o.input);
  for (int32_t i = 0; i < o.dim_count; ++i)
    options.fixedDims.push_back({o.dims[i].name, o.dims[i].value});
  options.functions = list(o.functions);
  options.cpus = list(o.cpus);
  if (options.cpus.empty())
    options.cpus.push_back("native");
  options.triple = text(o.triple);
  options.params = o.embed_params ? text(o.params) : "";
  options.allowExtra = o.allow_extra;
  options.optLevel = o.opt_level;
  options.fastMath = o.fast_math;
  options.timePasses = o.time_passes;
  return options;
}

/// Flags that change what is compiled, for the manifest.
std::vector<std::string> flagsOf(const symc_compile_options &o, const BuildOptions &built) {
  std::vector<std::string> flags = {"-O" + std::to_string(o.opt_level)};
  if (o.fast_math)
    flags.push_back("--fast-math");
  for (int32_t i = 0; i < o.dim_count; ++i)
    flags.push_back("--dim " + std::string(o.dims[i].name) + "=" + std::to_string(o.dims[i].value));
  if (o.functions.count) {
    std::string functions = "--functions ";
    llvm::ListSeparator comma(",");
    for (const std::string &name : list(o.functions))
      functions += std::string(StringRef(comma)) + name;
    flags.push_back(functions);
  }
  if (o.embed_params)
    flags.push_back("--embed-params");
  if (built.fuse != BuildOptions().fuse)
    flags.push_back("--debug-fusion " + nameOf(fusions, built.fuse));
  if (built.arena != BuildOptions().arena)
    flags.push_back("--debug-arena " + nameOf(arenas, built.arena));
  return flags;
}

/// One run of the compiler: its context, its diagnostics and how it ends.
class Session {
public:
  explicit Session(const symc_compile_options &o)
      : given(o), options(buildOptions(o)), context(registry(), MLIRContext::Threading::DISABLED) {}

  int compile() {
    if (std::optional<int> exit = checkOptions())
      return *exit;
    if (given.time_passes && given.json_diagnostics) {
      diagnostics.report({Severity::Warning, std::string(code::OptionConflict), "", 0, 0, 0, 0,
                          "--time-passes prints tables, which JSON diagnostics leave out", "", "", {}});
      options.timePasses = false;
    }
    std::optional<Stage> stage = given.emit ? parseStage(given.emit) : Stage::Library;
    if (!stage)
      return fail(code::CommandNotInThisVersion,
                  "--emit " + quoted(given.emit) + " is of targets that this version does not have", WrongUsage);
    OwningOpRef<ModuleOp> module = readInput(context, options, diagnostics);
    if (!module || diagnostics.hasErrors())
      return end(failureOf());
    if (!checkFunctions(*module))
      return end(failureOf());
    if (given.log_device_placement)
      reportPlacement(*module);
    std::vector<std::string> inputs = inputsOf(*module);
    if (!runStages(*module, std::min(*stage, Stage::Linalg), options, diagnostics))
      return end(failureOf());
    if (*stage <= Stage::Linalg) {
      std::string ir;
      llvm::raw_string_ostream os(ir);
      if (*stage == Stage::Dot)
        printDot(*module, os);
      else
        module->print(os);
      return emitText(ir);
    }
    return compileCode(*module, *stage, std::move(inputs));
  }

  int check() {
    OwningOpRef<ModuleOp> module = readInput(context, options, diagnostics);
    if (module && !diagnostics.hasErrors())
      runStages(*module, Stage::Autodiff, options, diagnostics);
    return end(diagnostics.hasErrors() ? failureOf() : Done);
  }

  int grad() {
    OwningOpRef<ModuleOp> module = readInput(context, options, diagnostics);
    if (!module || diagnostics.hasErrors())
      return end(failureOf());
    FormulaOptions formula;
    formula.wrongName = [&](std::string message, std::string suggestion) {
      diagnostics.report({Severity::Error,
                          std::string(code::OptionValue),
                          "",
                          0,
                          0,
                          0,
                          0,
                          std::move(message),
                          "",
                          std::move(suggestion),
                          {}});
    };
    formula.of = text(given.of);
    formula.wrt = list(given.wrt);
    formula.latex = text(given.format) == "latex";
    std::string result;
    llvm::raw_string_ostream os(result);
    ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &raised) {
      report(raised, options, diagnostics);
      return success();
    });
    if (failed(printGradients(*module, formula, os)))
      return end(failureOf());
    return emitText(result);
  }

private:
  static const DialectRegistry &registry() {
    static DialectRegistry dialects = [] {
      DialectRegistry r;
      registerDialects(r);
      return r;
    }();
    return dialects;
  }

  int end(int exit) {
    diagnostics.print(given.json_diagnostics);
    return exit;
  }
  int fail(std::string_view code, std::string message, int exit, std::string hint = "") {
    diagnostics.report(
        {Severity::Error, std::string(code), "", 0, 0, 0, 0, std::move(message), std::move(hint), "", {}});
    return end(exit);
  }
  /// What stopped the writing of a file, or the compiler itself.
  int fail(llvm::Error error) {
    symc::Diagnostic diagnostic;
    diagnostic.line = diagnostic.column = 0;
    std::error_code cause;
    llvm::handleAllErrors(
        std::move(error),
        [&](const llvm::FileError &e) {
          diagnostic.file = e.getFileName().str();
          cause = e.convertToErrorCode();
        },
        [&](const llvm::ErrorInfoBase &e) {
          diagnostic.message = e.message();
          cause = e.convertToErrorCode();
        });
    bool system = cause != llvm::inconvertibleErrorCode();
    if (const char *reason = writeProblem(cause.value()); system)
      diagnostic.message = "cannot be written: " + (reason ? reason : cause.message());
    bool full = system && isFull(cause.value()), lacking = system && isLacking(cause.value());
    if (full)
      diagnostic.hint = "free some space, or write to another place";
    diagnostic.code = system ? code::OutputUnwritable : code::Internal;
    diagnostics.report(std::move(diagnostic));
    return end(lacking ? LackingEnvironment : system ? WrongInput : InternalError);
  }
  /// 70 when anything that went wrong is the compiler's fault, 3 when the system could not open a file, 2 when nothing
  /// but the command line is wrong.
  int failureOf() const {
    bool usage = true;
    for (const symc::Diagnostic &d : diagnostics.all()) {
      if (d.code == code::Internal)
        return InternalError;
      if ((d.code == code::FileUnreadable || d.code == code::ConstantFile) && saysLacking(d.message))
        return LackingEnvironment;
      usage &= d.severity != Severity::Error || d.code == code::OptionValue;
    }
    return usage && diagnostics.hasErrors() ? WrongUsage : WrongInput;
  }

  std::optional<int> checkOptions() {
    if (text(given.target) == "cuda")
      return fail(code::CommandNotInThisVersion, "this version compiles for the CPU only", WrongUsage,
                  "leave out --target cuda");
    if (!choose(fusions, given.debug_fusion, options.fuse))
      return fail(code::OptionValue, "--debug-fusion is on or off, not " + quoted(given.debug_fusion), WrongUsage);
    if (!choose(arenas, given.debug_arena, options.arena))
      return fail(code::OptionValue,
                  "--debug-arena is planned, separate or poisoned, not " + quoted(given.debug_arena), WrongUsage);
    return std::nullopt;
  }

  /// Whether every name of --functions is a function that the model has.
  bool checkFunctions(ModuleOp module) {
    std::vector<std::string> known = {"predict"};
    if (!module.getOps<sym::TrainOp>().empty())
      known.insert(known.end(), {"loss", "gradients", "train_step", "evaluate"});
    auto model = module.lookupSymbol<func::FuncOp>("model");
    for (unsigned i = 0; model && i < model.getNumResults(); ++i)
      if (auto entry = model.getResultAttrOfType<StringAttr>(i, "sym.entry"))
        known.push_back(entry.getValue().str());
    bool good = true;
    for (const std::string &name : options.functions)
      if (!llvm::is_contained(known, name)) {
        std::string has;
        llvm::ListSeparator comma;
        for (const std::string &function : known)
          has += std::string(StringRef(comma)) + function;
        bool implied = given.functions_implied;
        bool training = llvm::is_contained(known, "train_step");
        diagnostics.report(
            {Severity::Error,
             std::string(implied ? code::MissingFunction : code::OptionValue),
             implied ? options.input : "",
             0,
             0,
             0,
             0,
             (implied ? "" : text(given.functions_option) + ": ") + "the model has no function " + quoted(name),
             "it has " + has + (training ? "" : "; those of training need a `train` section"),
             suggest(name, known),
             {}});
        good = false;
      }
    return good;
  }

  /// All inputs of the graph: functions have only those that they use.
  static std::vector<std::string> inputsOf(ModuleOp module) {
    std::vector<std::string> inputs;
    auto model = module.lookupSymbol<func::FuncOp>("model");
    for (unsigned i = 0; model && i < model.getNumArguments(); ++i)
      if (auto kind = model.getArgAttrOfType<StringAttr>(i, "sym.kind"); kind && kind.getValue() == "input")
        inputs.push_back(model.getArgAttrOfType<StringAttr>(i, "sym.name").str());
    return inputs;
  }

  /// A remark a node. There is one device.
  void reportPlacement(ModuleOp module) {
    auto model = module.lookupSymbol<func::FuncOp>("model");
    if (!model)
      return;
    StringRef last;
    for (Operation &op : model.getBody().front().without_terminator()) {
      auto name = dyn_cast<NameLoc>(op.getLoc());
      auto place = name ? dyn_cast<FileLineColLoc>(name.getChildLoc()) : FileLineColLoc();
      if (!place || name.getName().getValue() == last)
        continue;
      last = name.getName().getValue();
      diagnostics.report({Severity::Remark,
                          std::string(code::Placement),
                          place.getFilename().str(),
                          place.getLine(),
                          place.getColumn(),
                          0,
                          0,
                          quoted(last) + " (" + op.getName().stripDialect().str() + ") runs on cpu:0",
                          "",
                          "",
                          {}});
    }
  }

  int emitText(StringRef contents) {
    if (given.output) {
      NewFile file;
      auto wait = [] { return true; }; // a signal ends the process
      if (file.open(given.output, wait) && file.write(contents.data(), contents.size()) && file.commit())
        return end(Done);
      return fail(llvm::createFileError(given.output, std::error_code(errno, std::generic_category())));
    }
    llvm::raw_fd_ostream &os = llvm::outs();
    os << contents;
    os.flush();
    bool failed = os.has_error();
    os.clear_error();
    return failed ? fail(code::OutputUnwritable, "standard output cannot be written", LackingEnvironment) : end(Done);
  }

  int compileCode(ModuleOp module, Stage stage, std::vector<std::string> inputs) {
    llvm::LLVMContext llvmContext;
    ModelDescription model;
    std::vector<Variant> variants;
    for (size_t i = 0; i < options.cpus.size(); ++i) {
      llvm::Expected<CpuTarget> cpu = resolveCpu(options.triple, options.cpus[i]);
      if (!cpu)
        return fail(code::OptionValue, llvm::toString(cpu.takeError()), WrongUsage);
      // The last one may use the module up.
      bool last = i + 1 == options.cpus.size() || stage != Stage::Library;
      OwningOpRef<ModuleOp> copy = last ? OwningOpRef<ModuleOp>() : OwningOpRef<ModuleOp>(module.clone());
      ModuleOp code = last ? module : *copy;
      ModelDescription described;
      std::unique_ptr<llvm::Module> translated = translate(code, *cpu, options, llvmContext, &described, diagnostics);
      if (!translated)
        return end(failureOf());
      // The variants differ in nothing but the scratch memory of their kernels.
      std::vector<std::vector<BufferDescription>> buffers;
      for (const FunctionDescription &function : described.functions)
        buffers.push_back(function.buffers);
      variants.push_back({std::move(*cpu), std::move(translated), std::move(buffers)});
      if (i == 0)
        model = std::move(described);
      if (copy)
        copies.push_back(std::move(copy));
      if (stage != Stage::Library)
        break;
    }
    EmitOptions target;
    target.optLevel = options.optLevel;
    target.writeHeader = given.header;
    if (stage != Stage::Library)
      return emitCode(std::move(variants.front()), target, stage);
    model.flags = flagsOf(given, options);
    model.defaultThreads = given.threads;
    model.defaultSeed = given.seed;
    model.graphSha256 = hashOfInput();
    model.inputs = std::move(inputs);
    if (!options.params.empty() && !embedParameters(model, options, diagnostics))
      return end(WrongInput);
    if (llvm::Error error = emitLibrary(std::move(variants), model, target, given.output))
      return fail(std::move(error));
    return end(Done);
  }

  int emitCode(Variant variant, const EmitOptions &target, Stage stage) {
    std::string contents;
    llvm::raw_string_ostream os(contents);
    llvm::Error error = llvm::Error::success();
    if (stage == Stage::Llvm)
      variant.module->print(os, nullptr);
    else if (stage == Stage::Asm)
      error = emitAssembly(std::move(variant), target, os);
    else
      error = emitObject(std::move(variant), target, os);
    return error ? fail(std::move(error)) : emitText(contents);
  }

  std::string hashOfInput() {
    auto buffer = llvm::MemoryBuffer::getFile(options.input);
    if (!buffer)
      return "";
    llvm::SHA256 hash;
    hash.update((*buffer)->getBuffer());
    return llvm::toHex(hash.final(), /*LowerCase=*/true);
  }

  const symc_compile_options &given;
  BuildOptions options;
  Diagnostics diagnostics;
  MLIRContext context;
  std::vector<OwningOpRef<ModuleOp>> copies; // initial values in the description may point into them
};

bool known(const symc_compile_options *options) { return options && options->size >= sizeof(symc_compile_options); }

} // namespace

const symc_compiler_info *symc_compiler_about(void) {
  static const symc_compiler_info info = {SYMC_COMPILER_ABI, SYMC_VERSION, LLVM_VERSION_STRING, "x86-64"};
  return &info;
}

int symc_compiler_compile(const symc_compile_options *options) {
  return known(options) ? Session(*options).compile() : InternalError;
}
int symc_compiler_check(const symc_compile_options *options) {
  return known(options) ? Session(*options).check() : InternalError;
}
int symc_compiler_grad(const symc_compile_options *options) {
  return known(options) ? Session(*options).grad() : InternalError;
}
