//===- Body.h - Scalar bodies on vectors --------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_VECTORIZE_BODY_H
#define SYMC_LIB_LOWERING_CPU_VECTORIZE_BODY_H

#include "lib/Lowering/CPU/Isa.h"
#include "lib/Lowering/CPU/Vectorize/Emitter.h"

namespace symc::vectorize {

/// A value of a scalar body in vector code: the same in all lanes, counting up (value + lane * step, i64), or a vector.
struct Lanes {
  Value value;
  Value step;

  bool isVector() const { return vectorize::isVector(value); }
  bool isUniform() const { return !isVector() && !step; }
};

using Env = llvm::DenseMap<Value, Lanes>;

/// Evaluates ops of scalar bodies; each op once, on scalars where all lanes agree.
class BodyEmitter {
public:
  /// `width` is the number of lanes of the code around.
  BodyEmitter(Emitter &e, const Isa &isa, unsigned width) : e(e), isa(isa), width(width) {}

  Emitter &e;

  /// The value as a vector.
  Value vector(const Lanes &value, unsigned lanes);
  Lanes add(const Lanes &x, const Lanes &y);
  Lanes mul(const Lanes &x, const Lanes &y);
  /// Results of an op of arith or math on the values that `lookup` has for its operands. A product that only goes into
  /// an accumulator is fused with the sum where the machine can.
  SmallVector<Lanes> evaluate(Operation *op, llvm::function_ref<Lanes(Value)> lookup, bool fuse = true);
  /// Whether `op` is left to the sum that takes it.
  bool isFused(Operation *op) const;

private:
  Lanes counting(Operation *op, ArrayRef<Lanes> operands);
  Operation *fusedFactor(Operation *sum, unsigned &operand) const;
  Value negate(Value x);

  const Isa &isa;
  unsigned width;
};

} // namespace symc::vectorize
#endif
