//===- Random.td - Random numbers and dropout --------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Random numbers are a function of the seed, the step, the op's stream and the element's
// index (Philox4x32-10), so that any element can be computed anywhere, again in the backward
// pass, and by any number of threads.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_RANDOM
#define SYM_RANDOM

include "dialects/sym/SymBase.td"

class Sym_FrameValue<string mnemonic> : Sym_Op<mnemonic> {
  let results = (outs Sym_IntTensor:$out);
  let assemblyFormat = "attr-dict `:` type($out)";
}
def Sym_SeedOp : Sym_FrameValue<"seed"> {
  let summary = "The seed of random ops, tensor<i64>";
  let description = [{
    Stands for the function's argument "seed": the last pass of stage 2 adds that argument where a `sym.seed` is left
    and replaces the op by it. `sym.step` likewise stands for "step", the number of completed train steps.
  }];
}
def Sym_StepOp : Sym_FrameValue<"step"> { let summary = "The number of completed train steps, tensor<i64>; see seed"; }

def Sym_DistributionEnum : Sym_Enum<"Distribution", "What random numbers follow", [
    I32EnumAttrCase<"uniform", 0>, I32EnumAttrCase<"normal", 1>]>;
def Sym_Distribution : Sym_EnumAttr<Sym_DistributionEnum, "distribution"> { let assemblyFormat = "$value"; }

def Sym_RandomOp : Sym_Op<"random", [DeclareOpInterfaceMethods<InferTypeOpInterface>,
                                     DeclareOpInterfaceMethods<ElementOpInterface>]>, Sym_Inferred {
  let summary = "Uniform numbers in [0, 1) or standard normal ones, times scale plus shift";
  let description = [{
    Element 4 i + lane is lane `lane` of Philox4x32-10 with the halves of the seed as key and (i low, i high, stream,
    step) as counter; `stream` is the number of the stream of the op that this is part of.
  }];
  let arguments = (ins Sym_IntTensor:$seed, Sym_IntTensor:$step, Sym_Distribution:$distribution, Sym_I64:$stream,
                   Sym_DimsAttr:$shape, Sym_DType:$dtype, DefaultValuedAttr<Sym_F64, "1.0">:$scale,
                   DefaultValuedAttr<Sym_F64, "0.0">:$shift);
  let results = (outs Sym_FloatTensor:$out);
  let assemblyFormat = "$distribution $seed `,` $step attr-dict `:` functional-type(operands, results)";
}

def Sym_DropoutOp : Sym_PublicOp<"dropout", [
    RandomOpInterface, DeclareOpInterfaceMethods<DifferentiableOpInterface>,
    DeclareOpInterfaceMethods<DecomposableOpInterface>, DeclareOpInterfaceMethods<InferenceOpInterface>]>, Sym_Inferred {
  let summary = "Zeroes a share `rate` of the elements while training, and scales the others by 1 / (1 - rate)";
  let notes = ["rate in [0, 1): the share of elements that become 0 in training"];
  let formula = "where(uniform >= rate, x / (1 - rate), 0) in training, x in inference";
  let gradient = "dx = where(uniform >= rate, g / (1 - rate), 0) with the same random numbers";
  let shapes = "[…] → […]";
  let example = "T[batch, 4]; rate=0.5";
  let arguments = (ins Sym_FloatTensor:$x, Sym_F64:$rate, Sym_StreamAttr:$stream);
}

class Sym_RandomSource<string mnemonic, dag extra> : Sym_PublicOp<mnemonic, [
    RandomOpInterface, DeclareOpInterfaceMethods<DecomposableOpInterface>]>, Sym_Inferred {
  let arguments = !con((ins Sym_Sizes:$shape), extra, (ins Sym_StreamAttr:$stream));
  let results = (outs Sym_FloatTensor:$out);
}
def Sym_RandomUniformOp : Sym_RandomSource<"random_uniform", (ins DefaultValuedAttr<Sym_Finite, "0.0">:$low,
    DefaultValuedAttr<Sym_Finite, "1.0">:$high, Sym_DTypeOr<"f32">:$dtype)> {
  let summary = "Uniform random numbers in [low, high)";
  let notes = ["low: the smallest number", "high: what all numbers are below"];
  let formula = "low + u * (high - low)";
  let shapes = "shape";
  let example = "; shape=[4, 3], dtype='T'";
}
def Sym_RandomNormalOp : Sym_RandomSource<"random_normal", (ins DefaultValuedAttr<Sym_Finite, "0.0">:$mean,
    DefaultValuedAttr<Sym_FiniteNotNegative, "1.0">:$stddev, Sym_DTypeOr<"f32">:$dtype)> {
  let summary = "Normal random numbers";
  let notes = ["mean: the middle", "stddev >= 0: the standard deviation"];
  let formula = "mean + stddev * z";
  let shapes = "shape";
  let example = "; shape=[4, 3], dtype='T'";
}
def Sym_RandomTruncatedNormalOp : Sym_RandomSource<"random_truncated_normal", (ins
    DefaultValuedAttr<Sym_Finite, "0.0">:$mean, DefaultValuedAttr<Sym_FiniteNotNegative, "1.0">:$stddev,
    Sym_DTypeOr<"f32">:$dtype)> {
  let summary = "Normal random numbers, cut at two standard deviations";
  let notes = ["mean: the middle", "stddev >= 0: the standard deviation, before numbers beyond two of it are left out"];
  let formula = "mean + stddev * (the inverse distribution function at a uniform number)";
  let shapes = "shape";
  let example = "; shape=[4, 3], dtype='T'";
}
def Sym_RandomCategoricalOp : Sym_PublicOp<"random_categorical", [
    RandomOpInterface, DeclareOpInterfaceMethods<DecomposableOpInterface>]>, Sym_Inferred {
  let summary = "A class for each example, with the probabilities that softmax gives";
  let notes = ["axis: the axis of the classes"];
  let formula = "argmax(logits - log(-log(u)), axis)";
  let shapes = "[…] → […] without axis, i64";
  let example = "T[batch, 4]";
  let arguments = (ins Sym_FloatTensor:$logits, DefaultValuedAttr<Sym_I64, "-1">:$axis, Sym_StreamAttr:$stream);
}
def Sym_RandomBernoulliOp : Sym_RandomSource<"random_bernoulli", (ins DefaultValuedAttr<Sym_F64, "0.5">:$p)> {
  let summary = "True with probability p";
  let notes = ["p in [0, 1]: how likely true is"];
  let results = (outs Sym_BoolTensor:$out);
  let formula = "u < p";
  let shapes = "shape";
  let example = "; shape=[4, 3], p=0.3";
}
#endif
