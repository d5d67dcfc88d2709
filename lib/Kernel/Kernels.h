//===- Kernels.h - Kernels and their calls ------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// From Outline until it is code a kernel is a `func.func private` with the unit attribute
// `sym.kernel`. Its arguments are the symbolic dimensions that it uses (`index`, `sym.dim`
// names each), then buffers (memrefs, `sym.dims` gives the sizes of each). Model functions
// are the other functions; they call kernels in program order, with a barrier between calls.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_KERNEL_KERNELS_H
#define SYMC_LIB_KERNEL_KERNELS_H

#include "dialects/kernel/KernelOps.h"
#include "dialects/sym/Roles.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace symc {

constexpr llvm::StringLiteral kKernelAttr = "sym.kernel";     // unit
constexpr llvm::StringLiteral kOuterAttr = "sym.outer";       // i64: leading parallel loops shared by all nests
constexpr llvm::StringLiteral kExtentAttr = "sym.extent";     // #sym.dims<E>: trip count of the loop that is cut
constexpr llvm::StringLiteral kGrainAttr = "sym.grain";       // #sym.dims<G, T>: iterations a chunk; up to T are one
constexpr llvm::StringLiteral kDimAttr = "sym.dim";           // index arguments: name of the dimension
constexpr llvm::StringLiteral kDimsAttr = "sym.dims";         // memref arguments: sizes
constexpr llvm::StringLiteral kTypeAttr = "sym.type";         // arguments of model functions: the tensor type
constexpr llvm::StringLiteral kRequiresAttr = "sym.requires"; // model functions: [[#sym.dims<size>, least, check], …]
constexpr llvm::StringLiteral kChecksAttr = "sym.checks";     // module: messages of run-time checks
/// Kernels: #sym.fusion_kind<…>, that of the region.
constexpr llvm::StringLiteral kFusionKindAttr = "sym.fusion_kind";
/// Arguments of model functions: unit, a result is written to it.
constexpr llvm::StringLiteral kResultAttr = "sym.result";

inline bool isKernel(mlir::func::FuncOp function) { return function->hasAttr(kKernelAttr); }

/// A size with symbolic dimensions taken to be 128; for choices only, results never depend on it.
int64_t estimateSize(Dim expr);

/// The memref type that holds `tensor`; integers are signless from here on.
mlir::MemRefType bufferType(mlir::Type tensor);
/// Sizes of a buffer argument of a kernel.
llvm::ArrayRef<Dim> dimsOfArgument(mlir::func::FuncOp kernel, unsigned argument);
inline llvm::ArrayRef<Dim> dimsOfArgument(mlir::BlockArgument argument) {
  return dimsOfArgument(mlir::cast<mlir::func::FuncOp>(argument.getOwner()->getParentOp()), argument.getArgNumber());
}

/// The argument for a symbolic dimension; added to the kernel and to its calls when the
/// kernel does not have it. Works for model functions as well (no calls to patch).
mlir::Value dimArgument(mlir::func::FuncOp function, llvm::StringRef name);
/// Emits the value of a size inside `function`.
mlir::Value materializeDim(mlir::OpBuilder &b, mlir::Location loc, mlir::func::FuncOp function, Dim dim);

/// Appends a buffer to the kernel, and to every call an arena allocation that lives during it (and, after splitKernel,
/// during the calls of both parts: the parts of one call share it).
mlir::BlockArgument addScratch(mlir::func::FuncOp kernel, mlir::RankedTensorType type);

/// Adds a second, empty kernel with the same arguments, called right after the first wherever that is called; the two
/// are separated by a barrier. Buffers added later are to be added to both by addScratch on the first.
mlir::func::FuncOp splitKernel(mlir::func::FuncOp kernel, llvm::StringRef suffix);

/// The argument of `other`, a part of the same split kernel, for the same buffer. (Dimensions may differ in number.)
mlir::BlockArgument sameBuffer(mlir::func::FuncOp other, mlir::Value buffer);

/// The kernel's memref<3xi64> argument for failed checks (symc_check of lib/Support/Program.h), added on first use.
mlir::BlockArgument checkArgument(mlir::func::FuncOp kernel);
/// The code (> 0) of a check's message.
int64_t internCheck(mlir::ModuleOp module, llvm::StringRef message);

/// Whether a step of a program gets an argument of the program, or a view of one, that is `wanted`.
bool takesArgument(mlir::func::CallOp step, llvm::function_ref<bool(unsigned argument)> wanted);
/// Whether a step of a program may fail the call: it gets the program's argument for failed checks.
bool mayFail(mlir::func::CallOp step);

/// All calls of `kernel` in the module.
llvm::SmallVector<mlir::func::CallOp> callsOf(mlir::func::FuncOp kernel);

} // namespace symc
#endif
