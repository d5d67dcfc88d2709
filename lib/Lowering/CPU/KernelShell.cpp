//===- KernelShell.cpp - The llvm.func that a kernel becomes --------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/KernelShell.h"
#include "dialects/sym/SymOps.h"
#include "lib/Kernel/Kernels.h"

using namespace mlir;
using namespace symc;

KernelShell::KernelShell(func::FuncOp kernel, OpBuilder &b) : kernel(kernel), b(b), loc(kernel.getLoc()) {
  b.setInsertionPoint(kernel);
  Type pointer = LLVM::LLVMPointerType::get(b.getContext()), i64 = b.getI64Type();
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), {pointer, pointer, i64, i64});
  function = LLVM::LLVMFuncOp::create(b, loc, (kernel.getSymName() + kCodeSuffix).str(), type, LLVM::Linkage::Internal);
  body = function.addEntryBlock(b);
  b.setInsertionPointToEnd(body);
}

void KernelShell::toStart(OpBuilder &at) {
  if (lastAtStart)
    at.setInsertionPointAfter(lastAtStart);
  else
    at.setInsertionPointToStart(body);
}

static Value loadAt(OpBuilder &at, Location loc, Type type, Value base, int64_t index) {
  Type pointer = LLVM::LLVMPointerType::get(at.getContext());
  Value address = base;
  if (index)
    address = LLVM::GEPOp::create(at, loc, pointer, at.getI64Type(), base,
                                  ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
  return LLVM::LoadOp::create(at, loc, type, address, /*alignment=*/8, false, false, /*isInvariant=*/true);
}

Value KernelShell::buffer(Value argument) {
  Value &known = buffers[argument];
  if (known)
    return known;
  unsigned position = 0;
  for (BlockArgument other : kernel.getArguments()) {
    if (other == argument)
      break;
    position += isa<MemRefType>(other.getType());
  }
  OpBuilder at(b.getContext());
  toStart(at);
  known = loadAt(at, loc, LLVM::LLVMPointerType::get(b.getContext()), body->getArgument(0), position);
  lastAtStart = known.getDefiningOp();
  return known;
}

Value KernelShell::dim(StringRef name) {
  Value &known = dims[name];
  if (known)
    return known;
  auto bounds = kernel->getParentOfType<ModuleOp>()->getAttrOfType<ArrayAttr>(kBoundsAttr);
  unsigned position = 0;
  for (auto bound : bounds.getAsRange<sym::DimBoundAttr>()) {
    if (bound.getName() == name)
      break;
    ++position;
  }
  OpBuilder at(b.getContext());
  toStart(at);
  known = loadAt(at, loc, b.getI64Type(), body->getArgument(1), position);
  lastAtStart = known.getDefiningOp();
  return known;
}

Value KernelShell::size(Dim expr) {
  for (StringRef name : namesIn(expr))
    dim(name); // loaded before what is computed from it
  OpBuilder at(b.getContext());
  toStart(at);
  Value result = materialize(at, loc, at.getI64Type(), expr, [&](StringRef name) { return dims.lookup(name); });
  if (at.getInsertionPoint() != body->begin())
    lastAtStart = &*std::prev(at.getInsertionPoint());
  return result;
}

Value KernelShell::stack(Type element, int64_t count) {
  OpBuilder at(b.getContext());
  at.setInsertionPointToStart(body);
  Value one = LLVM::ConstantOp::create(at, loc, at.getI64Type(), 1);
  auto type = LLVM::LLVMArrayType::get(element, count);
  stackBytes += llvm::alignTo(DataLayout::closest(body->getParentOp()).getTypeSize(type).getFixedValue(), 64);
  Value memory =
      LLVM::AllocaOp::create(at, loc, LLVM::LLVMPointerType::get(at.getContext()), type, one, /*alignment=*/64);
  if (!lastAtStart)
    lastAtStart = memory.getDefiningOp();
  return memory;
}

LogicalResult KernelShell::finish() {
  if (stackBytes > kKernelStackBytes)
    return kernel.emitError("the kernel takes ")
           << stackBytes << " bytes of the stack, and " << kKernelStackBytes << " are the most that it may take";
  b.setInsertionPointToEnd(body);
  LLVM::ReturnOp::create(b, loc, ValueRange{});
  for (StringRef name :
       {StringRef(kKernelAttr), StringRef(kFusionKindAttr), StringRef(kExtentAttr), StringRef(kGrainAttr)})
    if (Attribute attribute = kernel->getAttr(name))
      function->setAttr(name, attribute);
  kernel.eraseBody();
  return success();
}

void symc::nameKernels(ModuleOp module) {
  for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    if (isKernel(function))
      function.erase();
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    if (StringRef name = function.getSymName(); name.consume_back(kCodeSuffix)) {
      if (function.isExternal()) // of the kernel library: the code of kernels calls it
        (void)SymbolTable::replaceAllSymbolUses(function, StringAttr::get(module.getContext(), name), module);
      function.setSymName(name);
    }
}
