//===- VectorizePass.cpp - Kernels of nests become vector code ------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Legal after: in what was a kernel of kernel.nests, arith, math, vector.broadcast, scf
// and llvm. An element's bits do not depend on where it stands, on how the kernel is cut or on
// what else it does: tails run the same code under a mask, every op is rounded by itself, and
// reductions keep their own order (LoopNest.h).
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Passes.h"
#include "lib/Lowering/CPU/Vectorize/Nest.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/Pass.h"

namespace symc {
#define GEN_PASS_DEF_VECTORIZEPASS
#include "lib/Lowering/CPU/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;
using namespace symc::vectorize;

namespace {

/// What an element of a nest takes; 1 is one that only moves from one tensor to another. Of 65,536 such elements of f32
/// a product takes 1, a polynomial of twenty operations 2.5, exp 4.7 and tanh 6.7.
double elementCost(LoopNest &nest) {
  constexpr double kAtOnce = 8, kFunction = 4;
  unsigned plain = nest.ins.size() + nest.outs.size(), functions = 0;
  nest.forEachOp([&](Operation *op) { ++(isFunction(op) ? functions : plain); });
  return std::max(1.0, plain / kAtOnce) + functions * kFunction;
}

/// Cuts the outermost loop between any of its iterations, or lines of the cache, where there are more than are worth
/// handing to a thread.
void setExtent(func::FuncOp kernel, KernelPlan &plan) {
  constexpr double kChunk = 1 << 14; // elements that only move
  constexpr int64_t kLanes = 256;
  Builder b(kernel.getContext());
  Dim extent = constantDim(b.getContext(), 1);
  int64_t grain = 1, one = 1;
  if (!plan.nests.empty() && plan.outer > 0) {
    extent = plan.nests.front().sizes.front();
    double work = 0;
    for (LoopNest &nest : plan.nests) {
      double elements = elementCost(nest);
      for (Dim size : ArrayRef(nest.sizes).drop_front())
        elements *= estimateSize(size);
      work += elements;
    }
    one = std::max<int64_t>(1, static_cast<int64_t>(kChunk / std::max(work, 1.0)));
    if (plan.outerLanes && plan.outer == 1)
      grain = kLanes;
  }
  kernel->setAttr(kExtentAttr, sym::DimsAttr::get(b.getContext(), {extent}));
  kernel->setAttr(kGrainAttr, sym::DimsAttr::get(b.getContext(), {constantDim(b.getContext(), grain),
                                                                  constantDim(b.getContext(), one)}));
}

struct VectorizePass : symc::impl::VectorizePassBase<VectorizePass> {
  using Base::Base;

  void runOnOperation() override {
    Isa isa = isaOf(cpu);
    SmallVector<func::FuncOp> kernels;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (isKernel(function) && !function.isExternal() &&
          function.getBody().front().getOps<kernel::ContractOp>().empty() &&
          function.getBody().front().getOps<kernel::LibraryCallOp>().empty())
        kernels.push_back(function);
    for (func::FuncOp kernel : kernels) {
      KernelPlan plan = planKernel(kernel, isa);
      setExtent(kernel, plan);
      OpBuilder b(kernel.getContext());
      KernelShell shell(kernel, b);
      Emitter emitter(b, kernel.getLoc(), shell);
      if (!plan.nests.empty())
        NestEmitter(plan, emitter, isa).run();
      if (failed(shell.finish()))
        return signalPassFailure();
    }
  }
};

} // namespace
