//===- Opaque.cpp - Kernels that call the kernel library ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/Kernels.h"
#include "lib/Lowering/CPU/KernelShell.h"
#include "lib/Lowering/CPU/Passes.h"
#include "mlir/Pass/Pass.h"

namespace symc {
#define GEN_PASS_DEF_OPAQUEPASS
#include "lib/Lowering/CPU/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {

/// One call: the buffers and the integers go into arrays on the stack.
void emitCall(OpBuilder &b, KernelShell &shell, kernel::LibraryCallOp call, ModuleOp module) {
  Location loc = call.getLoc();
  Type pointer = LLVM::LLVMPointerType::get(b.getContext()), i64 = b.getI64Type();
  ArrayRef<Dim> integers = call.getIntegers().getExprs();
  auto array = [&](Type type, size_t count, function_ref<Value(size_t)> entry) {
    Value base = shell.stack(type, std::max<size_t>(1, count));
    for (size_t i = 0; i < count; ++i) {
      Value at = LLVM::GEPOp::create(b, loc, pointer, type, base, ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
      LLVM::StoreOp::create(b, loc, entry(i), at);
    }
    return base;
  };
  Value buffers = array(pointer, call->getNumOperands(), [&](size_t i) { return shell.buffer(call->getOperand(i)); });
  Value numbers = array(i64, integers.size(), [&](size_t i) { return shell.size(integers[i]); });
  std::string name = (call.getName() + kCodeSuffix).str(); // a program may be called as the function is
  auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name);
  if (!function) {
    OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), {pointer, pointer});
    function = LLVM::LLVMFuncOp::create(top, loc, name, type);
  }
  LLVM::CallOp::create(b, loc, function, ValueRange{buffers, numbers});
}

struct OpaquePass : symc::impl::OpaquePassBase<OpaquePass> {
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
