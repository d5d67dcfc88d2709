//===- Contraction.td - Matrix products and convolutions -------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_CONTRACTION
#define SYM_CONTRACTION

include "dialects/sym/SymBase.td"

def Sym_MatmulOp : Sym_PublicOp<"matmul", [DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "Matrix product over the last two axes, batched over the leading ones";
  let formula = "out[…, i, j] = sum over k of a[…, i, k] * b[…, k, j]";
  let gradient = "da = g @ b.T, db = a.T @ g";
  let arguments = (ins Sym_NumberTensor:$a, Sym_NumberTensor:$b, DefaultValuedAttr<Sym_Bool, "false">:$transpose_a,
                   DefaultValuedAttr<Sym_Bool, "false">:$transpose_b);
}
#endif
