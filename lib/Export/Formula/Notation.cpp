//===- Notation.cpp - How formulas are written ----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Export/Formula/Notation.h"
#include "dialects/sym/SymOps.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::formula;

std::string symc::formula::printReadable(double v) {
  if (std::isinf(v))
    return v < 0 ? "-inf" : "inf";
  if (std::isnan(v))
    return "nan";
  if (std::floor(v) == v && std::fabs(v) < 1e15)
    return std::to_string(static_cast<int64_t>(v));
  char buffer[32];
  for (int digits = 6; digits <= 17; ++digits) {
    snprintf(buffer, sizeof buffer, "%.*g", digits, v);
    if (strtod(buffer, nullptr) == v || static_cast<float>(strtod(buffer, nullptr)) == v)
      break;
  }
  return buffer;
}

namespace {
/// Names and functions of formulas, in the order in which they occur.
struct Occurrences {
  llvm::SetVector<StringRef> names;
  llvm::StringSet<> functions;

  void add(ArrayRef<Ex> formulas) {
    forEachPart(formulas, [&](Ex e) {
      if (e->kind == Kind::Ref)
        names.insert(e->text);
      else if (e->kind == Kind::Call)
        functions.insert(e->text);
      else if (e->kind == Kind::Size)
        add(e->size);
      else if (e->kind == Kind::Broadcast)
        llvm::for_each(e->shape, [&](Dim size) { add(size); });
      for (const Argument &argument : e->attributes)
        if (argument.sizes)
          llvm::for_each(*argument.sizes, [&](Dim size) { add(size); });
    });
  }

  void add(Dim size) { names.insert_range(namesIn(size)); }
};
} // namespace

void Notation::spell(ArrayRef<Ex> formulas, ArrayRef<std::string> more) {
  Occurrences found;
  found.names.insert(more.begin(), more.end());
  found.add(formulas);
  llvm::StringSet<> taken = found.functions;
  for (StringRef function : {"ones", "zeros", "broadcast_to", "where", "inf", "nan"})
    taken.insert(function);
  if (found.functions.contains("sigmoid"))
    taken.insert("\\sigma");
  // What can be written as it is keeps that, whatever comes before it.
  for (bool asItIs : {true, false})
    for (StringRef name : found.names)
      for (unsigned attempt = 0; !spellings.contains(name); ++attempt) {
        std::string candidate = spelling(name, attempt);
        if (asItIs && candidate != name)
          break;
        if (taken.insert(candidate).second)
          spellings[name] = candidate;
        else if (asItIs)
          break;
      }
}

std::string Notation::list(ArrayRef<std::string> names, StringRef nothing) const {
  return llvm::join(llvm::map_range(names, [&](const std::string &n) { return n.empty() ? nothing.str() : name(n); }),
                    ", ");
}

std::string Notation::slot(const Piece &piece, Binding least, bool last) const {
  return piece.binding < least || (piece.open && !last) ? enclosed(piece.text) : piece.text;
}

Piece Notation::infix(Binding binding, const Piece &first, ArrayRef<Operand> rest) const {
  if (rest.empty())
    return first;
  auto tighter = static_cast<Binding>(static_cast<int>(binding) + 1);
  std::string text = slot(first, binding, false);
  for (const Operand &operand : rest)
    text += operand.op + slot(operand.piece, tighter, &operand == &rest.back());
  return {text, binding, rest.back().piece.open};
}

Piece Notation::sum(Ex e, llvm::function_ref<Piece(Ratio, Ex, bool leads)> term) const {
  std::vector<size_t> order(e->args.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  auto positive = llvm::find_if(order, [&](size_t i) { return e->terms[i].above > 0; });
  if (positive != order.end())
    std::rotate(order.begin(), positive, positive + 1);
  auto size = [&](size_t i) { return e->terms[i].above < 0 ? -e->terms[i] : e->terms[i]; };
  Piece first = term(size(order[0]), e->args[order[0]], e->terms[order[0]].above < 0);
  std::vector<Operand> rest;
  for (size_t i : llvm::drop_begin(order)) {
    Piece piece = term(size(i), e->args[i], false);
    piece.open = false; // + and - end it
    rest.push_back({e->terms[i].above < 0 ? " - " : " + ", piece});
  }
  first.open = false;
  return infix(Binding::Sum, first, rest);
}

Piece Notation::sizeSum(Dim a, Dim b, llvm::function_ref<Piece(Dim)> size) const {
  std::optional<int64_t> factor = constantValue(b.getKind() == Dim::Kind::Mul ? b.getRHS() : b);
  bool minus = factor && *factor < 0;
  return infix(Binding::Sum, size(a), Operand{minus ? " - " : " + ", size(minus ? b * -1 : b)});
}
