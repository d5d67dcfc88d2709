//===- Code.h - Shorthands for emitting kernels -------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Indices are i64 values; what is known at compile time folds as it is emitted, so that
// `known` tells constants from run-time values and no pass has to clean up.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_CONTRACTION_CODE_H
#define SYMC_LIB_LOWERING_CPU_CONTRACTION_CODE_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace symc::contraction {

using mlir::ArrayRef;
using mlir::SmallVector;
using mlir::Type;
using mlir::Value;
using Values = SmallVector<Value>;

inline std::optional<int64_t> known(Value value) {
  auto constant = value.getDefiningOp<mlir::arith::ConstantOp>();
  auto integer = constant ? mlir::dyn_cast<mlir::IntegerAttr>(constant.getValue()) : mlir::IntegerAttr();
  return integer ? std::optional(integer.getInt()) : std::nullopt;
}
inline bool is(Value value, int64_t constant) { return known(value) == constant; }

class Code {
public:
  Code(mlir::OpBuilder &b, mlir::Location loc)
      : b(b), loc(loc), i64(b.getI64Type()), pointer(mlir::LLVM::LLVMPointerType::get(b.getContext())) {}

  mlir::OpBuilder &b;
  mlir::Location loc;
  Type i64, pointer;

  //===--- Indices --------------------------------------------------------===//
  Value c(int64_t value) { return mlir::arith::ConstantIntOp::create(b, loc, i64, value); }
  Value add(Value x, Value y);
  Value add(Value x, int64_t y) { return y ? add(x, c(y)) : x; }
  Value sub(Value x, Value y);
  Value mul(Value x, Value y);
  Value mul(Value x, int64_t y) { return mul(x, c(y)); }
  /// Of non-negative values.
  Value div(Value x, int64_t y);
  Value div(Value x, Value y);
  Value rem(Value x, int64_t y);
  Value rem(Value x, Value y);
  Value ceilDiv(Value x, int64_t y) { return div(add(x, y - 1), y); }
  Value ceilDiv(Value x, Value y) { return div(add(x, sub(y, c(1))), y); }
  Value min(Value x, Value y);
  Value max(Value x, Value y);
  Value less(Value x, Value y) { return mlir::arith::CmpIOp::create(b, loc, mlir::arith::CmpIPredicate::slt, x, y); }
  Value both(Value x, Value y) { return mlir::arith::AndIOp::create(b, loc, x, y); }
  Value select(Value condition, Value x, Value y) { return mlir::arith::SelectOp::create(b, loc, condition, x, y); }
  /// A choice that stands: the optimizer cannot see where the value comes from, and so cannot choose anew, with
  /// registers for both sides, wherever a loop uses it.
  Value selectOnce(Value condition, Value x, Value y);

  //===--- Memory; offsets count elements ---------------------------------===//
  Value at(Value base, Value offset, Type element);
  Value at(Value base, int64_t offset, Type element);
  Value load(Type type, Value address);
  Value loadMasked(Type vector, Value address, Value mask);
  void store(Value value, Value address);
  void storeMasked(Value value, Value address, Value mask);
  /// A load or store under `mask`, or a plain one when there is none.
  Value loadIf(Type vector, Value address, Value mask) {
    return mask ? loadMasked(vector, address, mask) : load(vector, address);
  }
  void storeIf(Value value, Value address, Value mask) {
    mask ? storeMasked(value, address, mask) : store(value, address);
  }

  //===--- Vectors --------------------------------------------------------===//
  Value zero(Type type) { return mlir::arith::ConstantOp::create(b, loc, b.getZeroAttr(type)); }
  Value splat(Value scalar, unsigned lanes);
  /// x*y + z in the element type of the operands, scalars or vectors.
  Value multiplyAdd(Value x, Value y, Value z);
  Value plus(Value x, Value y);
  Value shuffle(Value x, Value y, ArrayRef<int32_t> lanes) {
    return mlir::LLVM::ShuffleVectorOp::create(b, loc, x, y, lanes);
  }
  /// The mask of the first `count` lanes; null when `count` is known to be `lanes`.
  Value mask(Value count, unsigned lanes);

  //===--- Control --------------------------------------------------------===//
  using Body = llvm::function_ref<void(Value)>;
  using CarryBody = llvm::function_ref<Values(Value, mlir::ValueRange)>;
  /// Loops of one iteration or none known at compile time leave no loop behind.
  void loop(Value from, Value to, Value step, Body body);
  void loop(Value from, Value to, int64_t step, Body body) { loop(from, to, c(step), body); }
  Values loop(Value from, Value to, Value step, mlir::ValueRange carried, CarryBody body);
  void when(Value condition, llvm::function_ref<void()> then, llvm::function_ref<void()> otherwise = nullptr);
};

} // namespace symc::contraction
#endif
