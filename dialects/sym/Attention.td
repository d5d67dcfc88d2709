//===- Attention.td - Attention ----------------------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_ATTENTION
#define SYM_ATTENTION

include "dialects/sym/SymBase.td"

def Sym_AttentionOp : Sym_PublicOp<"attention", [DeclareOpInterfaceMethods<DecomposableOpInterface>]>, Sym_Inferred {
  let summary = "Means of v, weighted by how well q and k go together";
  let notes = ["scale: what scores are multiplied by; 1/√features when absent", "causal: no row sees rows behind it"];
  let formula = "softmax(scale * q @ swapaxes(k, -1, -2)) @ v";
  let gradient = "that of the products and softmax which it stands for";
  let shapes = "[…, t, d], […, s, d], […, s, e] → […, t, e]";
  let example = "T[batch, 5, 4], T[batch, 6, 4], T[batch, 6, 4]; causal=true";
  let description = [{
    q is […, time, features], k […, other time, features], v […, other time, other features]; leading axes are broadcast.
    `scale` is 1/√features when left out. Scores whose `mask` is false, broadcast to […, time, other time], do not
    count, nor do those later than the row with `causal`. A row in which nothing counts is 0, and so is its gradient.
  }];
  let arguments = (ins Sym_FloatTensor:$q, Sym_FloatTensor:$k, Sym_FloatTensor:$v, Optional<Sym_BoolTensor>:$mask,
                   OptionalAttr<Sym_F64>:$scale, DefaultValuedAttr<Sym_Bool, "false">:$causal);
}
#endif
