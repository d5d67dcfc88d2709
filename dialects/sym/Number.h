//===- Number.h - Numbers of graph files as elements --------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_NUMBER_H
#define SYMC_DIALECTS_SYM_NUMBER_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributeInterfaces.h"
#include "mlir/IR/OpDefinition.h"
#include <string>

namespace symc {

/// A number as it was written, which becomes an element of a type that is known later: an i64, an f64 or a bool.
class Number {
public:
  Number(mlir::TypedAttr attr) : attr(attr) {}

  static bool classof(mlir::Attribute attr);
  /// The element, rounded if the type is floating; null where the type does not have it: integers are exact, finite
  /// numbers stay finite, a bool is true, false, 1 or 0 and nothing else is a bool.
  mlir::TypedAttr as(mlir::Type element) const;
  std::string text() const;

private:
  mlir::TypedAttr attr;
};

inline mlir::TypedAttr numberAttr(mlir::Builder &b, int64_t value) { return b.getI64IntegerAttr(value); }

/// Whether the attribute, of a kind that says so, can become an element of the type.
bool fitsElement(mlir::Attribute attr, mlir::Type element);
/// Every number among the op's attributes, as its schema lists them, fits the element type of the first result.
mlir::LogicalResult verifyNumbers(mlir::Operation *op);

/// The trait of ops of graph files.
template <class ConcreteOp>
class NumbersFit : public mlir::OpTrait::TraitBase<ConcreteOp, NumbersFit> {
public:
  static mlir::LogicalResult verifyTrait(mlir::Operation *op) { return verifyNumbers(op); }
};

} // namespace symc
#endif
