//===- Dim.cpp - A size as an expression in named dimensions --------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/DimStorage.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"
#include <map>
#include <numeric>

using namespace mlir;
using namespace symc;

using Kind = Dim::Kind;

Dim Dim::constant(MLIRContext *context, int64_t value) {
  return Base::get(context, Kind::Constant, value, StringRef(), Dim(), Dim());
}
Dim Dim::named(MLIRContext *context, StringRef name) {
  return Base::get(context, Kind::Name, int64_t(0), name, Dim(), Dim());
}
Kind Dim::getKind() const { return getImpl()->kind; }
int64_t Dim::getValue() const { return getImpl()->value; }
StringRef Dim::getName() const { return getImpl()->name; }
Dim Dim::getLHS() const { return getImpl()->lhs; }
Dim Dim::getRHS() const { return getImpl()->rhs; }

std::optional<int64_t> symc::constantValue(Dim dim) {
  return dim.isConstant() ? std::optional(dim.getValue()) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// Canonical form
//===----------------------------------------------------------------------===//

/// Names by their letters, then floor divisions by their text.
static bool before(Dim a, Dim b) {
  if (a.isName() && b.isName())
    return a.getName() < b.getName();
  if (a.isName() || b.isName())
    return a.isName();
  return printDim(a) < printDim(b);
}

namespace symc::detail {
/// Factors of a term, sorted.
using Monomial = SmallVector<Dim, 2>;

struct MonomialLess {
  bool operator()(const Monomial &a, const Monomial &b) const {
    if (a.size() != b.size())
      return a.size() > b.size();
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), before);
  }
};

/// Terms with their coefficients.
class Polynomial {
public:
  explicit Polynomial(int64_t number = 0) { add({}, number); }
  explicit Polynomial(Dim dim);

  Polynomial operator+(const Polynomial &other) const;
  Polynomial operator*(const Polynomial &other) const;
  Polynomial floorDiv(const Polynomial &divisor, MLIRContext *context) const;
  Polynomial ceilDiv(const Polynomial &divisor, MLIRContext *context) const;
  Polynomial positivePart(MLIRContext *context) const;
  bool isNonNegative(unsigned depth = 4) const;
  /// The size in canonical form.
  Dim build(MLIRContext *context) const;

private:
  std::map<Monomial, int64_t, MonomialLess> terms;
  bool tooLarge = false; // a number did not fit in 64 bits

  void add(const Monomial &factors, int64_t coefficient);
  std::optional<Polynomial> divideExactly(const Polynomial &divisor) const;
};

Polynomial::Polynomial(Dim dim) {
  switch (dim.getKind()) {
  case Kind::Constant:
    add({}, dim.getValue());
    return;
  case Kind::Overflown:
    tooLarge = true;
    return;
  case Kind::Add:
    *this = Polynomial(dim.getLHS()) + Polynomial(dim.getRHS());
    return;
  case Kind::Mul:
    *this = Polynomial(dim.getLHS()) * Polynomial(dim.getRHS());
    return;
  case Kind::Name:
  case Kind::FloorDiv:
  case Kind::Max:
    add({dim}, 1);
  }
}

void Polynomial::add(const Monomial &factors, int64_t coefficient) {
  if (coefficient == 0)
    return;
  int64_t &sum = terms[factors];
  tooLarge |= llvm::AddOverflow(sum, coefficient, sum) != 0;
  if (sum == 0)
    terms.erase(factors);
}

Dim Polynomial::build(MLIRContext *context) const {
  if (tooLarge)
    return Dim::node(context, Kind::Overflown, {}, {});
  Dim sum;
  for (const auto &[factors, coefficient] : terms) {
    Dim term;
    for (Dim factor : factors)
      term = term ? Dim::node(context, Kind::Mul, term, factor) : factor;
    Dim number = Dim::constant(context, coefficient);
    if (!term)
      term = number;
    else if (coefficient != 1)
      term = Dim::node(context, Kind::Mul, term, number);
    sum = sum ? Dim::node(context, Kind::Add, sum, term) : term;
  }
  return sum ? sum : Dim::constant(context, 0);
}

Polynomial Polynomial::operator+(const Polynomial &other) const {
  Polynomial result = *this;
  result.tooLarge |= other.tooLarge;
  for (const auto &[factors, c] : other.terms)
    result.add(factors, c);
  return result;
}

Polynomial Polynomial::operator*(const Polynomial &other) const {
  Polynomial result;
  result.tooLarge = tooLarge || other.tooLarge;
  for (const auto &[m1, c1] : terms)
    for (const auto &[m2, c2] : other.terms) {
      Monomial m(m1);
      m.append(m2);
      llvm::sort(m, before);
      int64_t c;
      result.tooLarge |= llvm::MulOverflow(c1, c2, c) != 0;
      result.add(m, c);
    }
  return result;
}

