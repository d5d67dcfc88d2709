//===- Expression.cpp - Formulas that simplify themselves -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Export/Formula/Expression.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Format.h"
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace symc;
using namespace symc::formula;

void symc::formula::forEachPart(ArrayRef<Ex> formulas, function_ref<void(Ex)> visit) {
  llvm::DenseSet<Ex> seen;
  SmallVector<Ex> stack(llvm::reverse(formulas));
  while (!stack.empty()) {
    Ex e = stack.pop_back_val();
    if (!seen.insert(e).second)
      continue;
    visit(e);
    llvm::append_range(stack, llvm::reverse(e->args));
  }
}

Ratio Ratio::make(double above, double below) {
  if (below < 0)
    above = -above, below = -below;
  auto whole = [](double v) { return std::floor(v) == v && std::fabs(v) < 9e15; };
  if (below == 0) // not a number to calculate with
    return {above / below, 1};
  if (whole(above) && whole(below)) {
    double common = std::gcd(static_cast<int64_t>(above), static_cast<int64_t>(below));
    if (common > 1)
      above /= common, below /= common;
    return {above, below};
  }
  return below != 1 && !whole(above) ? Ratio{above / below, 1} : Ratio{above, below};
}

Dims symc::formula::broadcastShape(ArrayRef<Ex> operands) {
  Dims shape;
  for (Ex x : operands) {
    while (shape.size() < x->shape.size())
      shape.insert(shape.begin(), Dim());
    for (size_t i = 0; i < x->shape.size(); ++i) {
      Dim &size = shape[shape.size() - 1 - i], other = x->shape[x->shape.size() - 1 - i];
      if (!size || isOne(size))
        size = other;
    }
  }
  return shape;
}

/// Whether NumPy's result is boolean, which is what it makes of booleans where it can.
static bool isTruth(const Expr &e) {
  auto truth = [](Ex x) { return x->truth; };
  switch (e.kind) {
  case Kind::Compare:
    return true;
  case Kind::Mul:
    return e.ratio.is(1) && llvm::all_of(e.args, truth) &&
           llvm::all_of(e.powers, [](int64_t power) { return power == 1; });
  case Kind::MatMul:
  case Kind::Transpose:
  case Kind::Broadcast:
    return llvm::all_of(e.args, truth);
  case Kind::Choice:
    return e.args[1]->truth && e.args[2]->truth;
  default:
    return e.truth;
  }
}

Ex Algebra::intern(Expr e) {
  e.truth = isTruth(e);
  std::string key;
  llvm::raw_string_ostream os(key);
  os << static_cast<int>(e.kind) << '|' << e.text << '|' << llvm::format("%a/%a", e.ratio.above, e.ratio.below) << '|';
  for (Dim size : e.shape)
    os << printDim(size) << ',';
  if (e.size)
    os << '|' << printDim(e.size);
  for (size_t i = 0; i < e.args.size(); ++i) {
    os << '|' << e.args[i]->id;
    if (!e.powers.empty())
      os << '^' << e.powers[i];
    if (!e.terms.empty())
      os << llvm::format("*%a/%a", e.terms[i].above, e.terms[i].below);
  }
  for (const Argument &argument : e.attributes) {
    os << '|' << argument.name << '=' << argument.value;
    if (argument.sizes)
      for (Dim size : *argument.sizes)
        os << printDim(size) << ',';
  }
  auto [it, isNew] = known.try_emplace(os.str());
  if (!isNew)
    return it->second.get();
  e.id = known.size();
  for (Ex argument : e.args)
    e.operations = std::min<size_t>(e.operations + argument->operations, 1u << 30);
  switch (e.kind) {
  case Kind::Add:
    for (const Ratio &c : e.terms)
      e.operations += 1 + !(c.is(1) || c.is(-1));
    --e.operations;
    break;
  case Kind::Mul:
    for (int64_t power : e.powers)
      e.operations += 1 + (power != 1 && power != -1);
    e.operations += !e.ratio.is(1);
    --e.operations;
    break;
  case Kind::MatMul:
    e.operations += e.args.size() - 1;
    break;
  case Kind::Compare:
  case Kind::Choice:
  case Kind::Call:
    e.operations += 1;
    break;
  default:
    break;
  }
  it->second = std::make_unique<Expr>(std::move(e));
  return it->second.get();
}

