//===- Dims.cpp - Sizes as expressions in symbolic dimensions -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Dims.h"
#include "dialects/sym/SymOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"
#include <map>

using namespace mlir;
using namespace symc;

AffineExpr symc::symbolDim(MLIRContext *context, StringRef name) {
  auto *dialect = context->getOrLoadDialect<sym::SymDialect>();
  return getAffineSymbolExpr(dialect->internDim(name), context);
}

AffineExpr symc::constantDim(MLIRContext *context, int64_t value) { return getAffineConstantExpr(value, context); }

std::optional<int64_t> symc::constantValue(AffineExpr expr) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Canonical form
//===----------------------------------------------------------------------===//

namespace {
/// Factors of a term, sorted: symbols by number, then floordivs and mods by their text.
using Monomial = SmallVector<AffineExpr, 2>;

bool before(AffineExpr a, AffineExpr b) {
  auto x = dyn_cast<AffineSymbolExpr>(a), y = dyn_cast<AffineSymbolExpr>(b);
  if (x && y)
    return x.getPosition() < y.getPosition();
  if (x || y)
    return bool(x);
  return printDim(a) < printDim(b);
}

struct MonomialLess {
  bool operator()(const Monomial &a, const Monomial &b) const {
    if (a.size() != b.size())
      return a.size() > b.size();
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), before);
  }
};

/// Sizes have symbols only, so a dimension of affine maps is free to stand for what does not fit in 64 bits.
AffineExpr overflown(MLIRContext *context) { return getAffineDimExpr(0, context); }

/// Terms with their coefficients; `tooLarge` once a number did not fit in 64 bits. The operators of AffineExpr join
/// constants without asking, so sums and products of coefficients are made here.
struct Polynomial {
  std::map<Monomial, int64_t, MonomialLess> terms;
  bool tooLarge = false;

  void add(const Monomial &factors, int64_t coefficient) {
    int64_t &sum = terms[factors];
    tooLarge |= llvm::AddOverflow(sum, coefficient, sum) != 0;
    if (sum == 0)
      terms.erase(factors);
  }
};

AffineExpr build(const Polynomial &p, MLIRContext *context) {
  if (p.tooLarge)
    return overflown(context);
  AffineExpr sum;
  for (const auto &[factors, coefficient] : p.terms) {
    AffineExpr term;
    for (AffineExpr factor : factors)
      term = term ? term * factor : factor;
    if (!term)
      term = getAffineConstantExpr(coefficient, context);
    else if (coefficient != 1)
      term = term * coefficient;
    sum = sum ? sum + term : term;
  }
  return sum ? sum : getAffineConstantExpr(0, context);
}

Polynomial plus(Polynomial p, const Polynomial &q) {
  p.tooLarge |= q.tooLarge;
  for (const auto &[factors, c] : q.terms)
    p.add(factors, c);
  return p;
}

Polynomial times(const Polynomial &p, const Polynomial &q) {
  Polynomial result;
  result.tooLarge = p.tooLarge || q.tooLarge;
  for (const auto &[m1, c1] : p.terms)
    for (const auto &[m2, c2] : q.terms) {
      Monomial m(m1);
      m.append(m2);
      llvm::sort(m, before);
      int64_t c;
      result.tooLarge |= llvm::MulOverflow(c1, c2, c) != 0;
      result.add(m, c);
    }
  return result;
}

Polynomial number(int64_t value) {
  Polynomial result;
  result.add({}, value);
  return result;
}

/// floor(p / d) where every coefficient of p is a multiple of the constant d, or p is a multiple of one term.
std::optional<Polynomial> divideExactly(const Polynomial &p, const Polynomial &d) {
  if (d.terms.size() != 1)
    return std::nullopt;
  const auto &[factors, coefficient] = *d.terms.begin();
  Polynomial quotient;
  for (const auto &[monomial, c] : p.terms) {
    if (coefficient <= 0 || c % coefficient != 0)
      return std::nullopt;
    Monomial rest(monomial);
    for (AffineExpr factor : factors) {
      auto *it = llvm::find(rest, factor);
      if (it == rest.end())
        return std::nullopt;
      rest.erase(it);
    }
    quotient.terms[rest] = c / coefficient;
  }
  return quotient;
}

