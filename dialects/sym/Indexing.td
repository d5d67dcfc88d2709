//===- Indexing.td - Elements by computed indices ----------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Indices may be of any integer type; negative ones count from the end, and one that is out
// of range is a failed check at run time, never clamped.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_INDEXING
#define SYM_INDEXING

include "dialects/sym/SymBase.td"

class Sym_Lookup<string mnemonic> : Sym_PublicOp<mnemonic, [
    Sym_WithoutArithmetic, DeclareOpInterfaceMethods<ElementOpInterface>,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>]>, Sym_Inferred;

def Sym_GatherOp : Sym_Lookup<"gather"> {
  let summary = "Slices of x along an axis, at indices";
  let notes = ["axis: the axis of x that indices count along"];
  let formula = "take(x, indices, axis)";
  let gradient = "dx = g added up at the indices";
  let shapes = "[…, n, …], [i…] → […, i…, …]";
  let example = "T[batch, 4], i64[3]; axis=1";
  let description = "The axes of `indices` stand in the place of the axis, as with NumPy's take.";
  let arguments = (ins Sym_Tensor:$x, Sym_IntTensor:$indices, DefaultValuedAttr<Sym_I64, "0">:$axis);
}
def Sym_TakeAlongAxisOp : Sym_Lookup<"take_along_axis"> {
  let summary = "Elements of x at indices along an axis, one for each element of `indices`";
  let notes = ["axis: the axis that indices count along"];
  let formula = "take_along_axis(x, indices, axis)";
  let gradient = "dx = g added up at the indices";
  let shapes = "[…, n, …], […, k, …] → […, k, …]";
  let example = "T[batch, 4], i64[batch, 2]; axis=1";
  let description = "All other axes of x and indices are broadcast against each other.";
  let arguments = (ins Sym_Tensor:$x, Sym_IntTensor:$indices, Sym_I64:$axis);
}
def Sym_OneHotOp : Sym_PublicOp<"one_hot", [DeclareOpInterfaceMethods<ElementOpInterface>]>, Sym_Inferred {
  let summary = "on_value at the index along a new axis, off_value elsewhere";
  let notes = ["depth >= 0: the number of classes", "on_value: the element at the index",
               "off_value: all other elements", "axis: where the axis of the classes stands in the result"];
  let formula = "where(arange(depth) == indices, on_value, off_value)";
  let shapes = "[…] → […] with a new axis of depth";
  let example = "i64[batch]; depth=3, dtype='T'";
  let description = "An index that is out of range is all off.";
  let arguments = (ins Sym_IntTensor:$indices, Sym_I64:$depth, DefaultValuedAttr<Sym_Number, "1">:$on_value,
                   DefaultValuedAttr<Sym_Number, "0">:$off_value, DefaultValuedAttr<Sym_I64, "-1">:$axis,
                   Sym_DTypeOr<"f32">:$dtype);
}
def Sym_IotaOp : Sym_PublicOp<"iota", [DeclareOpInterfaceMethods<ElementOpInterface>]>, Sym_Inferred {
  let summary = "The index along an axis: 0, 1, 2, …";
  let notes = ["axis: the axis along which it counts"];
  let formula = "arange(shape[axis]), broadcast to shape";
  let shapes = "shape";
  let example = "; shape=[4, 3], axis=1, dtype='T'";
  let arguments = (ins Sym_Sizes:$shape, DefaultValuedAttr<Sym_I64, "0">:$axis,
                   Sym_DTypeOr<"i64">:$dtype);
  let results = (outs Sym_NumberTensor:$out);
}
def Sym_GatherNdOp : Sym_PublicOp<"gather_nd", [DeclareOpInterfaceMethods<DecomposableOpInterface>]>, Sym_Inferred {
  let summary = "Slices of x at index tuples, which the last axis of `indices` holds";
  let formula = "x[tuple(moveaxis(indices, -1, 0))]";
  let gradient = "dx = g added up at the indices";
  let shapes = "x [s…, …], indices [i…, rank of s] → [i…, …]";
  let example = "T[batch, 4], i64[3, 1]";
  let arguments = (ins Sym_Tensor:$x, Sym_IntTensor:$indices);
}
def Sym_ScatterAddOp : Sym_PublicOp<"scatter_add", [DeclareOpInterfaceMethods<DecomposableOpInterface>]>, Sym_Inferred {
  let summary = "x with updates added at index tuples, which the last axis of `indices` holds";
  let formula = "x.copy(); add.at(x, tuple(moveaxis(indices, -1, 0)), updates)";
  let gradient = "dx = g, dupdates = gather_nd(g, indices)";
  let shapes = "x [s…, …], indices [i…, rank of s], updates [i…, …] → [s…, …]";
  let example = "T[batch, 3], i64[2, 1], T[2, 3]";
  let description = "Updates of one place are added in their order.";
  let arguments = (ins Sym_NumberTensor:$x, Sym_IntTensor:$indices, Sym_NumberTensor:$updates);
}
def Sym_EmbeddingOp : Sym_PublicOp<"embedding", [DeclareOpInterfaceMethods<DecomposableOpInterface>,
                                                 DeclareOpInterfaceMethods<LayerOpInterface>]>, Sym_Inferred {
  let summary = "Rows of a table at indices";
  let notes = ["input_dim >= 1: the number of rows; needed where no table is given",
               "output_dim >= 1: the length of a row; needed where no table is given"];
  let formula = "table[indices]";
  let gradient = "dtable = g added up at the indices";
  let shapes = "[…], [classes, features] → […, features]";
  let example = "i64[batch], T[5, 3]";
  let layer = "input_dim=10, output_dim=4";
  let description = [{
    The layer makes `NODE/table` of shape [input_dim, output_dim], uniform in [-0.05, 0.05), when no table is given.
  }];
  let arguments = (ins Sym_IntTensor:$indices, Sym_FloatTensor:$table, OptionalAttr<Sym_I64>:$input_dim,
                   OptionalAttr<Sym_I64>:$output_dim);
}

