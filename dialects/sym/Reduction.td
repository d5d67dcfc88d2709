//===- Reduction.td - Reductions over axes ---------------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_REDUCTION
#define SYM_REDUCTION

include "dialects/sym/SymBase.td"

/// A public reduction with `axis` (absent: all axes) and `keepdims`.
class Sym_Reduction<string mnemonic, Type operand, list<Trait> traits = []> : Sym_PublicOp<mnemonic, traits> {
  let arguments = (ins operand:$x, OptionalAttr<Sym_Axes>:$axis, DefaultValuedAttr<Sym_Bool, "false">:$keepdims);
}
/// One that is lowered as it is.
class Sym_PrimitiveReduction<string mnemonic, Type operand>
    : Sym_Reduction<mnemonic, operand, [DeclareOpInterfaceMethods<ReductionOpInterface>,
                                        DeclareOpInterfaceMethods<DifferentiableOpInterface>]>;

def Sym_SumOp : Sym_PrimitiveReduction<"sum", Sym_NumberTensor> {
  let summary = "Sum over axes";
  let formula = "sum of x over axis";
  let gradient = "dx = broadcast of g";
}
#endif
