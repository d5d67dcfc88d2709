//===- ElementTypes.h - Element types as MLIR has them -----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_ELEMENTTYPES_H
#define SYMC_DIALECTS_SYM_ELEMENTTYPES_H

#include "lib/Support/ElementTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"

namespace symc {

/// Signed integers are signless in tensors, bool is i1.
mlir::Type mlirType(mlir::MLIRContext *context, ElementType type);
ElementType elementTypeOf(mlir::Type element);

/// f16 and bf16, which are stored in 16 bits and computed in f32.
inline bool isNarrowFloat(mlir::Type element) { return element.isF16() || element.isBF16(); }
/// The type that ops on elements of `element` compute in.
inline mlir::Type arithmeticType(mlir::Type element) {
  return isNarrowFloat(element) ? mlir::Float32Type::get(element.getContext()) : element;
}

/// The trait of ops that move, choose or convert elements.
template <class ConcreteOp> class WithoutArithmetic : public mlir::OpTrait::TraitBase<ConcreteOp, WithoutArithmetic> {};

/// An op whose floating operands may have different element types.
template <class ConcreteOp> class MixedElementTypes : public mlir::OpTrait::TraitBase<ConcreteOp, MixedElementTypes> {};

/// An op whose result is operand 0 in its memory.
template <class ConcreteOp> class RenamesMemory : public mlir::OpTrait::TraitBase<ConcreteOp, RenamesMemory> {};
inline bool renamesMemory(mlir::Operation *op) { return op && op->hasTrait<RenamesMemory>(); }

} // namespace symc
#endif
