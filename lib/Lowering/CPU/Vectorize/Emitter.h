//===- Emitter.h - Emitting scalar and vector code ----------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Emits ops where the builder stands, each at most once along a way through the code: what
// an enclosing block has computed already is used again, loads included. So nests that
// compute the same value share it, and no pass has to clean up.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_VECTORIZE_EMITTER_H
#define SYMC_LIB_LOWERING_CPU_VECTORIZE_EMITTER_H

#include "lib/Lowering/CPU/KernelShell.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace symc::vectorize {

using namespace mlir;

/// `index` as i64, ui8 as i8.
Type registerType(Type type);
inline bool isVector(Value v) { return isa<VectorType>(v.getType()); }
inline int64_t lanesOf(Value v) { return cast<VectorType>(v.getType()).getNumElements(); }

class Emitter {
public:
  Emitter(OpBuilder &b, Location loc, KernelShell &shell);

  OpBuilder &b;
  Location loc;
  KernelShell &shell;
  Type i64, pointer;

  /// An op without effects; `attributes` are its own ones.
  SmallVector<Value> op(StringRef name, ValueRange operands, TypeRange types, DictionaryAttr attributes = {});
  Value op(StringRef name, ValueRange operands, Type type, DictionaryAttr attributes = {}) {
    return op(name, operands, TypeRange(type), attributes).front();
  }

  //===--- Numbers --------------------------------------------------------===//
  Value constant(TypedAttr value);
  Value number(int64_t value) { return constant(b.getI64IntegerAttr(value)); }
  std::optional<int64_t> known(Value value);
  Value add(Value x, Value y);
  Value sub(Value x, Value y);
  Value mul(Value x, Value y);
  Value min(Value x, Value y);
  /// A size, computed at the kernel's start.
  Value size(Dim expr);

  //===--- Vectors --------------------------------------------------------===//
  Value splat(Value scalar, unsigned lanes);
  /// 0, 1, 2, … of an integer type.
  Value iota(unsigned lanes, Type element);
  Value extract(Value vector, unsigned lane);
  Value shuffle(Value vector, ArrayRef<int32_t> lanes);
  /// The mask of the first `count` lanes (i64); null when that is all of them for certain.
  Value firstLanes(Value count, unsigned lanes);
  Value select(Value condition, Value x, Value y);

  //===--- Memory; bool is a byte -----------------------------------------===//
  Value address(Value base, Value offset, Type element);
  /// `buffer` names what is read, for `store` to know what it makes stale.
  Value load(Value buffer, Value address, Type element);
  Value loadVector(Value buffer, Value address, Type element, unsigned lanes, Value mask);
  Value gather(Value buffer, Value base, Value offsets, Type element, Value mask);
  void store(Value buffer, Value address, Value value);
  void storeVector(Value buffer, Value address, Value value, Value mask);
  void scatter(Value buffer, Value base, Value offsets, Value value, Value mask);

  //===--- Control --------------------------------------------------------===//
  using Body = llvm::function_ref<SmallVector<Value>(Value iv, ValueRange carried)>;
  SmallVector<Value> loop(Value from, Value to, int64_t step, ValueRange carried, Body body);
  void when(Value condition, llvm::function_ref<void()> then);

private:
  struct Remembered {
    Value buffer; // of loads
    OperationName name;
    SmallVector<Value, 4> operands;
    SmallVector<Type, 1> types;
    Attribute attributes;
    SmallVector<Value, 1> results;
  };
  using Scope = llvm::DenseMap<unsigned, SmallVector<Remembered, 1>>;
  Remembered *recall(const Remembered &like, unsigned hash);
  static unsigned hashOf(const Remembered &r);
  void remember(Remembered r);
  Value remembered(Value buffer, StringRef kind, ValueRange operands, Type type, llvm::function_ref<Value()> make);
  void forget(Value buffer);
  void enter(Block *block, llvm::function_ref<void()> emit);

  SmallVector<std::unique_ptr<Scope>> scopes;
  llvm::DenseMap<Dim, Value> sizes;
  Operation *lastConstant = nullptr;
};

} // namespace symc::vectorize
#endif
