//===- KernelJit.cpp - Compile and call single kernels --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "bench/kernels/KernelJit.h"
#include "dialects/kernel/KernelOps.h"
#include "lib/Kernel/Kernels.h"
#include "lib/Lowering/CPU/KernelShell.h"
#include "lib/Lowering/CPU/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include <cstdlib>
#include <ctime>

using namespace mlir;
using namespace symc;

namespace {
[[noreturn]] void fail(const llvm::Twine &message) {
  llvm::errs() << message << "\n";
  exit(1);
}

struct Operand {
  bool scratch;
  unsigned index;
};
struct Step {
  std::string name;
  std::vector<Operand> operands;
  Dim extent;
  Dim grain;
  symc_kernel code = nullptr;
};
} // namespace

struct KernelJit::State {
  DialectRegistry registry;
  MLIRContext context{MLIRContext::Threading::DISABLED};
  std::vector<Step> steps;
  std::vector<std::pair<SmallVector<Dim>, unsigned>> scratch; // sizes and bytes an element
  llvm::StringMap<unsigned> dimensions;                       // of the module, by name
  std::unique_ptr<llvm::orc::LLJIT> jit;
  std::vector<std::vector<char>> memory;

  /// Emits the kernels as llvm.funcs, and takes @main apart: what it allocates and calls.
  void emitKernels(ModuleOp module, const std::string &text, const std::string &cpu);
  void readProgram(func::FuncOp program);
  void lower(ModuleOp module);
  void load(llvm::SmallVector<char, 0> object);
};

std::string KernelJit::hostCpu() { return llvm::sys::getHostCPUName().str(); }
KernelJit::~KernelJit() = default;

std::string KernelJit::assembly(const std::string &text, const std::string &cpu) {
  std::string result;
  KernelJit(text, cpu, &result);
  return result;
}

void KernelJit::State::emitKernels(ModuleOp module, const std::string &text, const std::string &cpu) {
  PassManager emitters(&context);
  emitters.addPass(createContractionPass({cpu}));
  if (failed(emitters.run(module)))
    fail("the emitters failed on\n" + text);
  nameKernels(module);
  for (auto [i, bound] : llvm::enumerate(module->getAttrOfType<ArrayAttr>(kBoundsAttr).getAsRange<sym::DimBoundAttr>()))
    dimensions[bound.getName()] = i;
  readProgram(module.lookupSymbol<func::FuncOp>("main"));
  if (failed(verify(module)))
    fail("the emitters made wrong IR of\n" + text);
  module->setAttrs(DictionaryAttr::get(&context));
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    for (StringRef name : {kKernelAttr, kFusionKindAttr, kExtentAttr, kGrainAttr})
      function->removeAttr(name);
}

void KernelJit::State::readProgram(func::FuncOp program) {
  auto module = program->getParentOfType<ModuleOp>();
  DenseMap<Value, unsigned> buffers, arguments;
  for (Value argument : program.getArguments())
    if (isa<MemRefType>(argument.getType()))
      arguments[argument] = arguments.size();
  for (Operation &op : program.getBody().front()) {
    if (auto alloc = dyn_cast<kernel::AllocOp>(op)) {
      buffers[alloc.getOut()] = scratch.size();
      unsigned bits = cast<MemRefType>(alloc.getOut().getType()).getElementTypeBitWidth();
      scratch.push_back({SmallVector<Dim>(alloc.getDims().getExprs()), (bits + 7) / 8});
    } else if (auto call = dyn_cast<func::CallOp>(op)) {
      auto kernel = module.lookupSymbol<LLVM::LLVMFuncOp>(call.getCallee());
      Step step{call.getCallee().str(),
                {},
                kernel->getAttrOfType<sym::DimsAttr>(kExtentAttr).getExprs()[0],
                kernel->getAttrOfType<sym::DimsAttr>(kGrainAttr).getExprs()[0]};
      for (Value operand : call.getOperands())
        if (isa<MemRefType>(operand.getType()))
          step.operands.push_back(buffers.count(operand) ? Operand{true, buffers[operand]}
                                                         : Operand{false, arguments.lookup(operand)});
      steps.push_back(step);
      kernel.setLinkage(LLVM::Linkage::External);
    }
  }
  memory.resize(scratch.size());
  program.erase();
}