Ex Algebra::number(Ratio value) {
  Expr e(Kind::Number);
  e.ratio = value;
  return intern(std::move(e));
}

Ex Algebra::size(Dim size) {
  if (std::optional<int64_t> value = constantValue(size))
    return number(*value);
  Expr e(Kind::Size);
  e.size = size;
  return intern(std::move(e));
}

Ex Algebra::ref(std::string name, Dims shape, bool truth) {
  Expr e(Kind::Ref);
  e.truth = truth;
  e.text = std::move(name);
  e.shape = std::move(shape);
  return intern(std::move(e));
}

/// `x` with a broadcast around it when NumPy would give it a smaller shape.
Ex Algebra::shaped(Ex x, const Dims &shape) {
  if (sameDims(x->shape, shape))
    return x;
  Expr e(Kind::Broadcast);
  e.shape = shape;
  e.args = {dropBroadcast(x)};
  return intern(std::move(e));
}

Ex Algebra::broadcast(Ex x, const Dims &shape) { return shaped(x, shape); }

Ex Algebra::add(ArrayRef<std::pair<Ratio, Ex>> terms, const Dims &shape) {
  std::vector<std::pair<Ex, Ratio>> collected;
  Ratio constant{0, 1};
  std::function<void(Ratio, Ex)> collect = [&](Ratio c, Ex x) {
    x = dropBroadcast(x);
    if (x->kind == Kind::Number) {
      constant = constant + c * x->ratio;
      return;
    }
    if (x->kind == Kind::Add) {
      for (size_t i = 0; i < x->args.size(); ++i)
        collect(c * x->terms[i], x->args[i]);
      return;
    }
    if (x->kind == Kind::Mul && !x->ratio.is(1)) {
      c = c * x->ratio;
      x = scale(Ratio::make(x->ratio.below, x->ratio.above), x);
    }
    for (auto &[other, coefficient] : collected)
      if (other == x) {
        coefficient = coefficient + c;
        return;
      }
    collected.push_back({x, c});
  };
  for (auto &[c, x] : terms)
    collect(c, x);
  llvm::erase_if(collected, [](auto &term) { return term.second.above == 0; });
  // The number stands first when it is the only positive term (1 - x), else last.
  bool leads = llvm::none_of(collected, [](auto &term) { return term.second.above > 0; });
  if (constant.above != 0 || collected.empty())
    collected.insert(leads ? collected.begin() : collected.end(), {number(Ratio{1, 1}), constant});
  if (collected.size() == 1)
    return shaped(dropBroadcast(scale(collected[0].second, collected[0].first)), shape);
  Expr e(Kind::Add);
  for (auto &[x, c] : collected) {
    e.args.push_back(x);
    e.terms.push_back(c);
  }
  e.shape = broadcastShape(e.args);
  return shaped(intern(std::move(e)), shape);
}

/// Exponents beyond it are not all numbers of the arithmetic that a formula is evaluated in.
static constexpr int64_t largestExponent = int64_t(1) << 53;

/// The exponent that multiplies by both, or adds them up.
static std::optional<int64_t> exponentOf(__int128 exponent) {
  bool fits = exponent <= largestExponent && exponent >= -largestExponent;
  return fits ? std::optional<int64_t>(exponent) : std::nullopt;
}

static Ratio powerOf(Ratio base, int64_t exponent) {
  if (exponent < 0)
    base = Ratio::make(base.below, base.above);
  Ratio result;
  for (uint64_t left = std::abs(exponent); left; left /= 2, base = left ? base * base : base)
    if (left % 2)
      result = result * base;
  return result;
}

/// Whether a number came out as infinite or 0 because there are none so large or small.
static bool isOutOfRange(Ratio result, Ratio a, Ratio b) {
  auto isOrdinary = [](Ratio r) { return std::isfinite(r.value()) && r.value() != 0; };
  return isOrdinary(a) && isOrdinary(b) && !isOrdinary(result);
}

/// Whether it has no more digits than the numbers of a graph.
static bool isShort(Ratio r) { return float(r.above) == r.above && float(r.below) == r.below; }

