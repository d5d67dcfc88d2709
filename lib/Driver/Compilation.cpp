//===- Compilation.cpp - One call of the compiler --------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Driver/Compilation.h"
#include "dialects/sym/Roles.h"
#include "lib/Driver/EmbedParams.h"
#include "lib/Driver/Watch.h"
#include "lib/Export/Dot.h"
#include "lib/Export/Formula.h"
#include "lib/Export/Nodes.h"
#include "lib/Kernel/TracePoints.h"
#include "lib/Support/Json.h"
#include "lib/Support/NewFile.h"
#include "lib/Support/Suggest.h"
#include "lib/Support/SystemErrors.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"
#include <nlohmann/json.hpp>

using namespace mlir;
using namespace symc;

static const DialectRegistry &registry() {
  static const DialectRegistry dialects = [] {
    DialectRegistry all;
    registerDialects(all);
    return all;
  }();
  return dialects;
}

Compilation::Compilation(const BuildOptions &options, Diagnostics &diagnostics)
    : options(options), diagnostics(diagnostics), context(registry(), MLIRContext::Threading::DISABLED),
      run{options, diagnostics, {}} {
  context.printOpOnDiagnostic(false); // the op as it stands is not for the reader of a graph
  if (!options.timePasses)
    return;
  timingStream = std::make_unique<llvm::raw_string_ostream>(timings);
  timing = std::make_unique<DefaultTimingManager>();
  timing->setEnabled(true);
  timing->setOutput(createOutputStrategy(DefaultTimingManager::OutputFormat::Text, *timingStream));
  run.timing = timing->getRootScope();
}

Compilation::~Compilation() = default;

//===----------------------------------------------------------------------===//
// Mistakes
//===----------------------------------------------------------------------===//

void Compilation::report(std::string_view code, std::string message, std::string file, std::string suggestion) {
  symc::Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.file = std::move(file);
  diagnostic.line = diagnostic.column = 0;
  diagnostic.message = std::move(message);
  diagnostic.suggestion = std::move(suggestion);
  diagnostics.report(std::move(diagnostic));
}

/// What stopped the writing of a file, or the compiler itself.
Outcome Compilation::failed(llvm::Error error) {
  if (error.isA<PassesFailed>()) {
    llvm::consumeError(std::move(error));
    return failed();
  }
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
  if (system && isFull(cause.value()))
    diagnostic.hint = "free some space, or write to another place";
  diagnostic.code = system ? code::OutputUnwritable : code::Internal;
  diagnostics.report(std::move(diagnostic));
  return !system ? Outcome::Internal : isLacking(cause.value()) ? Outcome::Lacking : Outcome::WrongInput;
}

/// Internal when anything that went wrong is the compiler's fault, Lacking when the system could not open a file, and
/// WrongOptions when nothing but the options are wrong.
Outcome Compilation::failed() const {
  bool wrongOptions = diagnostics.hasErrors();
  for (const symc::Diagnostic &d : diagnostics.all()) {
    if (d.code == code::Internal)
      return Outcome::Internal;
    if ((d.code == code::FileUnreadable || d.code == code::ConstantFile) && saysLacking(d.message))
      return Outcome::Lacking;
    wrongOptions &= d.severity != Severity::Error || d.code == code::OptionValue || !d.option.empty();
  }
  return wrongOptions ? Outcome::WrongOptions : Outcome::WrongInput;
}

//===----------------------------------------------------------------------===//
// What is looked up in the module of the graph
//===----------------------------------------------------------------------===//

/// All inputs of the graph: functions have only those that they use.
static std::vector<std::string> inputsOf(ModuleOp module) {
  std::vector<std::string> inputs;
  auto model = module.lookupSymbol<func::FuncOp>("model");
  if (!model)
    return inputs;
  for (BlockArgument input : argumentsWithRole(model, sym::Role::input))
    if (StringRef name = nameOf(model, input.getArgNumber()); !name.empty()) // a module written by hand may lack it
      inputs.push_back(name.str());
  return inputs;
}

