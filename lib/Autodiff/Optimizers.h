//===- Optimizers.h - Updates of parameters -----------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_AUTODIFF_OPTIMIZERS_H
#define SYMC_AUTODIFF_OPTIMIZERS_H

#include "dialects/sym/Expr.h"
#include "dialects/sym/TrainOptions.h"
#include "lib/Autodiff/Functions.h"
#include "llvm/ADT/StringSet.h"
#include <memory>
#include <optional>
#include <vector>

namespace symc {

/// A method and what the graph file says of it; what it leaves out has its standard value.
class MethodOptions {
public:
  MethodOptions(const TrainMethod &method, mlir::DictionaryAttr given) : method(method), given(given) {}
  double number(llvm::StringRef name) const;
  bool flag(llvm::StringRef name) const { return number(name) != 0; }
  llvm::SmallVector<double> numbers(llvm::StringRef name) const;
  llvm::StringRef methodName() const { return method.name; }

private:
  const TrainMethod &method;
  mlir::DictionaryAttr given;
};

/// A number that is known now, or a scalar f64 tensor of the train step.
struct StepScalar {
  std::optional<double> known;
  mlir::Value value;
};

/// The train step while its updates are built.
class UpdateScope {
public:
  /// Updates happen in every `period`-th step.
  UpdateScope(mlir::OpBuilder &b, mlir::func::FuncOp function, int64_t period);

  mlir::OpBuilder &b;
  mlir::Location loc;

  /// Scalar f64: the number of updates before this one.
  Tensor updatesDone();
  Tensor f64(double value);
  Tensor f64(const StepScalar &scalar) { return scalar.known ? f64(*scalar.known) : Tensor{b, loc, scalar.value}; }
  /// A scalar in the shape and element type of `like`.
  Tensor spread(Tensor scalar, Tensor like);
  /// Declares persistent state, of this name unless a parameter has it, and gives its present value.
  Tensor state(llvm::StringRef wanted, mlir::Type type, double initial = 0);
  /// The parameter or state whose value is `present` takes `next` when this step updates.
  void update(Tensor present, Tensor next);
  /// The same in every step.
  void updateAlways(Tensor present, Tensor next);
  /// Scalar bool: whether this step updates; none when all do.
  std::optional<Tensor> updates();
  llvm::ArrayRef<FunctionResult> results() const { return changed; }

private:
  mlir::func::FuncOp function;
  int64_t period;
  std::optional<Tensor> done, now;
  llvm::SmallVector<FunctionResult> changed;

  Tensor stepsDone();
  Tensor i64(int64_t value);
};

/// times(s, x): `x` by a scalar, a constant where it is known.
Tensor times(UpdateScope &scope, const StepScalar &scalar, Tensor x);

/// The learning rate of this step.
StepScalar learningRate(UpdateScope &scope, double base, sym::ScheduleKind kind, mlir::DictionaryAttr options);

/// A parameter in the type that it is computed in, and its gradient.
struct TrainedParameter {
  llvm::StringRef name;
  Tensor w, g;
};

class Optimizer {
public:
  virtual ~Optimizer() = default;
  /// The next values of the parameters.
  virtual std::vector<Tensor> step(UpdateScope &scope, const StepScalar &rate,
                                   llvm::ArrayRef<TrainedParameter> parameters) = 0;
  /// Whether a parameter with gradient 0 in every step changes.
  virtual bool movesWithoutGradient() const { return false; }
};

std::unique_ptr<Optimizer> createOptimizer(sym::OptimizerKind kind, const MethodOptions &options);
std::unique_ptr<Optimizer> createLbfgs(const MethodOptions &options);

} // namespace symc
#endif
