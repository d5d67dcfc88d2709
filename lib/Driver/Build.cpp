//===- Build.cpp - From a graph to a stage --------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Driver/Build.h"
#include "dialects/kernel/KernelOps.h"
#include "lib/Autodiff/Activity.h"
#include "lib/Autodiff/Passes.h"
#include "lib/Frontend/Import.h"
#include "lib/Fusion/Passes.h"
#include "lib/Lowering/Passes.h"
#include "lib/Target/ReservedNames.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace symc;

static constexpr StringLiteral arenaModes[] = {"planned", "separate", "poisoned"};

StringRef symc::arenaModeName(ArenaMode mode) { return arenaModes[static_cast<size_t>(mode)]; }

std::optional<ArenaMode> symc::findArenaMode(StringRef name) {
  const auto *found = llvm::find(arenaModes, name);
  return found == std::end(arenaModes) ? std::nullopt : std::optional(static_cast<ArenaMode>(found - arenaModes));
}

void symc::registerDialects(DialectRegistry &registry) {
  registry.insert<sym::SymDialect, kernel::KernelDialect, func::FuncDialect, memref::MemRefDialect>();
  for (const Target *target : targets())
    target->registerDialects(registry);
}

//===----------------------------------------------------------------------===//
// Errors of passes
//===----------------------------------------------------------------------===//

/// The place in a file that a location names, if any.
FileLineColLoc symc::placeOf(Location loc) {
  FileLineColLoc place;
  loc->walk([&](Location part) {
    if (auto file = dyn_cast<FileLineColLoc>(part)) {
      place = file;
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return place;
}

void symc::report(mlir::Diagnostic &raised, const BuildOptions &options, Diagnostics &diagnostics) {
  if (raised.getSeverity() != DiagnosticSeverity::Error)
    return;
  symc::Diagnostic diagnostic;
  std::string text = raised.str();
  bool coded = text.size() > 7 && isupper(text[0]) && text.compare(5, 2, ": ") == 0;
  diagnostic.code = coded ? text.substr(0, 5) : std::string(code::Internal);
  diagnostic.hint = coded ? takeHint(text) : "";
  diagnostic.message = coded ? text.substr(7) : "internal error: " + text;
  diagnostic.file = options.input;
  if (FileLineColLoc place = placeOf(raised.getLocation())) {
    diagnostic.line = place.getLine();
    diagnostic.column = place.getColumn();
  }
  for (mlir::Diagnostic &note : raised.getNotes())
    if (FileLineColLoc place = coded ? placeOf(note.getLocation()) : FileLineColLoc())
      diagnostic.notes.push_back({note.str(), options.input, place.getLine(), place.getColumn()});
  diagnostics.report(std::move(diagnostic));
}

LogicalResult symc::runPasses(PassManager &manager, ModuleOp module, BuildRun &run) {
  manager.enableVerifier(run.options.verifyEach);
  manager.enableTiming(run.timing);
  if (run.instrumentation)
    manager.addInstrumentation(std::move(run.instrumentation));
  ScopedDiagnosticHandler handler(module.getContext(), [&](mlir::Diagnostic &raised) {
    report(raised, run.options, run.diagnostics);
    return success();
  });
  size_t before = run.diagnostics.errorCount();
  if (succeeded(manager.run(module)))
    return success();
  if (run.diagnostics.errorCount() == before) {
    symc::Diagnostic diagnostic;
    diagnostic.code = code::Internal;
    diagnostic.file = run.options.input;
    diagnostic.line = diagnostic.column = 0;
    diagnostic.message = "a pass failed";
    run.diagnostics.report(std::move(diagnostic));
  }
  return failure();
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

std::optional<std::string> symc::readText(const BuildOptions &options, Diagnostics &diagnostics) {
  return options.text ? options.text : readGraphFile(options.input, diagnostics);
}

OwningOpRef<ModuleOp> symc::readModule(std::string text, MLIRContext &context, BuildRun &run, bool warnUnused) {
  const BuildOptions &options = run.options;
  if (StringRef(options.input).ends_with(".mlir")) {
    for (const char *option : {options.freeze.empty() ? "" : "freeze", options.learningRate ? "learning_rate" : ""})
      if (*option)
        run.diagnostics.report(ofOption(option, code::OptionValue, "it changes a graph file, not a module"));
    if (run.diagnostics.hasErrors())
      return nullptr;
    ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &raised) {
      report(raised, options, run.diagnostics);
      return success();
    });
    return parseSourceString<ModuleOp>(text, ParserConfig(&context), options.input);
  }
  ImportOptions import;
  import.dims = options.fixedDims;
  import.reserved = reservedNames();
  import.warnUnused = warnUnused;
  import.derivativeReaches = derivativeReaches;
  import.freeze = options.freeze;
  import.learningRate = options.learningRate;
  import.constants = &run.constants;
  return importGraph(std::move(text), options.input, &context, import, run.diagnostics);
}

bool symc::runStages(ModuleOp module, Stage last, BuildRun &run) {
  PassManager manager(module.getContext(), "builtin.module");
  if (last == Stage::Dot) {
    manager.addPass(createPinVariablesPass());
    manager.addPass(createInlineCallsPass());
  }
  if (last >= Stage::Autodiff)
    buildAutodiffPipeline(manager, run.options.functions);
  if (last >= Stage::Fused)
    buildFusionPipeline(manager, run.options.target->fusionCosts(), run.options.fuse);
  if (last >= Stage::Linalg)
    buildLinalgPipeline(manager, run.options.target->reductionParts());
  return succeeded(runPasses(manager, module, run));
}
