//===- SymToLinalg.cpp - Kernels from sym to linalg -----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Legal after: in kernels linalg.generic, linalg.index, kernel.contract, kernel.library_call,
// kernel.space, kernel.check, memref.load, arith, math; in model functions what Outline left.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/Passes.h"
#include "lib/Lowering/SymToLinalg/KernelLowering.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Pass/Pass.h"

namespace symc {
#define GEN_PASS_DEF_SYMTOLINALGPASS
#include "lib/Lowering/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

KernelLowering::KernelLowering(func::FuncOp kernel) : kernel(kernel), loc(kernel.getLoc()) {
  memory.kernel = kernel;
  for (Operation &op : kernel.getBody().front()) {
    if (auto read = dyn_cast<kernel::ReadOp>(op))
      memory.buffers[read.getOut()] = read.getBuffer();
    if (auto write = dyn_cast<kernel::WriteOp>(op))
      writes.push_back(write);
  }
}

OpBuilder KernelLowering::atEnd(func::FuncOp function) { return OpBuilder(function.getBody().front().getTerminator()); }

Memory KernelLowering::inSecondPart(func::FuncOp second) const {
  Memory result;
  result.kernel = second;
  for (auto [tensor, buffer] : memory.buffers)
    result.buffers[tensor] = sameBuffer(second, buffer);
  for (auto &[op, buffers] : memory.accumulators)
    for (Value buffer : buffers)
      result.accumulators[op].push_back(sameBuffer(second, buffer));
  return result;
}

void KernelLowering::eraseTensors() {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(kernel.getBody().front())))
    if (isa<kernel::WriteOp>(op) || (op.getNumResults() > 0 && isOpTriviallyDead(&op)))
      op.erase();
}

void KernelLowering::emitWrites(OpBuilder &b, Memory &memory, ArrayRef<kernel::WriteOp> writes) {
  Dims domain = dimsOf(writes.front()->getOperand(0));
  SmallVector<Value> outs;
  for (kernel::WriteOp write : writes)
    outs.push_back(sameBuffer(memory.kernel, write.getBuffer()));
  SmallVector<AffineMap> maps(outs.size(), b.getMultiDimIdentityMap(domain.size()));
  SmallVector<utils::IteratorType> iterators(domain.size(), utils::IteratorType::parallel);
  GenericBuilder::create(b, loc, memory, domain, iterators, outs, maps,
                         [&](OpBuilder &inner, Evaluator &evaluator, ValueRange index, ValueRange) {
                           SmallVector<Value> results;
                           for (kernel::WriteOp write : writes)
                             results.push_back(evaluator.element(write.getValue(), index));
                           return results;
                         });
}

void KernelLowering::emitAllWrites(OpBuilder &b, Memory &memory, ArrayRef<kernel::WriteOp> writes) {
  SmallVector<SmallVector<kernel::WriteOp>> groups;
  for (kernel::WriteOp write : writes) {
    auto *group = llvm::find_if(groups, [&](ArrayRef<kernel::WriteOp> g) {
      return sameDims(dimsOf(g.front()->getOperand(0)), dimsOf(write.getValue()));
    });
    if (group == groups.end())
      groups.push_back({write});
    else
      group->push_back(write);
  }
  for (ArrayRef<kernel::WriteOp> group : groups)
    emitWrites(b, memory, group);
}

int64_t symc::estimate(AffineExpr expr) {
  unsigned symbols = 0;
  for (unsigned symbol : symbolsIn(expr))
    symbols = std::max(symbols, symbol + 1);
  return std::max<int64_t>(1, evaluate(expr, SmallVector<int64_t>(symbols, 128)).value_or(int64_t(1) << 32));
}

void symc::setSchedule(func::FuncOp kernel, unsigned outer, ArrayRef<AffineExpr> domain) {
  // About 16 Ki elements a chunk: some microseconds, far above the cost of handing it to a thread.
  constexpr int64_t kChunk = 1 << 14;
  Builder b(kernel.getContext());
  AffineExpr extent = outer ? domain[0] : constantDim(b.getContext(), 1);
  int64_t work = estimate(product(b.getContext(), outer ? domain.drop_front() : domain));
  kernel->setAttr(kOuterAttr, b.getI64IntegerAttr(outer));
  kernel->setAttr(kExtentAttr, sym::DimsAttr::get(b.getContext(), {extent}));
  kernel->setAttr(kGrainAttr, b.getI64IntegerAttr(std::max<int64_t>(1, kChunk / work)));
}

void symc::lowerElementwise(KernelLowering &lowering) {
  OpBuilder b = KernelLowering::atEnd(lowering.kernel);
  lowering.emitAllWrites(b, lowering.memory, lowering.writes);
  Dims domain = dimsOf(lowering.writes.front().getValue());
  bool oneShape =
      llvm::all_of(lowering.writes, [&](kernel::WriteOp w) { return sameDims(dimsOf(w.getValue()), domain); });
  setSchedule(lowering.kernel, oneShape && !domain.empty() ? 1 : 0, domain);
}

void symc::lowerOpaque(KernelLowering &lowering) {
  OpBuilder b = KernelLowering::atEnd(lowering.kernel);
  for (Operation &op : lowering.kernel.getBody().front()) {
    auto opaque = dyn_cast<OpaqueKernelOpInterface>(op);
    if (!opaque)
      continue;
    SmallVector<Value> buffers;
    for (Value operand : op.getOperands())
      buffers.push_back(lowering.memory.buffers.lookup(operand));
    for (Value result : op.getResults()) {
      Value buffer;
      for (kernel::WriteOp write : lowering.writes)
        if (write.getValue() == result && !buffer)
          buffer = write.getBuffer();
      if (!buffer)
        buffer = addScratch(lowering.kernel, cast<RankedTensorType>(result.getType()));
      buffers.push_back(buffer);
    }
    kernel::LibraryCallOp::create(b, lowering.loc, b.getStringAttr(opaque.getKernelName()),
                                  ValueRange(buffers).take_front(op.getNumOperands()),
                                  ValueRange(buffers).drop_front(op.getNumOperands()),
                                  sym::DimsAttr::get(b.getContext(), opaque.getKernelIntegers()));
  }
  setSchedule(lowering.kernel, 0, {});
}

namespace {
struct SymToLinalgPass : symc::impl::SymToLinalgPassBase<SymToLinalgPass> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> kernels;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (isKernel(function))
        kernels.push_back(function);
    for (func::FuncOp kernel : kernels) {
      KernelLowering lowering(kernel);
      switch (kernel->getAttrOfType<sym::FusionKindAttr>(kFusionKindAttr).getValue()) {
      case sym::FusionKind::elementwise:
        lowerElementwise(lowering);
        break;
      case sym::FusionKind::reduction:
        lowerReduction(lowering);
        break;
      case sym::FusionKind::contraction:
        lowerContraction(lowering);
        break;
      case sym::FusionKind::opaque:
        lowerOpaque(lowering);
        break;
      }
      lowering.eraseTensors();
    }
  }
};
} // namespace
