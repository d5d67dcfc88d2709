//===- Contraction.td - Matrix products and convolutions ---*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_CONTRACTION
#define SYM_CONTRACTION

include "dialects/sym/SymBase.td"

def Sym_MatmulOp : Sym_PublicOp<"matmul", [DeclareOpInterfaceMethods<ContractionOpInterface>,
                                           DeclareOpInterfaceMethods<DecomposableOpInterface>,
                                           DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "Matrix product over the last two axes, batched over the leading ones";
  let notes = ["transpose_a: the last two axes of a change places", "transpose_b: the last two axes of b change places"];
  let formula = "out[…, i, j] = sum over k of a[…, i, k] * b[…, k, j]";
  let gradient = "da = g @ b.T, db = a.T @ g";
  let shapes = "[…, m, k], […, k, n] → […, m, n], leading axes broadcast";
  let example = "T[batch, 4], T[4, 3]";
  let description = [{
    Leading axes are broadcast as in NumPy, and a vector stands for a row (`a`) or a column (`b`) whose axis is left out
    of the result. Two matrices, and two stacks of as many matrices, are primitive.
  }];
  let arguments = (ins Sym_NumberTensor:$a, Sym_NumberTensor:$b, DefaultValuedAttr<Sym_Bool, "false">:$transpose_a,
                   DefaultValuedAttr<Sym_Bool, "false">:$transpose_b);
}

def Sym_DotOp : Sym_PublicOp<"dot", [DeclareOpInterfaceMethods<DecomposableOpInterface>]> {
  let summary = "Product over the last axis of a and the last but one of b, as np.dot";
  let formula = "out[i, j, m] = sum over k of a[i, k] * b[j, k, m]";
  let gradient = "that of its matrix product";
  let shapes = "[…, k], [..., k, n] → […, ..., n]";
  let example = "T[batch, 4], T[4, 3]";
  let description = [{
    Of two vectors the inner product, of two matrices the matrix product; a scalar multiplies; a vector `b` is summed
    over with the last axis of `a`.
  }];
  let arguments = (ins Sym_NumberTensor:$a, Sym_NumberTensor:$b);
}

def Sym_EinsumOp : Sym_PublicOp<"einsum", [DeclareOpInterfaceMethods<DecomposableOpInterface>]> {
  let summary = "Sum of products by Einstein's notation";
  let notes = ["equation: a letter for each axis of each operand, and after `->` those of the result: 'bij,bjk->bik'"];
  let formula = "\"ij,jk->ik\": out[i, k] = sum over j of a[i, j] * b[j, k]";
  let gradient = "that of the transposes, products and sums which it stands for";
  let shapes = "as equation says";
  let example = "T[batch, 4], T[4, 3]; equation='ij,jk'";
  let description = [{
    One letter an axis, `...` for the axes without letters, which are broadcast; a letter twice in one operand takes the
    diagonal. Without `->` the result has the letters that occur once, in alphabetical order. Operands are multiplied
    from left to right.
  }];
  let arguments = (ins Variadic<Sym_NumberTensor>:$xs, Sym_Str:$equation);
  let assemblyFormat = "$xs attr-dict `:` functional-type($xs, results)";
}

//===----------------------------------------------------------------------===//
// The three convolutions, of which each is a derivative of the others. Images are NHWC, kernels
// HWIO with I = channels / groups, with as many axes of windows as there are strides; `padding` is
// before and after each: top, bottom, left, right. Those of two axes are primitive, those of one and
// three become them (ConvolutionAxes.cpp). The result's type is given, since strides lose the size
// of the image.
//===----------------------------------------------------------------------===//

class Sym_PrimitiveConvolution<string mnemonic, list<Trait> traits = []> : Sym_Op<mnemonic, !listconcat(traits, [
    DeclareOpInterfaceMethods<ContractionOpInterface>, DeclareOpInterfaceMethods<DecomposableOpInterface>,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>])> {
  let arguments = (ins Sym_NumberTensor:$a, Sym_NumberTensor:$b, DenseI64ArrayAttr:$strides,
                   DenseI64ArrayAttr:$dilations, Sym_DimsAttr:$padding, DefaultValuedAttr<I64Attr, "1">:$groups);
  let results = (outs Sym_Tensor:$out);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
def Sym_ConvolutionOp
    : Sym_PrimitiveConvolution<"convolution", [DeclareOpInterfaceMethods<SizeRequirementsOpInterface>]> {
  let summary = "Cross-correlation of the image a with the kernel b";
}
def Sym_ConvolutionInputOp : Sym_PrimitiveConvolution<"convolution_input"> {
  let summary = "The image of a cotangent a under the kernel b: a convolution transposed";
}
def Sym_ConvolutionFilterOp : Sym_PrimitiveConvolution<"convolution_filter"> {
  let summary = "The cotangent of a kernel, from the image a and the cotangent b";
}
#endif
