//===- ExpressionOperators.cpp - -x, x + y, x ** y, x.T as operations -----===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Frontend/ExpressionEvaluator.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace symc;

StringRef symc::opOf(ExprOp op) {
  switch (op) {
  case ExprOp::Add:
    return "add";
  case ExprOp::Sub:
    return "sub";
  case ExprOp::Mul:
    return "mul";
  case ExprOp::Div:
    return "div";
  case ExprOp::FloorDiv:
    return "floor_div";
  case ExprOp::Mod:
    return "mod";
  case ExprOp::Pow:
    return "pow";
  case ExprOp::MatMul:
    return "matmul";
  case ExprOp::Eq:
    return "equal";
  case ExprOp::Ne:
    return "not_equal";
  case ExprOp::Lt:
    return "less";
  case ExprOp::Le:
    return "less_equal";
  case ExprOp::Gt:
    return "greater";
  case ExprOp::Ge:
    return "greater_equal";
  case ExprOp::And:
    return "logical_and";
  case ExprOp::Or:
    return "logical_or";
  case ExprOp::Neg:
    return "neg";
  case ExprOp::Not:
    return "logical_not";
  }
  return "";
}

bool symc::isComparison(StringRef mnemonic) {
  static constexpr ExprOp comparisons[] = {ExprOp::Eq, ExprOp::Ne, ExprOp::Lt, ExprOp::Le, ExprOp::Gt, ExprOp::Ge};
  return llvm::any_of(comparisons, [&](ExprOp op) { return opOf(op) == mnemonic; });
}

Part ExprBuilder::evaluateUnary(uint32_t i) {
  const Part &x = parts[child(i, 0)];
  Part out;
  if (x.kind == Part::Bad)
    return out;
  bool negation = node(i).op == ExprOp::Neg;
  // The smallest integer has no positive counterpart: sign and digits are one number here.
  const ExprNode &digits = node(child(i, 0));
  if (int64_t smallest;
      negation && digits.kind == ExprKind::Real && llvm::to_integer(("-" + ref(digits.text)).str(), smallest, 10))
    return Part::number(smallest);
  if (negation && x.kind == Part::Number)
    return x.isReal || x.integer == INT64_MIN ? Part::number(-x.real) : Part::number(-x.integer);
  if (negation && x.kind == Part::Size) {
    out.kind = Part::Size;
    out.size = x.size * -1;
    return out;
  }
  if (negation && x.kind == Part::Pending) {
    out.kind = Part::Pending;
    out.isOverflown = x.isOverflown;
    out.isReal = x.isReal;
    return out;
  }
  if (!negation && x.kind == Part::Bool)
    return Part::boolean(!x.integer);
  if (x.kind == Part::Number || x.kind == Part::Size || x.kind == Part::Pending || x.kind == Part::Bool) {
    error(child(i, 0), code::ExprOperand,
          negation ? "a bool has no arithmetic" : "'not' takes a bool, not " + quoted(textOf(child(i, 0))));
    return out;
  }
  Operand operands[] = {operand(child(i, 0))};
  return makeOp(i, opOf(node(i).op), operands);
}

/// `x ** n` with a literal integer: `pow`, which becomes a product where that is as exact (isProductExponent, or any
/// power of integers). A product at once is what has an exponent that the element type does not hold.
Part ExprBuilder::power(uint32_t i, Value base, int64_t exponent) {
  uint32_t x = child(i, 0);
  Type element = elementOf(base);
  Part out;
  out.kind = Part::Tensor;
  out.values = {base};
  if (exponent == 1)
    return out;
  if (exponent == 0) {
    OpPlace where = place(i, "pow", true);
    Location loc = context.location(where.op, where.name);
    Value one = maker.scalar(loc, element, 1, 1, false);
    if (!one || element.isInteger(1)) {
      error(x, code::ElementTypeUnsupported, "'pow' takes operands of numbers, not " + printType(base.getType()));
      return Part();
    }
    out.values = {sym::BroadcastToOp::create(context.b, loc, one, sym::DimsAttr::get(context.context, dimsOf(base)))};
    return out;
  }
  if (exponent < 0 && !isa<FloatType>(element) &&
      !maker.scalar(context.location(rangeOf(i), ref(holder)), element, 0, exponent, false)) {
    error(child(i, 1), code::LiteralType,
          "the exponent " + std::to_string(exponent) + " cannot be a value of " + printElementType(element),
          "cast(…, 'f32') makes floating numbers of integers");
    return Part();
  }
  if (exponent == 2) {
    Operand squared[] = {tensorOperand(x, base)};
    return makeOp(i, "square", squared);
  }
  Location loc = context.location(rangeOf(i), ref(holder));
  auto floating = dyn_cast<FloatType>(element);
  bool whole = std::abs(static_cast<double>(exponent)) <= std::ldexp(1, floating ? floating.getFPMantissaWidth() : 53);
  if (Value n = whole && !element.isInteger(1)
                    ? maker.scalar(loc, element, static_cast<double>(exponent), exponent, false)
                    : Value()) {
    Operand operands[] = {tensorOperand(x, base), tensorOperand(child(i, 1), n)};
    return makeOp(i, "pow", operands);
  }
  // The element type does not hold the exponent.
  uint64_t magnitude = exponent < 0 ? 0 - static_cast<uint64_t>(exponent) : static_cast<uint64_t>(exponent);
  bool inverse = exponent < 0;
  for (int bit = 62 - __builtin_clzll(magnitude); bit >= 0 && out.kind == Part::Tensor; --bit) {
    bool times = magnitude >> bit & 1;
    Operand squared[] = {tensorOperand(x, out.values[0])};
    out = makeOp(i, "square", squared, {}, bit == 0 && !times && !inverse);
    if (!times || out.kind != Part::Tensor)
      continue;
    Operand product[] = {tensorOperand(x, out.values[0]), tensorOperand(x, base)};
    out = makeOp(i, "mul", product, {}, bit == 0 && !inverse);
  }
  if (inverse && out.kind == Part::Tensor) {
    Operand last[] = {tensorOperand(x, out.values[0])};
    out = makeOp(i, "reciprocal", last);
  }
  return out;
}

