//===- Examination.h - Where numbers go wrong ---------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Holds what a library computed against the reference interpreter. To see inside, a library is
// compiled so that `predict` gives the value of every op of the graph (exposeValues): since
// numbers do not depend on what is fused, they are those of the library without that.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_DRIVER_EXAMINATION_H
#define SYMC_LIB_DRIVER_EXAMINATION_H

#include "lib/Interpreter/Comparison.h"
#include "lib/Interpreter/Interpreter.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "llvm/ADT/MapVector.h"
#include <deque>
#include <string>

namespace symc {

/// Adds the result of every op of @model, but for constants, to what `predict` gives, by names that no node has:
/// "value:N", and "value:N:R" for the results behind the first; N counts the ops of the body. All versions of a graph's
/// module give the same names.
void exposeValues(mlir::ModuleOp module);

/// What symc_array says.
struct GivenArray {
  std::string name;
  ElementType element;
  interpreter::Sizes sizes;
  std::vector<double> reals;
  std::vector<int64_t> integers;
};

/// What symc_examination says.
struct ExaminationRequest {
  enum Question { Nodes, Results, NotFinite, Passes } question = Nodes;
  std::string function;
  std::vector<GivenArray> arguments, values;
  int64_t seed = 0, step = 0;
};

/// The same in types of a context.
struct Evidence {
  Evidence(const ExaminationRequest &request, mlir::MLIRContext *context);
  std::string function;
  llvm::StringMap<interpreter::Array> arguments, values;
  int64_t seed, step;
};

/// What is wrong first.
struct Finding {
  std::string function; // of a result; empty: it is a node
  std::string name;
  std::string op, pass;
  mlir::Location location;
  std::optional<interpreter::Difference> difference;
  int64_t elements = 0; // of the tensor
  // Of what is not finite, see NotFinite.h:
  bool ofInfinities = false, reachesResult = true;
};

class Examiner {
public:
  Examiner(mlir::ModuleOp module, const Evidence &evidence) : module(module), evidence(evidence) {}

  /// The first op of @model whose values differ from what the reference makes of the library's operands.
  std::optional<Finding> firstDifferentNode();
  /// The first result of a function of the module that differs from the reference's.
  std::optional<Finding> firstDifferentResult();
  /// The first op of @model that makes a NaN or an infinity out of finite operands, or NaN out of infinities that the
  /// graph says, those first that reach a result. The gradients are not finite either where the function is
  /// "gradients".
  std::optional<Finding> firstNotFinite();

  /// Why the reference could not be evaluated; empty: it could.
  const std::string &problem() const { return failure; }

private:
  friend class PassExaminer;
  mlir::ModuleOp module;
  const Evidence &evidence;
  std::string failure;

  struct Value {
    mlir::Value value; // of an op, or null: a result of a function
    std::string name;
    mlir::Location location;
    interpreter::Comparison comparison;
    int64_t elements;
  };
  const interpreter::Array *valueOf(llvm::StringRef name, mlir::Type tensor, const interpreter::Options &options);
  static std::optional<Finding> firstDifferent(const std::deque<Value> &values);
  std::optional<Finding> findFirst(std::deque<Value> &values, llvm::function_ref<bool(uint64_t perturbation)> evaluate);
  std::optional<interpreter::Options> optionsFor(mlir::func::FuncOp function,
                                                 llvm::SmallVectorImpl<interpreter::Array> &arguments,
                                                 const llvm::BitVector &wanted = {});
  bool evaluate(mlir::func::FuncOp function, interpreter::Options options, llvm::ArrayRef<interpreter::Array> arguments,
                llvm::SmallVectorImpl<interpreter::Array> &results, const llvm::BitVector &wanted = {});
};

/// Evaluates the functions of a module after each pass, and keeps the first pass after which a result is another one,
/// by more than roundings explain: a constant may be folded in its type.
class PassExaminer : public mlir::PassInstrumentation {
public:
  /// `problem` says why nothing could be evaluated, where nothing could.
  PassExaminer(const Evidence &evidence, std::optional<Finding> &found, std::string &problem)
      : evidence(evidence), found(found), problem(problem) {}

  /// What a module gives before any pass.
  void begin(mlir::ModuleOp module) { look(module, "the graph"); }
  void runAfterPass(mlir::Pass *pass, mlir::Operation *op) override;

private:
  const Evidence &evidence;
  std::optional<Finding> &found;
  std::string &problem;
  bool evaluated = false;
  /// Results by function and name.
  llvm::StringMap<interpreter::Array> known;

  void look(mlir::ModuleOp module, llvm::StringRef pass);
};

} // namespace symc
#endif
