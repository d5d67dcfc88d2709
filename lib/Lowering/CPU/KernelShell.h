//===- KernelShell.h - The llvm.func that a kernel becomes --------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_KERNELSHELL_H
#define SYMC_LIB_LOWERING_CPU_KERNELSHELL_H

#include "dialects/sym/Dim.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace symc {

/// The most memory of its own that a kernel has on the stack: a convolution's frame and packed weights, 576 KB, and a
/// tile. A thread that calls is to have 1 MiB (include/symc/runtime.h, lib/Target/CPU/Header.cpp; the pool's threads
/// have more, runtime/Parallel.cpp): the rest of that is for spilled registers and for what stands around the kernel.
constexpr int64_t kKernelStackBytes = 640 << 10;

/// Behind the name of a kernel, or of a function that its code calls: the code, as long as there are programs, which
/// call the kernel itself and have names of the user's.
constexpr llvm::StringLiteral kCodeSuffix = ".code";

/// Makes of a kernel `func.func @k` its code, `llvm.func @k.code(%buffers, %dims, %begin, %end)` (symc_kernel of
/// lib/Support/Program.h): buffers[i] is the i-th memref argument of the kernel, dims[j] the j-th entry of the module's
/// sym.dim_bounds. The shell starts empty; emit at the end of `entry`, then `finish`.
class KernelShell {
public:
  /// Makes the llvm.func before the kernel and puts `b` at the end of its entry block.
  KernelShell(mlir::func::FuncOp kernel, mlir::OpBuilder &b);

  mlir::Block *entry() { return body; }
  mlir::Value begin() { return body->getArgument(2); }
  mlir::Value end() { return body->getArgument(3); }

  /// The address of a memref argument of the kernel.
  mlir::Value buffer(mlir::Value argument);
  /// A symbolic dimension, and a size, as i64; both are computed at the start of the function, so they dominate all.
  mlir::Value dim(llvm::StringRef name);
  mlir::Value size(Dim expr);
  /// Stack memory that lives for the whole call, 64-byte aligned; no more than kKernelStackBytes in all.
  mlir::Value stack(mlir::Type element, int64_t count);

  /// Adds the return, hands the kernel's sym attributes on, and leaves of the kernel its declaration, which programs
  /// call. Fails with an error, and the kernel is as it was, when it takes too much of the stack.
  mlir::LogicalResult finish();

private:
  /// Puts `at` behind what was computed at the start so far.
  void toStart(mlir::OpBuilder &at);

  mlir::func::FuncOp kernel;
  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::LLVM::LLVMFuncOp function;
  mlir::Block *body = nullptr;
  int64_t stackBytes = 0;
  mlir::Operation *lastAtStart = nullptr;
  llvm::DenseMap<mlir::Value, mlir::Value> buffers;
  llvm::StringMap<mlir::Value> dims;
};

/// Ends that time: kernels' declarations go, and code has its final name. What still calls kernels is code next.
void nameKernels(mlir::ModuleOp module);

} // namespace symc
#endif
