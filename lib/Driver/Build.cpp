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
#include "lib/Lowering/CPU/Describe.h"
#include "lib/Lowering/CPU/VectorMath/VectorMath.h"
#include "lib/Lowering/Passes.h"
#include "lib/Target/ReservedNames.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Operator.h"

using namespace mlir;
using namespace symc;

static constexpr StringLiteral arenaModes[] = {"planned", "separate", "poisoned"};

StringRef symc::arenaModeName(ArenaMode mode) { return arenaModes[static_cast<size_t>(mode)]; }

std::optional<ArenaMode> symc::findArenaMode(StringRef name) {
  const auto *found = llvm::find(arenaModes, name);
  return found == std::end(arenaModes) ? std::nullopt : std::optional(static_cast<ArenaMode>(found - arenaModes));
}

void symc::registerDialects(DialectRegistry &registry) {
  registry.insert<sym::SymDialect, kernel::KernelDialect, func::FuncDialect, memref::MemRefDialect, scf::SCFDialect,
                  vector::VectorDialect, LLVM::LLVMDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}

//===----------------------------------------------------------------------===//
// Errors of passes
//===----------------------------------------------------------------------===//

/// The place in a file that a location names, if any.
static FileLineColLoc placeOf(Location loc) {
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

static void reportInternal(std::string message, BuildRun &run) {
  symc::Diagnostic diagnostic;
  diagnostic.code = code::Internal;
  diagnostic.file = run.options.input;
  diagnostic.line = diagnostic.column = 0;
  diagnostic.message = std::move(message);
  run.diagnostics.report(std::move(diagnostic));
}

static bool runPasses(PassManager &manager, ModuleOp module, BuildRun &run) {
  manager.enableVerifier(false); // tests of passes verify
  manager.enableTiming(run.timing);
  ScopedDiagnosticHandler handler(module.getContext(), [&](mlir::Diagnostic &raised) {
    report(raised, run.options, run.diagnostics);
    return success();
  });
  size_t before = run.diagnostics.errorCount();
  if (succeeded(manager.run(module)))
    return true;
  if (run.diagnostics.errorCount() == before)
    reportInternal("a pass failed", run);
  return false;
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

std::optional<std::string> symc::readText(const BuildOptions &options, Diagnostics &diagnostics) {
  return options.text ? options.text : readGraphFile(options.input, diagnostics);
}

OwningOpRef<ModuleOp> symc::readModule(std::string text, MLIRContext &context, BuildRun &run) {
  const BuildOptions &options = run.options;
  if (StringRef(options.input).ends_with(".mlir")) {
    ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &raised) {
      report(raised, options, run.diagnostics);
      return success();
    });
    return parseSourceString<ModuleOp>(text, ParserConfig(&context), options.input);
  }
  ImportOptions import;
  import.dims = options.fixedDims;
  import.reserved = reservedNames();
  import.derivativeReaches = derivativeReaches;
  return importGraph(std::move(text), options.input, &context, import, run.diagnostics);
}

bool symc::runStages(ModuleOp module, Stage last, BuildRun &run) {
  PassManager manager(module.getContext(), "builtin.module");
  if (last == Stage::Dot)
    manager.addPass(createInlineCallsPass());
  if (last >= Stage::Autodiff)
    buildAutodiffPipeline(manager, run.options.functions);
  if (last >= Stage::Fused)
    buildFusionPipeline(manager, run.options.fuse);
  if (last >= Stage::Linalg)
    buildLinalgPipeline(manager);
  return runPasses(manager, module, run);
}

std::unique_ptr<llvm::Module> symc::translate(ModuleOp module, const CpuTarget &cpu, BuildRun &run,
                                              llvm::LLVMContext &context, ModelDescription *description) {
  PassManager kernels(module.getContext(), "builtin.module");
  buildKernelPipeline(kernels, cpu.level);
  if (!runPasses(kernels, module, run))
    return nullptr;
  if (description)
    *description = describeModel(module, run.options.arena);
  PassManager bodies(module.getContext(), "builtin.module");
  buildBodyPipeline(bodies, run.options.arena);
  if (!runPasses(bodies, module, run))
    return nullptr;
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(module, context, "model");
  if (!code) {
    reportInternal("the module does not translate to LLVM IR", run);
    return nullptr;
  }
  code->setTargetTriple(llvm::Triple(cpu.triple));
  code->setDataLayout(code->getTargetTriple().computeDataLayout());
  linkVectorMath(*code);
  if (run.options.fastMath)
    for (llvm::Function &function : *code)
      for (llvm::Instruction &instruction : llvm::instructions(function))
        if (isa<llvm::FPMathOperator>(instruction))
          instruction.setFast(true);
  return code;
}
