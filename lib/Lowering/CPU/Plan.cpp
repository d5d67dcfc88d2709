//===- Plan.cpp - Steps and buffers of a model function -------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Plan.h"

using namespace mlir;
using namespace symc;

FunctionPlan::FunctionPlan(func::FuncOp function, bool separate) {
  for (Operation &op : function.getBody().front()) {
    auto call = dyn_cast<func::CallOp>(op);
    if (!call)
      continue;
    int32_t step = steps.size();
    steps.push_back(call);
    for (Value operand : call.getOperands()) {
      while (auto view = operand.getDefiningOp<sym::ViewOp>())
        operand = view.getBuffer();
      auto alloc = operand.getDefiningOp<sym::AllocOp>();
      if (!alloc)
        continue;
      auto [it, isNew] = bufferNumber.try_emplace(operand, buffers.size());
      if (isNew)
        buffers.push_back({alloc, step, step});
      buffers[it->second].last = step;
    }
  }
  for (Buffer &buffer : buffers)
    if (separate)
      buffer = {buffer.alloc, 0, static_cast<int32_t>(steps.size()) - 1};
}

AffineExpr symc::byteSize(Type memref, ArrayRef<AffineExpr> dims) {
  Type element = cast<MemRefType>(memref).getElementType();
  unsigned bytes = (element.getIntOrFloatBitWidth() + 7) / 8;
  return Size(product(memref.getContext(), dims)) * bytes;
}
