//===- Layers.td - Layers that can make their parameters ---*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_LAYERS
#define SYM_LAYERS

include "dialects/sym/SymBase.td"

def Sym_DenseOp : Sym_Layer<"dense"> {
  let summary = "Fully connected layer on the last axis";
  let formula = "out = activation(x @ kernel + bias)";
  let shapes = "[…, features], [features, units], [units] → […, units]";
  let example = "T[batch, 4], T[4, 3], T[3]";
  let layer = "units=4, activation='relu'";
  let description = [{
    kernel is [features of x, units], bias [units]. Left out, they are the parameters NODE/kernel (glorot_uniform) and
    NODE/bias (zeros; none with `use_bias: false`). With a kernel and no bias there is no bias, and `units` may be left
    out.
  }];
  let arguments = (ins Sym_NumberTensor:$x, Sym_NumberTensor:$kernel, Optional<Sym_NumberTensor>:$bias,
                   OptionalAttr<Sym_I64>:$units, DefaultValuedAttr<Sym_Bool, "true">:$use_bias,
                   OptionalAttr<Sym_ActivationName>:$activation);
}
#endif
