//===- Latex.cpp - Formulas as LaTeX --------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Side by side stand a scalar and what it scales, and the factors of a matrix product; \odot,
// \frac and ^{\circ n} are element by element and broadcast as NumPy does. [a < b] is 1 or 0.
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
class Latex : public Notation {
public:
  Latex(ArrayRef<Ex> formulas, ArrayRef<std::string> more) { spell(formulas, more); }

  void print(raw_ostream &os, ArrayRef<Definition> definitions, unsigned depth) override {
    for (const Definition &definition : definitions) {
      for (unsigned i = 0; i < depth; ++i)
        os << "\\quad ";
      std::string names = list(definition.names, "\\_");
      if (const Function *function = definition.function.get()) {
        // What stands only in the function follows it, as behind "where".
        os << names << enclosed(list(function->parameters, "\\_")) << " = " << write(function->value) << "\n";
        print(os, function->definitions, depth + 1);
      } else {
        os << (definition.names.size() > 1 ? enclosed(names) : names) << " = " << write(definition.value) << "\n";
      }
    }
  }

private:
  std::string enclosed(const std::string &text) const override { return "\\left(" + text + "\\right)"; }

  static std::string escaped(StringRef text) {
    std::string result;
    for (char c : text)
      result += (StringRef("_%$#&{}").contains(c) ? "\\" : "") + std::string(1, c);
    return result;
  }

  /// Upright, as it is: a hyphen is no minus there.
  static std::string upright(StringRef text) {
    std::string result;
    for (char c : text)
      result += c == '-' ? "\\text{-}" : escaped(StringRef(&c, 1));
    return "\\mathrm{" + result + "}";
  }

  /// theta is a Greek letter, W1 has an index, other words stand upright.
  std::string spelling(StringRef word, unsigned attempt) const override {
    static const llvm::StringSet<> greek = {"alpha", "beta",  "gamma", "delta", "epsilon", "zeta",   "eta",   "theta",
                                            "iota",  "kappa", "mu",    "nu",    "xi",      "pi",     "rho",   "sigma",
                                            "tau",   "phi",   "chi",   "psi",   "omega",   "Gamma",  "Delta", "Theta",
                                            "Xi",    "Sigma", "Phi",   "Psi",   "Omega",   "Lambda", "lambda"};
    if (attempt > 0)
      return upright(word);
    StringRef letters = word.rtrim("0123456789"), digits = word.drop_front(letters.size()), stem = letters.rtrim('_');
    if (stem.empty() || (stem.size() != letters.size() && digits.empty()))
      return upright(word);
    std::string base = greek.contains(stem)                              ? "\\" + stem.str()
                       : stem.size() == 1 && llvm::isAlpha(stem.front()) ? stem.str()
                                                                         : upright(stem);
    return digits.empty() ? base : base + "_{" + digits.str() + "}";
  }

  Piece piece(Ex e) override {
    switch (e->kind) {
    case Kind::Number:
      return e->ratio.above < 0 ? negative(ratio(-e->ratio)) : ratio(e->ratio);
    case Kind::Size:
      return size(e->size);
    case Kind::Ref:
      return {name(e->text)};
    case Kind::Add:
      return sum(e, [&](Ratio c, Ex x, bool leads) {
        Piece term = x->isNumber(1) ? ratio(c) : product(c, x);
        return leads ? negative(term) : term;
      });
    case Kind::Mul:
      return e->ratio.above < 0 ? negative(product(-e->ratio, e)) : product(e->ratio, e);
    case Kind::MatMul:
      return beside(llvm::map_to_vector(e->args, [&](Ex x) { return piece(x); }));
    case Kind::Transpose:
      return postfix(piece(e->args[0]), "^{\\top}");
    case Kind::Broadcast: {
      Ex x = e->args[0];
      std::string digit = x->isNumber(0) ? "0" : "1", shape;
      for (Dim s : e->shape)
        shape += (shape.empty() ? "" : " \\times ") + slot(size(s), Binding::Juxtaposed);
      Piece ones{"\\mathbf{" + digit + "}_{" + shape + "}"};
      if (x->isNumber(0) || x->isNumber(1))
        return ones;
      return x->isScalar() ? beside({piece(x), ones}) : infix(Binding::Product, piece(x), Operand{" \\odot ", ones});
    }
    case Kind::Compare:
      return {"\\left[" + relation(e) + "\\right]"};
    case Kind::Choice:
      return {"\\begin{cases} " + piece(e->args[1]).text + " & \\text{if } " + condition(e->args[0]) + " \\\\ " +
              piece(e->args[2]).text + " & \\text{otherwise} \\end{cases}"};
    case Kind::Tuple:
      return {enclosed(llvm::join(llvm::map_range(e->args, [&](Ex x) { return piece(x).text; }), ", "))};
    case Kind::Call:
      return call(e);
    }
    llvm_unreachable("no such kind");
  }

