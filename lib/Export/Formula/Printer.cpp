//===- Printer.cpp - Formulas as NumPy and as LaTeX -----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Export/Formula/Expression.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::formula;

namespace {
/// How tightly a text binds, loosest first.
enum Level { Comparison, Sum, Product, Sign, Power, Atom };

struct Text {
  std::string text;
  Level level;
};

std::string printNumber(double v) {
  if (std::isinf(v))
    return v < 0 ? "-inf" : "inf";
  if (std::isnan(v))
    return "nan";
  if (std::floor(v) == v && std::fabs(v) < 1e15)
    return std::to_string(static_cast<int64_t>(v));
  // The shortest digits that read back.
  char buffer[32];
  for (int digits = 6; digits <= 17; ++digits) {
    snprintf(buffer, sizeof buffer, "%.*g", digits, v);
    if (strtod(buffer, nullptr) == v || (digits >= 6 && static_cast<float>(strtod(buffer, nullptr)) == v))
      break;
  }
  return buffer;
}

std::string quoted(const std::string &name) {
  bool plain = llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; });
  return plain ? name : "`" + name + "`";
}

std::string tuple(const Dims &shape) {
  std::string sizes;
  for (AffineExpr size : shape)
    sizes += (sizes.empty() ? "" : ", ") + printDim(size);
  return "(" + sizes + (shape.size() == 1 ? ",)" : ")");
}

