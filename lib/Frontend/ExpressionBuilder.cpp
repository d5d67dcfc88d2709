//===- ExpressionBuilder.cpp - Expressions as operations ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Requirements.h"
#include "lib/Frontend/ExpressionEvaluator.h"

using namespace mlir;
using namespace symc;

//===----------------------------------------------------------------------===//
// Operations and operands
//===----------------------------------------------------------------------===//

/// The last operation of the expression carries the holder's name, the others `holder/op`.
OpPlace ExprBuilder::place(uint32_t i, StringRef mnemonic, bool last) {
  OpPlace out;
  out.op = inText(node(i).token);
  out.whole = rangeOf(i);
  out.node = holder;
  out.nodeRange = holderRange;
  out.inExpression = true;
  if (last && i + 1 == expression.nodes.size()) {
    out.name = holder;
    return out;
  }
  out.name = std::string(holder) + "/" + mnemonic.str();
  if (unsigned count = counts[mnemonic]++)
    out.name += "_" + std::to_string(count);
  scope.named(out.name, holderRange);
  return out;
}

Part ExprBuilder::makeOp(uint32_t i, StringRef mnemonic, MutableArrayRef<Operand> operands,
                         ArrayRef<AttributeArgument> attributes, bool last) {
  Part out;
  const OpSchema *schema = maker.find(view(mnemonic), inText(node(i).token));
  if (!schema)
    return out;
  bool bad = llvm::any_of(operands, [](const Operand &operand) { return operand.bad; });
  OpPlace where = bad ? OpPlace{} : place(i, mnemonic, last);
  if (bad) {
    where.op = inText(node(i).token);
    where.inExpression = true;
  }
  out.values = maker.make(*schema, operands, attributes, where);
  out.kind = out.values.empty() ? Part::Bad : Part::Tensor;
  return out;
}

Value ExprBuilder::buildScalar(uint32_t i, const Part &part, Type element) {
  OpPlace where;
  Location loc = context.location(rangeOf(i), ref(holder));
  auto cannot = [&](std::string hint) {
    error(i, code::LiteralType, quoted(textOf(i)) + " cannot be a value of " + printElementType(element),
          std::move(hint));
    return Value();
  };
  if (element.isInteger(1) && part.kind != Part::Bool)
    return cannot("a bool meets True and False only");
  if (!element.isInteger(1) && part.kind == Part::Bool)
    return cannot("cast(…, 'f32') makes numbers of bool");
  if (part.kind == Part::Size) {
    if (auto constant = constantValue(part.size))
      return maker.scalar(loc, element, static_cast<double>(*constant), *constant, false);
    return sym::SizeOp::create(context.b, loc, sym::DimsAttr::get(context.context, {part.size}), element);
  }
  // The digits of what u64 has beyond i64 are read as a real number.
  StringRef digits = node(i).kind == ExprKind::Real ? ref(node(i).text) : StringRef();
  uint64_t large;
  if (element.isUnsignedInteger(64) && llvm::to_integer(digits, large, 10)) {
    auto type = RankedTensorType::get({}, element);
    return sym::ConstantOp::create(context.b, loc, type, DenseElementsAttr::get(type, APInt(64, large)));
  }
  double real = part.kind == Part::Bool ? double(part.integer) : part.real;
  Value value = maker.scalar(loc, element, real, part.integer, part.isReal);
  if (value)
    return value;
  if (!part.isReal || isa<FloatType>(element))
    return cannot("");
  // An integer beyond 64 bits is read as a real number.
  bool isInteger = StringRef(textOf(i)).ltrim("-+").find_first_not_of("0123456789_") == StringRef::npos;
  return cannot(isInteger ? "beyond i64 only u64, up to 18446744073709551615, and floating operands have a value"
                          : "a literal with '.' or an exponent needs a floating operand");
}

/// `value`, where a call that uses it fails unless it lies between the two numbers of its type.
static Value checked(OpBuilder &b, Location loc, Value value, Value tested, TypedAttr least, TypedAttr below,
                     const std::string &message) {
  auto type = cast<RankedTensorType>(tested.getType());
  auto number = [&](TypedAttr attr) {
    return sym::ConstantOp::create(b, loc, type, DenseElementsAttr::get(type, Attribute(attr)));
  };
  Value isIn = sym::GreaterEqualOp::create(b, loc, tested, number(least));
  if (below)
    isIn = sym::LogicalAndOp::create(b, loc, isIn, sym::LessOp::create(b, loc, tested, number(below)));
  auto check = sym::AssertOp::create(b, loc, value, isIn, b.getStringAttr(message));
  check->setAttr(kChecksSize, b.getUnitAttr());
  return check;
}

