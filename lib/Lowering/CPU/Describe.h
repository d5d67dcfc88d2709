//===- Describe.h - What the target stage needs to know of a model -*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_DESCRIBE_H
#define SYMC_LIB_LOWERING_CPU_DESCRIBE_H

#include "lib/Lowering/ArenaMode.h"
#include "lib/Lowering/ModelDescription.h"
#include "mlir/IR/BuiltinOps.h"

namespace symc {

/// Describes a module whose functions are outlined and whose kernels are final, but whose model functions are not yet
/// bodies. `module` outlives the result: initial values point into its attributes.
ModelDescription describeModel(mlir::ModuleOp module, ArenaMode arena = ArenaMode::Planned);

} // namespace symc
#endif