Ex Algebra::mul(ArrayRef<std::pair<Ex, int64_t>> factors, const Dims &shape) {
  Ratio coefficient;
  std::vector<std::pair<Ex, int64_t>> collected;
  auto addFactor = [&](Ex x, int64_t power) {
    for (auto &[other, exponent] : collected)
      if (other == x)
        if (std::optional<int64_t> sum = exponentOf(__int128(exponent) + power)) {
          exponent = *sum;
          return;
        }
    collected.push_back({x, power});
  };
  auto negative = [&](Ex x) { return mul({{number(-Ratio()), 1}, {x, 1}}, x->shape); };
  // A product's factors take its exponent, if all of them can; (0.7 * x)**2 is easier to read than what it would be.
  auto isSeparable = [&](Ex x, int64_t power) {
    Ratio number = powerOf(x->ratio, power);
    return (std::abs(power) == 1 || isShort(number) || !isShort(x->ratio)) && !isOutOfRange(number, x->ratio, {}) &&
           !isOutOfRange(coefficient * number, coefficient, number) &&
           llvm::all_of(x->powers, [&](int64_t inner) { return exponentOf(__int128(inner) * power).has_value(); });
  };
  std::function<void(Ex, int64_t)> collect = [&](Ex x, int64_t power) {
    if (x->kind == Kind::Number) {
      coefficient = coefficient * powerOf(x->ratio, power);
    } else if (x->kind == Kind::Mul && isSeparable(x, power)) {
      collect(number(x->ratio), power);
      for (size_t i = 0; i < x->args.size(); ++i)
        collect(dropBroadcast(x->args[i]), x->powers[i] * power);
    } else if (x->kind == Kind::Mul && x->ratio.above < 0 && power % 2 == 0) {
      addFactor(negative(x), power);
    } else {
      addFactor(x, power);
    }
  };
  // Numbers first: what has one of its own may have to stay apart from them.
  std::vector<std::pair<Ex, int64_t>> others;
  for (auto &[factor, power] : factors) {
    Ex x = dropBroadcast(factor);
    auto same = llvm::find_if(
        others, [&](auto &other) { return other.first == x || (x->kind == Kind::Mul && other.first == negative(x)); });
    if (x->kind == Kind::Number)
      collect(x, power);
    else if (same == others.end() || !exponentOf(__int128(same->second) + power))
      others.push_back({x, power});
    else {
      coefficient = coefficient * powerOf(same->first == x ? Ratio() : -Ratio(), power);
      same->second += power;
    }
  }
  for (auto &[x, power] : others)
    collect(x, power);
  llvm::erase_if(collected, [](auto &factor) { return factor.second == 0; });
  if (coefficient.above == 0)
    collected.clear();
  // Scalars go before what they scale.
  std::vector<std::pair<Ex, int64_t>> ordered;
  for (bool scalars : {true, false})
    for (auto &factor : collected)
      if (factor.first->isScalar() == scalars)
        ordered.push_back(factor);
  collected = std::move(ordered);
  // -(a - b) is b - a.
  if (coefficient.above < 0)
    for (auto &[x, power] : collected)
      if (x->kind == Kind::Add && power == 1 && llvm::any_of(x->terms, [](Ratio c) { return c.above < 0; })) {
        SmallVector<std::pair<Ratio, Ex>> terms;
        for (size_t i = 0; i < x->args.size(); ++i)
          terms.push_back({-x->terms[i], x->args[i]});
        x = dropBroadcast(add(terms, x->shape));
        coefficient = -coefficient;
        break;
      }
  if (collected.empty())
    return shaped(number(coefficient), shape);
  if (collected.size() == 1 && collected[0].second == 1) {
    Ex x = collected[0].first;
    if (coefficient.is(1))
      return shaped(x, shape);
  }
  Expr e(Kind::Mul);
  e.ratio = coefficient;
  for (auto &[x, power] : collected) {
    e.args.push_back(x);
    e.powers.push_back(power);
  }
  e.shape = broadcastShape(e.args);
  return shaped(intern(std::move(e)), shape);
}

std::pair<Ex, Ex> Algebra::splitScalar(Ex x) {
  Ex one = number(1);
  Dims shape = x->shape;
  Ex inner = dropBroadcast(x);
  if (inner->isScalar() && !shape.empty())
    return {inner, shaped(one, shape)};
  if (inner->kind != Kind::Mul)
    return {one, x};
  SmallVector<std::pair<Ex, int64_t>> scalars{{number(inner->ratio), 1}}, rest;
  for (size_t i = 0; i < inner->args.size(); ++i)
    (inner->args[i]->isScalar() ? scalars : rest).push_back({inner->args[i], inner->powers[i]});
  return {mul(scalars, {}), mul(rest, shape)};
}

