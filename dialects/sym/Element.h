//===- Element.h - Building one element of a result ---------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_ELEMENT_H
#define SYMC_DIALECTS_SYM_ELEMENT_H

#include "mlir/IR/Builders.h"
#include <functional>
#include <string>

namespace symc {

/// What ElementOpInterface::buildElement emits with.
struct ElementBuilder {
  mlir::OpBuilder &b;
  mlir::Location loc;
  /// Element of operand number `operand` at `index` (values of type `index`, one an axis); as bodyType of its type.
  std::function<mlir::Value(unsigned operand, mlir::ValueRange index)> read;
  /// Value of a size, of type `index`.
  std::function<mlir::Value(mlir::AffineExpr size)> dim;
  /// Fails the call with `message` unless `ok` (i1). {value} and {bound} in the message stand for the i64 values.
  std::function<void(mlir::Value ok, mlir::Value value, mlir::Value bound, std::string message)> check;
};

/// `size` is at least `least`. {value} and {bound} in the message stand for the two.
struct SizeRequirement {
  mlir::AffineExpr size;
  int64_t least;
  std::string message;
};

/// A parameter that a layer makes: `NODE/name`.
struct LayerParameter {
  std::string name;
  mlir::Type type;      // a static tensor
  mlir::Attribute init; // sym.init
  bool trainable = true;
};

} // namespace symc
#endif
