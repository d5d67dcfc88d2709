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
  // The final name is taken over from the kernel by `finish`.
  function = LLVM::LLVMFuncOp::create(b, loc, (kernel.getSymName() + ".shell").str(), type, LLVM::Linkage::Internal);
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

Value KernelShell::dim(unsigned symbol) {
  Value &known = dims[symbol];
  if (known)
    return known;
  StringRef name = b.getContext()->getLoadedDialect<sym::SymDialect>()->dimName(symbol);
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

Value KernelShell::size(AffineExpr expr) {
  if (auto value = constantValue(expr)) {
    OpBuilder at(b.getContext());
    toStart(at);
    Value result = arith::ConstantIntOp::create(at, loc, at.getI64Type(), *value);
    lastAtStart = result.getDefiningOp();
    return result;
  }
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return dim(symbol.getPosition());
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value x = size(binary.getLHS()), y = size(binary.getRHS());
  OpBuilder at(b.getContext());
  toStart(at);
  Value result;
  auto floorOf = [&](Value dividend) {
    // Sizes are not negative, but what a floor is taken of may be.
    Value zero = arith::ConstantIntOp::create(at, loc, at.getI64Type(), 0);
    Value rest = arith::RemSIOp::create(at, loc, dividend, y);
    Value negative = arith::CmpIOp::create(at, loc, arith::CmpIPredicate::slt, rest, zero);
    rest = arith::SelectOp::create(at, loc, negative, arith::AddIOp::create(at, loc, rest, y), rest);
    return arith::DivSIOp::create(at, loc, arith::SubIOp::create(at, loc, dividend, rest), y).getResult();
  };
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    result = arith::AddIOp::create(at, loc, x, y);
    break;
  case AffineExprKind::Mul:
    result = arith::MulIOp::create(at, loc, x, y);
    break;
  case AffineExprKind::FloorDiv:
    result = floorOf(x);
    break;
  case AffineExprKind::CeilDiv: {
    Value one = arith::ConstantIntOp::create(at, loc, at.getI64Type(), 1);
    result = floorOf(arith::AddIOp::create(at, loc, x, arith::SubIOp::create(at, loc, y, one)));
    break;
  }
  default:
    result = arith::RemSIOp::create(at, loc, x, y);
    break;
  }
  lastAtStart = result.getDefiningOp();
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
    return kernel.emitError("the kernel takes ") << stackBytes << " bytes of the stack, and " << kKernelStackBytes
                                                << " are the most that it may take";
  b.setInsertionPointToEnd(body);
  LLVM::ReturnOp::create(b, loc, ValueRange{});
  for (StringRef name : {StringRef(kKernelAttr), StringRef(kKindAttr), StringRef(kExtentAttr), StringRef(kGrainAttr)})
    if (Attribute attribute = kernel->getAttr(name))
      function->setAttr(name, attribute);
  StringAttr name = kernel.getSymNameAttr();
  kernel.erase();
  function.setSymNameAttr(name);
  return success();
}