static bool isMatrix(Ex x) { return x->shape.size() == 2; }

Ex Algebra::matmul(Ex a, Ex b, const Dims &shape) {
  auto [scaleA, restA] = splitScalar(a);
  auto [scaleB, restB] = splitScalar(b);
  bool matrices = isMatrix(restA) && isMatrix(restB);
  Expr e(Kind::MatMul);
  auto append = [&](Ex x) {
    if (x->kind == Kind::MatMul && matrices)
      llvm::append_range(e.args, x->args);
    else
      e.args.push_back(x);
  };
  append(restA);
  append(restB);
  e.shape = shape;
  return mul({{scaleA, 1}, {scaleB, 1}, {intern(std::move(e)), 1}}, shape);
}

Ex Algebra::transpose(Ex x) {
  Dims shape{x->shape[1], x->shape[0]};
  auto [scalar, rest] = splitScalar(x);
  Ex result;
  if (rest->kind == Kind::Transpose) {
    result = rest->args[0];
  } else if (rest->kind == Kind::Broadcast && rest->args[0]->isScalar()) {
    result = shaped(rest->args[0], shape);
  } else if (rest->kind == Kind::MatMul && llvm::all_of(rest->args, isMatrix)) {
    Expr e(Kind::MatMul);
    for (Ex factor : llvm::reverse(rest->args))
      e.args.push_back(transpose(factor));
    e.shape = shape;
    result = intern(std::move(e));
  } else {
    Expr e(Kind::Transpose);
    e.args = {rest};
    e.shape = shape;
    result = intern(std::move(e));
  }
  return mul({{scalar, 1}, {result, 1}}, shape);
}

Ex Algebra::reshape(Ex x, const Dims &shape) {
  if (sameDims(x->shape, shape))
    return x;
  auto [scalar, rest] = splitScalar(x);
  Ex inner = dropBroadcast(rest);
  if (inner->isScalar())
    return shaped(mul({{scalar, 1}, {inner, 1}}, {}), shape);
  // New leading axes of size 1 are what broadcasting adds.
  size_t added = shape.size() - std::min(shape.size(), rest->shape.size());
  if (added && sameDims(ArrayRef(shape).drop_front(added), rest->shape))
    return shaped(x, shape);
  if (rest->kind == Kind::Call && rest->text == "reshape")
    return mul({{scalar, 1}, {reshape(rest->args[0], shape), 1}}, shape);
  return mul({{scalar, 1}, {call("reshape", {rest}, {{"", "", shape}}, shape, rest->truth), 1}}, shape);
}

Ex Algebra::sum(Ex x, ArrayRef<int64_t> axes, bool keep, const Dims &shape) {
  if (axes.empty())
    return x;
  auto [scalar, rest] = splitScalar(x);
  Dims full = rest->shape;
  // Over axes along which all elements are equal the sum is a multiple.
  if (rest->kind == Kind::Broadcast) {
    Ex inner = rest->args[0];
    size_t added = full.size() - inner->shape.size();
    SmallVector<int64_t> left;
    Dim count = constantDim(context, 1);
    for (int64_t axis : axes) {
      if (axis < static_cast<int64_t>(added) || (isOne(inner->shape[axis - added]) && !isOne(full[axis])))
        count = count * full[axis];
      else
        left.push_back(axis - added);
    }
    if (left.empty() && inner->isScalar())
      return mul({{scalar, 1}, {size(count), 1}, {inner, 1}}, shape);
    if (left.empty() && sameDims(inner->shape, shape))
      return mul({{scalar, 1}, {size(count), 1}, {inner, 1}}, shape);
  }
  std::vector<Argument> attributes;
  if (axes.size() != full.size()) {
    std::string list = llvm::join(llvm::map_range(axes, [](int64_t a) { return std::to_string(a); }), ", ");
    attributes.push_back({"axis", axes.size() == 1 ? list : "(" + list + ")"});
  }
  if (keep)
    attributes.push_back({"keepdims", "True"});
  Ex total = call("sum", {rest}, attributes, shape);
  return mul({{scalar, 1}, {total, 1}}, shape);
}

