//===- Expr.cpp - Operator notation for bodies and derivatives ------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Expr.h"
#include "dialects/sym/Build.h"

using namespace mlir;
using namespace symc;

Scalar symc::literal(const Scalar &like, double c) {
  Type element = getElementTypeOrSelf(like.value.getType());
  TypedAttr number = isa<FloatType>(element) ? TypedAttr(FloatAttr::get(element, c))
                                             : TypedAttr(IntegerAttr::get(element, static_cast<int64_t>(c)));
  if (auto vector = dyn_cast<VectorType>(like.value.getType()))
    number = DenseElementsAttr::get(vector, Attribute(number));
  return like.with(arith::ConstantOp::create(like.b, like.loc, number));
}

Tensor symc::literal(const Tensor &like, double c) {
  return {like.b, like.loc, splat(like.b, like.loc, like.value.getType(), c)};
}

template <class FloatOp, class IntOp> static Scalar binary(Scalar x, Scalar y) {
  if (x.isFloat())
    return x.with(FloatOp::create(x.b, x.loc, x.value, y.value));
  return x.with(IntOp::create(x.b, x.loc, x.value, y.value));
}

Scalar symc::operator+(Scalar x, Scalar y) { return binary<arith::AddFOp, arith::AddIOp>(x, y); }
Scalar symc::operator-(Scalar x, Scalar y) { return binary<arith::SubFOp, arith::SubIOp>(x, y); }
Scalar symc::operator*(Scalar x, Scalar y) { return binary<arith::MulFOp, arith::MulIOp>(x, y); }
Scalar symc::operator/(Scalar x, Scalar y) { return x.with(arith::DivFOp::create(x.b, x.loc, x.value, y.value)); }
Scalar symc::operator-(Scalar x) {
  if (x.isFloat())
    return x.with(arith::NegFOp::create(x.b, x.loc, x.value));
  return literal(x, 0) - x;
}
Scalar symc::exp(Scalar x) { return x.with(math::ExpOp::create(x.b, x.loc, x.value)); }
Scalar symc::tanh(Scalar x) { return x.with(math::TanhOp::create(x.b, x.loc, x.value)); }

Scalar symc::greater(Scalar x, Scalar y) {
  Type boolean = IntegerType::get(x.b.getContext(), 1);
  if (x.isFloat())
    return x.with(arith::CmpFOp::create(x.b, x.loc, arith::CmpFPredicate::OGT, x.value, y.value), boolean);
  auto predicate = x.isUnsigned() ? arith::CmpIPredicate::ugt : arith::CmpIPredicate::sgt;
  return x.with(arith::CmpIOp::create(x.b, x.loc, predicate, x.value, y.value), boolean);
}

Tensor symc::operator+(Tensor x, Tensor y) { return {x.b, x.loc, sym::AddOp::create(x.b, x.loc, x.value, y.value)}; }
Tensor symc::operator-(Tensor x, Tensor y) { return {x.b, x.loc, sym::SubOp::create(x.b, x.loc, x.value, y.value)}; }
Tensor symc::operator*(Tensor x, Tensor y) { return {x.b, x.loc, sym::MulOp::create(x.b, x.loc, x.value, y.value)}; }
Tensor symc::operator/(Tensor x, Tensor y) { return {x.b, x.loc, sym::DivOp::create(x.b, x.loc, x.value, y.value)}; }
Tensor symc::operator-(Tensor x) { return {x.b, x.loc, sym::NegOp::create(x.b, x.loc, x.value)}; }
