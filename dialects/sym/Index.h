//===- Index.h - Where an element stands along an axis ------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_INDEX_H
#define SYMC_DIALECTS_SYM_INDEX_H

#include "dialects/sym/Dims.h"
#include <variant>

namespace symc {

/// base + the sum of coefs[i] * loop i, in sizes. Loops behind the last coefficient, which is not 0, have none.
struct LinearForm {
  Dim base;
  llvm::SmallVector<Dim, 4> coefs;

  static LinearForm size(Dim size) { return {size, {}}; }
  static LinearForm loop(mlir::MLIRContext *context, unsigned loop);

  Dim coef(unsigned loop) const;
  /// The same in all iterations.
  bool isUniform() const { return coefs.empty(); }
  std::optional<int64_t> asConstant() const { return isUniform() ? constantValue(base) : std::nullopt; }
  /// A number in it does not fit in 64 bits, as isOverflown of a size.
  bool isOverflown() const;
  /// The number of the loop whose iteration this is.
  std::optional<unsigned> asLoop() const;

  LinearForm operator+(const LinearForm &other) const;
  LinearForm operator-(const LinearForm &other) const { return *this + other * constantDim(base.getContext(), -1); }
  LinearForm operator*(Dim factor) const;
  bool operator==(const LinearForm &other) const { return base == other.base && coefs == other.coefs; }

private:
  void trim();
};

/// The row-major position of an element in a tensor of these sizes.
LinearForm positionIn(mlir::MLIRContext *context, llvm::ArrayRef<Dim> sizes, llvm::ArrayRef<LinearForm> index);

/// Where an element stands along an axis: a form, which is known and needs no code before somebody asks for its value,
/// or a value of type `index` that code has computed.
class Index {
public:
  Index() = default;
  Index(LinearForm form) : content(std::move(form)) {}
  Index(mlir::Value computed) : content(computed) {}

  const LinearForm *form() const { return std::get_if<LinearForm>(&content); }
  mlir::Value computed() const { return form() ? mlir::Value() : std::get<mlir::Value>(content); }
  std::optional<unsigned> asLoop() const { return form() ? form()->asLoop() : std::nullopt; }
  bool isZero() const { return form() && form()->asConstant() == 0; }
  /// Equal indices have equal keys.
  void appendKey(std::vector<const void *> &key) const;

private:
  std::variant<mlir::Value, LinearForm> content;
};

using Indices = llvm::SmallVector<Index, 4>;

/// The forms of all of them, or nothing when one is computed.
std::optional<llvm::SmallVector<LinearForm, 4>> formsOf(llvm::ArrayRef<Index> index);

} // namespace symc
#endif
