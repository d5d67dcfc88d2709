//===- KernelTable.h - The kernels of a module --------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_KERNEL_KERNELTABLE_H
#define SYMC_LIB_KERNEL_KERNELTABLE_H

#include "lib/Kernel/Kernels.h"

namespace symc {

/// Makes kernels out of regions; structurally equal regions share one. Constants of the module as well.
class KernelTable {
public:
  explicit KernelTable(mlir::ModuleOp module) : module(module) {}

  /// The kernel for a region, reading and writing buffers of the operands' and results' types.
  mlir::func::FuncOp get(sym::FusedOp region);
  /// The kernel that copies a tensor of this type.
  mlir::func::FuncOp getCopy(mlir::Location loc, mlir::Type type);
  /// The name of a constant of the module with this value.
  mlir::StringAttr getGlobal(mlir::Location loc, mlir::ElementsAttr value);

private:
  mlir::func::FuncOp create(mlir::Location loc, mlir::TypeRange inputs, mlir::TypeRange outputs, sym::FusionKind kind);
  mlir::func::FuncOp build(sym::FusedOp region);
  /// `stem` and the first number that makes it a new name: an entry point may have such a name.
  std::string freeName(llvm::StringRef stem, unsigned &count);

  mlir::ModuleOp module;
  unsigned kernels = 0, globals = 0;
  std::vector<std::pair<sym::FusedOp, mlir::func::FuncOp>> known;
  llvm::DenseMap<mlir::Type, mlir::func::FuncOp> copies;
};

} // namespace symc
#endif