/// `n > 3`: a truth that each call computes, of integers of 64 bits where the sides are some.
Part ExprBuilder::compareSizes(uint32_t i, StringRef mnemonic, uint32_t left, uint32_t right) {
  auto isReal = [&](uint32_t side) { return parts[side].isReal || parts[side].isOverflown; };
  Type element = isReal(left) || isReal(right) ? Type(context.b.getF64Type()) : Type(context.b.getI64Type());
  Operand operands[] = {operand(left), operand(right)};
  for (Operand &side : operands)
    if (!(side.value = side.build(element)))
      return Part();
  return makeOp(i, mnemonic, operands);
}

Part ExprBuilder::evaluateBinary(uint32_t i) {
  uint32_t left = child(i, 0), right = child(i, 1);
  const Part &a = parts[left], &b = parts[right];
  ExprOp op = node(i).op;
  Part out;
  if (a.kind == Part::Number && b.kind == Part::Number)
    if (auto folded = foldNumbers(op, a, b))
      return *folded;
  bool logical = op == ExprOp::And || op == ExprOp::Or;
  if (a.kind == Part::Bool && b.kind == Part::Bool && logical)
    return Part::boolean(op == ExprOp::And ? a.integer && b.integer : a.integer || b.integer);
  if (a.isScalar() && b.isScalar() && op != ExprOp::MatMul) {
    if (auto folded = foldSizes(op, a, b))
      return *folded;
    if (isComparison(opOf(op)))
      return compareSizes(i, opOf(op), left, right);
    if (op <= ExprOp::Pow) {
      out.kind = Part::Pending;
      out.isOverflown = a.isOverflown || b.isOverflown;
      out.isReal =
          a.isReal || b.isReal || op == ExprOp::Div || (op == ExprOp::Pow && b.kind == Part::Number && b.integer < 0);
      return out;
    }
    error(i, code::ExprOperand, "numbers and sizes cannot be operands of " + quoted(std::string(opOf(op))),
          "'and' and 'or' take bool; a comparison of sizes is one");
    return out;
  }
  if (op == ExprOp::Pow && a.kind == Part::Tensor && a.values.size() == 1 && b.kind == Part::Number && !b.isReal)
    return power(i, a.values[0], b.integer);
  if (op == ExprOp::MatMul)
    for (uint32_t side : {left, right})
      if (parts[side].isScalar()) {
        error(side, code::ExprOperand, quoted(textOf(side)) + " is a scalar; '@' multiplies matrices",
              "a product with a scalar is written '*'");
        return out;
      }
  Operand operands[] = {operand(left), operand(right)};
  return makeOp(i, opOf(op), operands);
}

Part ExprBuilder::evaluateTranspose(uint32_t i) {
  Part out;
  uint32_t x = child(i, 0);
  if (parts[x].kind == Part::Bad)
    return out;
  if (parts[x].kind != Part::Tensor || withoutUnnamed(parts[x].values).size() != 1) {
    error(x, code::ExprOperand, "'.T' needs a tensor, not " + quoted(textOf(x)));
    return out;
  }
  Value value = parts[x].values[0];
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  if (rank > 2) {
    context.report.error(inText(node(i).token), code::TransposeRank,
                         "'.T' is for rank 2 and less, not for " + printType(value.getType()),
                         "write transpose(" + printable(textOf(x), 20) + ", axes=[…])");
    return out;
  }
  if (rank < 2)
    return parts[x];
  Operand operands[] = {tensorOperand(x, value)};
  return makeOp(i, "transpose", operands);
}