/// Builds scalar arithmetic on sizes, e.g. the `2 / m` of `2 / m * x`, in the element type of what it meets; that of
/// integers in 64 bits, so that only the result must be of the type.
Value ExprBuilder::buildPending(uint32_t root, Type element) {
  OpBuilder &b = context.b;
  bool whole = isa<IntegerType>(element) && !element.isInteger(1) && !parts[root].isReal;
  Type wide = whole ? Type(b.getI64Type()) : element;
  std::vector<Value> built(root - node(root).firstNode + 1);
  std::vector<bool> needed(built.size());
  uint32_t first = node(root).firstNode;
  needed[root - first] = true;
  // Whether a number may become larger than 64 bits: quotients and remainders of sizes do not.
  bool grows = parts[root].isOverflown;
  for (uint32_t i = root + 1; i-- > first;)
    if (needed[i - first] && parts[i].kind == Part::Pending) {
      grows |= node(i).op == ExprOp::Pow;
      for (uint32_t part : expression.partsOf(node(i)))
        needed[part - first] = true;
    }
  Location loc = context.location(rangeOf(root), ref(holder));
  for (uint32_t i = first; i <= root; ++i) {
    if (!needed[i - first])
      continue;
    if (parts[i].kind != Part::Pending) {
      built[i - first] = buildScalar(i, parts[i], wide);
    } else {
      SmallVector<Operand, 2> operands, reals;
      for (uint32_t part : expression.partsOf(node(i)))
        operands.push_back(tensorOperand(part, built[part - first]));
      Part made = makeOp(i, opOf(node(i).op), operands, {}, /*last=*/false);
      built[i - first] = made.kind == Part::Tensor ? made.values[0] : Value();
      ExprOp op = node(i).op;
      if (built[i - first] && whole && grows && op != ExprOp::FloorDiv && op != ExprOp::Mod) {
        for (const Operand &operand : operands)
          reals.push_back(tensorOperand(i, sym::CastOp::create(b, loc, operand.value, b.getF64Type())));
        Part real = makeOp(i, opOf(op), reals, {}, /*last=*/false);
        if (real.kind == Part::Tensor)
          built[i - first] =
              checked(b, loc, built[i - first], real.values[0], b.getF64FloatAttr(-0x1p63), b.getF64FloatAttr(0x1p63),
                      "the number " + printable(textOf(i)) + " does not fit in 64 bits");
      }
    }
    if (!built[i - first])
      return {};
  }
  Value value = built.back();
  bool isUnsigned = element.isUnsignedInteger();
  if (!whole || element == wide)
    return value;
  unsigned bits = element.getIntOrFloatBitWidth() - !isUnsigned;
  int64_t below = bits < 63 ? int64_t(1) << bits : 0;
  value = checked(b, loc, value, value, b.getI64IntegerAttr(isUnsigned ? 0 : -below),
                  below ? b.getI64IntegerAttr(below) : TypedAttr(),
                  "the number " + printable(textOf(root)) + " of sizes does not fit into " + printElementType(element));
  return sym::CastOp::create(b, loc, value, element);
}

Operand ExprBuilder::operand(uint32_t i) {
  Operand out;
  out.range = rangeOf(i);
  const Part &part = parts[i];
  switch (part.kind) {
  case Part::Bad:
    out.bad = true;
    break;
  case Part::Tensor:
    out.value = part.values[0];
    if (withoutUnnamed(part.values).size() > 1) {
      error(i, code::ResultCount,
            quoted(node(i).text) + " has " + std::to_string(part.values.size()) + " results here, where one is needed",
            "make it a node of its own with a list of names");
      out.bad = true;
    }
    break;
  case Part::Number:
  case Part::Size:
  case Part::Bool:
    out.text = textOf(i);
    out.isReal = part.isReal;
    out.isBool = part.kind == Part::Bool;
    out.build = [this, i](Type element) { return buildScalar(i, parts[i], element); };
    break;
  case Part::Pending:
    out.text = textOf(i);
    out.isReal = true;
    out.build = [this, i](Type element) { return buildPending(i, element); };
    break;
  default:
    error(i, code::ExprOperand,
          std::string(part.kind == Part::String ? "the string "
                      : part.kind == Part::List ? "the list "
                                                : "") +
              said(i) + " cannot be an operand");
    out.bad = true;
  }
  return out;
}

