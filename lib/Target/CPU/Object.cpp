//===- Object.cpp - From LLVM IR to machine code -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Kernels come as vector code with its loops laid out, so that the usual pipeline of
// optimizations would take half of the compile time and change nothing: only calls of
// elementary functions are inlined and what that leaves is cleaned up.
//
//===----------------------------------------------------------------------===//
#include "lib/Target/CPU/Stages.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Transforms/IPO/AlwaysInliner.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/SROA.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"
#include <mutex>

using namespace llvm;
using namespace symc;

namespace {
const Target *x86Target(std::string &error) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
  });
  return TargetRegistry::lookupTarget(Triple("x86_64-pc-linux-gnu"), error);
}

CodeGenOptLevel codeGenLevel(unsigned level) {
  switch (level) {
  case 0:
    return CodeGenOptLevel::None;
  case 1:
    return CodeGenOptLevel::Less;
  case 2:
    return CodeGenOptLevel::Default;
  default:
    return CodeGenOptLevel::Aggressive;
  }
}

void setInstructionSet(Function &function, StringRef cpu, StringRef features, const Cpu &variant) {
  function.addFnAttr("target-cpu", cpu);
  if (features.empty())
    function.removeFnAttr("target-features");
  else
    function.addFnAttr("target-features", features);
  // Schedule for the CPU that was named, with the instructions of its level.
  function.addFnAttr("tune-cpu", variant.name);
  std::string bits = std::to_string(variant.vectorBits);
  function.addFnAttr("prefer-vector-width", bits);
  function.addFnAttr("min-legal-vector-width", bits);
  // Nothing unwinds through a kernel.
  function.setDoesNotThrow();
  function.removeFnAttr(Attribute::UWTable);
}
} // namespace

Expected<std::unique_ptr<TargetMachine>> symc::makeTargetMachine(const Cpu &cpu, const EmitOptions &options) {
  std::string error;
  const Target *target = x86Target(error);
  if (!target)
    return createStringError(error);
  std::unique_ptr<TargetMachine> machine(target->createTargetMachine(
      Triple(cpu.triple), cpu.level, cpu.features, {}, Reloc::PIC_, std::nullopt, codeGenLevel(options.optLevel)));
  if (!machine)
    return createStringError("LLVM has no code generator for " + cpu.triple);
  return machine;
}

Error symc::prepareModule(Variant &variant, size_t index, TargetMachine &machine) {
  Module &module = *variant.module;
  module.setTargetTriple(machine.getTargetTriple());
  module.setDataLayout(machine.createDataLayout());
  // Not the place where it was compiled.
  module.setModuleIdentifier("symc");
  module.setSourceFileName("symc");

  for (Function &function : make_early_inc_range(module)) {
    StringRef name = function.getName();
    if (function.isDeclaration()) {
      if (name.starts_with("symc_")) { // of the runtime and its kernel library
        function.setVisibility(GlobalValue::HiddenVisibility);
        function.setDSOLocal(true);
      }
      continue;
    }
    bool sizes = name.starts_with("sizes_") && !function.hasLocalLinkage();
    bool body = name.starts_with("body_") && !function.hasLocalLinkage();
    // Sizes are asked for before the CPU is known to suit.
    if (sizes)
      setInstructionSet(function, "x86-64", "", variant.cpu);
    else
      setInstructionSet(function, variant.cpu.level, variant.cpu.features, variant.cpu);
    if (body || sizes) {
      function.setLinkage(GlobalValue::ExternalLinkage);
      function.setVisibility(GlobalValue::HiddenVisibility);
      function.setDSOLocal(true);
      function.setName(body ? bodySymbol(name.drop_front(5), index) : sizesSymbol(name.drop_front(6), index));
    } else {
      function.setVisibility(GlobalValue::DefaultVisibility);
      function.setLinkage(GlobalValue::InternalLinkage);
      function.setComdat(nullptr);
    }
  }
  for (GlobalVariable &variable : module.globals()) {
    if (variable.isDeclaration()) {
      variable.setVisibility(GlobalValue::HiddenVisibility);
      variable.setDSOLocal(true);
    } else if (!variable.hasLocalLinkage() && !variable.hasAppendingLinkage()) {
      variable.setVisibility(GlobalValue::DefaultVisibility);
      variable.setLinkage(GlobalValue::InternalLinkage);
      variable.setComdat(nullptr);
    }
  }
  return Error::success();
}

void symc::optimizeModule(Module &module, TargetMachine &machine, unsigned level) {
  LoopAnalysisManager loopAnalyses;
  FunctionAnalysisManager functionAnalyses;
  CGSCCAnalysisManager cgsccAnalyses;
  ModuleAnalysisManager moduleAnalyses;
  PassBuilder builder(&machine);
  builder.registerModuleAnalyses(moduleAnalyses);
  builder.registerCGSCCAnalyses(cgsccAnalyses);
  builder.registerFunctionAnalyses(functionAnalyses);
  builder.registerLoopAnalyses(loopAnalyses);
  builder.crossRegisterProxies(loopAnalyses, functionAnalyses, cgsccAnalyses, moduleAnalyses);

  ModulePassManager passes;
  passes.addPass(AlwaysInlinerPass(/*InsertLifetime=*/false));
  passes.addPass(GlobalDCEPass()); // the elementary functions that nothing calls
  if (level > 0) {
    FunctionPassManager cleanup;
    cleanup.addPass(SROAPass(SROAOptions::ModifyCFG));
    cleanup.addPass(EarlyCSEPass());
    if (level > 2)
      cleanup.addPass(InstCombinePass());
    cleanup.addPass(SimplifyCFGPass());
    if (level > 1)
      cleanup.addPass(createFunctionToLoopPassAdaptor(LICMPass(LICMOptions()), /*UseMemorySSA=*/true));
    passes.addPass(createModuleToFunctionPassAdaptor(std::move(cleanup)));
  }
  passes.run(module, moduleAnalyses);
}

/// Programs call kernels, one behind the other: what is visible outside of the module. The time that LLVM takes to
/// schedule one grows with the square of its length, which beyond this many instructions is more than it is worth.
constexpr unsigned kLongestProgram = 4000;

Error symc::generateCode(Module &module, TargetMachine &machine, CodeGenFileType type, raw_pwrite_stream &os) {
  std::string problems;
  raw_string_ostream problemStream(problems);
  if (verifyModule(module, &problemStream))
    return createStringError("internal error: invalid LLVM IR: " + problems);
  for (Function &function : module)
    if (!function.hasLocalLinkage() && function.getInstructionCount() > kLongestProgram) {
      function.addFnAttr(Attribute::NoInline);
      function.addFnAttr(Attribute::OptimizeNone);
    }
  legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, os, nullptr, type, /*DisableVerify=*/true))
    return createStringError("LLVM cannot write this kind of file for " + machine.getTargetTriple().str());
  passes.run(module);
  return Error::success();
}
