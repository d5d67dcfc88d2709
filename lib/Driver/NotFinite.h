//===- NotFinite.h - Where NaN and infinities come from -----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// An op is at fault for the elements that it makes not finite. It is not for one that an operand
// has already, or that the graph says itself: a constant of -inf under a mask, the value of a
// padding. And the first at fault need not matter: `where(n > 0, x / n, 0)` drops its 0/0 where n
// is 0. So elements are followed from the results back to what they were made of.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_DRIVER_NOTFINITE_H
#define SYMC_LIB_DRIVER_NOTFINITE_H

#include "lib/Interpreter/Array.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include <optional>

namespace symc {

class NotFiniteValues {
public:
  /// `values` are those of arguments and of ops, as far as they are known; what is not counts as finite.
  NotFiniteValues(mlir::func::FuncOp model, llvm::DenseMap<mlir::Value, const interpreter::Array *> values);

  /// Elements that an op made.
  struct Made {
    mlir::OpResult value;
    llvm::BitVector elements;
    bool ofInfinities = false; // NaN, of operands that are infinite and not NaN
    bool reaches = true;       // a result of the model, or a gradient, is not finite because of them
  };
  /// The first that reaches a result. Else the first made of finite operands; where the gradients are not finite, of
  /// those that the loss is made of, since the derivative of what a mask drops is 0 times what is not finite.
  std::optional<Made> first(bool gradientsAreNot);

private:
  mlir::func::FuncOp model;
  llvm::DenseMap<mlir::Value, const interpreter::Array *> values;
  llvm::DenseMap<mlir::Value, llvm::BitVector> notFinite; // of those that have such elements
  llvm::DenseMap<mlir::Value, llvm::BitVector> reaching;  // the elements that reach a result
  bool argumentsAreFinite = true;

  bool isElementwise(mlir::Operation *op) const;
  void follow(mlir::Operation *op);
  std::optional<Made> madeBy(mlir::OpResult result) const;
  llvm::DenseSet<mlir::Operation *> opsOfLoss();
};

} // namespace symc
#endif
