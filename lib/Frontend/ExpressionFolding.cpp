//===- ExpressionFolding.cpp - Arithmetic on literals and sizes -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Numbers fold in f64. What is more than one operation of IEEE arithmetic folds by the scalar body of its op, so that
// a literal has the value that the same expression has in f64 at run time, but for the last bits of elementary
// functions: those are the C library's of the machine that compiles.
//
//===----------------------------------------------------------------------===//
#include "lib/Frontend/ExpressionEvaluator.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/DenseMap.h"
#include <cmath>
#include <functional>

using namespace mlir;
using namespace symc;

//===----------------------------------------------------------------------===//
// Scalar bodies
//===----------------------------------------------------------------------===//

/// The elementary functions over their whole domains; the folders of the math dialect leave some of it out.
static Attribute foldFunction(Operation *op, ArrayRef<Attribute> operands) {
  using Unary = double (*)(double);
  using Binary = double (*)(double, double);
  static const std::pair<StringRef, Unary> unary[] = {
      {"math.exp", std::exp},     {"math.expm1", std::expm1}, {"math.log", std::log},   {"math.log1p", std::log1p},
      {"math.sqrt", std::sqrt},   {"math.cbrt", std::cbrt},   {"math.sin", std::sin},   {"math.cos", std::cos},
      {"math.tan", std::tan},     {"math.asin", std::asin},   {"math.acos", std::acos}, {"math.atan", std::atan},
      {"math.sinh", std::sinh},   {"math.cosh", std::cosh},   {"math.tanh", std::tanh}, {"math.asinh", std::asinh},
      {"math.acosh", std::acosh}, {"math.atanh", std::atanh}, {"math.erf", std::erf},   {"math.erfc", std::erfc}};
  static const std::pair<StringRef, Binary> binary[] = {{"math.atan2", std::atan2}, {"math.powf", std::pow}};
  StringRef called = op->getName().getStringRef();
  SmallVector<double> x;
  for (Attribute operand : operands)
    if (auto real = dyn_cast<FloatAttr>(operand))
      x.push_back(real.getValueAsDouble());
  if (x.empty() || x.size() != operands.size())
    return {};
  Type type = cast<FloatAttr>(operands[0]).getType();
  for (auto [name, function] : unary)
    if (called == name)
      return FloatAttr::get(type, function(x[0]));
  for (auto [name, function] : binary)
    if (called == name)
      return FloatAttr::get(type, function(x[0], x[1]));
  return {};
}

/// The value of the op on operands that are constants; null when something in its body does not fold.
static Attribute foldBody(ScalarBodyOpInterface op) {
  Block block;
  OpBuilder b(op->getContext());
  b.setInsertionPointToEnd(&block);
  SmallVector<Value> arguments;
  for (Value operand : op->getOperands()) {
    auto constant = operand.getDefiningOp<sym::ConstantOp>();
    auto value = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : DenseElementsAttr();
    if (!value)
      return {};
    arguments.push_back(arith::ConstantOp::create(b, op->getLoc(), cast<TypedAttr>(value.getSplatValue<Attribute>())));
  }
  Value result = op.buildScalarBody(b, op->getLoc(), arguments);
  llvm::DenseMap<Value, Attribute> known;
  for (Operation &part : block) {
    SmallVector<Attribute> operands;
    for (Value operand : part.getOperands())
      operands.push_back(known.lookup(operand));
    Attribute value = llvm::is_contained(operands, Attribute()) ? Attribute() : foldFunction(&part, operands);
    SmallVector<OpFoldResult> folded;
    if (!value && succeeded(part.fold(operands, folded)) && folded.size() == 1)
      value = isa<Value>(folded[0]) ? known.lookup(cast<Value>(folded[0])) : cast<Attribute>(folded[0]);
    if (part.getNumResults() == 1)
      known[part.getResult(0)] = value;
  }
  return known.lookup(result);
}

