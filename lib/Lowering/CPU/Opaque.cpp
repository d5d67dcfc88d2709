//===- Opaque.cpp - Kernels that call the kernel library ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/Kernels.h"
#include "lib/Lowering/CPU/KernelShell.h"
#include "lib/Lowering/Passes.h"
#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace symc;

namespace {

/// One call: the buffers and the integers go into arrays on the stack.
void emitCall(OpBuilder &b, KernelShell &shell, kernel::LibraryCallOp call, ModuleOp module) {
  Location loc = call.getLoc();
  Type pointer = LLVM::LLVMPointerType::get(b.getContext()), i64 = b.getI64Type();
  ArrayRef<AffineExpr> integers = call.getIntegers().getExprs();
  auto array = [&](Type type, size_t count, function_ref<Value(size_t)> entry) {
    Value base = shell.stack(type, std::max<size_t>(1, count));
    for (size_t i = 0; i < count; ++i) {
      Value at = LLVM::GEPOp::create(b, loc, pointer, type, base, ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
      LLVM::StoreOp::create(b, loc, entry(i), at);
    }
    return base;
  };
  Value buffers =
      array(pointer, call.getBuffers().size(), [&](size_t i) { return shell.buffer(call.getBuffers()[i]); });
  Value numbers = array(i64, integers.size(), [&](size_t i) { return shell.size(integers[i]); });
  auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(call.getName());
  if (!function) {
    OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), {pointer, pointer});
    function = LLVM::LLVMFuncOp::create(top, loc, call.getName(), type);
  }
  LLVM::CallOp::create(b, loc, function, ValueRange{buffers, numbers});
}

struct OpaquePass : PassWrapper<OpaquePass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(OpaquePass)
  StringRef getArgument() const override { return "sym-opaque"; }
  StringRef getDescription() const override { return "Lower kernels that call the kernel library to llvm.funcs"; }
  void getDependentDialects(DialectRegistry &registry) const override { registry.insert<LLVM::LLVMDialect>(); }

  void runOnOperation() override {
    SmallVector<func::FuncOp> kernels;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (isKernel(function) && !function.getBody().getOps<kernel::LibraryCallOp>().empty())
        kernels.push_back(function);
    for (func::FuncOp kernel : kernels) {
      OpBuilder b(kernel);
      SmallVector<kernel::LibraryCallOp> calls(kernel.getBody().getOps<kernel::LibraryCallOp>());
      KernelShell shell(kernel, b);
      for (kernel::LibraryCallOp call : calls)
        emitCall(b, shell, call, getOperation());
      if (failed(shell.finish()))
        return signalPassFailure();
    }
  }
};
} // namespace

std::unique_ptr<Pass> symc::createOpaquePass() { return std::make_unique<OpaquePass>(); }
