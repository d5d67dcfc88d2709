//===- Shape.td - Constants and moves --------------------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_SHAPE
#define SYM_SHAPE

include "dialects/sym/SymBase.td"

def Sym_ConstantOp : Sym_Op<"constant", [ConstantLike, AllTypesMatch<["value", "out"]>]> {
  let summary = "A constant tensor of static shape";
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Sym_Tensor:$out);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
}

def Sym_SizeOp : Sym_Op<"size", [DeclareOpInterfaceMethods<InferTypeOpInterface>,
                                 DeclareOpInterfaceMethods<ElementOpInterface>]> {
  let summary = "A size in symbolic dimensions, as a number";
  let arguments = (ins Sym_DimsAttr:$size, Sym_DType:$dtype);
  let results = (outs Sym_NumberTensor:$out);
  let assemblyFormat = "$size attr-dict `:` type($out)";
  let hasFolder = 1;
}

def Sym_BroadcastToOp : Sym_PublicOp<"broadcast_to", [DeclareOpInterfaceMethods<ElementOpInterface>,
                                                      DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "Repeats axes of size 1 and new leading axes, as NumPy broadcasts";
  let formula = "out[i, j, …] = x[…]";
  let gradient = "dx = sum of g over the repeated axes";
  let arguments = (ins Sym_Tensor:$x, Sym_Shape:$shape);
}
def Sym_ReshapeOp : Sym_PublicOp<"reshape", [DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "The same elements in row-major order under another shape";
  let formula = "out.ravel() = x.ravel()";
  let gradient = "dx = reshape(g, shape of x)";
  let description = "`shape` may hold names of dimensions and one -1, which is inferred.";
  let arguments = (ins Sym_Tensor:$x, Sym_Shape:$shape);
}
def Sym_TransposeOp : Sym_PublicOp<"transpose", [DeclareOpInterfaceMethods<ElementOpInterface>,
                                                 DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "Permutes the axes; without `axes`, reverses them";
  let formula = "out[i, j] = x[j, i]";
  let gradient = "dx = transpose of g by the inverse permutation";
  let arguments = (ins Sym_Tensor:$x, OptionalAttr<Sym_Axes>:$axes);
}
#endif