/// Builds the op aside and gives its value; a bad part after reporting.
std::optional<Part> ExprBuilder::evaluateOp(const OpSchema &schema, ArrayRef<const Part *> arguments, Type element,
                                            ArrayRef<AttributeArgument> attributes, const OpPlace &place) {
  Block aside;
  OpBuilder::InsertionGuard guard(context.b);
  context.b.setInsertionPointToEnd(&aside);
  Location loc = context.location(place.op, place.name);
  SmallVector<Operand> operands;
  for (const Part *part : arguments) {
    bool isBool = part->kind == Part::Bool;
    Operand operand;
    operand.range = place.op;
    operand.value = maker.scalar(loc, isBool ? context.b.getI1Type() : element,
                                 isBool ? static_cast<double>(part->integer) : part->real, part->integer, part->isReal);
    if (!operand.value)
      return std::nullopt;
    operands.push_back(std::move(operand));
  }
  SmallVector<Value> values = maker.make(schema, operands, attributes, place);
  if (values.empty())
    return Part();
  auto body = values[0].getDefiningOp<ScalarBodyOpInterface>();
  Attribute value = body ? foldBody(body) : Attribute();
  if (auto real = dyn_cast_or_null<FloatAttr>(value))
    return Part::number(real.getValueAsDouble());
  auto integer = dyn_cast_or_null<IntegerAttr>(value);
  if (!integer)
    return std::nullopt;
  return integer.getType().isInteger(1) ? Part::boolean(integer.getValue().getBoolValue())
                                        : Part::number(integer.getInt());
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

/// x**n of integers, as long as it is one.
static std::optional<int64_t> integerPower(int64_t x, int64_t n) {
  if (n < 0)
    return std::nullopt;
  if (x == 0 || x == 1 || x == -1)
    return n == 0 ? 1 : x == -1 && n % 2 == 0 ? 1 : x;
  int64_t result = 1;
  for (; n > 0; --n)
    if (__builtin_mul_overflow(result, x, &result))
      return std::nullopt;
  return result;
}

/// Integers stay integers where the result is one that 64 bits hold.
std::optional<Part> ExprBuilder::foldNumbers(ExprOp op, const Part &a, const Part &b) {
  bool integers = !a.isReal && !b.isReal;
  int64_t x = a.integer, y = b.integer, result;
  auto compared = [&](auto relation) { return Part::boolean(integers ? relation(x, y) : relation(a.real, b.real)); };
  auto byDefinition = [&](StringRef mnemonic) {
    return evaluateOp(*findOpSchema(mnemonic), {&a, &b}, context.b.getF64Type(), {}, OpPlace());
  };
  switch (op) {
  case ExprOp::Add:
    return integers && !__builtin_add_overflow(x, y, &result) ? Part::number(result) : Part::number(a.real + b.real);
  case ExprOp::Sub:
    return integers && !__builtin_sub_overflow(x, y, &result) ? Part::number(result) : Part::number(a.real - b.real);
  case ExprOp::Mul:
    return integers && !__builtin_mul_overflow(x, y, &result) ? Part::number(result) : Part::number(a.real * b.real);
  case ExprOp::Div:
    return Part::number(a.real / b.real);
  case ExprOp::FloorDiv:
    if (integers && y != 0 && !(x == INT64_MIN && y == -1))
      return Part::number(x / y - (x % y != 0 && (x % y < 0) != (y < 0)));
    return byDefinition("floor_div");
  case ExprOp::Mod:
    if (integers && y != 0)
      return Part::number(y == -1 || x % y == 0 ? 0 : x % y + ((x % y < 0) != (y < 0) ? y : 0));
    return byDefinition("mod");
  case ExprOp::Pow:
    if (std::optional<int64_t> power = integers ? integerPower(x, y) : std::nullopt)
      return Part::number(*power);
    return Part::number(std::pow(a.real, b.real));
  case ExprOp::Eq:
    return compared(std::equal_to<>());
  case ExprOp::Ne:
    return compared(std::not_equal_to<>());
  case ExprOp::Lt:
    return compared(std::less<>());
  case ExprOp::Le:
    return compared(std::less_equal<>());
  case ExprOp::Gt:
    return compared(std::greater<>());
  case ExprOp::Ge:
    return compared(std::greater_equal<>());
  default:
    return std::nullopt;
  }
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

/// x**n where it is a product that 64 bits hold of sizes below 2³², so that as a number it is not checked: other powers
/// are computed.
static std::optional<Dim> sizePower(Dim x, int64_t n) {
  bool isProduct = x.getKind() == Dim::Kind::Mul && !constantValue(x.getRHS());
  if (n < 0 || n > 2 || (n == 2 && isProduct))
    return std::nullopt;
  return n == 0 ? constantDim(x.getContext(), 1) : n == 1 ? x : x * x;
}

/// Sums, products, squares, floor divisions and remainders of sizes are sizes, as long as their numbers are integers of
/// 64 bits.
std::optional<Part> ExprBuilder::foldSizes(ExprOp op, const Part &a, const Part &b) {
  auto size = [&](const Part &part) -> Dim {
    if (part.kind == Part::Size)
      return part.size;
    return part.kind == Part::Number && !part.isReal ? constantDim(context.context, part.integer) : Dim();
  };
  Dim x = size(a), y = size(b);
  if (!x || !y)
    return std::nullopt;
  Part out;
  out.kind = Part::Size;
  std::optional<int64_t> number = constantValue(x), divisor = constantValue(y);
  if (op == ExprOp::Pow && number && divisor) {
    if (std::optional<int64_t> power = integerPower(*number, *divisor))
      return Part::number(*power);
    return std::nullopt;
  }
  if (op == ExprOp::Add)
    out.size = x + y;
  else if (op == ExprOp::Sub)
    out.size = x - y;
  else if (op == ExprOp::Mul)
    out.size = x * y;
  else if (op == ExprOp::FloorDiv && divisor && *divisor > 0)
    out.size = x.floorDiv(y);
  else if (op == ExprOp::Mod && divisor && *divisor > 0)
    out.size = x - x.floorDiv(y) * y;
  else if (std::optional<Dim> power = op == ExprOp::Pow && divisor ? sizePower(x, *divisor) : std::nullopt)
    out.size = *power;
  else
    return std::nullopt;
  if (isOverflown(out.size)) {
    out.kind = Part::Pending;
    out.isOverflown = true;
  }
  return out;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

/// On integers an op that takes them gives what it gives in i64, unless that wraps or f64 has a fraction to give.
std::optional<Part> ExprBuilder::foldCall(uint32_t i, const OpSchema &schema, ArrayRef<AttributeArgument> attributes) {
  auto info = RegisteredOperationName::lookup(("sym." + schema.mnemonic).str(), context.context);
  // A cast says what a literal is.
  if (!info || !info->hasInterface<ScalarBodyOpInterface>() || schema.mnemonic == "cast")
    return std::nullopt;
  const ExprNode &call = node(i);
  size_t positional = expression.partsOf(call).size() - call.keywordCount;
  if (positional < schema.operands.size() || schema.operands.empty())
    return std::nullopt;
  SmallVector<Part> literals;
  bool bools = true, integers = true, reals = true;
  for (size_t k = 0; k < schema.operands.size(); ++k) {
    Part part = parts[expression.partsOf(call)[k]];
    if (part.kind == Part::Size)
      if (auto constant = constantValue(part.size))
        part = Part::number(*constant);
    OperandClass wanted = schema.operands[k].operandClass;
    bool isBool = part.kind == Part::Bool;
    if (!isBool && part.kind != Part::Number)
      return std::nullopt;
    if (wanted != OperandClass::Bool) {
      bools &= isBool && wanted == OperandClass::Any;
      integers &= !isBool && !part.isReal && wanted != OperandClass::Float;
      reals &= !isBool && wanted != OperandClass::Int;
    } else if (!isBool) {
      return std::nullopt;
    }
    literals.push_back(part);
  }
  if (!bools && !integers && !reals)
    return std::nullopt;
  if (schema.mnemonic == "pow")
    return foldNumbers(ExprOp::Pow, literals[0], literals[1]);
  SmallVector<const Part *> arguments;
  for (const Part &part : literals)
    arguments.push_back(&part);
  OpPlace place;
  place.op = inText(call.token);
  place.whole = rangeOf(i);
  place.inExpression = true;
  auto evaluate = [&](Type element) { return evaluateOp(schema, arguments, element, attributes, place); };
  if (bools || !reals)
    return evaluate(context.b.getI64Type());
  std::optional<Part> real = evaluate(context.b.getF64Type());
  if (!integers || !real || real->kind == Part::Bad)
    return real;
  if (llvm::any_of(attributes, [](const AttributeArgument &a) { return a.value.kind != Literal::Integer; }))
    return real;
  std::optional<Part> integer = evaluate(context.b.getI64Type());
  if (!integer || integer->kind == Part::Bool)
    return integer;
  double off = std::fabs(static_cast<double>(integer->integer) - real->real);
  return std::isfinite(real->real) && off <= 1e-9 * std::fabs(real->real) ? integer : real;
}
