//===- Numpy.cpp - Formulas as NumPy --------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Export/Formula/Notation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::formula;

namespace {
class Numpy : public Notation {
public:
  Numpy(ArrayRef<Ex> formulas, ArrayRef<std::string> more) { spell(formulas, more); }

  void print(raw_ostream &os, ArrayRef<Definition> definitions, unsigned depth) override {
    std::string indent(4 * depth, ' ');
    for (const Definition &definition : definitions) {
      std::string names = list(definition.names, "_");
      if (!definition.function) {
        os << indent << names << " = " << write(definition.value) << "\n";
        continue;
      }
      const Function &function = *definition.function;
      std::string parameters = list(function.parameters, "_"), value = piece(function.value).text;
      if (function.definitions.empty()) {
        os << indent << names << " = lambda" << (parameters.empty() ? "" : " ") << parameters << ": " << value << "\n";
        continue;
      }
      os << indent << "def " << names << "(" << parameters << "):\n";
      print(os, function.definitions, depth + 1);
      os << indent << "    return " << value << "\n";
    }
  }

private:
  /// Factors of one level of Python's grammar, in order: op before each but the first.
  using Chain = std::vector<Operand>;

  std::string enclosed(const std::string &text) const override { return "(" + text + ")"; }

  /// An identifier: fc1/kernel is fc1_kernel, a keyword and a function of the formulas get an underscore.
  std::string spelling(StringRef name, unsigned attempt) const override {
    static const llvm::StringSet<> keywords = {"False",  "None",  "True",     "and",    "as",      "assert",   "async",
                                               "await",  "break", "class",    "def",    "del",     "elif",     "else",
                                               "except", "for",   "continue", "from",   "global",  "if",       "import",
                                               "in",     "is",    "lambda",   "return", "finally", "nonlocal", "not",
                                               "or",     "pass",  "raise",    "try",    "while",   "with",     "yield"};
    std::string word;
    for (char c : name)
      word += llvm::isAlnum(c) || c == '_' ? c : '_';
    if (keywords.contains(word))
      word += "_";
    return word + (attempt == 0 ? "" : attempt == 1 ? "_" : "_" + std::to_string(attempt));
  }

  Piece number(Piece piece) const override { return piece.truth ? Piece{"where(" + piece.text + ", 1, 0)"} : piece; }

  Piece piece(Ex e) override {
    Piece result = written(e);
    result.truth = e->truth;
    return result;
  }

  Piece written(Ex e) {
    switch (e->kind) {
    case Kind::Number:
      return ratio(e->ratio);
    case Kind::Size:
      return size(e->size);
    case Kind::Ref:
      return {name(e->text)};
    case Kind::Add:
      return sum(e, [&](Ratio c, Ex x, bool leads) {
        if (leads)
          return minus(c, x);
        if (x->isNumber(1))
          return ratio(c);
        return c.is(1) ? number(piece(x)) : grouped(product(c, x));
      });
    case Kind::Mul:
      return e->ratio.above < 0 ? minus(-e->ratio, e) : grouped(product(e->ratio, e));
    case Kind::MatMul:
      return grouped(product(Ratio(), e));
    case Kind::Transpose:
      return {slot(piece(e->args[0]), Binding::Atom) + ".T"};
    case Kind::Broadcast: {
      std::string shape = tuple(e->shape);
      if (e->args[0]->isNumber(1) || e->args[0]->isNumber(0))
        return {(e->args[0]->isNumber(1) ? "ones(" : "zeros(") + shape + ")"};
      return {"broadcast_to(" + piece(e->args[0]).text + ", " + shape + ")"};
    }
    case Kind::Compare:
      return {slot(piece(e->args[0]), Binding::Sum) + " " + e->text + " " + slot(piece(e->args[1]), Binding::Sum),
              Binding::Comparison};
    case Kind::Choice: {
      auto arm = [&](Ex x) { return e->truth ? piece(x) : number(piece(x)); };
      return {slot(arm(e->args[1]), Binding::Comparison) + " if " + slot(piece(e->args[0]), Binding::Comparison) +
                  " else " + arm(e->args[2]).text,
              Binding::Choice};
    }
    case Kind::Tuple:
      return {"(" + llvm::join(llvm::map_range(e->args, [&](Ex x) { return piece(x).text; }), ", ") + ")"};
    case Kind::Call:
      return call(e);
    }
    llvm_unreachable("no such kind");
  }

  static Piece ratio(Ratio r) {
    std::string above = printReadable(r.above);
    Binding whole = r.above < 0 ? Binding::Sum : Binding::Atom;
    return r.below == 1 ? Piece{above, whole} : Piece{above + "/" + printReadable(r.below), Binding::Product};
  }

  Piece size(Dim expr) const {
    if (std::optional<int64_t> value = constantValue(expr))
      return {std::to_string(*value), *value < 0 ? Binding::Sum : Binding::Atom};
    if (expr.isName())
      return {name(printDim(expr))};
    Dim left = expr.getLHS(), right = expr.getRHS();
    switch (expr.getKind()) {
    case Dim::Kind::Add:
      return sizeSum(left, right, [&](Dim e) { return size(e); });
    case Dim::Kind::Mul:
      if (constantValue(right)) // coefficients first
        std::swap(left, right);
      return infix(Binding::Product, size(left), Operand{"*", size(right)});
    case Dim::Kind::Max: // the builtin `max` may be NumPy's
      return {"maximum(" + size(left).text + ", 0)"};
    default:
      return infix(Binding::Product, size(left), Operand{"//", size(right)});
    }
  }