Polynomial floorDivide(const Polynomial &p, const Polynomial &d, MLIRContext *context) {
  if (auto exact = divideExactly(p, d))
    return *exact;
  // Multiples of the divisor leave the floor: (a*b + c) floordiv b = a + c floordiv b.
  Polynomial outside, inside;
  for (const auto &[factors, c] : p.terms) {
    Polynomial term;
    term.add(factors, c);
    if (auto exact = divideExactly(term, d))
      outside = plus(outside, *exact);
    else
      inside.add(factors, c);
  }
  AffineExpr floor = build(inside, context).floorDiv(build(d, context));
  auto constant = constantValue(floor);
  Monomial factors;
  if (!constant)
    factors.push_back(floor);
  outside.add(factors, constant.value_or(1));
  return outside;
}

Polynomial expand(AffineExpr expr);

Polynomial combine(AffineExprKind kind, const Polynomial &left, const Polynomial &right, MLIRContext *context) {
  Polynomial result;
  result.tooLarge = true;
  if (left.tooLarge || right.tooLarge)
    return result;
  switch (kind) {
  case AffineExprKind::Add:
    return plus(left, right);
  case AffineExprKind::Mul:
    return times(left, right);
  case AffineExprKind::FloorDiv:
    return floorDivide(left, right, context);
  case AffineExprKind::CeilDiv: {
    if (auto exact = divideExactly(left, right))
      return *exact;
    // ceil(a / b) = floor((a + b - 1) / b) = floor((a - 1) / b) + 1 for b > 0. The second does not overflow, here or at
    // run time, where b is beyond any size.
    Polynomial less = plus(left, number(-1));
    if (std::optional<int64_t> divisor = constantValue(build(right, context)); divisor && *divisor > INT32_MAX)
      return less.tooLarge ? result : plus(floorDivide(less, right, context), number(1));
    Polynomial more = plus(less, right);
    return more.tooLarge ? result : floorDivide(more, right, context);
  }
  case AffineExprKind::Mod: {
    AffineExpr mod = build(left, context) % build(right, context);
    if (constantValue(mod))
      return expand(mod);
    result.tooLarge = false;
    result.add({mod}, 1);
    return result;
  }
  default:
    llvm_unreachable("not a size");
  }
}

Polynomial expand(AffineExpr expr) {
  Polynomial result;
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return number(constant.getValue());
  if (auto binary = dyn_cast<AffineBinaryOpExpr>(expr))
    return combine(expr.getKind(), expand(binary.getLHS()), expand(binary.getRHS()), expr.getContext());
  if (isa<AffineDimExpr>(expr))
    result.tooLarge = true;
  else
    result.add({expr}, 1);
  return result;
}

AffineExpr combine(AffineExprKind kind, AffineExpr left, AffineExpr right) {
  return build(combine(kind, expand(left), expand(right), left.getContext()), left.getContext());
}
} // namespace

Size Size::operator+(Size other) const { return combine(AffineExprKind::Add, expr, other.expr); }
Size Size::operator-(Size other) const { return *this + other * -1; }
Size Size::operator*(Size other) const { return combine(AffineExprKind::Mul, expr, other.expr); }
Size Size::operator+(int64_t other) const { return *this + Size(constantDim(expr.getContext(), other)); }
Size Size::operator-(int64_t other) const { return *this - Size(constantDim(expr.getContext(), other)); }
Size Size::operator*(int64_t other) const { return *this * Size(constantDim(expr.getContext(), other)); }
Size Size::floorDiv(Size other) const { return combine(AffineExprKind::FloorDiv, expr, other.expr); }
Size Size::floorDiv(int64_t other) const { return floorDiv(Size(constantDim(expr.getContext(), other))); }
Size Size::ceilDiv(int64_t other) const {
  return combine(AffineExprKind::CeilDiv, expr, constantDim(expr.getContext(), other));
}

bool symc::isOverflown(AffineExpr expr) { return isa<AffineDimExpr>(expr); }

AffineExpr symc::canonical(AffineExpr expr) {
  if (isa<AffineConstantExpr, AffineSymbolExpr>(expr))
    return expr;
  return build(expand(expr), expr.getContext());
}