  std::string condition(Ex e) { return e->kind == Kind::Compare ? relation(e) : piece(e).text; }

  std::string relation(Ex e) {
    static const std::pair<StringRef, StringRef> relations[] = {
        {">=", "\\ge"}, {"<=", "\\le"}, {"==", "="}, {"!=", "\\ne"}};
    StringRef relation = e->text;
    for (auto &[text, latex] : relations)
      if (relation == text)
        relation = latex;
    return piece(e->args[0]).text + " " + relation.str() + " " + piece(e->args[1]).text;
  }

  /// A number that is not negative.
  static Piece digits(double value) {
    std::string text = printReadable(value);
    if (size_t e = text.find('e'); e != std::string::npos)
      return {text.substr(0, e) + " \\cdot 10^{" + std::to_string(std::stoi(text.substr(e + 1))) + "}",
              Binding::Factor};
    return {text == "inf" ? "\\infty" : text == "nan" ? "\\mathrm{nan}" : text};
  }

  Piece ratio(Ratio r) const { return fraction(digits(r.above), r.below == 1 ? Piece() : digits(r.below)); }

  Piece fraction(const Piece &above, const Piece &below) const {
    if (below.text.empty())
      return above;
    return {"\\frac{" + (above.text.empty() ? "1" : above.text) + "}{" + below.text + "}", Binding::Factor};
  }

