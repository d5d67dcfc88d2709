//===- Normalization.td - Normalisation layers -------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_NORMALIZATION
#define SYM_NORMALIZATION

include "dialects/sym/SymBase.td"

class Sym_Norm<string mnemonic> : Sym_PublicOp<mnemonic, [DeclareOpInterfaceMethods<DecomposableOpInterface>,
                                                          DeclareOpInterfaceMethods<LayerOpInterface>]>,
                                  Sym_LayerFamily {
  let formula = "(x - mean) / sqrt(variance + epsilon) * gamma + beta";
  let gradient = "that of the reductions and products which it stands for";
}
def Sym_LayerNormOp : Sym_Norm<"layer_norm"> {
  let summary = "Normalises each example over its features";
  let notes = ["axis: the axes that mean and variance are taken over"];
  let shapes = "x […], gamma and beta of the sizes of axis → […]";
  let example = "T[batch, 4], T[4], T[4]";
  let description = [{
    Mean and biased variance over `axis`; gamma and beta have the sizes of those axes. Left out, they are the parameters
    NODE/gamma (ones) and NODE/beta (zeros); with a gamma alone there is no beta.
  }];
  let arguments = (ins Sym_FloatTensor:$x, Sym_FloatTensor:$gamma, Optional<Sym_FloatTensor>:$beta,
                   DefaultValuedAttr<Sym_Axes, "{-1}">:$axis, DefaultValuedAttr<Sym_Finite, "1e-5">:$epsilon);
}
def Sym_RmsNormOp : Sym_Norm<"rms_norm"> {
  let summary = "Divides each example by the root of the mean square of its features";
  let notes = ["axis: the axes that the mean of squares is taken over"];
  let formula = "x / sqrt(mean(x**2, axis) + epsilon) * gamma";
  let shapes = "x […], gamma of the sizes of axis → […]";
  let example = "T[batch, 4], T[4]";
  let description = "gamma has the sizes of the axes; left out, it is the parameter NODE/gamma (ones).";
  let arguments = (ins Sym_FloatTensor:$x, Sym_FloatTensor:$gamma, DefaultValuedAttr<Sym_Axes, "{-1}">:$axis,
                   DefaultValuedAttr<Sym_Finite, "1e-6">:$epsilon);
}
def Sym_BatchNormOp : Sym_PublicOp<"batch_norm", [
    DeclareOpInterfaceMethods<DecomposableOpInterface>, DeclareOpInterfaceMethods<LayerOpInterface>,
    DeclareOpInterfaceMethods<InferenceOpInterface>, DeclareOpInterfaceMethods<StatefulOpInterface>]> {
  let summary = "Normalises each channel over the batch while training, by moving averages otherwise";
  let notes = ["axis: the axis of the features, each of which has its own mean and variance",
               "momentum in [0, 1]: how much of the moving averages stays in a training step"];
  let formula = "(x - mean) / sqrt(variance + epsilon) * gamma + beta";
  let gradient = "that of the reductions and products which it stands for";
  let shapes = "x […], four vectors of the size of axis → […]";
  let example = "T[batch, 4], T[4], T[4], T[4], T[4]";
  let description = [{
    Mean and biased variance of each index of `axis` over all other axes. A training step moves the averages, which are
    what inference uses: moving = momentum * moving + (1 - momentum) * batch. gamma, beta, moving_mean and
    moving_variance are vectors; left out, they are the parameters NODE/gamma (ones), NODE/beta (zeros),
    NODE/moving_mean (zeros) and NODE/moving_variance (ones), of which the last two are not trainable. With both averages
    frozen training computes what inference does.
  }];
  let arguments = (ins Sym_FloatTensor:$x, Sym_FloatTensor:$gamma, Sym_FloatTensor:$beta, Sym_FloatTensor:$moving_mean,
                   Sym_FloatTensor:$moving_variance, DefaultValuedAttr<Sym_I64, "-1">:$axis,
                   DefaultValuedAttr<Sym_Finite, "1e-3">:$epsilon, DefaultValuedAttr<Sym_F64, "0.99">:$momentum);
}
def Sym_GroupNormOp : Sym_Norm<"group_norm"> {
  let summary = "Normalises each example over groups of channels and all axes between";
  let notes = ["groups >= 1: into how many parts the channels are divided"];
  let shapes = "x [n, …, channels], gamma and beta [channels] → [n, …, channels]";
  let example = "T[batch, 3, 4], T[4], T[4]; groups=2";
  let layer = "groups=2";
  let description = [{
    x is [batch, …, channels]; `groups` divides the channels. gamma and beta are [channels]; left out, they are made as
    by layer_norm.
  }];
  let arguments = (ins Sym_FloatTensor:$x, Sym_FloatTensor:$gamma, Optional<Sym_FloatTensor>:$beta,
                   DefaultValuedAttr<Sym_I64, "32">:$groups, DefaultValuedAttr<Sym_Finite, "1e-5">:$epsilon);
}
def Sym_InstanceNormOp : Sym_Norm<"instance_norm"> {
  let summary = "Normalises each channel of each example";
  let shapes = "x [n, …, channels], gamma and beta [channels] → [n, …, channels]";
  let example = "T[batch, 3, 4], T[4], T[4]";
  let description = "x is [batch, …, channels], gamma and beta [channels]; left out, they are made as by layer_norm.";
  let arguments = (ins Sym_FloatTensor:$x, Sym_FloatTensor:$gamma, Optional<Sym_FloatTensor>:$beta,
                   DefaultValuedAttr<Sym_Finite, "1e-5">:$epsilon);
}
def Sym_StandardizeOp : Sym_PublicOp<"standardize", [
    DeclareOpInterfaceMethods<DecomposableOpInterface>, DeclareOpInterfaceMethods<LayerOpInterface>,
    DeclareOpInterfaceMethods<MeasuredOpInterface>]>, Sym_LayerFamily {
  let summary = "Brings features to mean 0 and deviation 1";
  let notes = ["axis: the axes whose indices have a mean and a deviation of their own"];
  let formula = "(x - mean) / deviation";
  let gradient = "that of the difference and the quotient which it stands for";
  let shapes = "x […], mean and deviation of the sizes of axis → […]";
  let example = "T[batch, 4], T[4], T[4]";
  let description = [{
    mean and deviation have the sizes of x along `axis`. Left out, they are the parameters NODE/mean (zeros) and
    NODE/deviation (ones), which are not trainable: `symc train` fills them before the first step with the mean and the
    standard deviation (ddof 0) of the training part over all other axes, and with 1 for the deviation of a feature that
    never changes. The function `statistics` of the library gives these numbers for the examples of one call. Given by
    parameters of the file that are not trainable and have no `init`, they begin so and are filled so, too.
  }];
  let arguments = (ins Sym_FloatTensor:$x, Sym_FloatTensor:$mean, Sym_FloatTensor:$deviation,
                   DefaultValuedAttr<Sym_Axes, "{-1}">:$axis);
}
#endif