bool symc::sameDims(ArrayRef<AffineExpr> a, ArrayRef<AffineExpr> b) {
  return a.size() == b.size() &&
         llvm::all_of(llvm::zip(a, b), [](auto p) { return sameDim(std::get<0>(p), std::get<1>(p)); });
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

AffineExpr symc::dimOf(Type type, unsigned axis) {
  auto tensor = cast<RankedTensorType>(type);
  if (auto dims = dyn_cast_or_null<sym::DimsAttr>(tensor.getEncoding()))
    return dims.getExprs()[axis];
  return constantDim(type.getContext(), tensor.getDimSize(axis));
}

Dims symc::dimsOf(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  if (auto dims = dyn_cast_or_null<sym::DimsAttr>(tensor.getEncoding()))
    return Dims(dims.getExprs());
  Dims result;
  for (int64_t size : tensor.getShape())
    result.push_back(constantDim(type.getContext(), size));
  return result;
}

AffineExpr symc::product(MLIRContext *context, ArrayRef<AffineExpr> dims) {
  Size result = constantDim(context, 1);
  for (AffineExpr dim : dims)
    result = result * dim;
  return result;
}

AffineExpr symc::elementCount(Type tensor) { return product(tensor.getContext(), dimsOf(tensor)); }

RankedTensorType symc::tensorType(ArrayRef<AffineExpr> dims, Type element) {
  SmallVector<int64_t> shape;
  Dims exprs;
  bool dynamic = false;
  for (AffineExpr dim : dims) {
    exprs.push_back(canonical(dim));
    std::optional<int64_t> size = constantValue(exprs.back());
    shape.push_back(size.value_or(ShapedType::kDynamic));
    dynamic |= !size;
  }
  Attribute encoding;
  if (dynamic)
    encoding = sym::DimsAttr::get(element.getContext(), exprs);
  return RankedTensorType::get(shape, element, encoding);
}

RankedTensorType symc::withElement(Type like, Type element) {
  auto tensor = cast<RankedTensorType>(like);
  return RankedTensorType::get(tensor.getShape(), element, tensor.getEncoding());
}

/// A size where every symbol is 1; nothing when it overflows.
static std::optional<int64_t> evaluateAtOnes(AffineExpr expr) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return constantValue(expr).value_or(1);
  std::optional<int64_t> a = evaluateAtOnes(binary.getLHS()), b = evaluateAtOnes(binary.getRHS());
  if (!a || !b)
    return std::nullopt;
  if (expr.getKind() != AffineExprKind::Add && expr.getKind() != AffineExprKind::Mul && *b < 1)
    return 1; // a quotient by what is no divisor there may be anything elsewhere
  int64_t result;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return llvm::AddOverflow(*a, *b, result) ? std::nullopt : std::optional(result);
  case AffineExprKind::Mul:
    return llvm::MulOverflow(*a, *b, result) ? std::nullopt : std::optional(result);
  case AffineExprKind::FloorDiv:
    return llvm::divideFloorSigned(*a, *b);
  default:
    return llvm::mod(*a, *b);
  }
}

/// The most factors of a term, constants apart.
static unsigned degree(AffineExpr expr) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return !isa<AffineConstantExpr>(expr);
  unsigned a = degree(binary.getLHS()), b = degree(binary.getRHS());
  return expr.getKind() == AffineExprKind::Mul ? a + b : expr.getKind() == AffineExprKind::Add ? std::max(a, b) : 1;
}

bool symc::isTooLarge(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  unsigned factors = 0;
  int64_t bytes = std::max(1u, tensor.getElementType().getIntOrFloatBitWidth() / 8);
  for (AffineExpr dim : dimsOf(tensor)) {
    if (isOverflown(dim))
      return true;
    // A product of more fits where all but few are 0 or 1, and each squaring would double the expression.
    if ((factors += degree(dim)) > 63)
      return true;
    std::optional<int64_t> size = evaluateAtOnes(dim);
    if (!size || llvm::MulOverflow(bytes, std::max<int64_t>(*size, 1), bytes))
      return true;
  }
  return false;
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

std::optional<int64_t> symc::evaluate(AffineExpr expr, ArrayRef<int64_t> values) {
  if (auto constant = constantValue(expr))
    return constant;
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbol.getPosition() < values.size() ? std::optional(values[symbol.getPosition()]) : std::nullopt;
  auto binary = cast<AffineBinaryOpExpr>(expr);
  std::optional<int64_t> a = evaluate(binary.getLHS(), values), b = evaluate(binary.getRHS(), values);
  if (!a || !b)
    return std::nullopt;
  int64_t result;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return llvm::AddOverflow(*a, *b, result) ? std::nullopt : std::optional(result);
  case AffineExprKind::Mul:
    return llvm::MulOverflow(*a, *b, result) ? std::nullopt : std::optional(result);
  case AffineExprKind::FloorDiv:
    return *b > 0 ? std::optional(llvm::divideFloorSigned(*a, *b)) : std::nullopt;
  case AffineExprKind::CeilDiv:
    return *b > 0 ? std::optional(llvm::divideCeilSigned(*a, *b)) : std::nullopt;
  default:
    return *b > 0 ? std::optional(llvm::mod(*a, *b)) : std::nullopt;
  }
}

