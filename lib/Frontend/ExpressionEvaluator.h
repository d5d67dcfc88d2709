//===- ExpressionEvaluator.h - How an expression is evaluated -----*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Shared by the files that implement it: ExpressionBuilder.cpp goes through the expression and makes operations,
// ExpressionOperators.cpp, ExpressionCalls.cpp and ExpressionIndexing.cpp say which, and ExpressionFolding.cpp computes
// what depends on no tensor.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_EXPRESSIONEVALUATOR_H
#define SYMC_FRONTEND_EXPRESSIONEVALUATOR_H

#include "lib/Frontend/ExpressionBuilder.h"
#include <cmath>

namespace symc {
using namespace mlir;

/// What a part of an expression is worth so far.
struct Part {
  enum Kind : uint8_t { Bad, Tensor, Number, Size, Pending, Bool, String, None, List, Ellipsis, Slice };
  Kind kind = Bad;
  bool isReal = false;          // Number: needs a floating type; Pending: may not be an integer
  bool isOverflown = false;     // Pending: of sizes, with a number that does not fit in 64 bits
  int64_t integer = 0;          // Number, Bool
  double real = 0;              // Number
  Dim size;                     // Size
  SmallVector<Value, 1> values; // Tensor: the results of the op
  bool isScalar() const { return kind == Number || kind == Size || kind == Pending; }

  static Part number(double real) {
    Part out;
    out.kind = Number;
    out.isReal = true;
    out.real = real;
    return out;
  }
  static Part number(int64_t integer) {
    Part out;
    out.kind = Number;
    out.integer = integer;
    out.real = static_cast<double>(integer);
    return out;
  }
  static Part boolean(bool value) {
    Part out;
    out.kind = Bool;
    out.integer = value;
    return out;
  }
};

/// The op that an operator stands for.
StringRef opOf(ExprOp op);
/// Whether the op compares its two operands.
bool isComparison(StringRef mnemonic);

class ExprBuilder {
public:
  ExprBuilder(ImportContext &context, OpMaker &maker, const ExpressionScope &scope, const Expression &expression,
              const StringPlaces &places, std::string_view holder, TextRange holderRange)
      : context(context), maker(maker), scope(scope), expression(expression), places(places), holder(holder),
        holderRange(holderRange), parts(expression.nodes.size()) {}

  SmallVector<Value> build();

private:
  class OpCall;
  class TensorIndex;

  const ExprNode &node(uint32_t i) const { return expression.nodes[i]; }
  uint32_t child(uint32_t i, unsigned n) const { return expression.partsOf(node(i))[n]; }
  TextRange inText(TextRange range) const { return {places.inText(range.begin), places.inText(range.end)}; }
  TextRange rangeOf(uint32_t i) const { return inText(node(i).range); }
  std::string textOf(uint32_t i) const { return std::string(context.textOf(rangeOf(i))); }
  /// The text between apostrophes, unless it is a string that has its own.
  std::string said(uint32_t i) const {
    return node(i).kind == ExprKind::String ? quoted(node(i).text) : quoted(textOf(i));
  }
  void error(uint32_t i, std::string_view code, std::string message, std::string hint = "") {
    context.report.error(rangeOf(i), code, std::move(message), std::move(hint));
  }

  void evaluate(uint32_t i);
  Part evaluateUnary(uint32_t i);
  Part evaluateBinary(uint32_t i);
  Part evaluateTranspose(uint32_t i);
  Part evaluateCall(uint32_t i);
  Part callFunction(uint32_t i);
  Part evaluateIndex(uint32_t i);
  Part power(uint32_t i, Value base, int64_t exponent);
  std::optional<Part> foldNumbers(ExprOp op, const Part &a, const Part &b);
  std::optional<Part> evaluateOp(const OpSchema &schema, ArrayRef<const Part *> arguments, Type element,
                                 ArrayRef<AttributeArgument> attributes, const OpPlace &place);
  /// A call of an elementwise function on literals alone; nothing when it is none.
  std::optional<Part> foldCall(uint32_t i, const OpSchema &schema, ArrayRef<AttributeArgument> attributes);
  std::optional<Part> foldSizes(ExprOp op, const Part &a, const Part &b);
  Part compareSizes(uint32_t i, StringRef mnemonic, uint32_t left, uint32_t right);

  OpPlace place(uint32_t i, StringRef mnemonic, bool last);
  Part makeOp(uint32_t i, StringRef mnemonic, MutableArrayRef<Operand> operands,
              ArrayRef<AttributeArgument> attributes = {}, bool last = true);
  Operand operand(uint32_t i);
  Operand tensorOperand(uint32_t i, Value value) {
    Operand out;
    out.value = value;
    out.range = rangeOf(i);
    return out;
  }
  Literal literal(uint32_t i);
  Value buildPending(uint32_t i, Type element);
  Value buildScalar(uint32_t i, const Part &part, Type element);
  bool wantBound(uint32_t i, Dim size, std::optional<Dim> &bound);
  AttributeArgument sizes(StringRef name, uint32_t i, ArrayRef<Dim> sizes);
  AttributeArgument bounds(StringRef name, uint32_t i, ArrayRef<std::optional<Dim>> bounds);

  ImportContext &context;
  OpMaker &maker;
  const ExpressionScope &scope;
  const Expression &expression;
  const StringPlaces &places;
  std::string_view holder;
  TextRange holderRange;
  std::vector<Part> parts;
  llvm::StringMap<unsigned> counts;
};

} // namespace symc

#endif // SYMC_FRONTEND_EXPRESSIONEVALUATOR_H