void KernelJit::State::lower(ModuleOp module) {
  PassManager lowering(&context);
  lowering.addPass(createSCFToControlFlowPass());
  lowering.addPass(createConvertVectorToLLVMPass());
  lowering.addPass(createArithToLLVMConversionPass());
  lowering.addPass(createConvertMathToLLVMPass());
  lowering.addPass(createConvertControlFlowToLLVMPass());
  lowering.addPass(createReconcileUnrealizedCastsPass());
  if (failed(lowering.run(module)))
    fail("lowering to LLVM failed");
}

void KernelJit::State::load(llvm::SmallVector<char, 0> object) {
  auto loaded = llvm::orc::LLJITBuilder().create();
  if (!loaded)
    fail(llvm::toString(loaded.takeError()));
  jit = std::move(*loaded);
  if (auto problem = jit->addObjectFile(std::make_unique<llvm::SmallVectorMemoryBuffer>(std::move(object))))
    fail(llvm::toString(std::move(problem)));
  for (Step &step : steps) {
    auto address = jit->lookup(step.name);
    if (!address)
      fail(llvm::toString(address.takeError()));
    step.code = address->toPtr<symc_kernel>();
  }
}

KernelJit::KernelJit(const std::string &text, const std::string &cpu, std::string *assembly) : state(new State) {
  MLIRContext &context = state->context;
  state->registry.insert<sym::SymDialect, kernel::KernelDialect, func::FuncDialect, LLVM::LLVMDialect, scf::SCFDialect,
                         vector::VectorDialect, arith::ArithDialect, math::MathDialect>();
  registerBuiltinDialectTranslation(state->registry);
  registerLLVMDialectTranslation(state->registry);
  context.appendDialectRegistry(state->registry);
  context.loadAllAvailableDialects();
  auto module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    fail("in\n" + text);
  state->emitKernels(*module, text, cpu);
  state->lower(*module);

  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::LLVMContext llvmContext;
  auto llvmModule = translateModuleToLLVMIR(*module, llvmContext);
  if (!llvmModule)
    fail("translation to LLVM IR failed");
  llvm::Triple triple(llvm::sys::getProcessTriple());
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  llvm::TargetOptions options;
  options.MCOptions.AsmVerbose = true; // marks spills
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, cpu, "", options, llvm::Reloc::PIC_, std::nullopt, llvm::CodeGenOptLevel::Aggressive));
  llvmModule->setTargetTriple(triple);
  llvmModule->setDataLayout(machine->createDataLayout());
  for (llvm::Function &function : *llvmModule)
    if (!function.isDeclaration())
      function.addFnAttr("prefer-vector-width", "512");
  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  auto cpuTime = [] {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1e3 + time.tv_nsec * 1e-6;
  };
  double start = cpuTime();
  llvm::legacy::PassManager passes;
  machine->addPassesToEmitFile(passes, stream, nullptr,
                               assembly ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile);
  passes.run(*llvmModule);
  codegen = cpuTime() - start;
  bytes = object.size();
  if (assembly)
    assembly->assign(object.begin(), object.end());
  else
    state->load(std::move(object));
}

void KernelJit::run(void *const *buffers, const int64_t *dims, int64_t chunk) {
  auto value = [&](StringRef name) { return dims[state->dimensions.lookup(name)]; };
  for (auto [sizes, memory] : llvm::zip(state->scratch, state->memory)) {
    size_t size = sizes.second;
    for (Dim dim : sizes.first)
      size *= *evaluate(dim, value);
    if (memory.size() < size + 64)
      memory.resize(size + 64);
  }
  for (const Step &step : state->steps) {
    SmallVector<void *, 16> operands;
    for (Operand operand : step.operands) {
      if (!operand.scratch) {
        operands.push_back(buffers[operand.index]);
        continue;
      }
      auto address = reinterpret_cast<uintptr_t>(state->memory[operand.index].data());
      operands.push_back(reinterpret_cast<void *>((address + 63) / 64 * 64));
    }
    int64_t extent = *evaluate(step.extent, value);
    int64_t grain = chunk < 0 ? std::max<int64_t>(1, *evaluate(step.grain, value)) : chunk ? chunk : extent;
    for (int64_t begin = 0; begin < extent; begin += grain)
      step.code(operands.data(), dims, begin, std::min(extent, begin + grain));
  }
}