//===----------------------------------------------------------------------===//
// What these decompose into
//===----------------------------------------------------------------------===//

def Sym_LinearIndexOp : Sym_Op<"linear_index", [DeclareOpInterfaceMethods<InferTypeOpInterface>,
                                                DeclareOpInterfaceMethods<ElementOpInterface>]>, Sym_Inferred {
  let summary = "Row-major positions of the index tuples along the last axis, checked against `sizes`";
  let description = "With `tuples` false, each element is a number below the one size; negative ones are out of range.";
  let arguments = (ins Sym_IntTensor:$indices, Sym_DimsAttr:$sizes, DefaultValuedAttr<BoolAttr, "true">:$tuples,
                   DefaultValuedAttr<StrAttr, "\"index\"">:$what);
  let results = (outs Sym_IntTensor:$out);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
class Sym_IndexAdd<string mnemonic> : Sym_Op<mnemonic, [
    DeclareOpInterfaceMethods<InferTypeOpInterface>, DeclareOpInterfaceMethods<OpaqueKernelOpInterface>,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>]>, Sym_Inferred {
  let arguments = (ins Sym_IntTensor:$indices, Sym_NumberTensor:$updates, Sym_I64:$axis, Sym_DimsAttr:$size);
  let results = (outs Sym_NumberTensor:$out);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
def Sym_IndexAddOp : Sym_IndexAdd<"index_add"> {
  let summary = "Zeros with slices of `updates` added at i64 `indices` along an axis: the derivative of gather";
}
def Sym_IndexAddAlongOp : Sym_IndexAdd<"index_add_along"> {
  let summary = "Zeros with elements added at their own indices along an axis: the derivative of take_along_axis";
}
#endif
