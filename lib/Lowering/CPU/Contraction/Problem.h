//===- Problem.h - A kernel.contract about to be emitted -------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_CONTRACTION_PROBLEM_H
#define SYMC_LIB_LOWERING_CPU_CONTRACTION_PROBLEM_H

#include "dialects/kernel/KernelOps.h"
#include "lib/Lowering/CPU/Contraction/Code.h"
#include "lib/Lowering/CPU/Isa.h"
#include "lib/Lowering/CPU/KernelShell.h"

namespace symc::contraction {

/// A dense row-major buffer.
struct Buffer {
  Value pointer;
  Type element; // as in memory: a bool is i8
  bool isBool = false;
  Dims dims;
  Values sizes, strides;
};

/// What a driver plans about the kernel as a whole.
struct Schedule {
  Schedule(Dim extent, Dim grain) : extent(extent), grain(grain) {}
  Schedule(Dim extent, int64_t grain) : Schedule(extent, constantDim(extent.getContext(), grain)) {}

  Dim extent; // trip count of the loop that [begin, end) cuts
  Dim grain;  // as much of it as is worth handing to a thread
};

struct Problem {
  Problem(kernel::ContractOp op, mlir::func::FuncOp kernel, KernelShell &shell, Code &code, const Isa &isa);

  kernel::ContractOp op;
  mlir::func::FuncOp kernel;
  KernelShell &shell;
  Code &code;
  const Isa &isa;
  Type element, vector; // of the accumulator
  unsigned lanes;
  Buffer a, b;
  SmallVector<Buffer> extras, outs;

  const Buffer &result() const { return outs.front(); }
  bool isFloat() const { return mlir::isa<mlir::FloatType>(element); }
  Buffer buffer(Value memref, ArrayRef<Dim> dims);
};

/// Window sizes of a convolution; everything but the batch is known.
struct Window {
  int64_t height, width, channels;      // image
  int64_t outHeight, outWidth, filters; // convolved
  int64_t kernelHeight, kernelWidth;
  int64_t strideY = 1, strideX = 1, dilationY = 1, dilationX = 1, top = 0, left = 0;
  int64_t groups = 1;
};
/// Nothing when a size other than the batch is not constant.
std::optional<Window> windowOf(kernel::ContractOp op);

/// Drivers. Each emits the whole kernel and says how it is cut, or emits nothing and returns nothing when the problem
/// is not for it.
std::optional<Schedule> emitMatmul(Problem &problem);
std::optional<Schedule> emitConv2d(Problem &problem);
std::optional<Schedule> emitConv2dInput(Problem &problem);
/// Scalar loops; takes every problem.
Schedule emitLoops(Problem &problem);

} // namespace symc::contraction
#endif