SmallVector<unsigned> symc::symbolsIn(AffineExpr expr) {
  SmallVector<unsigned> numbers;
  expr.walk([&](AffineExpr e) {
    if (auto symbol = dyn_cast<AffineSymbolExpr>(e))
      numbers.push_back(symbol.getPosition());
  });
  llvm::sort(numbers);
  numbers.erase(llvm::unique(numbers), numbers.end());
  return numbers;
}

Value symc::materialize(OpBuilder &b, Location loc, Type integer, AffineExpr expr,
                        function_ref<Value(unsigned)> symbol) {
  if (auto constant = constantValue(expr))
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(integer, *constant));
  if (auto s = dyn_cast<AffineSymbolExpr>(expr))
    return symbol(s.getPosition());
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value x = materialize(b, loc, integer, binary.getLHS(), symbol);
  Value y = materialize(b, loc, integer, binary.getRHS(), symbol);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return arith::AddIOp::create(b, loc, x, y);
  case AffineExprKind::Mul:
    return arith::MulIOp::create(b, loc, x, y);
  case AffineExprKind::FloorDiv:
    return arith::FloorDivSIOp::create(b, loc, x, y);
  case AffineExprKind::CeilDiv:
    return arith::CeilDivSIOp::create(b, loc, x, y);
  default:
    return arith::RemSIOp::create(b, loc, x, y);
  }
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static void print(llvm::raw_ostream &os, AffineExpr expr, int precedence, StringRef divide) {
  if (auto constant = constantValue(expr)) {
    os << *constant;
    return;
  }
  if (isOverflown(expr)) {
    os << "(a size beyond 63 bits)";
    return;
  }
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr)) {
    os << expr.getContext()->getLoadedDialect<sym::SymDialect>()->dimName(symbol.getPosition());
    return;
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  AffineExpr left = binary.getLHS(), right = binary.getRHS();
  bool sum = expr.getKind() == AffineExprKind::Add;
  bool parenthesis = precedence > (sum ? 0 : 1);
  if (parenthesis)
    os << "(";
  if (sum) {
    print(os, left, 0, divide);
    // a + b * -c reads better as a - c*b.
    auto constant = constantValue(right);
    auto product = dyn_cast<AffineBinaryOpExpr>(right);
    auto factor = product && product.getKind() == AffineExprKind::Mul ? constantValue(product.getRHS()) : std::nullopt;
    if (constant && *constant < 0) {
      os << " - " << 0 - static_cast<uint64_t>(*constant);
    } else if (factor && *factor < 0) {
      os << " - ";
      print(os, canonical(right * -1), 1, divide);
    } else {
      os << " + ";
      print(os, right, 0, divide);
    }
  } else if (expr.getKind() == AffineExprKind::Mul) {
    // Coefficients first.
    if (constantValue(right))
      std::swap(left, right);
    // A floor inside a product keeps its parentheses.
    auto factor = [&](AffineExpr e) { print(os, e, e.getKind() == AffineExprKind::Mul ? 1 : 2, divide); };
    factor(left);
    os << "*";
    factor(right);
  } else {
    print(os, left, 2, divide);
    os << (expr.getKind() == AffineExprKind::FloorDiv ? divide : " mod ");
    print(os, right, 2, divide);
  }
  if (parenthesis)
    os << ")";
}

std::string symc::printDim(AffineExpr expr, StringRef divide) {
  std::string text;
  llvm::raw_string_ostream os(text);
  print(os, expr, 0, divide);
  return text;
}

std::string symc::printElementType(Type element) { return infoOf(elementTypeOf(element)).name; }

std::string symc::printType(Type tensor) {
  std::string text = printElementType(cast<RankedTensorType>(tensor).getElementType()) + "[";
  llvm::ListSeparator separator;
  for (AffineExpr dim : dimsOf(tensor))
    text += (StringRef(separator) + printDim(dim)).str();
  return text + "]";
}
