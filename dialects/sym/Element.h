//===- Element.h - Building one element of a result ---------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_ELEMENT_H
#define SYMC_DIALECTS_SYM_ELEMENT_H

#include "dialects/sym/Index.h"
#include <functional>
#include <string>

namespace symc {

/// What ElementOpInterface::buildElement emits with.
struct ElementBuilder {
  mlir::OpBuilder &b;
  mlir::Location loc;
  /// Element of operand number `operand` at `index` (one an axis); as bodyType of its type.
  std::function<mlir::Value(unsigned operand, llvm::ArrayRef<Index> index)> read;
  /// The value of a form, of type `index`.
  std::function<mlir::Value(const LinearForm &form)> materialize;
  /// Fails the call with `message` unless `ok` (i1). {value} and {bound} in the message stand for the i64 values.
  std::function<void(mlir::Value ok, mlir::Value value, mlir::Value bound, std::string message)> check;

  mlir::Value value(const Index &index) const { return index.form() ? materialize(*index.form()) : index.computed(); }
  /// Value of a size, of type `index`.
  mlir::Value dim(Dim size) const { return materialize(LinearForm::size(size)); }
  Index number(int64_t value) const { return LinearForm::size(constantDim(b.getContext(), value)); }

  // Arithmetic of indices; what is known stays known.
  Index add(const Index &x, const Index &y) const;
  Index sub(const Index &x, const Index &y) const;
  Index mul(const Index &x, Dim factor) const;
  Index mul(const Index &x, int64_t factor) const { return mul(x, constantDim(b.getContext(), factor)); }
  /// Of an index that is not negative.
  Index divide(const Index &x, int64_t divisor) const;
  Index remainder(const Index &x, int64_t divisor) const;
};

/// `size` is at least `least`. {value} and {bound} in the message stand for the two.
struct SizeRequirement {
  Dim size;
  int64_t least;
  std::string message;
};

/// A parameter that a layer makes: `NODE/name`.
struct LayerParameter {
  std::string name;
  mlir::Type type;      // a static tensor
  mlir::Attribute init; // sym.init
  bool trainable = true;
  mlir::Attribute data = {}; // its first elements, where init is `data`
  bool measured = false;     // a number of the training data, see MeasuredOpInterface
};

} // namespace symc
#endif
