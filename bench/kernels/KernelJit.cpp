//===- KernelJit.cpp - Compile and call single kernels --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "bench/kernels/KernelJit.h"
#include "dialects/kernel/KernelOps.h"
#include "lib/Kernel/Kernels.h"
#include "lib/Lowering/CPU/KernelShell.h"
#include "lib/Lowering/Passes.h"
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
  AffineExpr extent;
  int64_t grain;
  symc_kernel code = nullptr;
};
} // namespace

struct KernelJit::State {
  DialectRegistry registry;
  MLIRContext context{MLIRContext::Threading::DISABLED};
  std::vector<Step> steps;
  std::vector<std::pair<SmallVector<AffineExpr>, unsigned>> scratch; // sizes and bytes an element
  std::vector<unsigned> symbols;                                     // of the module's dimensions
  std::unique_ptr<llvm::orc::LLJIT> jit;
  std::vector<std::vector<char>> memory;
};

std::string KernelJit::hostCpu() { return llvm::sys::getHostCPUName().str(); }
KernelJit::~KernelJit() = default;

std::string KernelJit::assembly(const std::string &text, const std::string &cpu) {
  std::string result;
  KernelJit(text, cpu, &result);
  return result;
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
  PassManager emitters(&context);
  emitters.addPass(createContractionPass({cpu}));
  if (failed(emitters.run(*module)))
    fail("the emitters failed on\n" + text);
  nameKernels(*module);

  for (auto bound : module->getOperation()->getAttrOfType<ArrayAttr>(kBoundsAttr).getAsRange<sym::DimBoundAttr>())
    state->symbols.push_back(context.getLoadedDialect<sym::SymDialect>()->internDim(bound.getName()));
  auto program = module->lookupSymbol<func::FuncOp>("main");
  DenseMap<Value, unsigned> scratch, arguments;
  for (Value argument : program.getArguments())
    if (isa<MemRefType>(argument.getType()))
      arguments[argument] = arguments.size();
  for (Operation &op : program.getBody().front()) {
    if (auto alloc = dyn_cast<kernel::AllocOp>(op)) {
      scratch[alloc.getOut()] = state->scratch.size();
      unsigned bits = cast<MemRefType>(alloc.getOut().getType()).getElementTypeBitWidth();
      state->scratch.push_back({SmallVector<AffineExpr>(alloc.getDims().getExprs()), (bits + 7) / 8});
    } else if (auto call = dyn_cast<func::CallOp>(op)) {
      auto kernel = module->lookupSymbol<LLVM::LLVMFuncOp>(call.getCallee());
      Step step{call.getCallee().str(),
                {},
                kernel->getAttrOfType<sym::DimsAttr>(kExtentAttr).getExprs()[0],
                kernel->getAttrOfType<IntegerAttr>(kGrainAttr).getInt()};
      for (Value operand : call.getOperands())
        if (isa<MemRefType>(operand.getType()))
          step.operands.push_back(scratch.count(operand) ? Operand{true, scratch[operand]}
                                                         : Operand{false, arguments.lookup(operand)});
      state->steps.push_back(step);
      kernel.setLinkage(LLVM::Linkage::External);
    }
  }
  state->memory.resize(state->scratch.size());
  program.erase();
  if (failed(verify(*module)))
    fail("the emitters made wrong IR of\n" + text);
  module->getOperation()->setAttrs(DictionaryAttr::get(&context));
  for (auto function : module->getOps<LLVM::LLVMFuncOp>())
    for (StringRef name : {kKernelAttr, kFusionKindAttr, kExtentAttr, kGrainAttr})
      function->removeAttr(name);

  PassManager lowering(&context);
  lowering.addPass(createSCFToControlFlowPass());
  lowering.addPass(createConvertVectorToLLVMPass());
  lowering.addPass(createArithToLLVMConversionPass());
  lowering.addPass(createConvertMathToLLVMPass());
  lowering.addPass(createConvertControlFlowToLLVMPass());
  lowering.addPass(createReconcileUnrealizedCastsPass());
  if (failed(lowering.run(*module)))
    fail("lowering to LLVM failed");

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
  if (assembly) {
    assembly->assign(object.begin(), object.end());
    return;
  }

  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    fail(llvm::toString(jit.takeError()));
  state->jit = std::move(*jit);
  if (auto problem = state->jit->addObjectFile(std::make_unique<llvm::SmallVectorMemoryBuffer>(std::move(object))))
    fail(llvm::toString(std::move(problem)));
  for (Step &step : state->steps) {
    auto address = state->jit->lookup(step.name);
    if (!address)
      fail(llvm::toString(address.takeError()));
    step.code = address->toPtr<symc_kernel>();
  }
}

void KernelJit::run(void *const *buffers, const int64_t *dims, int64_t chunk) {
  SmallVector<int64_t> values;
  for (auto [i, symbol] : llvm::enumerate(state->symbols)) {
    values.resize(std::max<size_t>(values.size(), symbol + 1));
    values[symbol] = dims[i];
  }
  for (auto [sizes, memory] : llvm::zip(state->scratch, state->memory)) {
    size_t size = sizes.second;
    for (AffineExpr dim : sizes.first)
      size *= *evaluate(dim, values);
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
    int64_t extent = *evaluate(step.extent, values), grain = chunk < 0 ? step.grain : chunk ? chunk : extent;
    for (int64_t begin = 0; begin < extent; begin += grain)
      step.code(operands.data(), dims, begin, std::min(extent, begin + grain));
  }
}
