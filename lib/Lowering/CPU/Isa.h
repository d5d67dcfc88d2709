//===- Isa.h - What the kernel emitters know of a CPU -------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_ISA_H
#define SYMC_LIB_LOWERING_CPU_ISA_H

#include "mlir/IR/Types.h"
#include "llvm/ADT/StringRef.h"

namespace symc {

/// Code is chosen by instruction set and cache sizes, never by CPU model.
struct Isa {
  unsigned vectorBytes = 16;
  unsigned registers = 16; // of vector type
  bool hasFma = false;
  bool hasMasks = false;                 // a masked load or store costs about as much as a plain one
  int64_t l1 = 32 << 10, l2 = 512 << 10; // bytes a core may count on

  unsigned lanes(mlir::Type element) const {
    return vectorBytes * 8 / (element.isInteger(1) ? 8 : element.getIntOrFloatBitWidth());
  }
};

/// `cpu` is an LLVM name of an x86-64 CPU or level ("x86-64-v4", "znver5"); others get 16-byte vectors.
Isa isaOf(llvm::StringRef cpu);

} // namespace symc
#endif
