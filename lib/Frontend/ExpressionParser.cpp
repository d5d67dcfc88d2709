//===- ExpressionParser.cpp - The operators of an expression --------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/ExpressionGrammar.h"

using namespace symc;

const ExpressionParser::BinaryOp ExpressionParser::binaryOps[] = {
    {"or", ExprOp::Or, OrLevel},
    {"and", ExprOp::And, AndLevel},
    {"==", ExprOp::Eq, ComparisonLevel},
    {"!=", ExprOp::Ne, ComparisonLevel},
    {"<", ExprOp::Lt, ComparisonLevel},
    {"<=", ExprOp::Le, ComparisonLevel},
    {">", ExprOp::Gt, ComparisonLevel},
    {">=", ExprOp::Ge, ComparisonLevel},
    {"+", ExprOp::Add, SumLevel},
    {"-", ExprOp::Sub, SumLevel},
    {"*", ExprOp::Mul, ProductLevel},
    {"/", ExprOp::Div, ProductLevel},
    {"//", ExprOp::FloorDiv, ProductLevel},
    {"%", ExprOp::Mod, ProductLevel},
    {"@", ExprOp::MatMul, ProductLevel},
};

bool ExpressionParser::parse() {
  if (!advance())
    return false;
  if (token.kind == Tok::End)
    return fail(code::ExprTruncated, token.range, "the expression is empty");
  uint32_t root;
  if (!parseBinary(OrLevel, root))
    return false;
  return token.kind == Tok::End || unexpected("an operator or the end");
}

uint32_t ExpressionParser::add(ExprNode node, Slice<uint32_t> parts) {
  uint32_t index = uint32_t(expression.nodes.size());
  node.firstPart = uint32_t(expression.parts.size());
  node.partCount = uint32_t(parts.size());
  node.firstNode = parts.empty() ? index : at(parts[0]).firstNode;
  expression.parts.insert(expression.parts.end(), parts.begin(), parts.end());
  expression.nodes.push_back(node);
  return index;
}

const ExpressionParser::BinaryOp *ExpressionParser::binaryOp() const {
  if (token.kind != Tok::Punct && token.kind != Tok::Name)
    return nullptr;
  for (const BinaryOp &op : binaryOps)
    if (token.text == op.text)
      return &op;
  return nullptr;
}

bool ExpressionParser::deeper() {
  if (++depth <= expressionDepthLimit)
    return true;
  return fail(code::ExprDepth, token.range,
              "the expression nests deeper than " + std::to_string(expressionDepthLimit) + " levels",
              "split it into several nodes");
}

/// `a < b < c`: Python means `a < b and b < c`, which is what to write.
bool ExpressionParser::chained(std::string_view op, uint32_t first) {
  const ExprNode &left = at(first);
  auto source = [&](const ExprNode &node) {
    return printable(text.substr(node.range.begin, node.range.end - node.range.begin), 20);
  };
  const ExprNode &middle = at(expression.partsOf(left)[1]);
  std::string comparison(text.substr(left.token.begin, left.token.end - left.token.begin));
  return fail(code::ExprUnsupported, token.range, "expressions do not have chained comparisons",
              "write '" + source(at(expression.partsOf(left)[0])) + " " + comparison + " " + source(middle) + " and " +
                  source(middle) + " " + std::string(op) + " …'");
}

bool ExpressionParser::parseBinary(int level, uint32_t &node) {
  if (isKeyword("not")) {
    if (level > NotLevel)
      return fail(code::ExprSyntax, token.range, "'not' binds weaker than the operator before it",
                  "put 'not …' between parentheses");
    ExprNode negation{ExprKind::Unary, ExprOp::Not};
    negation.token = token.range;
    if (!deeper() || !advance() || !parseBinary(NotLevel, node))
      return false;
    --depth;
    negation.range = {negation.token.begin, at(node).range.end};
    node = add(negation, {&node, 1});
  } else if (!parseUnary(node)) {
    return false;
  }
  bool compared = false;
  while (const BinaryOp *op = binaryOp()) {
    if (op->level < level)
      return true;
    if (op->level == ComparisonLevel && compared)
      return chained(op->text, node);
    ExprNode binary{ExprKind::Binary, op->op};
    binary.token = token.range;
    uint32_t parts[2] = {node, 0};
    if (!advance() || !parseBinary(op->level + 1, parts[1]))
      return false;
    compared = op->level == ComparisonLevel;
    binary.range = {at(parts[0]).range.begin, at(parts[1]).range.end};
    node = add(binary, {parts, 2});
  }
  return true;
}

bool ExpressionParser::parseUnary(uint32_t &node) {
  if (is("+"))
    return fail(code::ExprUnsupported, token.range, "expressions do not have a unary '+'", "remove the '+'");
  if (is("-")) {
    ExprNode minus{ExprKind::Unary, ExprOp::Neg};
    minus.token = token.range;
    if (!deeper() || !advance() || !parseUnary(node))
      return false;
    --depth;
    minus.range = {minus.token.begin, at(node).range.end};
    node = add(minus, {&node, 1});
    return true;
  }
  if (!parsePostfix(node))
    return false;
  if (!is("**"))
    return true;
  ExprNode power{ExprKind::Binary, ExprOp::Pow};
  power.token = token.range;
  uint32_t parts[2] = {node, 0};
  if (!deeper() || !advance() || !parseUnary(parts[1]))
    return false;
  --depth;
  power.range = {at(parts[0]).range.begin, at(parts[1]).range.end};
  node = add(power, {parts, 2});
  return true;
}

std::optional<Expression> symc::parseExpression(std::string_view text, SyntaxError &error) {
  ExpressionParser parser(text, error);
  if (!parser.parse())
    return std::nullopt;
  return std::move(parser.expression);
}