/// floor(p / d) where every coefficient of p is a multiple of the constant d, or p is a multiple of one term.
std::optional<Polynomial> Polynomial::divideExactly(const Polynomial &divisor) const {
  if (divisor.terms.size() != 1)
    return std::nullopt;
  const auto &[factors, coefficient] = *divisor.terms.begin();
  Polynomial quotient;
  for (const auto &[monomial, c] : terms) {
    if (coefficient <= 0 || c % coefficient != 0)
      return std::nullopt;
    Monomial rest(monomial);
    for (Dim factor : factors) {
      auto *it = llvm::find(rest, factor);
      if (it == rest.end())
        return std::nullopt;
      rest.erase(it);
    }
    quotient.terms[rest] = c / coefficient;
  }
  return quotient;
}

Polynomial Polynomial::floorDiv(const Polynomial &divisor, MLIRContext *context) const {
  Polynomial outside, inside;
  if (tooLarge || divisor.tooLarge) {
    outside.tooLarge = true;
    return outside;
  }
  if (auto exact = divideExactly(divisor))
    return *exact;
  // Multiples of the divisor leave the floor: (a*b + c) floordiv b = a + c floordiv b.
  for (const auto &[factors, c] : terms) {
    Polynomial term;
    term.add(factors, c);
    if (auto exact = term.divideExactly(divisor))
      outside = outside + *exact;
    else
      inside.add(factors, c);
  }
  Dim above = inside.build(context), below = divisor.build(context);
  std::optional<int64_t> a = constantValue(above), b = constantValue(below);
  if (a && b && *b > 0)
    outside.add({}, llvm::divideFloorSigned(*a, *b));
  else
    outside.add({Dim::node(context, Kind::FloorDiv, above, below)}, 1);
  return outside;
}

Polynomial Polynomial::ceilDiv(const Polynomial &divisor, MLIRContext *context) const {
  if (auto exact = divideExactly(divisor); exact && !tooLarge)
    return *exact;
  // ceil(a / b) = floor((a + b - 1) / b) = floor((a - 1) / b) + 1 for b > 0. The second does not overflow, here or at
  // run time, where b is beyond any size.
  Polynomial less = *this + Polynomial(-1);
  if (std::optional<int64_t> b = constantValue(divisor.build(context)); b && *b > INT32_MAX)
    return less.floorDiv(divisor, context) + Polynomial(1);
  return (less + divisor).floorDiv(divisor, context);
}

/// Whether a factor is 0 or more. A quotient is, when both of its operands are.
static bool isNonNegativeFactor(Dim factor, unsigned depth) {
  if (factor.getKind() != Kind::FloorDiv)
    return true;
  return depth > 0 && Polynomial(factor.getLHS()).isNonNegative(depth - 1) &&
         Polynomial(factor.getRHS()).isNonNegative(depth - 1);
}

bool Polynomial::isNonNegative(unsigned depth) const {
  if (tooLarge)
    return false;
  for (const auto &[factors, coefficient] : terms) {
    const Dim *floor = llvm::find_if(factors, [](Dim factor) {
      return factor.getKind() == Kind::FloorDiv && constantValue(factor.getRHS()).value_or(0) > 0;
    });
    if (floor == factors.end())
      continue;
    Monomial rest(factors);
    rest.erase(rest.begin() + (floor - factors.begin()));
    if (depth == 0 || !llvm::all_of(rest, [&](Dim factor) { return isNonNegativeFactor(factor, depth - 1); }))
      return false;
    Polynomial term, dividend(floor->getLHS()), divisor(floor->getRHS().getValue()), others = *this;
    term.add(rest, coefficient);
    others.terms.erase(factors);
    if (coefficient > 0 && dividend.isNonNegative(depth - 1) && others.isNonNegative(depth - 1))
      return true;
    // (p - d + 1) / d <= p floordiv d <= p / d: the whole, times d, is not less than this.
    Polynomial bound = coefficient > 0 ? dividend + divisor * Polynomial(-1) + Polynomial(1) : dividend;
    return (others * divisor + term * bound).isNonNegative(depth - 1);
  }
  return llvm::all_of(terms, [&](const auto &term) {
    return term.second > 0 && llvm::all_of(term.first, [&](Dim factor) { return isNonNegativeFactor(factor, depth); });
  });
}