/// Positive term first, if there is one.
std::vector<size_t> termOrder(Ex e) {
  std::vector<size_t> order(e->args.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  auto first = llvm::find_if(order, [&](size_t i) { return e->terms[i].above > 0; });
  if (first != order.end())
    std::rotate(order.begin(), first, first + 1);
  return order;
}

/// The terms of a sum with their signs; `term` prints |coefficient| x.
static Text printSum(Ex e, llvm::function_ref<std::string(Ratio, Ex)> term) {
  std::string text;
  for (size_t i : termOrder(e)) {
    Ratio c = e->terms[i];
    bool negative = c.above < 0;
    text += text.empty() ? (negative ? "-" : "") : negative ? " - " : " + ";
    text += term(negative ? -c : c, e->args[i]);
  }
  return {text, Sum};
}

class Numpy {
public:
  Text print(Ex e) {
    switch (e->kind) {
    case Kind::Number:
      return number(e->ratio);
    case Kind::Size: {
      std::string text = printDim(e->size);
      return {text, text.find_first_of(" +-") != std::string::npos  ? Sum
                    : text.find_first_of("*/") != std::string::npos ? Product
                                                                    : Atom};
    }
    case Kind::Ref:
      return {quoted(e->text), Atom};
    case Kind::Add:
      return sum(e);
    case Kind::Mul:
      return product(e);
    case Kind::MatMul: {
      std::string text;
      for (auto [i, x] : llvm::enumerate(e->args))
        text += i == 0 ? at(x, Product) : " @ " + at(x, Sign);
      return {text, Product};
    }
    case Kind::Transpose:
      return {at(e->args[0], Atom) + ".T", Atom};
    case Kind::Broadcast:
      if (e->args[0]->isNumber(1))
        return {"ones(" + tuple(e->shape) + ")", Atom};
      if (e->args[0]->isNumber(0))
        return {"zeros(" + tuple(e->shape) + ")", Atom};
      return {"broadcast_to(" + print(e->args[0]).text + ", " + tuple(e->shape) + ")", Atom};
    case Kind::Compare:
      return {at(e->args[0], Sum) + " " + e->text + " " + at(e->args[1], Sum), Comparison};
    case Kind::Call:
      return call(e);
    }
    return {};
  }

private:
  std::string at(Ex e, Level level) {
    Text t = print(e);
    return t.level < level ? "(" + t.text + ")" : t.text;
  }

  static Text number(Ratio r) {
    std::string above = printNumber(r.above);
    if (r.below != 1)
      return {above + "/" + printNumber(r.below), Product};
    return {above, r.above < 0 ? Sign : Atom};
  }

  Text sum(Ex e) {
    return printSum(e, [&](Ratio size, Ex x) { return x->isNumber(1) ? number(size).text : scaled(size, x); });
  }

  /// c x inside a sum.
  std::string scaled(Ratio c, Ex x) {
    if (c.is(1))
      return at(x, Product);
    if (x->kind == Kind::Mul) {
      Expr copy = *x;
      copy.ratio = c;
      return product(&copy).text;
    }
    return number(c).text + " * " + at(x, x->kind == Kind::MatMul ? Product : Sign);
  }

  Text product(Ex e) {
    // Sizes and numbers make one quotient: 2/m.
    std::vector<std::string> above, below;
    std::vector<std::pair<Ex, int>> tensors;
    double number = std::fabs(e->ratio.above);
    for (auto [x, power] : llvm::zip_equal(e->args, e->powers)) {
      if (x->kind != Kind::Size) {
        tensors.push_back({x, power});
        continue;
      }
      std::string base = at(x, std::abs(power) == 1 ? Sign : Atom);
      (power > 0 ? above : below)
          .push_back(std::abs(power) == 1 ? base : base + "**" + std::to_string(std::abs(power)));
    }
    bool positiveTensor = llvm::any_of(tensors, [](auto &t) { return t.second > 0; });
    if (number != 1 || (above.empty() && (!below.empty() || e->ratio.below != 1 || !positiveTensor)))
      above.insert(above.begin(), printNumber(number));
    if (e->ratio.below != 1)
      below.insert(below.begin(), printNumber(e->ratio.below));
    std::string text = llvm::join(above, "*");
    if (!below.empty())
      text += "/" + (below.size() == 1 ? below[0] : "(" + llvm::join(below, "*") + ")");
    // One matrix product needs no parentheses where it is first.
    auto matrix = llvm::find_if(tensors, [](auto &t) { return t.first->kind == Kind::MatMul && t.second == 1; });
    auto firstTensor = llvm::find_if(tensors, [](auto &t) { return !t.first->isScalar(); });
    if (matrix != tensors.end())
      std::rotate(firstTensor, matrix, matrix + 1);
    for (auto &[x, power] : tensors) {
      if (power < 0)
        continue;
      bool leads = x->kind == Kind::MatMul && power == 1 && &x == &firstTensor->first;
      std::string factor = power == 1 ? at(x, leads ? Product : Sign) : at(x, Atom) + "**" + std::to_string(power);
      text += (text.empty() ? "" : " * ") + factor;
    }
    for (auto &[x, power] : tensors)
      if (power < 0)
        text += " / " + (power == -1 ? at(x, Sign) : at(x, Atom) + "**" + std::to_string(-power));
    if (tensors.size() == 1 && tensors[0].second > 1 && text.find(" * ") == std::string::npos && above.empty() &&
        e->ratio.above > 0)
      return {text, Power};
    return {(e->ratio.above < 0 ? "-" : "") + text, Product};
  }

  Text call(Ex e) {
    std::vector<std::string> parts;
    for (Ex x : e->args)
      parts.push_back(print(x).text);
    for (auto &[name, value] : e->attributes)
      parts.push_back(name.empty() ? value : name + "=" + value);
    return {e->text + "(" + llvm::join(parts, ", ") + ")", Atom};
  }
};

class Latex {
public:
  Text print(Ex e) {
    switch (e->kind) {
    case Kind::Number:
      return number(e->ratio);
    case Kind::Size:
      return {size(e->size), isa<AffineSymbolExpr>(e->size) ? Atom : Sum};
    case Kind::Ref:
      return {name(e->text), Atom};
    case Kind::Add:
      return sum(e);
    case Kind::Mul:
      return product(e);
    case Kind::MatMul: {
      std::string text;
      for (Ex x : e->args)
        text += (text.empty() ? "" : " ") + at(x, Sign);
      return {text, Product};
    }
    case Kind::Transpose:
      return {at(e->args[0], Atom) + "^{\\top}", Power};
    case Kind::Broadcast: {
      std::string sizes;
      for (AffineExpr s : e->shape)
        sizes += (sizes.empty() ? "" : " \\times ") + size(s);
      if (e->args[0]->isNumber(1))
        return {"\\mathbf{1}_{" + sizes + "}", Atom};
      if (e->args[0]->isNumber(0))
        return {"\\mathbf{0}_{" + sizes + "}", Atom};
      return {at(e->args[0], Product) + " \\mathbf{1}_{" + sizes + "}", Product};
    }
    case Kind::Compare: {
      static const std::pair<const char *, const char *> relations[] = {
          {">=", "\\ge"}, {"<=", "\\le"}, {"==", "="}, {"!=", "\\ne"}};
      std::string relation = e->text;
      for (auto &[text, latex] : relations)
        if (relation == text)
          relation = latex;
      return {"\\left[" + print(e->args[0]).text + " " + relation + " " + print(e->args[1]).text + "\\right]", Atom};
    }
    case Kind::Call:
      return call(e);
    }
    return {};
  }

private:
  static std::string enclosed(const std::string &text) { return "\\left(" + text + "\\right)"; }
  std::string at(Ex e, Level level) {
    Text t = print(e);
    return t.level < level ? enclosed(t.text) : t.text;
  }

  static std::string escaped(llvm::StringRef text) {
    std::string result;
    for (char c : text)
      result += (llvm::StringRef("_%$#&{}").contains(c) ? "\\" : "") + std::string(1, c);
    return result;
  }

  /// theta is a Greek letter, W1 has an index, other words stand upright.
  static std::string name(const std::string &text) {
    static const llvm::StringSet<> greek = {"alpha",  "beta",  "gamma", "delta", "epsilon", "zeta",  "eta",   "theta",
                                            "iota",   "kappa", "mu",    "nu",    "xi",      "pi",    "rho",   "sigma",
                                            "tau",    "phi",   "chi",   "psi",   "omega",   "Gamma", "Delta", "Theta",
                                            "Lambda", "Xi",    "Sigma", "Phi",   "Psi",     "Omega", "lambda"};
    llvm::StringRef word(text), letters = word.rtrim("0123456789"), digits = word.drop_front(letters.size());
    if (letters.empty() || (!digits.empty() && !letters.rtrim('_').size()))
      return "\\mathrm{" + escaped(text) + "}";
    llvm::StringRef stem = letters.rtrim('_');
    std::string base = greek.contains(stem) ? "\\" + stem.str()
                       : stem.size() == 1   ? stem.str()
                                            : "\\mathrm{" + escaped(stem) + "}";
    if (letters.size() != stem.size() && digits.empty())
      return "\\mathrm{" + escaped(text) + "}";
    return digits.empty() ? base : base + "_{" + digits.str() + "}";
  }

  static std::string size(AffineExpr expr) {
    std::string text = printDim(expr);
    bool word = llvm::all_of(text, [](char c) { return llvm::isAlnum(c) || c == '_'; });
    if (word)
      return llvm::isDigit(text[0]) ? text : name(text);
    std::string result;
    for (char c : text)
      result += c == '*' ? " " : c == '_' ? "\\_" : std::string(1, c);
    return result;
  }

  static Text number(Ratio r) {
    std::string sign = r.above < 0 ? "-" : "", above = printNumber(std::fabs(r.above));
    if (size_t e = above.find('e'); e != std::string::npos)
      above = above.substr(0, e) + " \\cdot 10^{" + std::to_string(std::stoi(above.substr(e + 1))) + "}";
    if (above == "inf")
      above = "\\infty";
    std::string text = r.below != 1 ? "\\frac{" + above + "}{" + printNumber(r.below) + "}" : above;
    return {sign + text, sign.empty() ? Atom : Sign};
  }

  Text sum(Ex e) {
    return printSum(e, [&](Ratio size, Ex x) {
      if (x->isNumber(1))
        return number(size).text;
      if (x->kind != Kind::Mul)
        return (size.is(1) ? "" : number(size).text + " ") + at(x, Product);
      Expr copy = *x;
      copy.ratio = size;
      return product(&copy).text;
    });
  }

  Text product(Ex e) {
    std::vector<std::string> above, below, divisors;
    std::string text;
    bool tensor = false;
    std::string factors;
    for (auto [x, power] : llvm::zip_equal(e->args, e->powers)) {
      int size = std::abs(power);
      bool elementwise = !x->isScalar() && size != 1;
      std::string factor =
          size == 1 ? at(x, Product) : at(x, Atom) + (elementwise ? "^{\\circ " : "^{") + std::to_string(size) + "}";
      if (size == 1 && power < 0)
        factor = print(x).text;
      if (x->isScalar() && (x->kind == Kind::Size || power < 0)) {
        (power > 0 ? above : below).push_back(factor);
      } else if (power < 0) {
        divisors.push_back(factor);
      } else {
        if (!factors.empty())
          factors += tensor && !x->isScalar() ? " \\odot " : " ";
        // Beside others an elementwise factor that is a matrix product is put together.
        bool alone = llvm::count_if(e->args, [](Ex a) { return !a->isScalar(); }) == 1;
        factors += x->kind == Kind::MatMul && !alone ? enclosed(factor) : factor;
        tensor |= !x->isScalar();
      }
    }
    Ratio r = e->ratio.above < 0 ? -e->ratio : e->ratio;
    if (r.below != 1)
      below.insert(below.begin(), printNumber(r.below));
    if (!divisors.empty())
      factors = "\\frac{" + (factors.empty() ? "1" : factors) + "}{" + llvm::join(divisors, " \\odot ") + "}";
    if (r.above != 1 || (above.empty() && (!below.empty() || factors.empty())))
      above.insert(above.begin(), number({r.above, 1}).text);
    text = llvm::join(above, " ");
    if (!below.empty())
      text = "\\frac{" + text + "}{" + llvm::join(below, " ") + "}";
    if (!factors.empty())
      text += (text.empty() ? "" : " ") + factors;
    return {(e->ratio.above < 0 ? "-" : "") + text, Product};
  }

  Text call(Ex e) {
    static const llvm::StringSet<> functions = {"exp",  "log",  "sin", "cos", "tan", "sinh",
                                                "cosh", "tanh", "max", "min", "det"};
    if (e->text == "sqrt")
      return {"\\sqrt{" + print(e->args[0]).text + "}", Atom};
    if (e->text == "abs")
      return {"\\left|" + print(e->args[0]).text + "\\right|", Atom};
    std::string head = e->text == "sum"              ? "\\sum"
                       : e->text == "sigmoid"        ? "\\sigma"
                       : functions.contains(e->text) ? "\\" + e->text
                                                     : "\\operatorname{" + escaped(e->text) + "}";
    std::string index;
    for (auto &[key, value] : e->attributes)
      if (!(key == "keepdims"))
        index += (index.empty() ? "" : ", ") + (key.empty() ? "" : "\\mathrm{" + escaped(key) + "}=") + "\\mathrm{" +
                 escaped(value) + "}";
    if (!index.empty())
      head += "_{" + index + "}";
    std::vector<std::string> parts;
    for (Ex x : e->args)
      parts.push_back(print(x).text);
    return {head + enclosed(llvm::join(parts, ", ")), Atom};
  }
};
} // namespace

std::string symc::formula::printText(Ex e) { return Numpy().print(e).text; }
std::string symc::formula::printLatex(Ex e) { return Latex().print(e).text; }
