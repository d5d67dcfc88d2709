//===- Target.h - What a target does, and which ones there are ----*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A target is one object. It takes a module of programs and target-neutral kernels (stage Linalg)
// to a library, and says what the stages before must know of its machine. Whoever is above this
// layer asks the object and knows no target by name. One is added as a directory below
// lib/Lowering, a directory below lib/Target and a row of Targets.def.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TARGET_TARGET_H
#define SYMC_TARGET_TARGET_H

#include "lib/Fusion/Costs.h"
#include "lib/Kernel/Passes.h"
#include "lib/Lowering/ArenaMode.h"
#include "lib/Lowering/ModelDescription.h"
#include "lib/Target/TargetInfo.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>
#include <string>
#include <vector>

namespace symc {

/// What is asked of the code. A target reads what is its own and refuses what is another's.
struct TargetOptions {
  std::vector<std::string> cpus;     // for the CPU; several: the best is picked when a library is loaded
  std::string triple;                // for the CPU: another platform
  std::vector<std::string> gpuArchs; // for GPUs
  unsigned optLevel = 2;             // 0 to 3, of code generation
  bool fastMath = false;
  ArenaMode arena = ArenaMode::Planned;
};

/// Runs passes on a module: whoever compiles measures them, verifies between them and takes what they report.
using RunPasses = llvm::function_ref<mlir::LogicalResult(mlir::PassManager &, mlir::ModuleOp)>;

/// Passes failed, and what was wrong is reported.
class PassesFailed : public llvm::ErrorInfo<PassesFailed> {
public:
  static char ID;
  void log(llvm::raw_ostream &os) const override { os << "passes failed"; }
  std::error_code convertToErrorCode() const override { return llvm::inconvertibleErrorCode(); }
};

/// One compilation for a target: its options are checked, and it holds the code until that is written. Used once, for
/// `emit` or for `compile` and `writeLibrary`, while the module is there.
class TargetCompilation {
public:
  virtual ~TargetCompilation();

  /// Prints a stage of the target's own. Where there is code for several machines, the first one's. `module` is
  /// consumed, here and in `compile`.
  virtual llvm::Error emit(unsigned stage, mlir::ModuleOp module, RunPasses run, llvm::raw_ostream &os) = 0;

  /// Makes all code of the library and describes the model; initial values point into the module's attributes.
  virtual llvm::Expected<ModelDescription> compile(mlir::ModuleOp module, RunPasses run) = 0;

  /// Writes the library of the model, which has got what its file and its options say of it: an archive for a name that
  /// ends in `.a`, an object for `.o`, else a shared library; with `header` the C header beside it. Every file is
  /// complete before it has its name. Returns the paths, the library's first.
  virtual llvm::Expected<std::vector<std::string>> writeLibrary(const ModelDescription &model, llvm::StringRef path,
                                                                bool header) = 0;
};

class Target {
public:
  virtual ~Target();

  /// The name and the stages.
  virtual const TargetInfo &info() const = 0;
  /// The machines that it compiles for, separated by blanks: "x86-64".
  virtual llvm::StringRef architectures() const = 0;
  /// Where a node runs that is placed nowhere: "cpu:0".
  virtual llvm::StringRef device() const = 0;
  /// What fusion is to count with.
  virtual FusionCosts fusionCosts() const = 0;
  /// Into how many partial results large reductions are cut, and from how many elements on.
  virtual NestsPassOptions reductionParts() const = 0;

  /// The dialects that its passes make, with their translations.
  virtual void registerDialects(mlir::DialectRegistry &registry) const = 0;
  /// Its passes and pipelines, for symc-opt.
  virtual void registerPasses() const = 0;

  /// Checks the options; the error is what is wrong with them.
  virtual llvm::Expected<std::unique_ptr<TargetCompilation>> begin(const TargetOptions &options) const = 0;
};

/// The targets of this version, the default first.
llvm::ArrayRef<const Target *> targets();
/// Null when this version has none that is called so.
const Target *findTarget(llvm::StringRef name);
inline const Target &defaultTarget() { return *targets().front(); }

} // namespace symc

#endif // SYMC_TARGET_TARGET_H
