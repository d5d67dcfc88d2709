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

/// One element. `type` is the tensor's element type (it tells ui8 from i8, and f16 from i16); the value may be a
/// vector.
struct Scalar {
  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::Value value;
  mlir::Type type;

  bool isFloat() const { return llvm::isa<mlir::FloatType>(type); }
  bool isUnsigned() const { return type.isUnsignedInteger() || type.isInteger(1); }
  unsigned width() const { return type.getIntOrFloatBitWidth(); }
  Scalar with(mlir::Value v) const { return {b, loc, v, type}; }
  Scalar with(mlir::Value v, mlir::Type t) const { return {b, loc, v, t}; }
};

struct Tensor {
  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::Value value;
  Tensor with(mlir::Value v) const { return {b, loc, v}; }
};

inline mlir::Type elementOf(mlir::Value tensor) {
  return llvm::cast<mlir::RankedTensorType>(tensor.getType()).getElementType();
}
/// The type that memory and scalar bodies hold elements of a tensor of `element` in: a signless one for integers, and
/// the bits of f16 and bf16, which no body computes with.
mlir::Type bodyType(mlir::Type element);
/// An element of a tensor as one of bodyType.
mlir::TypedAttr bodyNumber(mlir::TypedAttr number);
/// bodyType as a vector where `like` is one.
mlir::Type shaped(const Scalar &like, mlir::Type element);

/// `c` in the type and (for vectors) shape of `like`.
Scalar literal(const Scalar &like, double c);
Scalar integerLiteral(const Scalar &like, int64_t c);
/// A number that the element type of `like` can represent.
Scalar literal(const Scalar &like, Number c);
/// A splat of `c` with the type of `like`: a constant, broadcast where the shape is not static.
Tensor literal(const Tensor &like, double c);
Tensor literal(const Tensor &like, Number c);
/// The value that all elements of a constant (or a broadcast one) have.
std::optional<double> splatValue(mlir::Value tensor);

// Each of these is there for scalars and for tensors.
#define SYMC_UNARY(name)                                                                                               \
  Scalar name(Scalar x);                                                                                               \
  Tensor name(Tensor x);
#define SYMC_BINARY(name)                                                                                              \
  Scalar name(Scalar x, Scalar y);                                                                                     \
  Tensor name(Tensor x, Tensor y);
// clang-format off
SYMC_BINARY(operator+) SYMC_BINARY(operator-) SYMC_BINARY(operator*) SYMC_BINARY(operator/) SYMC_UNARY(operator-)
SYMC_BINARY(floorDiv) SYMC_BINARY(mod) SYMC_BINARY(pow) SYMC_BINARY(minimum) SYMC_BINARY(maximum) SYMC_BINARY(atan2)
SYMC_UNARY(abs) SYMC_UNARY(sign) SYMC_UNARY(square) SYMC_UNARY(exp) SYMC_UNARY(expm1) SYMC_UNARY(log) SYMC_UNARY(log1p)
SYMC_UNARY(sqrt) SYMC_UNARY(cbrt) SYMC_UNARY(sin) SYMC_UNARY(cos) SYMC_UNARY(tan) SYMC_UNARY(asin) SYMC_UNARY(acos)
SYMC_UNARY(atan) SYMC_UNARY(sinh) SYMC_UNARY(cosh) SYMC_UNARY(tanh) SYMC_UNARY(asinh) SYMC_UNARY(acosh)
SYMC_UNARY(atanh) SYMC_UNARY(erf) SYMC_UNARY(erfc) SYMC_UNARY(floor) SYMC_UNARY(ceil) SYMC_UNARY(round)
SYMC_UNARY(trunc) SYMC_UNARY(isNan) SYMC_UNARY(sigmoid)
SYMC_BINARY(equal) SYMC_BINARY(notEqual) SYMC_BINARY(operator<) SYMC_BINARY(operator<=) SYMC_BINARY(operator>)
SYMC_BINARY(operator>=)
// Of bools; for scalars, of integers too.
SYMC_BINARY(bitAnd) SYMC_BINARY(bitOr) SYMC_BINARY(bitXor) SYMC_UNARY(bitNot)
// clang-format on
#undef SYMC_UNARY
#undef SYMC_BINARY

        Scalar isInf(Scalar x);
Scalar isFinite(Scalar x);
Scalar shiftLeft(Scalar x, Scalar y);
Scalar shiftRight(Scalar x, Scalar y);
/// To an element type as tensors have it: saturating from floats, NaN gives 0.
Scalar convert(Scalar x, mlir::Type element);
Tensor convert(Tensor x, mlir::Type element);

Scalar where(Scalar condition, Scalar x, Scalar y);
Tensor where(Tensor condition, Tensor x, Tensor y);

template <class K> using IfOperand = std::enable_if_t<std::is_same_v<K, Scalar> || std::is_same_v<K, Tensor>, K>;

#define SYMC_WITH_LITERALS(name)                                                                                       \
  template <class K> IfOperand<K> name(double c, K x) { return name(literal(x, c), x); }                               \
  template <class K> IfOperand<K> name(K x, double c) { return name(x, literal(x, c)); }
SYMC_WITH_LITERALS(operator+)
SYMC_WITH_LITERALS(operator-)
SYMC_WITH_LITERALS(operator*)
SYMC_WITH_LITERALS(operator/)
SYMC_WITH_LITERALS(operator<)
SYMC_WITH_LITERALS(operator<=)
SYMC_WITH_LITERALS(operator>)
SYMC_WITH_LITERALS(operator>=)
SYMC_WITH_LITERALS(equal)
SYMC_WITH_LITERALS(notEqual)
SYMC_WITH_LITERALS(minimum)
SYMC_WITH_LITERALS(maximum)
SYMC_WITH_LITERALS(pow)
#undef SYMC_WITH_LITERALS
template <class K> IfOperand<K> where(K condition, double x, K y) { return where(condition, literal(y, x), y); }
template <class K> IfOperand<K> where(K condition, K x, double y) { return where(condition, x, literal(x, y)); }

/// Whether a floating power with this exponent is a product: as exact as the function, and less work.
bool isProductExponent(double exponent);

/// x**n as a product. Where n is negative both halves of the power divide: their product overflows before the result
/// vanishes, and vanishes before the result overflows.
template <class K> IfOperand<K> power(K x, int64_t n) {
  if (n == 0)
    return literal(x, 1.0);
  if (n == -1)
    return 1.0 / x;
  uint64_t rest = n < 0 ? -static_cast<uint64_t>(n) : n;
  if (n < 0) {
    K half = power(x, static_cast<int64_t>(rest / 2));
    return 1.0 / (rest % 2 ? half * x : half) / half;
  }
  std::optional<K> product;
  auto times = [&](const K &factor) {
    K next = product ? *product * factor : factor;
    product.emplace(next);
  };
  mlir::Value base = x.value;
  for (;; rest >>= 1) {
    if (rest & 1)
      times(x.with(base));
    if (rest == 1)
      break;
    base = square(x.with(base)).value;
  }
  return *product;
}

} // namespace symc
#endif
