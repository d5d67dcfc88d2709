//===- Expr.h - Operator notation for bodies and derivatives ------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Scalar builds arith and math ops on one element (or a vector of elements), Tensor builds
// sym ops. Literals take the type of what they meet. Everything is built where the builder
// stands.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_EXPR_H
#define SYMC_DIALECTS_SYM_EXPR_H

#include "dialects/sym/SymOps.h"

namespace symc {

/// One element. `type` is the tensor's element type (it tells ui8 from i8); the value may be a vector.
struct Scalar {
  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::Value value;
  mlir::Type type;

  bool isFloat() const { return llvm::isa<mlir::FloatType>(type); }
  bool isUnsigned() const { return type.isUnsignedInteger() || type.isInteger(1); }
  Scalar with(mlir::Value v) const { return {b, loc, v, type}; }
  Scalar with(mlir::Value v, mlir::Type t) const { return {b, loc, v, t}; }
};

struct Tensor {
  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::Value value;
};

/// `c` in the type and (for vectors) shape of `like`.
Scalar literal(const Scalar &like, double c);
/// A splat of `c` with the type of `like`: a constant, broadcast where the shape is not static.
Tensor literal(const Tensor &like, double c);

Scalar operator+(Scalar x, Scalar y);
Scalar operator-(Scalar x, Scalar y);
Scalar operator*(Scalar x, Scalar y);
Scalar operator/(Scalar x, Scalar y);
Scalar operator-(Scalar x);
Scalar exp(Scalar x);
Scalar tanh(Scalar x);
Scalar greater(Scalar x, Scalar y);

Tensor operator+(Tensor x, Tensor y);
Tensor operator-(Tensor x, Tensor y);
Tensor operator*(Tensor x, Tensor y);
Tensor operator/(Tensor x, Tensor y);
Tensor operator-(Tensor x);

template <class K> K operator+(double c, K x) { return literal(x, c) + x; }
template <class K> K operator-(double c, K x) { return literal(x, c) - x; }
template <class K> K operator*(double c, K x) { return literal(x, c) * x; }
template <class K> K operator/(double c, K x) { return literal(x, c) / x; }
template <class K> K operator+(K x, double c) { return x + literal(x, c); }
template <class K> K operator-(K x, double c) { return x - literal(x, c); }
template <class K> K operator*(K x, double c) { return x * literal(x, c); }
template <class K> K operator/(K x, double c) { return x / literal(x, c); }

} // namespace symc
#endif
