//===- Expression.h - Formulas that simplify themselves -----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Expressions are trees in normal form: the constructors of `Algebra` fold numbers, collect
// factors and terms, pull scalars out of matrix products and drop broadcasts that NumPy does
// by itself. Equal expressions are the same object.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_EXPORT_FORMULA_EXPRESSION_H
#define SYMC_EXPORT_FORMULA_EXPRESSION_H

#include "dialects/sym/Dims.h"
#include <map>
#include <memory>
#include <vector>

namespace symc::formula {

/// A quotient; in lowest terms when both are integers.
struct Ratio {
  double above = 1, below = 1;

  static Ratio make(double above, double below);
  Ratio operator*(Ratio o) const { return make(above * o.above, below * o.below); }
  Ratio operator+(Ratio o) const { return make(above * o.below + o.above * below, below * o.below); }
  Ratio operator-() const { return {-above, below}; }
  bool is(double v) const { return above == v && below == 1; }
  double value() const { return above / below; }
};

struct Expr;
using Ex = const Expr *;

enum class Kind {
  Number,    // ratio
  Size,      // size, a scalar
  Ref,       // text: a name of the graph
  Add,       // sum of terms[i] * args[i]
  Mul,       // ratio * product of args[i] ** powers[i]
  MatMul,    // args[0] @ args[1] @ …, matrices
  Transpose, // args[0].T, a matrix
  Broadcast, // args[0] in `shape`, where nothing beside it has that shape
  Compare,   // args[0] text args[1]
  Choice,    // args[1] where args[0] holds, else args[2]: of the two, only one has to have a value
  Tuple,     // (args…)
  Call       // text(args…, attributes…)
};

/// A keyword argument of a call, or one by its place when it has no name.
struct Argument {
  std::string name, value;
  std::optional<Dims> sizes = std::nullopt; // instead of `value`
};

struct Expr {
  Kind kind;
  Dims shape;         // as NumPy sees it
  bool truth = false; // NumPy has booleans here, which do not add up
  std::string text;
  Ratio ratio;
  Dim size;
  std::vector<Ex> args;
  std::vector<Ratio> terms;
  std::vector<int64_t> powers;
  std::vector<Argument> attributes;
  unsigned id = 0;
  size_t operations = 0; // as written out

  explicit Expr(Kind kind) : kind(kind) {}

  bool isNumber(double v) const { return kind == Kind::Number && ratio.is(v); }
  bool isScalar() const { return shape.empty(); }
};

/// Visits the formulas and all their parts, each once, in the order in which they are written.
void forEachPart(llvm::ArrayRef<Ex> formulas, llvm::function_ref<void(Ex)> visit);

class Algebra {
public:
  explicit Algebra(mlir::MLIRContext *context) : context(context) {}

  Ex number(Ratio value);
  Ex number(double value) { return number(Ratio{value, 1}); }
  Ex size(Dim size);
  Ex ref(std::string name, Dims shape, bool truth = false);
  Ex add(llvm::ArrayRef<std::pair<Ratio, Ex>> terms, const Dims &shape);
  /// Product of powers. Factors stay apart where what they make together is no exact number.
  Ex mul(llvm::ArrayRef<std::pair<Ex, int64_t>> factors, const Dims &shape);
  Ex scale(Ratio by, Ex x) { return mul({{number(by), 1}, {x, 1}}, x->shape); }
  Ex matmul(Ex a, Ex b, const Dims &shape);
  Ex transpose(Ex x);
  Ex broadcast(Ex x, const Dims &shape);
  Ex reshape(Ex x, const Dims &shape);
  /// Sum over the axes (sorted).
  Ex sum(Ex x, llvm::ArrayRef<int64_t> axes, bool keep, const Dims &shape);
  Ex compare(std::string relation, Ex a, Ex b, const Dims &shape);
  Ex where(Ex condition, Ex x, Ex y, const Dims &shape);
  Ex choose(Ex condition, Ex x, Ex y, const Dims &shape);
  /// The expression where it is known whether the condition, of choices in it, holds.
  Ex given(Ex e, Ex condition, bool holds);
  /// What stands for several values; one stands for itself.
  Ex tuple(std::vector<Ex> values);
  Ex call(std::string name, std::vector<Ex> args, std::vector<Argument> attributes, const Dims &shape,
          bool truth = false);
  /// 1 or 0, also where NumPy would calculate with truths in another way.
  Ex indicator(Ex truth) { return call("where", {truth, number(1), number(0)}, {}, truth->shape); }

private:
  mlir::MLIRContext *context;
  std::map<std::string, std::unique_ptr<Expr>> known;

  /// e with other arguments, of the same shapes.
  Ex rebuilt(Ex e, llvm::ArrayRef<Ex> args);
  Ex intern(Expr e);
  Ex dropBroadcast(Ex x) const { return x->kind == Kind::Broadcast ? x->args[0] : x; }
  Ex shaped(Ex x, const Dims &shape);
  /// Splits x into a scalar factor and the rest.
  std::pair<Ex, Ex> splitScalar(Ex x);
};

/// The shape that NumPy gives to an elementwise operation.
Dims broadcastShape(llvm::ArrayRef<Ex> operands);

} // namespace symc::formula
#endif
