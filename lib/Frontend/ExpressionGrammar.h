//===- ExpressionGrammar.h - How an expression is parsed --------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Shared by the files that implement it: ExpressionParser.cpp has the operators, ExpressionPrimaries.cpp what stands
// between them.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_EXPRESSIONGRAMMAR_H
#define SYMC_FRONTEND_EXPRESSIONGRAMMAR_H

#include "lib/Frontend/ExpressionLexer.h"

namespace symc {

class ExpressionParser : ExpressionLexer {
public:
  ExpressionParser(std::string_view text, SyntaxError &error) : ExpressionLexer(text, error) {}

  bool parse();

  Expression expression;

private:
  /// Binding strengths; a larger one binds tighter.
  enum Precedence { OrLevel = 1, AndLevel, NotLevel, ComparisonLevel, SumLevel, ProductLevel };

  struct BinaryOp {
    std::string_view text;
    ExprOp op;
    Precedence level;
  };
  static const BinaryOp binaryOps[];
  const BinaryOp *binaryOp() const;

  bool deeper();
  bool parseBinary(int level, uint32_t &node);
  bool parseUnary(uint32_t &node);
  [[gnu::noinline]] bool chained(std::string_view op, uint32_t first);

  bool parsePostfix(uint32_t &node);
  [[gnu::noinline]] bool attribute(uint32_t node);
  bool parsePrimary(uint32_t &node);
  bool parseNumber(uint32_t &node);
  bool parseName(uint32_t &node);
  bool parseCall(uint32_t &node, Token name);
  bool parseIndex(uint32_t &node);
  bool parseSlice(uint32_t &node);
  bool parseList(uint32_t &node);
  bool parseComma(const char *close, TextRange open);

  uint32_t add(ExprNode node, Slice<uint32_t> parts);
  uint32_t addLeaf(ExprKind kind) {
    ExprNode node{kind};
    node.range = node.token = token.range;
    node.text = token.text;
    return add(node, {});
  }
  const ExprNode &at(uint32_t node) const { return expression.nodes[node]; }

  unsigned depth = 0;
};

} // namespace symc

#endif // SYMC_FRONTEND_EXPRESSIONGRAMMAR_H
