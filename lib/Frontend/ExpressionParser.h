//===- ExpressionParser.h - Python's expressions, as far as graphs have them -===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Python's precedence: or < and < not < comparisons < + - < * / // % @ < unary - < ** < calls, indices and .T.
// The tree is an array in which the parts of a node stand before it, so whoever walks it needs no recursion, however
// long a sum is; brackets and prefixes nest at most 1,000 levels.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_EXPRESSIONPARSER_H
#define SYMC_FRONTEND_EXPRESSIONPARSER_H

#include "lib/Frontend/JsonReader.h"

#include <optional>

namespace symc {

constexpr unsigned expressionDepthLimit = 1000;
/// Of calls of functions without types, each of which is built while its caller is.
constexpr unsigned functionDepthLimit = 200;

enum class ExprKind : uint8_t {
  Integer,    // integer
  Real,       // real: a literal with '.' or exponent, or inf nan pi
  String,     // text
  Name,       // text; quotedName says whether it was written between backquotes
  Bool,       // integer: 0 or 1
  None,       //
  Ellipsis,   // in an index only
  List,       // parts: the items
  Unary,      // op: Neg or Not; parts: the operand
  Binary,     // op; parts: left, right
  Call,       // text: the callee; parts: positional arguments, then those by keyword
  Index,      // parts: the indexed value, then one part an index
  SliceRange, // parts: start, stop, step (None where left out); in an index only
  Transpose,  // .T; parts: the operand
};

enum class ExprOp : uint8_t {
  Add,
  Sub,
  Mul,
  Div,
  FloorDiv,
  Mod,
  Pow,
  MatMul,
  Eq,
  Ne,
  Lt,
  Le,
  Gt,
  Ge,
  And,
  Or,
  Neg,
  Not
};

struct ExprNode {
  explicit ExprNode(ExprKind kind, ExprOp op = ExprOp::Add) : kind(kind), op(op) {}

  ExprKind kind;
  ExprOp op;
  bool quotedName = false;
  uint32_t firstPart = 0; // in Expression::parts
  uint32_t partCount = 0;
  uint32_t firstNode = 0; // the subtree is nodes [firstNode, this]
  uint32_t firstKeyword = 0;
  uint32_t keywordCount = 0; // the last parts of a call
  TextRange range;           // bytes of the expression: the whole
  TextRange token;           // the operator, callee or bracket
  std::string_view text;
  int64_t integer = 0;
  double real = 0;
};

struct ExprKeyword {
  std::string_view name;
  TextRange range;
};

struct Expression {
  std::vector<ExprNode> nodes; // parts before wholes; the last is the root
  std::vector<uint32_t> parts;
  std::vector<ExprKeyword> keywords;

  const ExprNode &root() const { return nodes.back(); }
  Slice<uint32_t> partsOf(const ExprNode &node) const { return {parts.data() + node.firstPart, node.partCount}; }
};

/// What is wrong with a text inside a string value; the range is in bytes of the string.
struct SyntaxError {
  std::string_view code;
  std::string message;
  std::string hint;
  std::string suggestion;
  TextRange range;
  /// The bracket that is not closed, the first comparison of a chain, …
  std::string note;
  TextRange noteRange;
};

/// `and`, `in`, `lambda` and their like, which stand for themselves wherever they stand without backquotes.
bool isExpressionKeyword(std::string_view word);

/// Nothing when `text` is not an expression; `error` then says why. Views of `text` are kept.
std::optional<Expression> parseExpression(std::string_view text, SyntaxError &error);

} // namespace symc

#endif // SYMC_FRONTEND_EXPRESSIONPARSER_H
