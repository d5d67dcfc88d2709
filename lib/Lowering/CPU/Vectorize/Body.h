//===- Body.h - Scalar bodies on vectors --------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_VECTORIZE_BODY_H
#define SYMC_LIB_LOWERING_CPU_VECTORIZE_BODY_H

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
  BodyEmitter(Emitter &e, unsigned width) : e(e), width(width) {}

  Emitter &e;

  /// The value as a vector.
  Value vector(const Lanes &value, unsigned lanes);
  Lanes add(const Lanes &x, const Lanes &y);
  Lanes mul(const Lanes &x, const Lanes &y);
  /// Results of an op of arith or math on the values that `lookup` has for its operands. Each is rounded by itself:
  /// products are not fused with sums.
  SmallVector<Lanes> evaluate(Operation *op, llvm::function_ref<Lanes(Value)> lookup);

private:
  Lanes counting(Operation *op, ArrayRef<Lanes> operands);

  unsigned width;
};

} // namespace symc::vectorize
#endif