/// What all terms are multiples of is a factor of the maximum, so that equal sizes are written in one way.
Polynomial Polynomial::positivePart(MLIRContext *context) const {
  if (tooLarge || isNonNegative())
    return *this;
  if ((*this * Polynomial(-1)).isNonNegative())
    return Polynomial();
  uint64_t common = 0;
  for (const auto &term : terms)
    common = std::gcd(common, term.second < 0 ? 0 - static_cast<uint64_t>(term.second) : uint64_t(term.second));
  Polynomial inside, result;
  auto factor = static_cast<int64_t>(common); // 2^63 is one of no term with another one, and no size alone
  if (factor <= 0)
    factor = 1;
  for (const auto &[factors, coefficient] : terms)
    inside.terms[factors] = coefficient / factor;
  result.add({Dim::node(context, Kind::Max, inside.build(context), Dim::constant(context, 0))}, factor);
  return result;
}
} // namespace symc::detail

using symc::detail::Polynomial;

Dim Dim::node(MLIRContext *context, Kind kind, Dim lhs, Dim rhs) {
  return Base::get(context, kind, int64_t(0), StringRef(), lhs, rhs);
}

Dim Dim::operator+(Dim other) const {
  if (constantValue(*this) == 0 || constantValue(other) == 0)
    return constantValue(other) == 0 ? *this : other;
  return (Polynomial(*this) + Polynomial(other)).build(getContext());
}
Dim Dim::operator-(Dim other) const {
  if (constantValue(other) == 0)
    return *this;
  return (Polynomial(*this) + Polynomial(other) * Polynomial(-1)).build(getContext());
}
Dim Dim::operator*(Dim other) const {
  if (isOne(*this) || isOne(other))
    return isOne(other) ? *this : other;
  return (Polynomial(*this) * Polynomial(other)).build(getContext());
}
Dim Dim::floorDiv(Dim other) const {
  return Polynomial(*this).floorDiv(Polynomial(other), getContext()).build(getContext());
}
Dim Dim::ceilDiv(Dim other) const {
  return Polynomial(*this).ceilDiv(Polynomial(other), getContext()).build(getContext());
}
Dim Dim::positivePart() const { return Polynomial(*this).positivePart(getContext()).build(getContext()); }

bool symc::isNonNegative(Dim dim) { return Polynomial(dim).isNonNegative(); }

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

std::optional<int64_t> symc::evaluate(Dim dim, function_ref<std::optional<int64_t>(StringRef)> valueOf) {
  if (dim.isConstant())
    return dim.getValue();
  if (dim.isName())
    return valueOf(dim.getName());
  if (isOverflown(dim))
    return std::nullopt;
  std::optional<int64_t> a = evaluate(dim.getLHS(), valueOf), b = evaluate(dim.getRHS(), valueOf);
  if (!a || !b)
    return std::nullopt;
  int64_t result;
  switch (dim.getKind()) {
  case Kind::Add:
    return llvm::AddOverflow(*a, *b, result) ? std::nullopt : std::optional(result);
  case Kind::Mul:
    return llvm::MulOverflow(*a, *b, result) ? std::nullopt : std::optional(result);
  case Kind::Max:
    return std::max(*a, *b);
  default:
    return *b > 0 ? std::optional(llvm::divideFloorSigned(*a, *b)) : std::nullopt;
  }
}

static void collectNames(Dim dim, SmallVectorImpl<StringRef> &names) {
  if (dim.isName())
    names.push_back(dim.getName());
  if (!dim.isBinary())
    return;
  collectNames(dim.getLHS(), names);
  collectNames(dim.getRHS(), names);
}

Dim symc::withValue(Dim dim, StringRef name, int64_t value) {
  if (dim.isName())
    return dim.getName() == name ? constantDim(dim.getContext(), value) : dim;
  if (!dim.isBinary())
    return dim;
  Dim lhs = withValue(dim.getLHS(), name, value), rhs = withValue(dim.getRHS(), name, value);
  switch (dim.getKind()) {
  case Dim::Kind::Add:
    return lhs + rhs;
  case Dim::Kind::Mul:
    return lhs * rhs;
  case Dim::Kind::Max:
    return lhs.positivePart();
  default:
    return lhs.floorDiv(rhs);
  }
}

SmallVector<StringRef> symc::namesIn(Dim dim) {
  SmallVector<StringRef> names;
  collectNames(dim, names);
  llvm::sort(names);
  names.erase(llvm::unique(names), names.end());
  return names;
}

Value symc::materialize(OpBuilder &b, Location loc, Type integer, Dim dim, function_ref<Value(StringRef)> valueOf) {
  if (dim.isConstant())
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(integer, dim.getValue()));
  if (dim.isName())
    return valueOf(dim.getName());
  Value x = materialize(b, loc, integer, dim.getLHS(), valueOf);
  Value y = materialize(b, loc, integer, dim.getRHS(), valueOf);
  switch (dim.getKind()) {
  case Kind::Add:
    return arith::AddIOp::create(b, loc, x, y);
  case Kind::Mul:
    return arith::MulIOp::create(b, loc, x, y);
  case Kind::Max:
    return arith::MaxSIOp::create(b, loc, x, y);
  default:
    return arith::FloorDivSIOp::create(b, loc, x, y);
  }
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