/// A part as the value of an attribute. Lists nest no deeper than expressions do.
Literal ExprBuilder::literal(uint32_t i) {
  const Part &part = parts[i];
  Literal out;
  out.range = rangeOf(i);
  switch (part.kind) {
  case Part::Number:
    out.kind = part.isReal ? Literal::Real : Literal::Integer;
    out.integer = part.integer;
    out.real = part.real;
    break;
  case Part::Bool:
    out.kind = Literal::Bool;
    out.integer = part.integer;
    break;
  case Part::Size:
    if (auto constant = constantValue(part.size)) {
      out.kind = Literal::Integer;
      out.integer = *constant;
      out.real = static_cast<double>(*constant);
    } else {
      out.kind = Literal::Size;
      out.size = part.size;
    }
    break;
  case Part::String:
    out.kind = Literal::String;
    out.text = node(i).text;
    break;
  case Part::None:
    break;
  case Part::List:
    out.kind = Literal::List;
    for (uint32_t item : expression.partsOf(node(i)))
      out.items.push_back(literal(item));
    break;
  case Part::Bad:
    out.kind = Literal::Bad;
    break;
  default:
    if (part.isOverflown) {
      error(i, code::ResultLimit, "the size " + quoted(textOf(i)) + " does not fit in 63 bits");
      out.kind = Literal::Bad;
      break;
    }
    error(i, code::AttributeKind,
          quoted(textOf(i)) + " is computed by the model, but an attribute is known at compile time");
    out.kind = Literal::Bad;
  }
  return out;
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

void ExprBuilder::evaluate(uint32_t i) {
  const ExprNode &n = node(i);
  Part &out = parts[i];
  switch (n.kind) {
  case ExprKind::Integer:
    out = Part::number(n.integer);
    break;
  case ExprKind::Real:
    out = Part::number(n.real);
    break;
  case ExprKind::Bool:
    out = Part::boolean(n.integer);
    break;
  case ExprKind::String:
    out.kind = Part::String;
    break;
  case ExprKind::None:
    out.kind = Part::None;
    break;
  case ExprKind::Ellipsis:
    out.kind = Part::Ellipsis;
    break;
  case ExprKind::List:
    out.kind = Part::List;
    break;
  case ExprKind::SliceRange:
    out.kind = Part::Slice;
    break;
  case ExprKind::Name: {
    Resolved resolved = scope.resolve(n.text, rangeOf(i));
    if (resolved.value) {
      out.kind = Part::Tensor;
      out.values = {resolved.value};
    } else if (resolved.size) {
      out.kind = Part::Size;
      out.size = resolved.size;
    }
    break;
  }
  case ExprKind::Unary:
    out = evaluateUnary(i);
    break;
  case ExprKind::Binary:
    out = evaluateBinary(i);
    break;
  case ExprKind::Transpose:
    out = evaluateTranspose(i);
    break;
  case ExprKind::Call:
    out = evaluateCall(i);
    break;
  case ExprKind::Index:
    out = evaluateIndex(i);
    break;
  }
}

SmallVector<Value> ExprBuilder::build() {
  for (uint32_t i = 0; i < expression.nodes.size(); ++i)
    evaluate(i);
  uint32_t root = expression.nodes.size() - 1;
  const Part &result = parts[root];
  if (result.kind == Part::Bad)
    return {};
  if (result.kind != Part::Tensor) {
    error(root, result.isScalar() || result.kind == Part::Bool ? code::ExprLiteralOnly : code::ExprOperand,
          result.isScalar() || result.kind == Part::Bool
              ? "the element type of " + quoted(textOf(root)) + " is unknown: it meets no tensor"
              : said(root) + " is not a tensor",
          result.isScalar() ? "cast(" + printable(textOf(root), 20) + ", 'f32') gives it one" : "");
    return {};
  }
  return SmallVector<Value>(result.values.begin(), result.values.end());
}

SmallVector<Value> symc::buildExpression(ImportContext &context, OpMaker &maker, const ExpressionScope &scope,
                                         const Expression &expression, const StringPlaces &places,
                                         std::string_view holder, TextRange holderRange) {
  return ExprBuilder(context, maker, scope, expression, places, holder, holderRange).build();
}
