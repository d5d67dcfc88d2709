//===- Harness.cpp - Compiles a module and runs its functions -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "test/Unit/Kernels/Harness.h"
#include "dialects/kernel/KernelOps.h"
#include "lib/Lowering/CPU/Passes.h"
#include "lib/Lowering/CPU/VectorMath/VectorMath.h"
#include "lib/Lowering/Passes.h"
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
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/TargetSelect.h"
#include <chrono>

using namespace symc;
using namespace symc::test;

static thread_local Cut currentCut;

static void parallel(symc_frame *, symc_kernel kernel, void *const *buffers, const int64_t *dims, int64_t extent,
                     int64_t grain) {
  int64_t chunk = currentCut == Cut::Whole ? extent : currentCut == Cut::Grain ? grain : 7;
  for (int64_t begin = 0; begin < extent; begin += chunk)
    kernel(buffers, dims, begin, std::min(begin + chunk, extent));
}
static void runParallel(symc_frame *frame, symc_kernel kernel, void *const *buffers, int64_t extent, int64_t grain) {
  parallel(frame, kernel, buffers, frame->dims, extent, grain);
}

struct Program::Impl {
  std::unique_ptr<llvm::orc::LLJIT> jit;
  std::vector<char> arena;
  std::vector<int64_t> offsets;
};

Program::Program(std::unique_ptr<Impl> impl) : impl(std::move(impl)) {}
Program::~Program() = default;

bool Program::supports(const std::string &level) {
  if (level == "x86-64-v4")
    return __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq");
  return level != "x86-64-v3" || (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
}

std::unique_ptr<Program> Program::compile(const std::string &text, const std::string &level) {
  static bool initialized = !llvm::InitializeNativeTarget() && !llvm::InitializeNativeTargetAsmPrinter();
  if (!initialized)
    return nullptr;
  mlir::DialectRegistry registry;
  registry.insert<sym::SymDialect, kernel::KernelDialect, mlir::func::FuncDialect, mlir::memref::MemRefDialect,
                  mlir::scf::SCFDialect, mlir::vector::VectorDialect, mlir::LLVM::LLVMDialect>();
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  if (!module)
    return nullptr;
  mlir::PassManager nests(&context, "builtin.module"), rest(&context, "builtin.module");
  buildLinalgPipeline(nests);
  if (failed(nests.run(*module)))
    return nullptr;
  if (getenv("SYMC_DUMP_NESTS"))
    module->dump();
  buildKernelPipeline(rest, level);
  buildBodyPipeline(rest);
  if (failed(rest.run(*module))) {
    module->dump();
    return nullptr;
  }
  auto llvmContext = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> code = mlir::translateModuleToLLVMIR(*module, *llvmContext);
  if (!code)
    return nullptr;
  auto target = llvm::cantFail(llvm::orc::JITTargetMachineBuilder::detectHost());
  target.setCPU(level);
  target.getFeatures() = llvm::SubtargetFeatures();
  if (level == "x86-64-v4")
    target.addFeatures({"-prefer-256-bit"});
  target.setCodeGenOptLevel(llvm::CodeGenOptLevel::Aggressive);
  auto impl = std::make_unique<Impl>();
  impl->jit = llvm::cantFail(llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(target).create());
  code->setDataLayout(impl->jit->getDataLayout());
  code->setTargetTriple(impl->jit->getTargetTriple());
  linkVectorMath(*code);
  for (llvm::Function &function : *code)
    function.addFnAttr("prefer-vector-width", "512");
  if (getenv("SYMC_DUMP_LLVM"))
    code->print(llvm::errs(), nullptr);
  llvm::orc::SymbolMap symbols;
  symbols[impl->jit->mangleAndIntern("symc_rt_parallel")] = {llvm::orc::ExecutorAddr::fromPtr(&runParallel),
                                                             llvm::JITSymbolFlags::Exported};
  llvm::cantFail(impl->jit->getMainJITDylib().define(llvm::orc::absoluteSymbols(symbols)));
  llvm::cantFail(impl->jit->addIRModule(llvm::orc::ThreadSafeModule(std::move(code), std::move(llvmContext))));
  constexpr int64_t kBuffer = 4 << 20, kBuffers = 16;
  impl->arena.resize(kBuffer * kBuffers + 64);
  for (int64_t i = 0; i < kBuffers; ++i)
    impl->offsets.push_back(i * kBuffer);
  return std::unique_ptr<Program>(new Program(std::move(impl)));
}

symc_body Program::find(const std::string &function) {
  return llvm::cantFail(impl->jit->lookup("body_" + function)).toPtr<symc_body>();
}

symc_frame Program::frameOf(const std::vector<const void *> &inputs, const std::vector<void *> &outputs,
                            const std::vector<int64_t> &dims, const std::vector<void *> &slots) {
  symc_frame frame = {};
  frame.dims = dims.data();
  frame.inputs = const_cast<void *const *>(reinterpret_cast<const void *const *>(inputs.data()));
  frame.outputs = outputs.data();
  frame.slots = slots.data();
  frame.arena = reinterpret_cast<char *>((reinterpret_cast<uintptr_t>(impl->arena.data()) + 63) & ~uintptr_t(63));
  frame.offsets = impl->offsets.data();
  return frame;
}

symc_check Program::run(const std::string &function, const std::vector<const void *> &inputs,
                        const std::vector<void *> &outputs, const std::vector<int64_t> &dims, Cut cut,
                        const std::vector<void *> &slots) {
  currentCut = cut;
  symc_frame frame = frameOf(inputs, outputs, dims, slots);
  find(function)(&frame);
  return frame.check;
}

double Program::time(const std::string &function, const std::vector<const void *> &inputs,
                     const std::vector<void *> &outputs, const std::vector<int64_t> &dims,
                     const std::vector<void *> &slots) {
  symc_body body = find(function);
  symc_frame frame = frameOf(inputs, outputs, dims, slots);
  currentCut = Cut::Whole;
  double best = 1e30;
  for (int attempt = 0; attempt < 9; ++attempt) {
    auto start = std::chrono::steady_clock::now();
    int count = 0;
    double spent;
    do {
      for (int i = 0; i < 16; ++i, ++count)
        body(&frame);
      spent = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
    } while (spent < 4e6);
    best = std::min(best, spent / count);
  }
  return best;
}