  std::string tuple(const Dims &shape) const {
    std::string sizes = llvm::join(llvm::map_range(shape, [&](Dim s) { return size(s).text; }), ", ");
    return "(" + sizes + (shape.size() == 1 ? ",)" : ")");
  }

  Piece grouped(const Chain &chain) const {
    return infix(Binding::Product, chain.front().piece, ArrayRef(chain).drop_front());
  }

  /// -c x: Python takes the minus to the first factor, which has to be a number then.
  Piece minus(Ratio c, Ex x) {
    if (x->isNumber(1))
      return negative(ratio(c));
    Chain chain = product(c, x);
    chain.front().piece = number(chain.front().piece);
    return negative(grouped(chain));
  }

  Piece power(Ex x, int64_t exponent) {
    return exponent == 1 ? piece(x) : postfix(number(piece(x)), "**" + std::to_string(exponent));
  }

  /// The factors of x, of which the number in front is `c`.
  Chain product(Ratio c, Ex x) {
    Chain chain;
    if (x->kind != Kind::Mul) {
      if (!c.is(1))
        chain.push_back({"", ratio(c)});
      append(chain, x);
      return chain;
    }
    // Sizes and numbers make one quotient: 2/m.
    std::vector<Operand> above, below;
    std::vector<std::pair<Ex, int64_t>> tensors;
    for (auto [factor, exponent] : llvm::zip_equal(x->args, x->powers)) {
      if (factor->kind == Kind::Size)
        (exponent > 0 ? above : below).push_back({"*", power(factor, std::abs(exponent))});
      else
        tensors.push_back({factor, exponent});
    }
    bool positive = llvm::any_of(tensors, [](auto &t) { return t.second > 0; });
    if (c.above != 1 || (above.empty() && (!below.empty() || c.below != 1 || !positive)))
      above.insert(above.begin(), {"*", Piece{printReadable(c.above)}});
    if (c.below != 1)
      below.insert(below.begin(), {"*", Piece{printReadable(c.below)}});
    if (!above.empty() || !below.empty()) {
      Piece quotient = grouped(above);
      if (!below.empty())
        quotient = infix(Binding::Product, quotient, Operand{"/", grouped(below)});
      chain.push_back({"", quotient});
    }
    // A matrix product goes first: there it needs no parentheses, as what stands before it are scalars.
    auto first = llvm::find_if(tensors, [](auto &t) { return !t.first->isScalar(); });
    auto matrix =
        std::find_if(first, tensors.end(), [](auto &t) { return t.first->kind == Kind::MatMul && t.second == 1; });
    if (matrix != tensors.end())
      std::rotate(first, matrix, matrix + 1);
    for (auto [i, tensor] : llvm::enumerate(tensors)) {
      if (tensor.second == 1 && static_cast<long>(i) == first - tensors.begin())
        append(chain, tensor.first);
      else if (tensor.second > 0)
        chain.push_back({" * ", power(tensor.first, tensor.second)});
    }
    for (auto &[factor, exponent] : tensors)
      if (exponent < 0)
        chain.push_back({" / ", power(factor, -exponent)});
    return chain;
  }

  /// Appends x, before which only scalars stand, as a factor; a product factor by factor.
  void append(Chain &chain, Ex x) {
    Chain factors;
    if (x->kind == Kind::MatMul) {
      append(factors, x->args[0]);
      for (Ex factor : llvm::drop_begin(x->args))
        factors.push_back({" @ ", piece(factor)});
      if (x->truth) // booleans would be joined by `or`
        factors.back().piece = number(factors.back().piece);
    } else if (x->kind == Kind::Mul && x->ratio.above > 0) {
      factors = product(x->ratio, x);
    } else {
      factors.push_back({"", piece(x)});
    }
    factors.front().op = " * ";
    llvm::append_range(chain, factors);
  }

  Piece call(Ex e) {
    // What takes truths as they are; another function would give its result a type of few bits.
    static const llvm::StringSet<> logical = {"where",    "logical_and", "logical_or", "logical_xor", "logical_not",
                                              "sum",      "any",         "all",        "cast",        "reshape",
                                              "swapaxes", "transpose",   "scan",       "while_loop",  "cond"};
    if (e->text == "item")
      return {slot(piece(e->args[0]), Binding::Atom) + "[" + e->attributes[0].value + "]"};
    std::vector<std::string> parts;
    for (auto [i, x] : llvm::enumerate(e->args)) {
      std::string text = (logical.contains(e->text) || e->truth ? piece(x) : number(piece(x))).text;
      // scan(body, carries, rows, length), without rows where there are none.
      if (e->text == "scan" && i >= 2 && x->kind == Kind::Tuple && x->args.empty())
        continue;
      parts.push_back(e->text == "scan" && i == 3 ? "length=" + text : text);
    }
    for (const Argument &argument : e->attributes)
      parts.push_back((argument.name.empty() ? "" : argument.name + "=") +
                      (argument.sizes ? tuple(*argument.sizes) : argument.value));
    return {e->text + "(" + llvm::join(parts, ", ") + ")"};
  }
};
} // namespace

std::unique_ptr<Notation> symc::formula::numpyNotation(ArrayRef<Ex> formulas, ArrayRef<std::string> more) {
  return std::make_unique<Numpy>(formulas, more);
}
