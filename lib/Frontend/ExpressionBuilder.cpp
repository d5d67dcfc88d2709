//===- ExpressionBuilder.cpp - Expressions as operations ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Frontend/ExpressionEvaluator.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace symc;

static StringRef opOf(ExprOp op) {
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
  double real = part.kind == Part::Bool ? double(part.integer) : part.real;
  Value value = maker.scalar(loc, element, real, part.integer, part.isReal);
  if (value)
    return value;
  if (!part.isReal || isa<FloatType>(element))
    return cannot("");
  // An integer beyond 64 bits is read as a real number.
  bool digits = StringRef(textOf(i)).ltrim("-+").find_first_not_of("0123456789_") == StringRef::npos;
  return cannot(digits ? "an integer has 64 bits; beyond them only floating operands have a value"
                       : "a literal with '.' or an exponent needs a floating operand");
}

/// Builds scalar arithmetic on sizes, e.g. the `2 / m` of `2 / m * x`, in the element type of what it meets.
Value ExprBuilder::buildPending(uint32_t root, Type element) {
  std::vector<Value> built(root - node(root).firstNode + 1);
  std::vector<bool> needed(built.size());
  uint32_t first = node(root).firstNode;
  needed[root - first] = true;
  for (uint32_t i = root + 1; i-- > first;)
    if (needed[i - first] && parts[i].kind == Part::Pending)
      for (uint32_t part : expression.partsOf(node(i)))
        needed[part - first] = true;
  for (uint32_t i = first; i <= root; ++i) {
    if (!needed[i - first])
      continue;
    if (parts[i].kind != Part::Pending) {
      built[i - first] = buildScalar(i, parts[i], element);
    } else {
      SmallVector<Operand, 2> operands;
      for (uint32_t part : expression.partsOf(node(i)))
        operands.push_back(tensorOperand(part, built[part - first]));
      Part made = makeOp(i, opOf(node(i).op), operands, {}, /*last=*/false);
      built[i - first] = made.kind == Part::Tensor ? made.values[0] : Value();
    }
    if (!built[i - first])
      return {};
  }
  return built.back();
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
    if (part.values.size() > 1) {
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
// Sizes
//===----------------------------------------------------------------------===//

/// Sums, products and floor divisions of sizes are sizes, as long as their numbers are integers of 64 bits.
std::optional<Part> ExprBuilder::foldSizes(ExprOp op, const Part &a, const Part &b) {
  auto size = [&](const Part &part) -> AffineExpr {
    if (part.kind == Part::Size)
      return part.size;
    return part.kind == Part::Number && !part.isReal ? constantDim(context.context, part.integer) : AffineExpr();
  };
  AffineExpr x = size(a), y = size(b);
  if (!x || !y)
    return std::nullopt;
  Part out;
  out.kind = Part::Size;
  std::optional<int64_t> divisor = constantValue(y);
  if (op == ExprOp::Add)
    out.size = Size(x) + y;
  else if (op == ExprOp::Sub)
    out.size = Size(x) - y;
  else if (op == ExprOp::Mul)
    out.size = Size(x) * y;
  else if (op == ExprOp::FloorDiv && divisor && *divisor > 0)
    out.size = Size(x).floorDiv(y);
  else
    return std::nullopt;
  if (isOverflown(out.size)) {
    out.kind = Part::Pending;
    out.isOverflown = true;
  }
  return out;
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

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
    out.size = Size(x.size) * -1;
    return out;
  }
  if (negation && x.kind == Part::Pending) {
    out.kind = Part::Pending;
    out.isOverflown = x.isOverflown;
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
  if (exponent < 0 && !isa<FloatType>(element)) {
    error(x, code::ElementTypeUnsupported, "a negative power takes floating operands, not " + printType(base.getType()),
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
  if (a.isScalar() && b.isScalar()) {
    if (auto folded = foldSizes(op, a, b))
      return *folded;
    if (op <= ExprOp::Pow) {
      out.kind = Part::Pending;
      out.isOverflown = a.isOverflown || b.isOverflown;
      return out;
    }
    error(i, code::ExprOperand, "numbers and sizes alone cannot be operands of " + quoted(std::string(opOf(op))),
          "what does not depend on a tensor is not computed at run time");
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
  if (parts[x].kind != Part::Tensor || parts[x].values.size() != 1) {
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

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

/// `f(a, b)` of a function of the file.
Part ExprBuilder::callFunction(uint32_t i) {
  const ExprNode &call = node(i);
  Slice<uint32_t> arguments = expression.partsOf(call);
  size_t positional = arguments.size() - call.keywordCount;
  Part out;
  for (uint32_t k = 0; k < call.keywordCount; ++k) {
    const ExprKeyword &keyword = expression.keywords[call.firstKeyword + k];
    if (parts[arguments[positional + k]].kind == Part::Bad)
      continue;
    context.report.error(inText(keyword.range), code::ExprCall,
                         "a call of a function has no argument " + quoted(keyword.name));
    return out;
  }
  SmallVector<Operand> operands;
  for (size_t k = 0; k < positional; ++k)
    operands.push_back(operand(arguments[k]));
  if (llvm::any_of(operands, [](const Operand &operand) { return operand.bad; }))
    return out;
  out.values = scope.call(call.text, operands, place(i, ref(call.text), true));
  out.kind = out.values.empty() ? Part::Bad : Part::Tensor;
  return out;
}

Part ExprBuilder::evaluateCall(uint32_t i) {
  const ExprNode &call = node(i);
  if (scope.isFunction(call.text) && (call.quotedName || !findOpSchema(ref(call.text))))
    return callFunction(i);
  Slice<uint32_t> arguments = expression.partsOf(call);
  size_t positional = arguments.size() - call.keywordCount;
  Part out;
  SmallVector<Operand> operands;
  SmallVector<AttributeArgument> attributes;
  SmallVector<bool> isOperand(call.keywordCount, false);
  if (!findOpSchema(ref(call.text)) && scope.isTensor(call.text)) {
    context.report.error(inText(call.token), code::ExprCall, quoted(call.text) + " is a tensor, not an op",
                         "a product is written '*', an element " + std::string(call.text) + "[0]");
    return out;
  }
  const OpSchema *schema = maker.find(call.text, inText(call.token));
  if (!schema)
    return out;
  bool takesFunctions = schema->takesFunctions();
  bool allKnown = true; // a keyword that is not may stand for any operand
  for (uint32_t k = 0; k < call.keywordCount; ++k) {
    StringRef keyword = ref(expression.keywords[call.firstKeyword + k].name);
    for (const OperandSchema &operand : schema->operands)
      isOperand[k] = isOperand[k] || (operand.name == keyword && !operand.variadic && !takesFunctions);
    allKnown &=
        isOperand[k] || llvm::any_of(schema->attributes, [&](const AttrSchema &a) { return a.name == keyword; });
  }
  // Operands first, then attributes in the order of the op's signature.
  size_t slots = schema->operands.size(), next = 0;
  bool variadic = llvm::any_of(schema->operands, [](const OperandSchema &o) { return o.variadic; });
  bool good = true;
  // `einsum('ij,jk->ik', a, b)`: a string cannot be an operand, so a first one is the first attribute.
  if (variadic && positional && parts[arguments[0]].kind == Part::String && !schema->attributes.empty() &&
      !takesFunctions) {
    attributes.push_back({view(schema->attributes[0].name), rangeOf(arguments[0]), literal(arguments[0])});
    next = 1;
  }
  size_t nextAttribute = attributes.size();
  for (; next < positional; ++next) {
    uint32_t argument = arguments[next];
    const Part &part = parts[argument];
    if (variadic && part.kind == Part::List) {
      for (uint32_t item : expression.partsOf(node(argument)))
        operands.push_back(operand(item));
    } else if (variadic || operands.size() < slots) {
      bool literalForParameter =
          maker.isLayer(*schema) && !operands.empty() && part.kind != Part::Tensor && part.kind != Part::Bad;
      if (literalForParameter) {
        error(argument, code::ExprOperand,
              quoted(textOf(argument)) + " stands for the operand " + quoted(schema->operands[operands.size()].name) +
                  " of " + quoted(schema->mnemonic),
              schema->attributes.empty() ? ""
                                         : "attributes are given by name: " + schema->attributes[0].name.str() + "=" +
                                               printable(textOf(argument), 20));
        return out;
      }
      operands.push_back(operand(argument));
    } else if (nextAttribute < schema->attributes.size()) {
      attributes.push_back({view(schema->attributes[nextAttribute++].name), rangeOf(argument), literal(argument)});
    } else {
      error(argument, code::ExprCall,
            quoted(schema->mnemonic) + " takes at most " + std::to_string(slots + schema->attributes.size()) +
                (slots + schema->attributes.size() == 1 ? " argument, not " : " arguments, not ") +
                std::to_string(positional));
      good = false;
      break;
    }
  }
  for (uint32_t k = 0; k < call.keywordCount; ++k)
    if (isOperand[k]) {
      const ExprKeyword &keyword = expression.keywords[call.firstKeyword + k];
      operands.push_back(operand(arguments[positional + k]));
      operands.back().name = keyword.name;
      operands.back().nameRange = inText(keyword.range);
    }
  OpPlace site;
  site.op = inText(call.token);
  site.inExpression = true;
  if (good && allKnown && !maker.arrange(*schema, operands, site))
    return out;
  size_t byPosition = attributes.size();
  for (uint32_t k = 0; k < call.keywordCount; ++k) {
    const ExprKeyword &keyword = expression.keywords[call.firstKeyword + k];
    if (isOperand[k])
      continue;
    // What is no attribute is reported as that, whatever its value is.
    Literal unknown;
    unknown.kind = Literal::Bad;
    bool known = llvm::any_of(schema->attributes, [&](const AttrSchema &a) { return a.name == ref(keyword.name); });
    attributes.push_back({keyword.name, inText(keyword.range), known ? literal(arguments[positional + k]) : unknown});
  }
  for (size_t k = byPosition; k < attributes.size(); ++k)
    for (size_t other = 0; other < byPosition; ++other)
      if (attributes[k].name == attributes[other].name) {
        context.report.error(attributes[k].nameRange, code::ExprCall,
                             "the argument " + quoted(attributes[k].name) + " is given twice",
                             {"", "", {context.report.note(attributes[other].nameRange, "first given here")}});
        good = false;
      }
  if (!good)
    return out;
  if (takesFunctions) {
    bool bad = llvm::any_of(operands, [](const Operand &operand) { return operand.bad; });
    out.values = scope.control(*schema, operands, attributes, bad ? site : place(i, schema->mnemonic, true));
    out.kind = out.values.empty() ? Part::Bad : Part::Tensor;
    return out;
  }
  // `pow(x, 2)` says what `x ** 2` says.
  if (schema->mnemonic == "pow" && positional == 2 && operands.size() == 2 && operands[0].value && !operands[0].bad &&
      parts[arguments[1]].kind == Part::Number && !parts[arguments[1]].isReal && attributes.empty())
    return power(i, operands[0].value, parts[arguments[1]].integer);
  // A literal that is the whole expression has no type to become a node.
  if (i + 1 != expression.nodes.size())
    if (auto folded = foldCall(i, *schema, attributes))
      return *folded;
  return makeOp(i, schema->mnemonic, operands, attributes);
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
