//===- Compilation.h - One call of the compiler -------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_DRIVER_COMPILATION_H
#define SYMC_LIB_DRIVER_COMPILATION_H

#include "lib/Driver/Build.h"
#include "lib/Driver/Examination.h"
#include "mlir/IR/MLIRContext.h"

namespace symc {

/// Whose mistake it was; the values of symc_outcome.
enum class Outcome { Done, WrongInput, WrongOptions, Lacking, Internal };

/// What symc_result tells.
struct BuildResult {
  std::vector<std::string> files;
  std::optional<std::string> text;
  std::string timings;
};

/// What symc_formula_options says.
struct FormulaRequest {
  std::string of;
  std::vector<std::string> wrt;
  bool latex = false;
};

/// A context of its own for each, so that what one compiles never depends on what was compiled before. Nothing is
/// printed: mistakes go to `diagnostics`.
class Compilation {
public:
  Compilation(const BuildOptions &options, Diagnostics &diagnostics);
  ~Compilation();

  Outcome compile(BuildResult &result);
  Outcome check();
  Outcome differentiate(const FormulaRequest &request, BuildResult &result);
  /// The text of the result is what was found, as JSON; there is none where nothing was.
  Outcome examine(const ExaminationRequest &request, BuildResult &result);

private:
  mlir::OwningOpRef<mlir::ModuleOp> read(bool warnUnused = true);
  Outcome emit(mlir::ModuleOp module, BuildResult &result);
  Outcome writeLibrary(mlir::ModuleOp module, ModelDescription said, BuildResult &result);
  std::unique_ptr<TargetCompilation> beginCode();
  bool checkFunctions(mlir::ModuleOp module);
  void reportPlacement(mlir::ModuleOp module);
  void takeTimings(BuildResult &result);

  void report(std::string_view code, std::string message, std::string file = "", std::string suggestion = "");
  Outcome failed(llvm::Error error);
  Outcome failed() const;

  const BuildOptions &options;
  Diagnostics &diagnostics;
  mlir::MLIRContext context;
  std::string graphSha256; // of the text that was read
  std::string timings;
  std::unique_ptr<llvm::raw_ostream> timingStream;
  std::unique_ptr<mlir::DefaultTimingManager> timing;
  BuildRun run;
};

} // namespace symc
#endif
