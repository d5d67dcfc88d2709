//===- Recurrent.td - Recurrent layers ---------------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A recurrent layer is a scan over time (Recurrent.cpp): what its kernel does with the input is one product in front of
// the loop, the rest is the body.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_RECURRENT
#define SYM_RECURRENT

include "dialects/sym/SymBase.td"

class Sym_Recurrent<string mnemonic, dag state, string gates, string biasShape>
    : Sym_PublicOp<mnemonic, [AttrSizedOperandSegments, DeclareOpInterfaceMethods<DecomposableOpInterface>,
                              DeclareOpInterfaceMethods<LayerOpInterface>]>, Sym_LayerFamily {
  let gradient = "that of the step at g, from the last step to the first";
  let description = [{
    x is [batch, time, features], kernel [features, }] # gates # [{units], recurrent_kernel [units, }] # gates #
    [{units], bias }] # biasShape # [{. Left out, they are the parameters NODE/kernel (glorot_uniform),
    NODE/recurrent_kernel (orthogonal) and NODE/bias (zeros}] # !if(!eq(mnemonic, "lstm"), "; 1 for f", "") # [{); with a
    kernel and no bias there is no bias. The state is [batch, units] and begins with 0 unless it is given. With
    `lengths` [batch], integers, a sequence ends there: steps beyond its length keep the state and give 0. With
    `reverse` time runs from the last step to the first; row t of the result still belongs to row t of x.

    Results are the sequence [batch, time, units], or with `return_sequences: false` the state h after the last step,
    and, where the node names them, the final }] # !if(!eq(mnemonic, "lstm"), "states h and c", "state h") # [{.
    `units` may be left out with a kernel.
  }];
  let arguments = !con((ins Sym_FloatTensor:$x, Sym_FloatTensor:$kernel, Sym_FloatTensor:$recurrent_kernel,
                            Optional<Sym_FloatTensor>:$bias, Optional<Sym_FloatTensor>:$initial_h),
                       state, (ins Optional<Sym_IntTensor>:$lengths, OptionalAttr<Sym_I64>:$units,
                            DefaultValuedAttr<Sym_ActivationName, "\"tanh\"">:$activation,
                            DefaultValuedAttr<Sym_Bool, "true">:$return_sequences,
                            DefaultValuedAttr<Sym_Bool, "false">:$reverse));
  let firstAlone = 1;
}

def Sym_RnnOp : Sym_Recurrent<"rnn", (ins), "", "[units]"> {
  let summary = "Recurrent layer whose state is its output";
  let formula = "h[t] = activation(x[t] @ kernel + h[t - 1] @ recurrent_kernel + bias)";
  let shapes = "[n, t, features] and weights as below → [n, t, units], [n, units]";
  let example = "T[batch, 5, 3], T[3, 4], T[4, 4], T[4]";
  let layer = "units=4";
  let results = (outs Sym_Tensor:$out, Sym_Tensor:$h);
}
def Sym_LstmOp : Sym_Recurrent<"lstm", (ins Optional<Sym_FloatTensor>:$initial_c), "4 * ", "[4 * units]"> {
  let summary = "Long short-term memory";
  let formula = "i, f, u, o = split(x[t] @ kernel + h[t - 1] @ recurrent_kernel + bias, 4); "
                "c[t] = sigmoid(f) * c[t - 1] + sigmoid(i) * activation(u); h[t] = sigmoid(o) * activation(c[t])";
  let shapes = "[n, t, features] and weights as below → [n, t, units], [n, units], [n, units]";
  let example = "T[batch, 5, 3], T[3, 16], T[4, 16], T[16]";
  let layer = "units=4";
  let results = (outs Sym_Tensor:$out, Sym_Tensor:$h, Sym_Tensor:$c);
}
def Sym_GruOp : Sym_Recurrent<"gru", (ins), "3 * ", "[2, 3 * units]"> {
  let summary = "Gated recurrent unit, the reset gate behind the product";
  let formula = "z, r, u = split(x[t] @ kernel + bias[0], 3); p, q, v = split(h[t - 1] @ recurrent_kernel + bias[1], 3); "
                "Z = sigmoid(z + p); h[t] = Z * h[t - 1] + (1 - Z) * activation(u + sigmoid(r + q) * v)";
  let shapes = "[n, t, features] and weights as below → [n, t, units], [n, units]";
  let example = "T[batch, 5, 3], T[3, 12], T[4, 12], T[2, 12]";
  let layer = "units=4";
  let results = (outs Sym_Tensor:$out, Sym_Tensor:$h);
}
#endif
