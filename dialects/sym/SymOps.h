//===- SymOps.h - The sym dialect ---------------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_SYMOPS_H
#define SYMC_DIALECTS_SYM_SYMOPS_H

#include "dialects/sym/Dims.h"
#include "dialects/sym/Element.h"
#include "dialects/sym/ElementTypes.h"
#include "dialects/sym/Number.h"
#include "dialects/sym/Regions.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/BitVector.h"

#include "dialects/sym/SymDialect.h.inc"
#include "dialects/sym/SymEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/sym/SymAttributes.h.inc"
#include "dialects/sym/SymInterfaces.h.inc"
#define GET_OP_CLASSES
#include "dialects/sym/SymOps.h.inc"

#endif
