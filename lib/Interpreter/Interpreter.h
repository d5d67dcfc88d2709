//===- Interpreter.h - Functions of sym, evaluated in f64 ---------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The reference that compiled numbers are held against: every op by its definition, one after
// another, in f64, on nested loops without any tricks. It shares the dialect's attributes and
// shape functions with the compiler, and none of its decompositions, derivatives or lowerings.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_INTERPRETER_INTERPRETER_H
#define SYMC_LIB_INTERPRETER_INTERPRETER_H

#include "lib/Interpreter/Array.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"
#include <memory>
#include <optional>
#include <string>

namespace symc::interpreter {

class Rules;

struct Options {
  /// Values of the symbolic dimensions; a function needs those of its arguments' types.
  llvm::StringMap<int64_t> dims;
  /// How `dropout` and `batch_norm` behave.
  bool training = true;
  int64_t seed = 0, step = 0;
  /// Not 0: what an op computes with, and what it computes, is moved by as much as a rounding to the element type may
  /// move it, at random from this seed. The spread of several such evaluations tells how far numbers of that type can
  /// be from the exact ones (Monte Carlo arithmetic: D. S. Parker, UCLA CSD-970002, 1997).
  uint64_t perturbation = 0;
  /// Called with what an op of the function itself, not of a body, has computed; it may put other values in its place.
  /// Of an op that has no rule there is nothing yet.
  std::function<void(mlir::Operation *op, llvm::SmallVectorImpl<Array> &results)> observe;
};

/// What a function gives; a model's own status, as a failed assertion or an index out of range, is an error.
struct Outcome {
  llvm::SmallVector<Array> results;
  std::string error; // empty: none
  mlir::Operation *failed = nullptr;
};

class Interpreter {
public:
  explicit Interpreter(Options options);
  ~Interpreter();

  /// Evaluates those of the function's results that are wanted (none given: all), and what they need; the others are
  /// empty.
  Outcome evaluate(mlir::func::FuncOp function, llvm::ArrayRef<Array> arguments, const llvm::BitVector &wanted = {});

  /// The value of an op that is a constant.
  Array constant(mlir::Operation *op) const;

private:
  Options options;
  const Rules &rules;
};

} // namespace symc::interpreter
#endif