Ex Algebra::compare(std::string relation, Ex a, Ex b, const Dims &shape) {
  a = dropBroadcast(a), b = dropBroadcast(b);
  // relu(x) > 0 exactly where x > 0.
  if (relation == ">" && b->isNumber(0) && a->kind == Kind::Call && a->text == "relu")
    a = a->args[0];
  // Class numbers against labels: the rows of a unit matrix.
  if (relation == "==" && a->kind == Kind::Call && a->text == "iota") {
    std::string axis = std::to_string(shape.size() - 1);
    bool last = llvm::any_of(a->attributes, [&](auto &entry) { return entry.name == "axis" && entry.value == axis; });
    if (last && b->kind == Kind::Call && b->text == "reshape" && b->args[0]->shape.size() + 1 == shape.size())
      return call("one_hot", {b->args[0]}, {{"", printDim(shape.back())}}, shape);
  }
  Expr e(Kind::Compare);
  e.text = std::move(relation);
  e.args = {a, b};
  e.shape = broadcastShape(e.args);
  return shaped(intern(std::move(e)), shape);
}

/// Whether x is finite wherever what it is made of is: then x times 0 is 0.
static bool isTotal(Ex x) {
  static const llvm::StringSet<> total = {"abs",      "sign",      "sin",   "cos",     "tanh",    "sigmoid",
                                          "relu",     "erf",       "erfc",  "softmax", "sum",     "mean",
                                          "max",      "min",       "where", "minimum", "maximum", "reshape",
                                          "swapaxes", "transpose", "atan",  "one_hot", "square",  "broadcast_to"};
  bool itself = x->kind != Kind::Call || total.contains(x->text);
  if (x->kind == Kind::Mul)
    for (auto [factor, power] : llvm::zip_equal(x->args, x->powers))
      itself &= power > 0 || factor->kind == Kind::Size;
  return itself && llvm::all_of(x->args, isTotal);
}

Ex Algebra::where(Ex condition, Ex x, Ex y, const Dims &shape) {
  Ex c = dropBroadcast(condition), a = dropBroadcast(x), b = dropBroadcast(y);
  if (a == b)
    return shaped(a, shape);
  // A condition is the number 0 or 1.
  bool indicator = c->kind == Kind::Compare || (c->kind == Kind::Call && c->text == "one_hot");
  if (indicator && b->isNumber(0) && isTotal(a))
    return mul({{a, 1}, {c, 1}}, shape);
  static const std::pair<StringRef, StringRef> opposite[] = {{"==", "!="}, {"<", ">="}, {">", "<="}};
  if (c->kind == Kind::Compare && a->isNumber(0) && isTotal(b))
    for (auto [relation, other] : opposite)
      if (c->text == relation || c->text == other)
        return mul(
            {{b, 1}, {compare((c->text == relation ? other : relation).str(), c->args[0], c->args[1], shape), 1}},
            shape);
  if (indicator) {
    Ex difference = dropBroadcast(add({{{1, 1}, x}, {{-1, 1}, y}}, shape));
    if (difference->kind == Kind::Number)
      return add({{{1, 1}, y}, {difference->ratio, c}}, shape);
  }
  std::vector<Ex> args{c, a, b};
  Dims natural = broadcastShape(args);
  return shaped(call("where", std::move(args), {}, natural, a->truth && b->truth), shape);
}

Ex Algebra::choose(Ex condition, Ex x, Ex y, const Dims &shape) {
  if (x == y)
    return x;
  // Where both are one smaller value in that shape, so is what is chosen.
  Ex a = dropBroadcast(x), b = dropBroadcast(y);
  bool smaller = sameDims(a->shape, b->shape);
  Expr e(Kind::Choice);
  e.args = {condition, smaller ? a : x, smaller ? b : y};
  e.shape = e.args[1]->shape;
  return shaped(intern(std::move(e)), shape);
}

Ex Algebra::tuple(std::vector<Ex> values) {
  if (values.size() == 1)
    return values.front();
  Expr e(Kind::Tuple);
  e.args = std::move(values);
  return intern(std::move(e));
}

Ex Algebra::call(std::string name, std::vector<Ex> args, std::vector<Argument> attributes, const Dims &shape,
                 bool truth) {
  Expr e(Kind::Call);
  e.truth = truth;
  e.text = std::move(name);
  e.args = std::move(args);
  e.attributes = std::move(attributes);
  e.shape = shape;
  return intern(std::move(e));
}
