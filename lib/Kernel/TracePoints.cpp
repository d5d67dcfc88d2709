//===- TracePoints.cpp - What a kernel works on, for who watches ----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/TracePoints.h"
#include "dialects/sym/NodeNames.h"
#include "lib/Kernel/Lives.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include <cmath>

using namespace mlir;
using namespace symc;

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

static double estimatedElements(Value tensor) {
  return static_cast<double>(estimateSize(elementCount(tensor.getType())));
}

/// Only for shares: of a matrix product the root is m·n·k, of convolutions about what they do.
static double estimatedArithmetic(Operation *op) {
  if (isa<ContractionOpInterface>(op))
    return 2 * std::sqrt(estimatedElements(op->getOperand(0)) * estimatedElements(op->getOperand(1)) *
                         estimatedElements(op->getResult(0)));
  if (isa<ReductionOpInterface, OpaqueKernelOpInterface>(op) && op->getNumOperands())
    return estimatedElements(op->getOperand(0));
  return isa<ScalarBodyOpInterface>(op) ? estimatedElements(op->getResult(0)) : 0;
}

ArrayAttr symc::nodesOf(sym::FusedOp region) {
  struct Estimate {
    double arithmetic = 0, bytes = 0;
  };
  llvm::MapVector<StringRef, Estimate> nodes;
  Block &body = region.getBody().front();
  for (Operation &op : body.without_terminator())
    if (StringRef name = nodeName(op.getLoc()); !name.empty() && !op.hasTrait<OpTrait::ConstantLike>())
      nodes[name].arithmetic += estimatedArithmetic(&op);
  for (Value value : body.getTerminator()->getOperands())
    if (StringRef name = nodeName(value.getLoc()); nodes.count(name))
      nodes[name].bytes +=
          estimatedElements(value) *
          static_cast<double>(byteSize(elementTypeOf(cast<RankedTensorType>(value.getType()).getElementType())));
  SmallVector<unsigned> order = llvm::to_vector(llvm::seq<unsigned>(nodes.size()));
  auto arithmetic = [&](unsigned i) { return (nodes.begin() + i)->second.arithmetic; };
  llvm::sort(order, [&](unsigned a, unsigned b) {
    return arithmetic(a) != arithmetic(b) ? arithmetic(a) > arithmetic(b) : a < b;
  });
  Builder b(region.getContext());
  SmallVector<Attribute> list;
  for (unsigned i : order) {
    auto &[name, estimate] = *(nodes.begin() + i);
    list.push_back(b.getArrayAttr(
        {b.getStringAttr(name), b.getF64FloatAttr(estimate.arithmetic), b.getF64FloatAttr(estimate.bytes)}));
  }
  return b.getArrayAttr(list);
}

//===----------------------------------------------------------------------===//
// Work
//===----------------------------------------------------------------------===//

static bool isArithmetic(Operation *op) {
  if (op->getNumResults() != 1 || !isa<FloatType>(op->getResult(0).getType()))
    return false;
  return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp, arith::RemFOp, arith::NegFOp,
             arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp, arith::MinNumFOp>(op) ||
         isa<math::MathDialect>(op->getDialect());
}

static int64_t countArithmetic(Region &region) {
  int64_t count = 0;
  region.walk([&](Operation *op) { count += isArithmetic(op); });
  return count;
}

/// Multiplications and additions of a contraction, without its epilogue.
static Dim productFlops(kernel::ContractOp contract) {
  auto sizes = [&](unsigned i) { return cast<sym::DimsAttr>(contract.getDims()[i]).getExprs(); };
  auto count = [&](ArrayRef<Dim> dims) { return product(contract.getContext(), dims); };
  ArrayRef<Dim> a = sizes(0), b = sizes(1), result = sizes(2);
  switch (contract.getForm()) {
  case sym::ContractForm::matmul:
    return count(result) * a[a.size() - (contract.getTransposeA() ? 2 : 1)] * 2;
  case sym::ContractForm::conv2d: // every pixel of the result with each element of its filter
    return count(result) * count(b.drop_back()) * 2;
  case sym::ContractForm::conv2d_input: // every pixel of the cotangent is spread by its filter
    return count(a) * count(b.drop_back()) * 2;
  case sym::ContractForm::conv2d_filter:
    return count(b) * count(result.drop_back()) * 2;
  }
  llvm_unreachable("a form of contraction");
}

Work symc::workOf(func::FuncOp kernel) {
  MLIRContext *context = kernel.getContext();
  Dim none = constantDim(context, 0);
  Work work = {none, none, none};
  llvm::SetVector<Value> read, written;
  auto add = [](llvm::SetVector<Value> &set, ValueRange buffers) {
    for (Value buffer : buffers) {
      while (auto view = buffer.getDefiningOp<kernel::ViewOp>())
        buffer = view.getBuffer();
      set.insert(buffer);
    }
  };
  kernel.walk([&](Operation *op) {
    if (auto nest = dyn_cast<kernel::NestOp>(op)) {
      add(read, nest.getReads());
      add(written, nest.getWrites());
      int64_t each = countArithmetic(nest.getBody());
      for (Region &combiner : nest.getCombiners())
        each += countArithmetic(combiner);
      work.flops = work.flops + product(context, nest.getDomain().getExprs()) * each;
    } else if (auto contract = dyn_cast<kernel::ContractOp>(op)) {
      add(read, {contract.getA(), contract.getB()});
      add(read, contract.getExtras());
      add(written, contract.getOuts());
      ArrayRef<Dim> result = cast<sym::DimsAttr>(contract.getDims()[2]).getExprs();
      work.flops =
          work.flops + productFlops(contract) + product(context, result) * countArithmetic(contract.getEpilogue());
    } else if (auto call = dyn_cast<kernel::LibraryCallOp>(op)) {
      add(read, call.getInputs());
      add(written, call.getOuts());
    } else if (auto load = dyn_cast<memref::LoadOp>(op)) {
      add(read, load.getMemRef());
    }
  });
  auto bytes = [&](const llvm::SetVector<Value> &buffers) {
    Dim sum = none;
    for (Value buffer : buffers)
      if (auto argument = dyn_cast<BlockArgument>(buffer); argument && argument.getOwner() == &kernel.front())
        sum = sum + byteSize(buffer.getType(), dimsOfArgument(argument));
    return sum;
  };
  work.read = bytes(read);
  work.written = bytes(written);
  for (Dim *size : {&work.read, &work.written, &work.flops})
    if (isOverflown(*size))
      *size = none;
  return work;
}
