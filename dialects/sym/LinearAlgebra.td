//===- LinearAlgebra.td - Factorisations and solvers -----------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_LINEAR_ALGEBRA
#define SYM_LINEAR_ALGEBRA

include "dialects/sym/SymBase.td"

//===----------------------------------------------------------------------===//
// Diagonals, each the derivative of the other
//===----------------------------------------------------------------------===//

class Sym_DiagonalMove<string mnemonic> : Sym_Op<mnemonic, [DeclareOpInterfaceMethods<InferTypeOpInterface>,
    DeclareOpInterfaceMethods<ElementOpInterface>, DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let arguments = (ins Sym_Tensor:$x, I64Attr:$first, I64Attr:$second);
  let results = (outs Sym_Tensor:$out);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
def Sym_DiagonalOp : Sym_DiagonalMove<"diagonal"> {
  let summary = "The elements whose indices on the axes first < second are equal; the second axis goes";
}
def Sym_DiagonalEmbedOp : Sym_DiagonalMove<"diagonal_embed"> {
  let summary = "A new axis `second`, where all elements off the diagonal with `first` are 0";
}
#endif