  /// Factors side by side. The last may be such a product itself: that changes nothing.
  Piece beside(ArrayRef<Piece> factors) const {
    std::vector<Operand> rest;
    for (const Piece &factor : factors.drop_front(factors.empty() ? 0 : 1))
      rest.push_back({" ", factor});
    return factors.empty() ? Piece() : infix(Binding::Juxtaposed, factors.front(), rest);
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
      if (constantValue(right))
        std::swap(left, right);
      return beside({size(left), size(right)});
    case Dim::Kind::Max:
      return {"\\max\\left(" + size(left).text + ", 0\\right)"};
    default:
      return {"\\left\\lfloor " + fraction(size(left), size(right)).text + "\\right\\rfloor"};
    }
  }

  Piece power(Ex x, int64_t exponent) {
    if (exponent == 1)
      return piece(x);
    return postfix(piece(x), (x->isScalar() ? "^{" : "^{\\circ ") + std::to_string(exponent) + "}");
  }

  /// The factors of x with the number c in front: scalars before a fraction line of their own, then the tensors.
  Piece product(Ratio c, Ex x) {
    if (x->kind != Kind::Mul)
      return c.is(1) ? piece(x) : scaled({ratio(c)}, {piece(x)});
    SmallVector<Piece> above, below, scalars, tensors, divisors;
    for (auto [factor, exponent] : llvm::zip_equal(x->args, x->powers)) {
      bool coefficient = factor->isScalar() && (factor->kind == Kind::Size || exponent < 0);
      (coefficient          ? (exponent > 0 ? above : below)
       : exponent < 0       ? divisors
       : factor->isScalar() ? scalars
                            : tensors)
          .push_back(power(factor, std::abs(exponent)));
    }
    if (c.below != 1)
      below.insert(below.begin(), digits(c.below));
    // A number alone goes above the tensors' line.
    bool alone = scalars.empty() && tensors.empty();
    if (c.above != 1 || (alone && above.empty() && divisors.empty()))
      above.insert(above.begin(), digits(c.above));
    if (alone && below.empty() && !divisors.empty())
      return fraction(scaled(above, {}), scaled({}, divisors));
    SmallVector<Piece> coefficient;
    if (!above.empty() || !below.empty())
      coefficient.push_back(fraction(scaled(above, {}), scaled(below, {})));
    if (!divisors.empty())
      return scaled(coefficient, {fraction(scaled(scalars, tensors), scaled({}, divisors))});
    llvm::append_range(coefficient, scalars);
    return scaled(coefficient, tensors);
  }

  /// c A B and c a \odot b: scalars, and what they scale element by element.
  Piece scaled(ArrayRef<Piece> scalars, ArrayRef<Piece> tensors) const {
    size_t count = scalars.size() + tensors.size();
    // Beside other factors a product is put together, though the order of operations may not ask for it: not everyone
    // reads \odot as the looser one. The last, behind scalars alone, needs nothing.
    auto factor = [&](const Piece &piece) {
      bool scaledAlone = tensors.size() == 1 && &piece == tensors.begin();
      bool together = piece.binding == Binding::Juxtaposed && count > 1 && !scaledAlone;
      return together ? Piece{enclosed(piece.text)} : piece;
    };
    Piece left = beside(llvm::map_to_vector(scalars, factor));
    if (tensors.empty())
      return left;
    Piece first = factor(tensors.front());
    if (!scalars.empty())
      first = first.binding == Binding::Juxtaposed
                  ? Piece{slot(left, Binding::Juxtaposed, false) + " " + first.text, Binding::Juxtaposed, first.open}
                  : beside({left, first});
    std::vector<Operand> rest;
    for (const Piece &tensor : tensors.drop_front())
      rest.push_back({" \\odot ", factor(tensor)});
    return infix(Binding::Product, first, rest);
  }

  Piece call(Ex e) {
    static const llvm::StringSet<> functions = {"exp",  "log",  "sin", "cos", "tan", "sinh",
                                                "cosh", "tanh", "max", "min", "det"};
    if (e->text == "sqrt")
      return {"\\sqrt{" + piece(e->args[0]).text + "}"};
    if (e->text == "abs")
      return {"\\left|" + piece(e->args[0]).text + "\\right|"};
    std::string head = e->text == "sum"              ? "\\sum"
                       : e->text == "sigmoid"        ? "\\sigma"
                       : functions.contains(e->text) ? "\\" + e->text
                                                     : "\\operatorname{" + escaped(e->text) + "}";
    std::vector<std::string> index, arguments;
    for (const Argument &argument : e->attributes)
      index.push_back((argument.name.empty() ? "" : "\\mathrm{" + escaped(argument.name) + "}=") + value(argument));
    if (!index.empty())
      head += "_{" + llvm::join(index, ", ") + "}";
    for (Ex x : e->args)
      arguments.push_back(piece(x).text);
    Piece result{head + enclosed(llvm::join(arguments, ", "))};
    if (e->text == "sum")
      result.binding = Binding::Factor, result.open = true;
    return result;
  }

  std::string value(const Argument &argument) const {
    StringRef text = argument.value;
    if (!argument.sizes)
      return text.starts_with("'") ? "\\text{" + escaped(text.trim('\'')) + "}" : "\\mathrm{" + escaped(text) + "}";
    std::string sizes = llvm::join(llvm::map_range(*argument.sizes, [&](Dim s) { return size(s).text; }), ", ");
    return "\\mathrm{(" + sizes + (argument.sizes->size() == 1 ? ",)}" : ")}");
  }
};
} // namespace

std::unique_ptr<Notation> symc::formula::latexNotation(ArrayRef<Ex> formulas, ArrayRef<std::string> more) {
  return std::make_unique<Latex>(formulas, more);
}
