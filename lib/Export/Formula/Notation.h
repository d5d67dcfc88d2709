//===- Notation.h - How formulas are written ----------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A notation turns expressions into pieces: texts that know how tightly they bind. Pieces are
// put together by operators alone, which say how tightly each operand has to bind: that is
// where parentheses come from, and the only place.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_EXPORT_FORMULA_NOTATION_H
#define SYMC_EXPORT_FORMULA_NOTATION_H

#include "lib/Export/Formula/Definition.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

namespace symc::formula {

/// How tightly a piece binds, loosest first.
enum class Binding {
  Choice, // Python: x if c else y
  Comparison,
  Sum,        // and a leading minus
  Product,    // NumPy: * / @; LaTeX: \odot
  Juxtaposed, // LaTeX: factors side by side
  Factor,     // stands beside others, but is not a base: \frac{a}{b}
  Power,      // and a transpose
  Atom
};

struct Piece {
  std::string text;
  Binding binding = Binding::Atom;
  bool open = false;  // what follows would seem to belong to it: \sum\left(x\right) y
  bool truth = false; // a boolean
};

/// An operator and its right operand.
struct Operand {
  std::string op;
  Piece piece;
};

class Notation {
public:
  virtual ~Notation() = default;

  std::string write(Ex e) { return number(piece(e)).text; }
  /// Writes definitions, each on a line of its own; those of a function on lines that `depth` indents.
  virtual void print(llvm::raw_ostream &os, llvm::ArrayRef<Definition> definitions, unsigned depth = 0) = 0;
  /// How the name is written.
  std::string name(llvm::StringRef name) const { return spellings.lookup(name); }

protected:
  /// Chooses how names are written: `more` in this order, then others that occur.
  void spell(llvm::ArrayRef<Ex> formulas, llvm::ArrayRef<std::string> more);

  virtual Piece piece(Ex e) = 0;
  /// Ways to write a name, best first; the last number may go on for ever.
  virtual std::string spelling(llvm::StringRef name, unsigned attempt) const = 0;
  virtual std::string enclosed(const std::string &text) const = 0;
  /// The piece where a number is needed.
  virtual Piece number(Piece piece) const { return piece; }

  /// The names with commas between; where nothing reads one, `nothing` instead.
  std::string list(llvm::ArrayRef<std::string> names, llvm::StringRef nothing) const;

  /// The text where at least `least` is needed. `last`: nothing of the same kind follows.
  std::string slot(const Piece &piece, Binding least, bool last = true) const;
  /// first op x op y …: groups to the left, so that only what stands right of an operator has to bind more tightly.
  Piece infix(Binding binding, const Piece &first, llvm::ArrayRef<Operand> rest) const;
  /// The sum, positive term first if there is one; `term` gives |coefficient| x, with a minus before it if `leads`.
  Piece sum(Ex e, llvm::function_ref<Piece(Ratio, Ex, bool leads)> term) const;
  /// a + b of sizes; a + b*-c reads better as a - c*b.
  Piece sizeSum(Dim a, Dim b, llvm::function_ref<Piece(Dim)> size) const;
  Piece negative(const Piece &piece) const { return {"-" + slot(piece, Binding::Product), Binding::Sum}; }
  /// base, raised or marked by `suffix`.
  Piece postfix(const Piece &base, const std::string &suffix) const {
    return {slot(base, Binding::Atom) + suffix, Binding::Power};
  }

private:
  llvm::StringMap<std::string> spellings;
};

/// For readers: integers without an exponent, and no more digits than give the number or its f32.
std::string printReadable(double value);

/// For these formulas and names.
std::unique_ptr<Notation> numpyNotation(llvm::ArrayRef<Ex> formulas, llvm::ArrayRef<std::string> more);
std::unique_ptr<Notation> latexNotation(llvm::ArrayRef<Ex> formulas, llvm::ArrayRef<std::string> more);

} // namespace symc::formula
#endif