/// Whether every function that is asked for is one that the model has.
bool Compilation::checkFunctions(ModuleOp module) {
  std::vector<std::string> known = {"predict"};
  if (!module.getOps<sym::TrainOp>().empty())
    known.insert(known.end(), {"loss", "gradients", "train_step", "evaluate"});
  if (known.size() > 1 &&
      llvm::any_of(module.getOps<sym::ParameterOp>(), [](sym::ParameterOp p) { return p.getMeasured(); }))
    known.push_back("statistics");
  auto model = module.lookupSymbol<func::FuncOp>("model");
  for (unsigned i = 0; model && i < model.getNumResults(); ++i)
    if (auto entry = model.getResultAttrOfType<StringAttr>(i, kEntryAttr))
      known.push_back(entry.getValue().str());
  if (!options.watched.empty())
    known.emplace_back(kWatched);
  bool good = true;
  for (const std::string &name : options.functions) {
    if (llvm::is_contained(known, name))
      continue;
    symc::Diagnostic diagnostic;
    diagnostic.code = options.functionsRequired ? code::MissingFunction : code::OptionValue;
    diagnostic.file = options.functionsRequired ? options.input : "";
    diagnostic.option = options.functionsRequired ? "" : "functions";
    diagnostic.line = diagnostic.column = 0;
    diagnostic.message = "the model has no function " + symc::quoted(name);
    bool training = llvm::is_contained(known, "train_step");
    diagnostic.hint =
        "it has " + llvm::join(known, ", ") + (training ? "" : "; those of training need a `train` section");
    diagnostic.suggestion = suggest(name, known);
    diagnostics.report(std::move(diagnostic));
    good = false;
  }
  return good;
}

/// A remark a node. There is one device, the target's.
void Compilation::reportPlacement(ModuleOp module) {
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
    symc::Diagnostic remark;
    remark.severity = Severity::Remark;
    remark.code = code::Placement;
    remark.file = place.getFilename().str();
    remark.line = place.getLine();
    remark.column = place.getColumn();
    remark.message =
        symc::quoted(last) + " (" + op.getName().stripDialect().str() + ") runs on " + options.target->device().str();
    diagnostics.report(std::move(remark));
  }
}

//===----------------------------------------------------------------------===//
// The calls
//===----------------------------------------------------------------------===//

/// The file is read once: the manifest tells of the text that was compiled, whatever the file has become meanwhile.
OwningOpRef<ModuleOp> Compilation::read(bool warnUnused) {
  std::optional<std::string> text = readText(options, diagnostics);
  if (!text)
    return nullptr;
  graphSha256 = llvm::toHex(llvm::SHA256::hash(llvm::arrayRefFromStringRef(*text)), /*LowerCase=*/true);
  return readModule(std::move(*text), context, run, warnUnused);
}

Outcome Compilation::compile(BuildResult &result) {
  OwningOpRef<ModuleOp> module = read();
  if (!module || diagnostics.hasErrors() || !checkFunctions(*module))
    return failed();
  // Calls of functions in their places: nodes have names of their own.
  CallResults calls;
  if (!options.watched.empty())
    calls = callResults(*module);
  bool namesNodes = options.logPlacement || options.describeGraph || !options.watched.empty();
  if (namesNodes && !runStages(*module, Stage::Dot, run))
    return failed();
  if (options.logPlacement)
    reportPlacement(*module);
  if (options.exposeValues)
    exposeValues(*module);
  ModelDescription said; // what the module of the graph says
  said.inputs = inputsOf(*module);
  said.train = describeTraining(*module);
  if (options.describeGraph)
    said.nodes = describeNodes(*module);
  if (!options.watched.empty() && !watchValues(*module, options.watched, calls, diagnostics))
    return failed();
  if (options.tracePoints)
    (*module)->setAttr(kTraceAttr, UnitAttr::get(&context));
  if (!runStages(*module, std::min(options.stage, Stage::Linalg), run))
    return failed();
  Outcome outcome =
      options.stage == Stage::Library ? writeLibrary(*module, std::move(said), result) : emit(*module, result);
  takeTimings(result);
  return outcome;
}

