//===- OpSchema.h - The ops as graph files see them ---------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_OPSCHEMA_H
#define SYMC_DIALECTS_SYM_OPSCHEMA_H

#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace symc {

/// How JSON becomes an attribute. One kind a Sym_* attribute class of SymBase.td.
enum class AttrKind {
  I64,
  F64,
  Order,
  Number,
  Bool,
  Str,
  Axes,
  Ints,
  OpenInts,
  OpenBounds,
  PadWidth,
  DType,
  ActivationName,
  Function,
  Shape,
  Sizes,
  Padding,
  Enum
};
/// What a number must be. NotZero holds after rounding to the element type too.
enum class NumberRange { Any, NotNan, Finite, FiniteNotZero, NotNegative, FiniteNotNegative };
/// Whether it is; "greater than 0" and the like to say what it must be.
bool isInRange(NumberRange range, double value);
llvm::StringRef wantedOf(NumberRange range);

enum class OperandClass { Any, Number, Float, Int, Bool };

struct OperandSchema {
  llvm::StringRef name;
  OperandClass operandClass;
  bool optional, variadic;
};

struct AttrSchema {
  llvm::StringRef name;
  AttrKind kind;
  bool required;
  llvm::StringRef defaultText; // as C++ writes it; empty when there is none
  NumberRange range;
  llvm::ArrayRef<llvm::StringRef> cases;                             // Enum
  mlir::Attribute (*makeCase)(mlir::MLIRContext *, llvm::StringRef); // Enum: null when unknown

  /// Whether the attribute becomes an element of an op whose first result is of `element`. A real number among
  /// integers, as a probability of bools, does not.
  bool isElement(mlir::Type element) const {
    return kind == AttrKind::Number ||
           ((kind == AttrKind::F64 || kind == AttrKind::Order) && llvm::isa<mlir::FloatType>(element));
  }
  /// Why the element type cannot hold the attribute, as `which f32 rounds to 0`; empty when it can.
  std::string misfit(mlir::Attribute attr, mlir::Type element) const;
};

struct OpSchema {
  llvm::StringRef mnemonic;
  llvm::StringRef summary, description, formula, gradient;
  llvm::ArrayRef<OperandSchema> operands;
  llvm::ArrayRef<AttrSchema> attributes; // in the order of the op's signature
  unsigned results;                      // 0: as many as the op infers
  bool broadcasts;                       // operands are broadcast to a common shape
  bool activation;                       // may be named by `activation`
  bool firstAlone;                       // a node may name its first result alone

  /// Whether it is given functions of the file by name: a call, loop or branch.
  bool takesFunctions() const;
};

/// All ops that graph files may name, sorted by mnemonic.
llvm::ArrayRef<OpSchema> opSchemas();
/// Null when there is no such op.
const OpSchema *findOpSchema(llvm::StringRef mnemonic);

} // namespace symc
#endif
