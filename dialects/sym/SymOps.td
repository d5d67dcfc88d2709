//===- SymOps.td - All ops of the dialect ------------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
include "dialects/sym/Structure.td"
include "dialects/sym/Elementwise.td"
include "dialects/sym/Activation.td"
include "dialects/sym/Recurrent.td"
include "dialects/sym/Reduction.td"
include "dialects/sym/Shape.td"
include "dialects/sym/Indexing.td"
include "dialects/sym/Selection.td"
include "dialects/sym/Loss.td"
include "dialects/sym/Random.td"
include "dialects/sym/Contraction.td"
include "dialects/sym/Layers.td"
include "dialects/sym/Convolution.td"
include "dialects/sym/LinearAlgebra.td"
include "dialects/sym/Normalization.td"
include "dialects/sym/Pooling.td"
include "dialects/sym/Image.td"
include "dialects/sym/Attention.td"
include "dialects/sym/ControlFlow.td"
include "dialects/sym/Effect.td"
include "dialects/sym/Gradient.td"
include "dialects/sym/Training.td"
