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
#include "lib/Kernel/Passes.h"
#include "lib/Lowering/CPU/Contraction/Contraction.h"
#include "lib/Lowering/CPU/Describe.h"
#include "lib/Lowering/CPU/Isa.h"
#include "lib/Lowering/CPU/VectorMath/VectorMath.h"
#include "lib/Lowering/Passes.h"
#include "lib/Target/ReservedNames.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
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

std::optional<Stage> symc::parseStage(StringRef name) {
  static constexpr std::pair<StringLiteral, Stage> names[] = {
      {"sym", Stage::Sym},       {"dot", Stage::Dot},   {"autodiff", Stage::Autodiff}, {"fused", Stage::Fused},
      {"linalg", Stage::Linalg}, {"llvm", Stage::Llvm}, {"asm", Stage::Asm},           {"obj", Stage::Obj}};
  for (auto [text, stage] : names)
    if (name == text)
      return stage;
  return std::nullopt;
}

void symc::registerDialects(DialectRegistry &registry) {
  registry.insert<sym::SymDialect, kernel::KernelDialect, func::FuncDialect, linalg::LinalgDialect,
                  memref::MemRefDialect, scf::SCFDialect, vector::VectorDialect, LLVM::LLVMDialect>();
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

static bool run(PassManager &manager, ModuleOp module, const BuildOptions &options, Diagnostics &diagnostics) {
  manager.enableVerifier(options.verify);
  if (options.timePasses)
    manager.enableTiming();
  ScopedDiagnosticHandler handler(module.getContext(), [&](mlir::Diagnostic &raised) {
    report(raised, options, diagnostics);
    return success();
  });
  size_t before = diagnostics.errorCount();
  if (succeeded(manager.run(module)))
    return true;
  if (diagnostics.errorCount() == before)
    diagnostics.report(
        {Severity::Error, std::string(code::Internal), options.input, 0, 0, 0, 0, "a pass failed", "", "", {}});
  return false;
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

OwningOpRef<ModuleOp> symc::readInput(MLIRContext &context, const BuildOptions &options, Diagnostics &diagnostics) {
  if (StringRef(options.input).ends_with(".mlir")) {
    ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &raised) {
      report(raised, options, diagnostics);
      return success();
    });
    return parseSourceFile<ModuleOp>(options.input, ParserConfig(&context));
  }
  ImportOptions import;
  import.dims = options.fixedDims;
  import.reserved = reservedNames();
  import.derivativeReaches = derivativeReaches;
  return importGraph(options.input, &context, import, diagnostics);
}

bool symc::runStages(ModuleOp module, Stage last, const BuildOptions &options, Diagnostics &diagnostics) {
  PassManager manager(module.getContext(), "builtin.module");
  if (last >= Stage::Autodiff)
    buildAutodiffPipeline(manager, options.functions);
  if (last >= Stage::Fused)
    buildFusionPipeline(manager, options.fuse);
  if (last >= Stage::Linalg) {
    manager.addPass(createOutlinePass());
    manager.addPass(createSymToLinalgPass());
  }
  return run(manager, module, options, diagnostics);
}

std::unique_ptr<llvm::Module> symc::translate(ModuleOp module, const CpuTarget &cpu, const BuildOptions &options,
                                              llvm::LLVMContext &context, ModelDescription *description,
                                              Diagnostics &diagnostics) {
  Isa target = isaOf(cpu.level);
  PassManager kernels(module.getContext(), "builtin.module");
  kernels.addPass(createContractionPass(target));
  kernels.addPass(createVectorizePass(target));
  kernels.addPass(createOpaquePass());
  if (!run(kernels, module, options, diagnostics))
    return nullptr;
  if (description)
    *description = describeModel(module, options.arena);
  PassManager bodies(module.getContext(), "builtin.module");
  bodies.addPass(createBodiesPass(options.arena));
  bodies.addPass(createKernelsToLLVMPass());
  if (!run(bodies, module, options, diagnostics))
    return nullptr;
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(module, context, "model");
  if (!code) {
    diagnostics.report({Severity::Error,
                        std::string(code::Internal),
                        options.input,
                        0,
                        0,
                        0,
                        0,
                        "the module does not translate to LLVM IR",
                        "",
                        "",
                        {}});
    return nullptr;
  }
  code->setTargetTriple(llvm::Triple(cpu.triple));
  code->setDataLayout(code->getTargetTriple().computeDataLayout());
  linkVectorMath(*code);
  if (options.fastMath)
    for (llvm::Function &function : *code)
      for (llvm::Instruction &instruction : llvm::instructions(function))
        if (isa<llvm::FPMathOperator>(instruction))
          instruction.setFast(true);
  return code;
}
