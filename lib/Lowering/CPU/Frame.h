//===- Frame.h - Code over the frame of a call --------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A program becomes two llvm.funcs, `body_NAME(frame)` (symc_body) and `sizes_NAME(dims, bytes,
// shapes, check)` (symc_entry::sizes).
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_FRAME_H
#define SYMC_LIB_LOWERING_CPU_FRAME_H

#include "lib/Kernel/Lives.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace symc {

/// Offsets of the fields of symc_frame in runtime/Program.h.
enum FrameOffset {
  Dimensions = 0,
  Inputs = 8,
  Outputs = 16,
  Slots = 24,
  Arena = 32,
  Offsets = 40,
  Seed = 56,
  Step = 64,
  Check = 72
};

/// What bodies and sizes share: a function under construction, and the symbolic dimensions in it.
class FrameCode {
public:
  FrameCode(mlir::ModuleOp module, mlir::func::FuncOp program);

protected:
  mlir::LLVM::LLVMFuncOp declare(llvm::StringRef name, mlir::Type result, llvm::ArrayRef<mlir::Type> arguments);
  mlir::Value constant(int64_t value) { return mlir::LLVM::ConstantOp::create(b, loc, i64, value); }
  mlir::Value status(int32_t value) { return mlir::LLVM::ConstantOp::create(b, loc, b.getI32Type(), value); }
  mlir::Value at(mlir::Value base, int64_t bytes);
  mlir::Value load(mlir::Type type, mlir::Value base, int64_t bytes) {
    return mlir::LLVM::LoadOp::create(b, loc, type, at(base, bytes));
  }
  /// The value of a size as i64. Dimensions are loaded at the start of the function, once.
  mlir::Value size(Dim expr);

  mlir::ModuleOp module;
  mlir::func::FuncOp program;
  mlir::OpBuilder b;
  mlir::Location loc;
  mlir::Type pointer, i64;
  /// Set when the function is begun: its first block, and what gives the dimensions' address there.
  mlir::Block *entry = nullptr;
  mlir::Value dimensions;

private:
  mlir::Value dimValue(llvm::StringRef name);

  std::map<llvm::StringRef, unsigned> dimIndex;
  llvm::StringMap<mlir::Value> dims;
};

/// Emits `sizes_NAME`.
void emitSizes(mlir::ModuleOp module, mlir::func::FuncOp program, const Lives &lives);

} // namespace symc
#endif