Outcome Compilation::check() {
  OwningOpRef<ModuleOp> module = read();
  if (module && !diagnostics.hasErrors())
    runStages(*module, Stage::Autodiff, run);
  return diagnostics.hasErrors() ? failed() : Outcome::Done;
}

Outcome Compilation::differentiate(const FormulaRequest &request, BuildResult &result) {
  OwningOpRef<ModuleOp> module = read(/*warnUnused=*/false); // what is asked for is used
  if (!module || diagnostics.hasErrors() || !runStages(*module, Stage::Dot, run))
    return failed();
  FormulaOptions formula;
  formula.of = request.of;
  formula.wrt = request.wrt;
  formula.latex = request.latex;
  formula.wrongName = [&](std::string message, std::string suggestion) {
    report(code::OptionValue, std::move(message), "", std::move(suggestion));
  };
  ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &raised) {
    symc::report(raised, options, diagnostics);
    return success();
  });
  llvm::raw_string_ostream os(result.text.emplace());
  return succeeded(printGradients(*module, formula, os)) ? Outcome::Done : failed();
}

static std::string findingJson(const Finding &finding, bool hasReference) {
  Json json;
  if (!finding.function.empty())
    json["function"] = finding.function;
  json[finding.function.empty() ? "node" : "result"] = finding.name;
  if (!finding.op.empty())
    json["op"] = finding.op;
  if (!finding.pass.empty())
    json["pass"] = finding.pass;
  if (FileLineColLoc place = placeOf(finding.location)) {
    json["file"] = place.getFilename().str();
    json["line"] = place.getLine();
    json["column"] = place.getColumn();
  }
  if (const std::optional<interpreter::Difference> &difference = finding.difference) {
    json["element"] = std::vector<int64_t>(difference->place.begin(), difference->place.end());
    json["value"] = jsonReal(difference->found);
    if (hasReference) {
      json["reference"] = jsonReal(difference->reference);
      json["allowed"] = jsonReal(difference->allowed);
    }
    json["differ"] = difference->count;
    json["elements"] = finding.elements;
    if (finding.ofInfinities)
      json["of_infinities"] = true;
    if (!finding.reachesResult)
      json["reaches_result"] = false;
  }
  return jsonLine(json);
}

Outcome Compilation::examine(const ExaminationRequest &request, BuildResult &result) {
  OwningOpRef<ModuleOp> module = read(/*warnUnused=*/false);
  if (!module || diagnostics.hasErrors())
    return failed();
  std::optional<Finding> finding;
  std::string problem;
  Evidence evidence(request, &context);
  Examiner examiner(*module, evidence);
  switch (request.question) {
  case ExaminationRequest::Nodes:
    exposeValues(*module);
    finding = examiner.firstDifferentNode();
    break;
  case ExaminationRequest::NotFinite:
    finding = examiner.firstNotFinite();
    break;
  case ExaminationRequest::Results:
    if (!runStages(*module, Stage::Autodiff, run))
      return failed();
    finding = examiner.firstDifferentResult();
    break;
  case ExaminationRequest::Passes: {
    auto passes = std::make_unique<PassExaminer>(evidence, finding, problem);
    passes->begin(*module);
    run.instrumentation = std::move(passes);
    if (!runStages(*module, Stage::Fused, run))
      return failed();
    break;
  }
  }
  if (problem.empty())
    problem = examiner.problem();
  if (!problem.empty()) {
    report(code::ReferenceFails, problem, options.input);
    return failed();
  }
  if (finding)
    result.text = findingJson(*finding, request.question != ExaminationRequest::NotFinite);
  return Outcome::Done;
}

