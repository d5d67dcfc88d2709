//===- Dim.h - A size as an expression in named dimensions -------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A size is a polynomial with integer coefficients whose factors are names of dimensions, floor
// divisions and positive parts, the larger of an expression and 0. It is always in canonical
// form, terms and factors sorted by their names, so equal sizes are one object of the context.
//
// Arithmetic tells when a number does not fit in 64 bits: the result is overflown, and so is
// what is computed from it. Types are accepted in two places, which ask `isTooLarge` of Dims.h:
// results of the ops of a file by the importer, those of the ops that they decompose into by
// Decompose.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_DIM_H
#define SYMC_DIALECTS_SYM_DIM_H

#include "mlir/IR/Attributes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"
#include <optional>
#include <string>

namespace symc {

namespace detail {
struct DimStorage;
class Polynomial;
} // namespace detail

/// An attribute by its uniquing only: in IR sizes stand in #sym.dims and #kernel.linear.
class Dim : public mlir::Attribute::AttrBase<Dim, mlir::Attribute, detail::DimStorage> {
public:
  using Base::Base;
  static constexpr llvm::StringLiteral name = "sym.dim";
  static constexpr llvm::StringLiteral dialectName = "sym";

  /// As the expression is written: of a sum the last term is the right operand, of a product the coefficient. The right
  /// operand of a maximum is 0.
  enum class Kind { Constant, Name, Add, Mul, FloorDiv, Max, Overflown };

  static Dim constant(mlir::MLIRContext *context, int64_t value);
  static Dim named(mlir::MLIRContext *context, llvm::StringRef name);

  Kind getKind() const;
  bool isName() const { return getKind() == Kind::Name; }
  bool isConstant() const { return getKind() == Kind::Constant; }
  bool isBinary() const { return !isName() && !isConstant() && getKind() != Kind::Overflown; }
  int64_t getValue() const;
  llvm::StringRef getName() const;
  Dim getLHS() const;
  Dim getRHS() const;

  Dim operator+(Dim other) const;
  Dim operator-(Dim other) const;
  Dim operator*(Dim other) const;
  Dim floorDiv(Dim other) const;
  Dim ceilDiv(Dim other) const;
  /// The larger of it and 0.
  Dim positivePart() const;
  /// The smaller of it and `bound`.
  Dim atMost(int64_t bound) const { return *this - (*this - bound).positivePart(); }
  Dim operator+(int64_t other) const { return *this + constant(getContext(), other); }
  Dim operator-(int64_t other) const { return *this - constant(getContext(), other); }
  Dim operator*(int64_t other) const { return *this * constant(getContext(), other); }
  Dim floorDiv(int64_t other) const { return floorDiv(constant(getContext(), other)); }
  Dim ceilDiv(int64_t other) const { return ceilDiv(constant(getContext(), other)); }

private:
  friend class detail::Polynomial;
  static Dim node(mlir::MLIRContext *context, Kind kind, Dim lhs, Dim rhs);
};

inline Dim symbolDim(mlir::MLIRContext *context, llvm::StringRef name) { return Dim::named(context, name); }
inline Dim constantDim(mlir::MLIRContext *context, int64_t value) { return Dim::constant(context, value); }
std::optional<int64_t> constantValue(Dim dim);
inline bool isOne(Dim dim) { return constantValue(dim) == 1; }
/// A number in it does not fit in 64 bits.
inline bool isOverflown(Dim dim) { return dim.getKind() == Dim::Kind::Overflown; }

/// Whether it is 0 or more whatever the dimensions are, which are 0 or more themselves. No, where bounds of its floor
/// divisions do not tell.
bool isNonNegative(Dim dim);
/// Value where names have these values; nothing when one has none, when it overflows or divides by zero.
std::optional<int64_t> evaluate(Dim dim, llvm::function_ref<std::optional<int64_t>(llvm::StringRef)> valueOf);
/// The size where the name has this value.
Dim withValue(Dim dim, llvm::StringRef name, int64_t value);
/// The names in it, each once, in their order.
llvm::SmallVector<llvm::StringRef> namesIn(Dim dim);
/// Emits arith on values of type `integer` (index, i64).
mlir::Value materialize(mlir::OpBuilder &b, mlir::Location loc, mlir::Type integer, Dim dim,
                        llvm::function_ref<mlir::Value(llvm::StringRef)> valueOf);

/// What printDim writes, with `floordiv` for the floor division and `max(…, 0)` for a positive part.
mlir::FailureOr<Dim> parseDim(mlir::AsmParser &parser);
/// `2*batch + 1`, with `divide` for the floor division.
std::string printDim(Dim dim, llvm::StringRef divide = "//");

} // namespace symc
#endif
