//===- Frame.cpp - Code over the frame of a call --------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Frame.h"

using namespace mlir;
using namespace symc;

FrameCode::FrameCode(ModuleOp module, func::FuncOp program)
    : module(module), program(program), b(module.getContext()), loc(program.getLoc()),
      pointer(LLVM::LLVMPointerType::get(module.getContext())), i64(b.getI64Type()) {
  if (auto bounds = module->getAttrOfType<ArrayAttr>(kBoundsAttr))
    for (auto [i, bound] : llvm::enumerate(bounds.getAsRange<sym::DimBoundAttr>()))
      dimIndex[bound.getName()] = i;
}

LLVM::LLVMFuncOp FrameCode::declare(StringRef name, Type result, ArrayRef<Type> arguments) {
  // A program that has not become code yet may be called so too.
  for (auto known : module.getOps<LLVM::LLVMFuncOp>())
    if (known.getSymName() == name)
      return known;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(module.getBody());
  return LLVM::LLVMFuncOp::create(b, loc, name, LLVM::LLVMFunctionType::get(result, arguments));
}

Value FrameCode::at(Value base, int64_t bytes) {
  if (bytes == 0)
    return base;
  return LLVM::GEPOp::create(b, loc, pointer, b.getI8Type(), base, ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(bytes)});
}

Value FrameCode::dimValue(StringRef name) {
  Value &known = dims[name];
  if (known)
    return known;
  OpBuilder::InsertionGuard guard(b);
  if (dimensions.getDefiningOp())
    b.setInsertionPointAfterValue(dimensions);
  else
    b.setInsertionPointToStart(entry);
  return known = load(i64, dimensions, 8 * dimIndex.at(name));
}

Value FrameCode::size(Dim expr) {
  return materialize(b, loc, i64, expr, [&](StringRef name) { return dimValue(name); });
}

//===----------------------------------------------------------------------===//
// sizes_NAME
//===----------------------------------------------------------------------===//

namespace {
class SizesEmitter : FrameCode {
public:
  using FrameCode::FrameCode;

  void emit(const Lives &lives) {
    auto sizes = declare(("sizes_" + program.getSymName()).str(), b.getI32Type(), {pointer, pointer, pointer, pointer});
    entry = sizes.addEntryBlock(b);
    dimensions = sizes.getArgument(0);
    b.setInsertionPointToEnd(entry);
    emitRequirements(sizes);
    for (auto [i, buffer] : llvm::enumerate(lives.buffers)) {
      kernel::AllocOp alloc = buffer.alloc;
      Dim bytes = byteSize(alloc.getType(), alloc.getDims().getExprs());
      LLVM::StoreOp::create(b, loc, size(bytes), at(sizes.getArgument(1), 8 * i));
    }
    unsigned position = 0;
    for (unsigned argument = 0; argument < program.getNumArguments(); ++argument)
      if (program.getArgAttr(argument, kResultAttr))
        for (Dim dim : dimsOfArgument(program, argument))
          LLVM::StoreOp::create(b, loc, size(dim), at(sizes.getArgument(2), 8 * position++));
    LLVM::ReturnOp::create(b, loc, status(0));
  }

private:
  /// Ends with 1 and a note in `check` at the first size that is too small.
  void emitRequirements(LLVM::LLVMFuncOp sizes) {
    auto requirements = program->getAttrOfType<ArrayAttr>(kRequiresAttr);
    if (!requirements)
      return;
    Block *failed = sizes.addBlock();
    for (unsigned i = 0; i < 3; ++i)
      failed->addArgument(i64, loc);
    for (auto requirement : requirements.getAsRange<ArrayAttr>()) {
      Value have = size(cast<sym::DimsAttr>(requirement[0]).getExprs()[0]);
      Value least = constant(cast<IntegerAttr>(requirement[1]).getInt());
      Value code = constant(cast<IntegerAttr>(requirement[2]).getInt());
      Value bad = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::slt, have, least);
      Block *next = sizes.addBlock();
      LLVM::CondBrOp::create(b, loc, bad, failed, ValueRange{code, have, least}, next, ValueRange{});
      b.setInsertionPointToEnd(next);
    }
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(failed);
    for (unsigned i = 0; i < 3; ++i)
      LLVM::StoreOp::create(b, loc, failed->getArgument(i), at(sizes.getArgument(3), 8 * i));
    LLVM::ReturnOp::create(b, loc, status(1));
  }
};
} // namespace

void symc::emitSizes(ModuleOp module, func::FuncOp program, const Lives &lives) {
  SizesEmitter(module, program).emit(lives);
}
