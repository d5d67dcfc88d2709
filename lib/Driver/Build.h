//===- Build.h - From a graph to a stage --------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_DRIVER_BUILD_H
#define SYMC_LIB_DRIVER_BUILD_H

#include "lib/Driver/Stage.h"
#include "lib/Lowering/Passes.h"
#include "lib/Support/Diagnostics.h"
#include "lib/Target/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <string>
#include <vector>

namespace symc {

/// What a compilation is asked for; `symc compile`'s options by their names.
struct BuildOptions {
  std::string input;
  std::vector<std::pair<std::string, int64_t>> fixedDims;
  std::vector<std::string> functions;
  std::vector<std::string> cpus; // empty: native
  std::string triple;
  std::string params; // embedded when set
  bool allowExtra = false;
  int optLevel = 2;
  bool fastMath = false;
  bool timePasses = false;
  bool verify = false; // between passes, for tests
  bool fuse = true;    // ops share kernels
  ArenaMode arena = ArenaMode::Planned;
};

/// The dialects that any stage uses.
void registerDialects(mlir::DialectRegistry &registry);

/// Reports what a pass says: a message that begins with its code is about the user's graph, any other about the
/// compiler.
void report(mlir::Diagnostic &raised, const BuildOptions &options, Diagnostics &diagnostics);

/// Reads the graph (or, for a name in .mlir, a module of sym): stage Sym. Null after an error.
mlir::OwningOpRef<mlir::ModuleOp> readInput(mlir::MLIRContext &context, const BuildOptions &options,
                                            Diagnostics &diagnostics);

/// Runs the stages after Sym up to `last` (at most Linalg) on the module.
bool runStages(mlir::ModuleOp module, Stage last, const BuildOptions &options, Diagnostics &diagnostics);

/// The code of a module at stage Linalg for one CPU, as an LLVM module. `module` is consumed.
std::unique_ptr<llvm::Module> translate(mlir::ModuleOp module, const CpuTarget &cpu, const BuildOptions &options,
                                        llvm::LLVMContext &context, ModelDescription *description,
                                        Diagnostics &diagnostics);

} // namespace symc
#endif
