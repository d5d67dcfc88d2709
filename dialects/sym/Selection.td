//===- Selection.td - Order, and places known at run time --*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Order comes from one kernel, argsort; values are then taken along the axis, which gives
// their derivatives.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_SELECTION
#define SYM_SELECTION

include "dialects/sym/SymBase.td"

def Sym_SortOp : Sym_PublicOp<"sort", [DeclareOpInterfaceMethods<DecomposableOpInterface>]>, Sym_Inferred {
  let summary = "Sorts along an axis: stable, NaN last";
  let notes = ["axis: the axis along which it sorts", "descending: the greatest first"];
  let formula = "sort(x, axis)";
  let gradient = "dx = g at the places that the elements came from";
  let shapes = "[…] → […]";
  let example = "T[batch, 4]";
  let arguments = (ins Sym_NumberTensor:$x, DefaultValuedAttr<Sym_I64, "-1">:$axis,
                   DefaultValuedAttr<Sym_Bool, "false">:$descending);
}
def Sym_TopKOp : Sym_PublicOp<"top_k", [DeclareOpInterfaceMethods<DecomposableOpInterface>]>, Sym_Inferred {
  let summary = "The k largest elements along the last axis, from the largest on, and their indices";
  let notes = ["k >= 0: how many"];
  let formula = "values = take_along_axis(x, indices, -1), indices = argsort(-x, -1)[..., :k]";
  let gradient = "dx = g of the values at their indices";
  let shapes = "[…, n] → […, k], i64 […, k]";
  let example = "T[batch, 4]; k=2";
  let description = "Of equal elements the first comes first; NaN counts as the greatest.";
  let arguments = (ins Sym_NumberTensor:$x, Sym_I64:$k);
  let results = (outs Sym_NumberTensor:$values, Sym_IntTensor:$indices);
}
def Sym_ArgsortOp : Sym_Op<"argsort", [DeclareOpInterfaceMethods<InferTypeOpInterface>,
                                       DeclareOpInterfaceMethods<OpaqueKernelOpInterface>]>, Sym_Inferred {
  let summary = "The i64 indices that sort along an axis; `workspace` is of the kernel alone";
  let arguments = (ins Sym_NumberTensor:$x, Sym_I64:$axis, Sym_Bool:$descending,
                   DefaultValuedAttr<Sym_Bool, "false">:$nan_first);
  let results = (outs Sym_IntTensor:$indices, Sym_IntTensor:$workspace);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Sym_ScatterOp : Sym_PublicOp<"scatter", [
    DeclareOpInterfaceMethods<DecomposableOpInterface>, DeclareOpInterfaceMethods<DifferentiableOpInterface>]>,
    Sym_Inferred {
  let summary = "x with slices replaced at index tuples, which the last axis of `indices` holds";
  let formula = "x.copy(); x[tuple(moveaxis(indices, -1, 0))] = updates";
  let gradient = "dx = g where nothing was replaced, else 0; dupdates = g of those that stayed, else 0";
  let shapes = "x [s…, …], indices [i…, rank of s], updates [i…, …] → [s…, …]";
  let example = "T[batch, 3], i64[2, 1], T[2, 3]";
  let description = "Of updates of one place the last one wins.";
  let arguments = (ins Sym_NumberTensor:$x, Sym_IntTensor:$indices, Sym_NumberTensor:$updates);
}
def Sym_LastWriterOp : Sym_Op<"last_writer", [DeclareOpInterfaceMethods<InferTypeOpInterface>,
                                              DeclareOpInterfaceMethods<OpaqueKernelOpInterface>]>, Sym_Inferred {
  let summary = "For each of `size` places the number of the last i64 index that points to it, -1 without one";
  let arguments = (ins Sym_IntTensor:$indices, Sym_DimsAttr:$size);
  let results = (outs Sym_IntTensor:$out);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

class Sym_DynamicMove<string mnemonic> : Sym_PublicOp<mnemonic, [
    DeclareOpInterfaceMethods<ElementOpInterface>, DeclareOpInterfaceMethods<DifferentiableOpInterface>,
    DeclareOpInterfaceMethods<SizeRequirementsOpInterface>]>, Sym_Inferred {
  let description = [{
    One scalar integer `start` an axis. A start that leaves the tensor is a status at run time, and so is a tensor that
    is smaller than the part.
  }];
}
def Sym_DynamicSliceOp : Sym_DynamicMove<"dynamic_slice"> {
  let summary = "A part of `sizes` elements from places that are known at run time";
  let notes = ["sizes: those of the part, which is the shape of the result"];
  let formula = "out[i, …] = x[start + i, …]";
  let gradient = "dx = dynamic_update_slice(zeros, g, start)";
  let shapes = "x […], a scalar for each axis → sizes";
  let example = "T[batch, 5], i64[], i64[]; sizes=['batch', 2]";
  let arguments = (ins Sym_Tensor:$x, Variadic<Sym_IntTensor>:$start, Sym_Sizes:$sizes);
}
def Sym_DynamicUpdateSliceOp : Sym_DynamicMove<"dynamic_update_slice"> {
  let summary = "x with a part replaced, at places that are known at run time";
  let formula = "out[start + i, …] = update[i, …], x elsewhere";
  let gradient = "dx = g with zeros in the part, dupdate = dynamic_slice(g, start)";
  let shapes = "x […], update of as many axes, a scalar for each → […]";
  let example = "T[batch, 5], T[1, 2], i64[], i64[]";
  let arguments = (ins Sym_Tensor:$x, Sym_Tensor:$update, Variadic<Sym_IntTensor>:$start);
}
#endif
