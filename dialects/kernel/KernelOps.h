//===- KernelOps.h - The kernel dialect ---------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_KERNEL_KERNELOPS_H
#define SYMC_DIALECTS_KERNEL_KERNELOPS_H

#include "dialects/sym/SymOps.h"

namespace symc::kernel {
/// Which step of a program comes next.
struct ControlResource : mlir::SideEffects::Resource::Base<ControlResource> {
  llvm::StringRef getName() final { return "control"; }
};
struct PrinterResource : mlir::SideEffects::Resource::Base<PrinterResource> {
  llvm::StringRef getName() final { return "printer"; }
};
} // namespace symc::kernel

#include "dialects/kernel/KernelDialect.h.inc"
#include "dialects/kernel/KernelEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/kernel/KernelAttributes.h.inc"
#define GET_OP_CLASSES
#include "dialects/kernel/KernelOps.h.inc"

#endif
