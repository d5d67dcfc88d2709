//===- LowerToNests.cpp - Kernels from tensors to nests -------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Legal after: in kernels kernel.nest, kernel.contract, kernel.library_call, kernel.check,
// memref.load, arith, math; in programs what Outline left.
//
//===----------------------------------------------------------------------===//
#include "lib/Fusion/Legality.h"
#include "lib/Kernel/Nests/NestLowering.h"
#include "lib/Kernel/Nests/Pieces.h"
#include "lib/Kernel/Passes.h"

namespace symc {
#define GEN_PASS_DEF_NESTSPASS
#include "lib/Kernel/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

NestLowering::NestLowering(func::FuncOp kernel) : kernel(kernel), loc(kernel.getLoc()) {
  memory.kernel = kernel;
  for (Operation &op : kernel.getBody().front()) {
    if (auto read = dyn_cast<kernel::ReadOp>(op))
      memory.buffers[read.getOut()] = read.getBuffer();
    if (auto write = dyn_cast<kernel::WriteOp>(op))
      writes.push_back(write);
  }
}

OpBuilder NestLowering::atEnd(func::FuncOp function) { return OpBuilder(function.getBody().front().getTerminator()); }

Memory NestLowering::inSecondPart(func::FuncOp second) const {
  Memory result;
  result.kernel = second;
  for (auto [tensor, buffer] : memory.buffers)
    result.buffers[tensor] = sameBuffer(second, buffer);
  for (auto &[op, buffers] : memory.accumulators)
    for (Value buffer : buffers)
      result.accumulators[op].push_back(sameBuffer(second, buffer));
  return result;
}

void NestLowering::eraseTensors() {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(kernel.getBody().front())))
    if (isa<kernel::WriteOp>(op) || (op.getNumResults() > 0 && isOpTriviallyDead(&op)))
      op.erase();
}

void NestLowering::emitWrites(OpBuilder &b, Memory &memory, ArrayRef<Write> writes, ArrayRef<int64_t> cuts) {
  Dims domain = dimsOf(writes.front().value);
  SmallVector<Dim> begins{constantDim(b.getContext(), 0)};
  for (int64_t cut : cuts)
    begins.push_back(constantDim(b.getContext(), cut));
  for (auto [piece, begin] : llvm::enumerate(begins)) {
    NestBuilder nest(b, loc, memory);
    Dims sizes = domain;
    if (!cuts.empty())
      sizes.back() = (piece + 1 < begins.size() ? begins[piece + 1] : domain.back()) - begin;
    nest.addLoops(sizes);
    Indices at = nest.index();
    if (!cuts.empty())
      at.back() = *at.back().form() + LinearForm::size(begin);
    for (const Write &write : writes) {
      Indices place = at;
      if (write.begin)
        place[write.axis] = *place[write.axis].form() + LinearForm::size(write.begin);
      nest.addWrite(sameBuffer(memory.kernel, write.buffer), place);
    }
    nest.create([&](Evaluator &evaluator, OpBuilder &, ArrayRef<Index>) {
      SmallVector<Value> results;
      for (const Write &write : writes)
        results.push_back(evaluator.element(write.value, at));
      return results;
    });
  }
}

/// What is written; values that are computed side by side, each for itself.
static SmallVector<Write> partsOf(kernel::WriteOp write) {
  Operation *def = write.getValue().getDefiningOp();
  if (!def || !joinsComputed(def))
    return {{write.getValue(), write.getBuffer(), 0, Dim()}};
  SmallVector<Write> parts;
  std::optional<Pieces> pieces = Pieces::of(def);
  for (const Pieces::Piece &piece : pieces->pieces)
    parts.push_back({piece.input, write.getBuffer(), pieces->axis, piece.begin});
  return parts;
}

void NestLowering::emitAllWrites(OpBuilder &b, Memory &memory, ArrayRef<kernel::WriteOp> writes, bool inPieces) {
  SmallVector<Write> all;
  for (kernel::WriteOp write : writes)
    inPieces ? llvm::append_range(all, partsOf(write)) : all.push_back({write.getValue(), write.getBuffer(), 0, Dim()});
  SmallVector<SmallVector<Write>> groups;
  for (const Write &write : all) {
    auto *group = llvm::find_if(
        groups, [&](ArrayRef<Write> g) { return sameDims(dimsOf(g.front().value), dimsOf(write.value)); });
    if (group == groups.end())
      groups.push_back({write});
    else
      group->push_back(write);
  }
  for (ArrayRef<Write> group : groups) {
    SmallVector<Value> values = llvm::map_to_vector(group, [](const Write &write) { return write.value; });
    emitWrites(b, memory, group, inPieces ? cutsOfLastAxis(memory, values) : SmallVector<int64_t>());
  }
}

void symc::setOuter(func::FuncOp kernel, unsigned outer) {
  kernel->setAttr(kOuterAttr, Builder(kernel.getContext()).getI64IntegerAttr(outer));
}

void symc::lowerElementwise(NestLowering &lowering) {
  OpBuilder b = NestLowering::atEnd(lowering.kernel);
  lowering.emitAllWrites(b, lowering.memory, lowering.writes, /*inPieces=*/true);
  Dims domain = dimsOf(partsOf(lowering.writes.front()).front().value);
  bool oneShape = llvm::all_of(lowering.writes, [&](kernel::WriteOp write) {
    return llvm::all_of(partsOf(write), [&](const Write &part) { return sameDims(dimsOf(part.value), domain); });
  });
  setOuter(lowering.kernel, oneShape && !domain.empty() ? 1 : 0);
}

void symc::lowerOpaque(NestLowering &lowering) {
  OpBuilder b = NestLowering::atEnd(lowering.kernel);
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
}

namespace {
struct NestsPass : symc::impl::NestsPassBase<NestsPass> {
  using Base::Base;

  void runOnOperation() override {
    if (parts < 1) {
      getOperation().emitError("a sum is cut into 1 part at least, not into ") << parts;
      return signalPassFailure();
    }
    SmallVector<func::FuncOp> kernels;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (isKernel(function))
        kernels.push_back(function);
    for (func::FuncOp kernel : kernels) {
      NestLowering lowering(kernel);
      switch (kernel->getAttrOfType<sym::FusionKindAttr>(kFusionKindAttr).getValue()) {
      case sym::FusionKind::elementwise:
        lowerElementwise(lowering);
        break;
      case sym::FusionKind::reduction:
        lowerReduction(lowering, {parts, partsFrom});
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
