//===- Index.cpp - Where an element stands along an axis ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Element.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace symc;

//===----------------------------------------------------------------------===//
// Linear forms
//===----------------------------------------------------------------------===//

LinearForm LinearForm::loop(MLIRContext *context, unsigned loop) {
  Dim zero = constantDim(context, 0);
  LinearForm form{zero, {}};
  form.coefs.assign(loop + 1, zero);
  form.coefs.back() = constantDim(context, 1);
  return form;
}

Dim LinearForm::coef(unsigned loop) const {
  return loop < coefs.size() ? coefs[loop] : constantDim(base.getContext(), 0);
}

bool LinearForm::isOverflown() const {
  return symc::isOverflown(base) || llvm::any_of(coefs, [](Dim c) { return symc::isOverflown(c); });
}

std::optional<unsigned> LinearForm::asLoop() const {
  if (coefs.empty() || !isOne(coefs.back()) || constantValue(base) != 0 ||
      llvm::any_of(ArrayRef(coefs).drop_back(), [](Dim c) { return constantValue(c) != 0; }))
    return std::nullopt;
  return coefs.size() - 1;
}

void LinearForm::trim() {
  while (!coefs.empty() && constantValue(coefs.back()) == 0)
    coefs.pop_back();
}

static Dim sum(Dim x, Dim y) { return constantValue(x) == 0 ? y : constantValue(y) == 0 ? x : x + y; }

LinearForm LinearForm::operator+(const LinearForm &other) const {
  LinearForm result{sum(base, other.base), coefs};
  result.coefs.resize(std::max(coefs.size(), other.coefs.size()), constantDim(base.getContext(), 0));
  for (auto [c, d] : llvm::zip(result.coefs, other.coefs))
    c = sum(c, d);
  result.trim();
  return result;
}

LinearForm LinearForm::operator*(Dim factor) const {
  if (isOne(factor))
    return *this;
  LinearForm result{base * factor, coefs};
  for (Dim &c : result.coefs)
    c = c * factor;
  result.trim();
  return result;
}

LinearForm symc::positionIn(MLIRContext *context, ArrayRef<Dim> sizes, ArrayRef<LinearForm> index) {
  LinearForm position = LinearForm::size(constantDim(context, 0));
  for (auto [size, i] : llvm::zip_equal(sizes, index))
    position = position * size + i;
  return position;
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

void Index::appendKey(std::vector<const void *> &key) const {
  if (const LinearForm *known = form()) {
    key.push_back(known->base.getAsOpaquePointer());
    for (Dim c : known->coefs)
      key.push_back(c.getAsOpaquePointer());
  } else {
    key.push_back(computed().getAsOpaquePointer());
  }
  key.push_back(nullptr);
}

std::optional<SmallVector<LinearForm, 4>> symc::formsOf(ArrayRef<Index> index) {
  SmallVector<LinearForm, 4> forms;
  for (const Index &i : index) {
    if (!i.form())
      return std::nullopt;
    forms.push_back(*i.form());
  }
  return forms;
}

//===----------------------------------------------------------------------===//
// Arithmetic
//
// What does not fit is computed instead: the steps of slices multiply beyond 64 bits where only
// the iteration 0 is left, and there it does not matter that the code wraps around.
//
//===----------------------------------------------------------------------===//

static std::optional<Index> known(LinearForm form) {
  return form.isOverflown() ? std::nullopt : std::optional<Index>(std::move(form));
}

Index ElementBuilder::add(const Index &x, const Index &y) const {
  if (x.form() && y.form())
    if (std::optional<Index> sum = known(*x.form() + *y.form()))
      return *sum;
  return x.isZero() ? y : y.isZero() ? x : Index(arith::AddIOp::create(b, loc, value(x), value(y)).getResult());
}

Index ElementBuilder::sub(const Index &x, const Index &y) const {
  if (x.form() && y.form())
    if (std::optional<Index> difference = known(*x.form() - *y.form()))
      return *difference;
  return y.isZero() ? x : Index(arith::SubIOp::create(b, loc, value(x), value(y)).getResult());
}

Index ElementBuilder::mul(const Index &x, Dim factor) const {
  if (x.form())
    if (std::optional<Index> product = known(*x.form() * factor))
      return *product;
  return isOne(factor) ? x : Index(arith::MulIOp::create(b, loc, value(x), dim(factor)).getResult());
}

Index ElementBuilder::divide(const Index &x, int64_t divisor) const {
  if (divisor == 1)
    return x;
  if (x.form() && x.form()->isUniform())
    return LinearForm::size(x.form()->base.floorDiv(divisor));
  return arith::DivUIOp::create(b, loc, value(x), value(number(divisor))).getResult();
}

Index ElementBuilder::remainder(const Index &x, int64_t divisor) const {
  if (divisor == 1)
    return number(0);
  if (x.form() && x.form()->isUniform())
    return sub(x, mul(divide(x, divisor), divisor));
  return arith::RemUIOp::create(b, loc, value(x), value(number(divisor))).getResult();
}