namespace {
/// Reads what printDim writes.
struct DimParser {
  AsmParser &parser;
  MLIRContext *context = parser.getContext();

  FailureOr<Dim> atom() {
    int64_t value;
    OptionalParseResult number = parser.parseOptionalInteger(value);
    if (number.has_value())
      return succeeded(*number) ? FailureOr<Dim>(constantDim(context, value)) : FailureOr<Dim>();
    if (succeeded(parser.parseOptionalLParen())) {
      FailureOr<Dim> inner = sum();
      return failed(inner) || parser.parseRParen() ? FailureOr<Dim>() : inner;
    }
    StringRef name;
    std::string text;
    if (succeeded(parser.parseOptionalString(&text)))
      return symbolDim(context, text);
    if (parser.parseKeyword(&name))
      return failure();
    // A dimension may be called so, but no name stands in front of a parenthesis.
    if (name == "max" && succeeded(parser.parseOptionalLParen())) {
      int64_t zero;
      FailureOr<Dim> inner = sum();
      if (failed(inner) || parser.parseComma() || parser.parseInteger(zero) || parser.parseRParen())
        return failure();
      if (zero != 0)
        return parser.emitError(parser.getCurrentLocation(), "a maximum is one with 0"), failure();
      return inner->positivePart();
    }
    return symbolDim(context, name);
  }
  FailureOr<Dim> term() {
    FailureOr<Dim> left = atom();
    while (succeeded(left)) {
      bool times = succeeded(parser.parseOptionalStar());
      if (!times && failed(parser.parseOptionalKeyword("floordiv")))
        return left;
      FailureOr<Dim> right = atom();
      if (failed(right))
        return failure();
      left = times ? *left * *right : left->floorDiv(*right);
    }
    return left;
  }
  FailureOr<Dim> sum() {
    FailureOr<Dim> left = term();
    while (succeeded(left)) {
      bool plus = succeeded(parser.parseOptionalPlus());
      if (!plus && failed(parser.parseOptionalMinus()))
        return left;
      FailureOr<Dim> right = term();
      if (failed(right))
        return failure();
      left = plus ? *left + *right : *left - *right;
    }
    return left;
  }
};
} // namespace

FailureOr<Dim> symc::parseDim(AsmParser &parser) {
  FailureOr<Dim> dim = DimParser{parser}.sum();
  if (failed(dim))
    return failure();
  if (isOverflown(*dim))
    return parser.emitError(parser.getCurrentLocation(), "S0318: a size does not fit in 63 bits");
  return dim;
}

static void print(llvm::raw_ostream &os, Dim dim, int precedence, StringRef divide) {
  if (dim.isConstant()) {
    os << dim.getValue();
    return;
  }
  if (isOverflown(dim)) {
    os << "(a size beyond 63 bits)";
    return;
  }
  if (dim.isName()) {
    os << dim.getName();
    return;
  }
  Dim left = dim.getLHS(), right = dim.getRHS();
  if (dim.getKind() == Kind::Max) {
    os << "max(";
    print(os, left, 0, divide);
    os << ", 0)";
    return;
  }
  bool sum = dim.getKind() == Kind::Add;
  auto isNegative = [](Dim term) {
    return constantValue(term.getKind() == Kind::Mul ? term.getRHS() : term).value_or(0) < 0;
  };
  // n - k reads better than -1*k + n.
  if (sum && isNegative(left) && !isNegative(right))
    std::swap(left, right);
  bool parenthesis = precedence > (sum ? 0 : 1);
  if (parenthesis)
    os << "(";
  if (sum) {
    print(os, left, 0, divide);
    // a + b * -c reads better as a - c*b.
    std::optional<int64_t> constant = constantValue(right);
    if (constant && *constant < 0) {
      os << " - " << 0 - static_cast<uint64_t>(*constant);
    } else if (isNegative(right)) {
      os << " - ";
      print(os, right * -1, 1, divide);
    } else {
      os << " + ";
      print(os, right, 0, divide);
    }
  } else if (dim.getKind() == Kind::Mul) {
    // Coefficients first.
    if (right.isConstant())
      std::swap(left, right);
    // A floor inside a product keeps its parentheses.
    auto factor = [&](Dim e) { print(os, e, e.getKind() == Kind::Mul ? 1 : 2, divide); };
    factor(left);
    os << "*";
    factor(right);
  } else {
    print(os, left, 2, divide);
    os << divide;
    print(os, right, 2, divide);
  }
  if (parenthesis)
    os << ")";
}

std::string symc::printDim(Dim dim, StringRef divide) {
  std::string text;
  llvm::raw_string_ostream os(text);
  print(os, dim, 0, divide);
  return text;
}