/// The stage that was asked for, as text. `module` is at that stage, or at Linalg.
Outcome Compilation::emit(ModuleOp module, BuildResult &result) {
  llvm::raw_string_ostream os(result.text.emplace());
  if (options.stage == Stage::Dot) {
    printDot(module, os);
    return Outcome::Done;
  }
  if (options.stage <= Stage::Linalg) {
    module->print(os);
    return Outcome::Done;
  }
  std::unique_ptr<TargetCompilation> code = beginCode();
  if (!code)
    return failed();
  auto passes = [&](PassManager &manager, ModuleOp on) { return runPasses(manager, on, run); };
  llvm::Error error = code->emit(options.codeStage, module, passes, os);
  return error ? failed(std::move(error)) : Outcome::Done;
}

/// Null when the target finds its options wrong.
std::unique_ptr<TargetCompilation> Compilation::beginCode() {
  llvm::Expected<std::unique_ptr<TargetCompilation>> code = options.target->begin(options.code);
  if (code)
    return std::move(*code);
  report(code::OptionValue, llvm::toString(code.takeError()));
  return nullptr;
}

/// Flags that change what is compiled, for the manifest.
static std::vector<std::string> flagsOf(const BuildOptions &options) {
  std::vector<std::string> flags = {"-O" + std::to_string(options.code.optLevel)};
  if (options.code.fastMath)
    flags.push_back("--fast-math");
  for (const auto &[name, value] : options.fixedDims)
    flags.push_back("--dim " + name + "=" + std::to_string(value));
  if (!options.functions.empty())
    flags.push_back("--functions " + llvm::join(options.functions, ","));
  if (!options.params.empty())
    flags.push_back("--embed-params");
  if (!options.freeze.empty())
    flags.push_back("--freeze " + llvm::join(options.freeze, ","));
  if (options.learningRate)
    flags.push_back("--learning-rate " + jsonLine(Json(*options.learningRate)));
  if (options.tracePoints)
    flags.push_back("--trace-points");
  if (!options.fuse)
    flags.push_back("--debug-fusion off");
  if (options.code.arena != ArenaMode::Planned)
    flags.push_back("--debug-arena " + arenaModeName(options.code.arena).str());
  return flags;
}

Outcome Compilation::writeLibrary(ModuleOp module, ModelDescription said, BuildResult &result) {
  std::unique_ptr<TargetCompilation> code = beginCode();
  if (!code)
    return failed();
  auto passes = [&](PassManager &manager, ModuleOp on) { return runPasses(manager, on, run); };
  llvm::Expected<ModelDescription> model = code->compile(module, passes);
  if (!model)
    return failed(model.takeError());
  model->inputs = std::move(said.inputs);
  model->train = std::move(said.train);
  model->nodes = std::move(said.nodes);
  model->device = options.target->device().str();
  model->tracePoints = options.tracePoints;
  model->flags = flagsOf(options);
  model->defaultThreads = options.threads;
  model->defaultSeed = options.seed;
  model->graphSha256 = graphSha256;
  if (uint64_t constants = run.constants.value(); constants != Hash().value())
    model->constantsXxh64 = llvm::utohexstr(constants, /*LowerCase=*/true, /*Width=*/16);
  if (!options.params.empty() && !embedParameters(*model, options, diagnostics))
    return Outcome::WrongInput;
  llvm::Expected<std::vector<std::string>> files = code->writeLibrary(*model, options.output, options.header);
  if (!files)
    return failed(files.takeError());
  result.files = std::move(*files);
  return Outcome::Done;
}

/// The table is written when nothing is measured any more.
void Compilation::takeTimings(BuildResult &result) {
  run.timing.stop();
  timing.reset();
  if (timingStream)
    timingStream->flush();
  result.timings = std::move(timings);
}
