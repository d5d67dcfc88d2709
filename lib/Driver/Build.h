//===- Build.h - From a graph to a stage --------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_DRIVER_BUILD_H
#define SYMC_LIB_DRIVER_BUILD_H

#include "lib/Driver/Stage.h"
#include "lib/Support/Diagnostics.h"
#include "lib/Support/Hash.h"
#include "lib/Target/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Support/Timing.h"
#include <optional>
#include <string>
#include <vector>

namespace symc {

/// What a compilation is asked for: symc_compile_options, whose comments say more, as C++.
struct BuildOptions {
  std::string input;
  std::optional<std::string> text; // of the graph, in place of the file's
  std::vector<std::pair<std::string, int64_t>> fixedDims;

  Stage stage = Stage::Library;
  unsigned codeStage = 0; // of stage Code: the target's number of it
  std::string output;     // of stage Library
  bool header = false;

  std::vector<std::string> functions;
  bool functionsRequired = false;
  const Target *target = &defaultTarget();
  TargetOptions code;
  std::string params; // embedded when set
  bool allowExtra = false;
  bool allowMissing = false;
  std::vector<std::string> freeze;    // instead of the graph's, unless empty
  std::optional<double> learningRate; // instead of the graph's
  int32_t threads = 0;
  uint64_t seed = 0;
  bool timePasses = false;
  bool verifyEach = false; // the verifier runs between passes
  bool logPlacement = false;
  bool fuse = true;          // ops share kernels
  bool exposeValues = false; // of all ops, see Examination.h
  bool tracePoints = false;
  bool describeGraph = false;
  std::vector<std::string> watched; // nodes, see Watch.h
};

/// "planned", "separate", "poisoned".
llvm::StringRef arenaModeName(ArenaMode mode);
std::optional<ArenaMode> findArenaMode(llvm::StringRef name);

/// The dialects that any stage or target uses.
void registerDialects(mlir::DialectRegistry &registry);

/// The place in a file that a location carries; null: none.
mlir::FileLineColLoc placeOf(mlir::Location location);

/// Reports what a pass says: a message that begins with its code is about the user's graph, any other about the
/// compiler.
void report(mlir::Diagnostic &raised, const BuildOptions &options, Diagnostics &diagnostics);

/// One run through stages: what is asked for, where mistakes go, what is measured (nothing, when timing is off), and
/// who looks on.
struct BuildRun {
  const BuildOptions &options;
  Diagnostics &diagnostics;
  mlir::TimingScope timing;
  std::unique_ptr<mlir::PassInstrumentation> instrumentation = nullptr; // of the next passes
  Hash constants = {};                                                  // those that the graph has from other files
};

/// The text of the graph: that of the options, or that of the file. None after an error.
std::optional<std::string> readText(const BuildOptions &options, Diagnostics &diagnostics);

/// Reads the text as a graph (or, for a name in .mlir, as a module of sym): stage Sym. Null after an error.
mlir::OwningOpRef<mlir::ModuleOp> readModule(std::string text, mlir::MLIRContext &context, BuildRun &run,
                                             bool warnUnused = true);

/// Runs passes on the module and reports what they say.
mlir::LogicalResult runPasses(mlir::PassManager &manager, mlir::ModuleOp module, BuildRun &run);

/// Runs the stages after Sym up to `last` (at most Linalg) on the module.
bool runStages(mlir::ModuleOp module, Stage last, BuildRun &run);

} // namespace symc
#endif
