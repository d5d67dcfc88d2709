//===- CpuTarget.cpp - The target `cpu` -----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Describe.h"
#include "lib/Lowering/CPU/Passes.h"
#include "lib/Lowering/CPU/VectorMath/VectorMath.h"
#include "lib/Target/CPU/Info.h"
#include "lib/Target/CPU/Library.h"
#include "lib/Target/Target.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Operator.h"

using namespace mlir;
using namespace symc;

namespace symc::cpu {
const Target &target();
} // namespace symc::cpu

namespace {

/// Sums and products in any order, reciprocals for quotients, either sign of zero. NaN and infinities stay what they are:
/// masks are made of them.
void allowReassociation(llvm::Module &code) {
  llvm::FastMathFlags flags;
  flags.setAllowReassoc();
  flags.setAllowContract(true);
  flags.setAllowReciprocal();
  flags.setNoSignedZeros();
  for (llvm::Function &function : code)
    for (llvm::Instruction &instruction : llvm::instructions(function))
      if (isa<llvm::FPMathOperator>(instruction))
        instruction.setFastMathFlags(flags);
}

class CpuCompilation : public TargetCompilation {
public:
  CpuCompilation(std::vector<Cpu> cpus, const TargetOptions &options) : cpus(std::move(cpus)), options(options) {}

  llvm::Error emit(unsigned stage, ModuleOp module, RunPasses run, llvm::raw_ostream &os) override {
    llvm::Expected<std::unique_ptr<llvm::Module>> code = translate(module, cpus.front(), run, nullptr);
    if (!code)
      return code.takeError();
    if (stage == cpu::Llvm) {
      (*code)->print(os, nullptr);
      return llvm::Error::success();
    }
    Variant variant = {cpus.front(), std::move(*code)};
    return stage == cpu::Asm ? emitAssembly(std::move(variant), emitOptions(), os)
                             : emitObject(std::move(variant), emitOptions(), os);
  }

  /// The description is that of the first CPU, and the variants differ from it in nothing but the scratch memory of
  /// their kernels.
  llvm::Expected<ModelDescription> compile(ModuleOp module, RunPasses run) override {
    ModelDescription model;
    for (const Cpu &cpu : cpus) {
      // The last one may use the module up.
      bool last = &cpu == &cpus.back();
      OwningOpRef<ModuleOp> copy = last ? OwningOpRef<ModuleOp>() : OwningOpRef<ModuleOp>(module.clone());
      ModelDescription described;
      llvm::Expected<std::unique_ptr<llvm::Module>> code = translate(last ? module : *copy, cpu, run, &described);
      if (!code)
        return code.takeError();
      std::vector<std::vector<BufferDescription>> buffers;
      for (const FunctionDescription &function : described.functions)
        buffers.push_back(function.buffers);
      variants.push_back({cpu, std::move(*code), std::move(buffers)});
      if (variants.size() == 1)
        model = std::move(described);
      if (copy)
        copies.push_back(std::move(copy));
    }
    return model;
  }

  llvm::Expected<std::vector<std::string>> writeLibrary(const ModelDescription &model, StringRef path,
                                                        bool header) override {
    EmitOptions emit = emitOptions();
    emit.writeHeader = header;
    if (llvm::Error error = emitLibrary(std::move(variants), model, emit, path))
      return error;
    std::vector<std::string> files = {path.str()};
    if (header)
      files.push_back(headerPath(path, model));
    return files;
  }

private:
  EmitOptions emitOptions() const {
    EmitOptions emit;
    emit.optLevel = options.optLevel;
    return emit;
  }

  llvm::Expected<std::unique_ptr<llvm::Module>> translate(ModuleOp module, const Cpu &cpu, RunPasses run,
                                                          ModelDescription *description) {
    PassManager kernels(module.getContext(), "builtin.module");
    buildKernelPipeline(kernels, cpu.level);
    if (failed(run(kernels, module)))
      return llvm::make_error<PassesFailed>();
    if (description)
      *description = describeModel(module, options.arena);
    PassManager bodies(module.getContext(), "builtin.module");
    buildBodyPipeline(bodies, options.arena);
    if (failed(run(bodies, module)))
      return llvm::make_error<PassesFailed>();
    std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(module, context, "model");
    if (!code)
      return llvm::createStringError("the module does not translate to LLVM IR");
    code->setTargetTriple(llvm::Triple(cpu.triple));
    code->setDataLayout(code->getTargetTriple().computeDataLayout());
    // Before the elementary functions come in, whose roundings are what makes them right.
    if (options.fastMath)
      allowReassociation(*code);
    linkVectorMath(*code);
    return code;
  }

  const std::vector<Cpu> cpus;
  const TargetOptions options;
  llvm::LLVMContext context; // of all variants
  std::vector<Variant> variants;
  std::vector<OwningOpRef<ModuleOp>> copies; // initial values in the description may point into them
};

class CpuTarget : public Target {
public:
  const TargetInfo &info() const override { return cpu::info; }
  StringRef architectures() const override { return "x86-64"; }
  StringRef device() const override { return "cpu:0"; }

  FusionCosts fusionCosts() const override { return {}; }

  // As many as keep the cores of a desktop busy, from where one is worth a thread.
  NestsPassOptions reductionParts() const override { return {}; }

  void registerDialects(DialectRegistry &registry) const override {
    registry.insert<scf::SCFDialect, vector::VectorDialect, LLVM::LLVMDialect>();
    registerBuiltinDialectTranslation(registry);
    registerLLVMDialectTranslation(registry);
  }

  void registerPasses() const override {
    registerCpuLoweringPasses();
    registerCpuLoweringPipelines();
  }

  llvm::Expected<std::unique_ptr<TargetCompilation>> begin(const TargetOptions &options) const override {
    if (!options.gpuArchs.empty())
      return llvm::createStringError("architectures of GPUs are not for the CPU");
    std::vector<Cpu> cpus;
    for (const std::string &name : options.cpus.empty() ? std::vector<std::string>{"native"} : options.cpus) {
      llvm::Expected<Cpu> cpu = resolveCpu(options.triple, name);
      if (!cpu)
        return cpu.takeError();
      cpus.push_back(std::move(*cpu));
    }
    return std::make_unique<CpuCompilation>(std::move(cpus), options);
  }
};

} // namespace

const Target &symc::cpu::target() {
  static const CpuTarget target;
  return target;
}
