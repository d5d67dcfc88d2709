//===- Gradient.td - Derivatives as ops of the graph -------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_GRADIENT
#define SYM_GRADIENT

include "dialects/sym/SymBase.td"

/// Becomes the ops of the derivative in stage 2 (lib/Autodiff/ExpandGradients.cpp).
def Sym_GradOp : Sym_PublicOp<"grad", [Sym_WithoutArithmetic, Sym_MixedElementTypes]>, Sym_Inferred {
  let summary = "The derivatives of a scalar by inputs, parameters, constants or nodes";
  let description = [{
    One result for each of `xs`, of its type. An x is the value that the node or tensor has: what y makes of that counts,
    on all ways, and what x is made of does not. In a function or the body of a loop it is one of the function's own
    values. Where y does not depend on x the result is 0, with a warning. Results are values like any other: in outputs,
    in the loss, again in `grad`. An op without a derivative between x and y is an error.
  }];
  let formula = "dy/dx for each x";
  let gradient = "by the second derivatives of y";
  let shapes = "y [], x of any shapes → the shape of each x";
  let example = "=sum(a * a), T[batch, 3]";
  let arguments = (ins Sym_FloatTensor:$y, Variadic<Sym_FloatTensor>:$xs);
  let results = (outs Variadic<Sym_Tensor>:$outs);
}
#endif
