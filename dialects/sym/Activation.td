//===- Activation.td - Activation functions ----------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Bodies keep full relative accuracy at both ends, and derivatives use the result where it
// holds all that they need, so that the operand need not live until the backward pass.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_ACTIVATION
#define SYM_ACTIVATION

include "dialects/sym/ElementwiseBase.td"

class Sym_Activation<string mnemonic, code body, code dx> : Sym_Unary<mnemonic, body, dx> { let activation = 1; }

def Sym_ReluOp : Sym_Activation<"relu", "where(x < 0.0, 0.0, x)", "where(out > 0.0, dout, 0.0)"> {
  let summary = "Rectified linear unit";
  let formula = "maximum(x, 0)";
  let gradient = "dx = g where x > 0, else 0";
}
def Sym_Relu6Op : Sym_Activation<"relu6", "relu6(x)", "where(bitAnd(out > 0.0, out < 6.0), dout, 0.0)"> {
  let summary = "Rectified linear unit cut at 6";
  let formula = "minimum(maximum(x, 0), 6)";
  let gradient = "dx = g where 0 < x < 6, else 0";
}
def Sym_LeakyReluOp : Sym_Activation<"leaky_relu", "where(x > 0.0, x, getNegativeSlope() * x)",
                                     "where(x > 0.0, dout, getNegativeSlope() * dout)"> {
  let summary = "Rectified linear unit with a slope for negative values";
  let notes = ["negative_slope: the slope for negative x"];
  let formula = "where(x > 0, x, negative_slope * x)";
  let gradient = "dx = g where x > 0, else negative_slope * g";
  let arguments = (ins Sym_FloatTensor:$x, DefaultValuedAttr<Sym_Finite, "0.01">:$negative_slope);
}
def Sym_EluOp : Sym_Activation<"elu", "where(x > 0.0, x, getAlpha() * expm1(x))",
                               "where(x > 0.0, dout, dout * (getAlpha() * exp(negativePart(x))))"> {
  let summary = "Exponential linear unit";
  let notes = ["alpha: what the function goes to far on the negative side, times -1"];
  let formula = "where(x > 0, x, alpha * expm1(x))";
  let gradient = "dx = g where x > 0, else g * alpha * exp(x)";
  let arguments = (ins Sym_FloatTensor:$x, DefaultValuedAttr<Sym_Finite, "1.0">:$alpha);
}
def Sym_SeluOp : Sym_Activation<"selu",
    "where(x > 0.0, 1.0507009873554804934 * x, 1.7580993408473768599 * expm1(x))",
    "where(x > 0.0, 1.0507009873554804934 * dout, dout * (1.7580993408473768599 * exp(negativePart(x))))"> {
  let summary = "Scaled exponential linear unit, which keeps mean and variance";
  let formula = "1.0507009873554805 * where(x > 0, x, 1.6732632423543772 * expm1(x))";
  let gradient = "dx = 1.0507009873554805 * g where x > 0, else 1.7580993408473769 * g * exp(x)";
}
def Sym_CeluOp : Sym_Activation<"celu", "where(x > 0.0, x, getAlpha() * expm1(x / getAlpha()))",
                                "where(x > 0.0, dout, dout * exp(negativePart(x) / getAlpha()))"> {
  let summary = "Exponential linear unit with a continuous derivative";
  let notes = ["alpha: what the function goes to far on the negative side, times -1; also the width of the bend"];
  let formula = "where(x > 0, x, alpha * expm1(x / alpha))";
  let gradient = "dx = g where x > 0, else g * exp(x / alpha)";
  let arguments = (ins Sym_FloatTensor:$x, DefaultValuedAttr<Sym_FiniteNotZero, "1.0">:$alpha);
}
def Sym_SoftplusOp : Sym_Activation<"softplus", "maximum(x, 0.0) + log1p(exp(-abs(x)))", "dout * sigmoid(x)"> {
  let summary = "Smooth rectified linear unit";
  let formula = "log(1 + exp(x))";
  let gradient = "dx = g * sigmoid(x)";
}
def Sym_SoftsignOp : Sym_Activation<"softsign", "x / (1.0 + abs(x))", "dout / (1.0 + abs(x)) / (1.0 + abs(x))"> {
  let summary = "Softsign";
  let formula = "x / (1 + abs(x))";
  let gradient = "dx = g / (1 + abs(x))**2";
}
def Sym_SigmoidOp : Sym_Activation<"sigmoid", "sigmoid(x)", "dout * (out * (1.0 - out))"> {
  let summary = "Logistic function";
  let formula = "1 / (1 + exp(-x))";
  let gradient = "dx = g * out * (1 - out)";
}
def Sym_HardSigmoidOp : Sym_Activation<"hard_sigmoid", "relu6(x + 3.0) / 6.0",
                                       "where(bitAnd(x > -3.0, x < 3.0), dout / 6.0, 0.0)"> {
  let summary = "Piecewise linear sigmoid";
  let formula = "relu6(x + 3) / 6";
  let gradient = "dx = g / 6 where -3 < x < 3, else 0";
}
def Sym_SiluOp : Sym_Activation<"silu", "x * sigmoid(x)", "siluGradient(dout, x)"> {
  let summary = "Sigmoid linear unit (swish)";
  let formula = "x * sigmoid(x)";
  let gradient = "dx = g * s * (1 + x * (1 - s)) with s = sigmoid(x)";
}
def Sym_HardSwishOp : Sym_Activation<"hard_swish", "x * (relu6(x + 3.0) / 6.0)",
                                     "where(x <= -3.0, 0.0, where(x >= 3.0, dout, dout * (x / 3.0 + 0.5)))"> {
  let summary = "Piecewise quadratic swish";
  let formula = "x * relu6(x + 3) / 6";
  let gradient = "dx = 0 where x <= -3, g where x >= 3, else g * (x / 3 + 1/2)";
}
def Sym_MishOp : Sym_Activation<"mish", "x * tanhSoftplus(x)", "mishGradient(dout, x)"> {
  let summary = "Mish";
  let formula = "x * tanh(softplus(x))";
  let gradient = "dx = g * (t + x * (1 - t**2) * sigmoid(x)) with t = tanh(softplus(x))";
}
def Sym_GeluOp : Sym_Activation<"gelu", "gelu(x, getApproximate())", "geluGradient(dout, x, getApproximate())"> {
  let summary = "Gaussian error linear unit";
  let notes = ["approximate: the form with tanh instead of that with erf"];
  let formula = "x * (1 + erf(x / sqrt(2))) / 2";
  let gradient = "dx = g * (cdf + x * pdf) of the normal distribution at x";
  let description = "With `approximate`, x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2 and its derivative.";
  let arguments = (ins Sym_FloatTensor:$x, DefaultValuedAttr<Sym_Bool, "false">:$approximate);
}
def Sym_PreluOp : Sym_Elementwise<"prelu", ["x", "alpha"], "where(x > 0.0, x, alpha * x)",
                                  ["where(x > 0.0, dout, alpha * dout)", "where(x > 0.0, 0.0, dout * x)"],
                                  [SameOperandsAndResultType]> {
  let summary = "Rectified linear unit with learned slopes for negative values";
  let formula = "where(x > 0, x, alpha * x)";
  let gradient = "dx = g where x > 0, else alpha * g; dalpha = 0 where x > 0, else g * x";
  let arguments = (ins Sym_FloatTensor:$x, Sym_FloatTensor:$alpha);
  let assemblyFormat = "operands attr-dict `:` type($x)";
}
#endif
