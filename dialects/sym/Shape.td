//===- Shape.td - Constants and moves ----------------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The primitives are broadcast_to, transpose, concat, crop, place, rotate, tril and triu;
// reshape renames memory; the others decompose into these, also before derivatives are
// taken. crop and place are each other's derivative, and hold sizes as expressions, which
// the integers of the public ops cannot.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_SHAPE
#define SYM_SHAPE

include "dialects/sym/SymBase.td"

/// Public; computes its elements by index.
class Sym_Move<string mnemonic> : Sym_PublicOp<mnemonic, [
    Sym_WithoutArithmetic, DeclareOpInterfaceMethods<ElementOpInterface>,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>]>, Sym_Inferred;
/// Public; decomposes into others, which have the derivatives.
class Sym_CompositeMove<string mnemonic>
    : Sym_PublicOp<mnemonic, [Sym_WithoutArithmetic, DeclareOpInterfaceMethods<DecomposableOpInterface>]>, Sym_Inferred;
/// What composites decompose into.
class Sym_InnerMove<string mnemonic, list<Trait> traits = []> : Sym_Op<mnemonic, !listconcat(traits, [
    Sym_WithoutArithmetic,
    DeclareOpInterfaceMethods<InferTypeOpInterface>, DeclareOpInterfaceMethods<ElementOpInterface>,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>])>, Sym_Inferred {
  let results = (outs Sym_Tensor:$out);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Sym_ConstantOp : Sym_Op<"constant", [ConstantLike, Sym_WithoutArithmetic, AllTypesMatch<["value", "out"]>]> {
  let summary = "A constant tensor of static shape";
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Sym_Tensor:$out);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
}
def Sym_SizeOp : Sym_Op<"size", [DeclareOpInterfaceMethods<InferTypeOpInterface>,
                                 DeclareOpInterfaceMethods<ElementOpInterface>]>, Sym_Inferred {
  let summary = "A size in symbolic dimensions, as a number";
  let arguments = (ins Sym_DimsAttr:$size, Sym_DType:$dtype);
  let results = (outs Sym_NumberTensor:$out);
  let assemblyFormat = "$size attr-dict `:` type($out)";
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Primitives
//===----------------------------------------------------------------------===//

def Sym_BroadcastToOp : Sym_Move<"broadcast_to"> {
  let summary = "Repeats axes of size 1 and new leading axes, as NumPy broadcasts";
  let formula = "broadcast_to(x, shape)";
  let gradient = "dx = sum of g over the repeated axes";
  let shapes = "[…] → shape";
  let example = "T[batch, 1]; shape=['batch', 3]";
  let arguments = (ins Sym_Tensor:$x, Sym_Sizes:$shape);
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}
def Sym_ReshapeOp
    : Sym_PublicOp<"reshape", [Sym_WithoutArithmetic, Sym_RenamesMemory, DeclareOpInterfaceMethods<DifferentiableOpInterface>]>,
      Sym_Inferred {
  let summary = "The same elements in row-major order under another shape";
  let notes = ["shape: that of the result; one -1 is what is left"];
  let formula = "reshape(x, shape)";
  let gradient = "dx = reshape(g, shape of x)";
  let shapes = "[…] → shape, of as many elements";
  let example = "T[batch, 6]; shape=['batch', 2, 3]";
  let description = "`shape` may hold names of dimensions and one -1, which is inferred.";
  let arguments = (ins Sym_Tensor:$x, Sym_Shape:$shape);
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}
def Sym_TransposeOp : Sym_Move<"transpose"> {
  let summary = "Permutes the axes; without `axes`, reverses them";
  let notes = ["axes: which axis of x each axis of the result is; the reverse order when absent"];
  let formula = "transpose(x, axes)";
  let gradient = "dx = transpose of g by the inverse permutation";
  let shapes = "[…] → its sizes in the order of axes";
  let example = "T[batch, 3, 4]; axes=[0, 2, 1]";
  let arguments = (ins Sym_Tensor:$x, OptionalAttr<Sym_Axes>:$axes);
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}
def Sym_ConcatOp : Sym_Move<"concat"> {
  let summary = "Joins tensors along an axis";
  let notes = ["axis: the axis along which operands follow each other"];
  let formula = "concatenate(inputs, axis)";
  let gradient = "each input's = its part of g";
  let shapes = "equal sizes but on the axis → their sum there";
  let example = "T[batch, 2], T[batch, 3]; axis=1";
  let arguments = (ins Variadic<Sym_Tensor>:$inputs, DefaultValuedAttr<Sym_I64, "0">:$axis);
  let hasFolder = 1;
}
class Sym_Triangle<string mnemonic> : Sym_Move<mnemonic> {
  let shapes = "[…, m, n] → […, m, n]";
  let example = "T[batch, 4, 4]; k=1";
  let arguments = (ins Sym_NumberTensor:$x, DefaultValuedAttr<Sym_I64, "0">:$k);
}
def Sym_TrilOp : Sym_Triangle<"tril"> {
  let summary = "The lower triangle of the last two axes, up to diagonal k; zeros above";
  let notes = ["k: the last diagonal that stays; 0 is the main one, 1 the one above"];
  let formula = "tril(x, k)";
  let gradient = "dx = tril(g, k)";
}
def Sym_TriuOp : Sym_Triangle<"triu"> {
  let summary = "The upper triangle of the last two axes, from diagonal k on; zeros below";
  let notes = ["k: the first diagonal that stays; 0 is the main one, 1 the one above"];
  let formula = "triu(x, k)";
  let gradient = "dx = triu(g, k)";
}

def Sym_CropOp : Sym_InnerMove<"crop", [DeclareOpInterfaceMethods<SizeRequirementsOpInterface>]> {
  let summary = "out[i] = x[offsets + i * steps], steps may be negative";
  let description = [{
    `needed`, where not 0, is the least size of an axis of x for which the bounds are those that were meant; a smaller
    one is refused at run time. So is a negative one of the sizes `inside`.
  }];
  let arguments = (ins Sym_Tensor:$x, Sym_DimsAttr:$offsets, DenseI64ArrayAttr:$steps, Sym_DimsAttr:$sizes,
                   OptionalAttr<DenseI64ArrayAttr>:$needed, OptionalAttr<Sym_DimsAttr>:$inside);
  let hasFolder = 1;
}
def Sym_PlaceOp : Sym_InnerMove<"place"> {
  let summary = "out[offsets + i * steps] = x[i], and `value` elsewhere";
  let arguments = (ins Sym_Tensor:$x, Sym_DimsAttr:$offsets, DenseI64ArrayAttr:$steps, Sym_DimsAttr:$sizes,
                   DefaultValuedAttr<Sym_Number, "0">:$value);
}
def Sym_RotateOp : Sym_InnerMove<"rotate"> {
  let summary = "out[i] = x[(i - shift) mod n] along an axis";
  let arguments = (ins Sym_Tensor:$x, Sym_I64:$shift, Sym_I64:$axis);
}

//===----------------------------------------------------------------------===//
// Composites
//===----------------------------------------------------------------------===//

def Sym_StackOp : Sym_CompositeMove<"stack"> {
  let summary = "Joins tensors along a new axis";
  let notes = ["axis: where the new axis stands in the result"];
  let formula = "stack(inputs, axis)";
  let gradient = "each input's = its part of g";
  let shapes = "n of […] → […] with a new axis of n";
  let example = "T[batch, 3], T[batch, 3]; axis=1";
  let arguments = (ins Variadic<Sym_Tensor>:$inputs, DefaultValuedAttr<Sym_I64, "0">:$axis);
}
def Sym_SplitOp : Sym_CompositeMove<"split"> {
  let summary = "Cuts a tensor along an axis into `sections` equal parts, or into parts of `sizes`";
  let notes = ["sections >= 1: how many equal parts", "sizes: the sizes of the parts", "axis: the axis that is cut"];
  let formula = "split(x, sections, axis)";
  let gradient = "dx = the parts' g, joined";
  let shapes = "[…] → a result for each part, whose sizes on the axis add up";
  let example = "T[batch, 6]; sections=2, axis=1";
  let arguments = (ins Sym_Tensor:$x, OptionalAttr<Sym_I64>:$sections, OptionalAttr<Sym_Ints>:$sizes,
                   DefaultValuedAttr<Sym_I64, "0">:$axis);
  let results = (outs Variadic<Sym_Tensor>:$outs);
}
def Sym_SliceOp : Sym_CompositeMove<"slice"> {
  let summary = "Elements start, start + step, … before stop of each axis";
  let notes = ["start: where each axis begins", "stop: where each axis ends, exclusive",
               "step: from element to element, not 0; negative ones go backwards"];
  let formula = "x[start:stop:step]";
  let gradient = "dx = g at the places it came from, 0 elsewhere";
  let shapes = "[…] → ⌈(stop - start) / step⌉ on each axis";
  let example = "T[batch, 6]; start=[null, 1], stop=[null, 6], step=[1, 2]";
  let description = [{
    One entry an axis; `null` is open. Negative bounds count from the end. A bound may be an expression in the dimensions:
    one that is 0 or less whatever they are, as `-k`, counts from the end, any other one from the front. A bound outside a
    static axis is an error, outside a symbolic one a status at run time. Where a symbolic bound passes the other one the
    result is empty.
  }];
  let arguments = (ins Sym_Tensor:$x, OptionalAttr<Sym_OpenBounds>:$start, OptionalAttr<Sym_OpenBounds>:$stop,
                   OptionalAttr<Sym_OpenInts>:$step);
}

def Sym_PadModeEnum : Sym_Enum<"PadMode", "What padding holds", [
    I32EnumAttrCase<"constant", 0>, I32EnumAttrCase<"reflect", 1>, I32EnumAttrCase<"edge", 2>]>;
def Sym_PadMode : Sym_EnumAttr<Sym_PadModeEnum, "pad_mode">;
def Sym_PadOp : Sym_CompositeMove<"pad"> {
  let summary = "Adds elements before and after along each axis";
  let notes = ["pad_width >= 0: how many elements in front of and behind each axis",
               "mode: what stands in the new places", "constant_values: with mode constant, the new elements"];
  let formula = "pad(x, pad_width, mode)";
  let gradient = "dx = g of the inside, plus what its copies got";
  let shapes = "[…] → each size with what pad_width adds";
  let example = "T[batch, 4]; pad_width=[[0, 0], [1, 2]]";
  let description = "`reflect` mirrors without repeating the border, `edge` repeats the border.";
  let arguments = (ins Sym_Tensor:$x, Sym_PadWidth:$pad_width,
                   DefaultValuedAttr<Sym_PadMode, "::symc::sym::PadMode::constant">:$mode,
                   DefaultValuedAttr<Sym_Number, "0">:$constant_values);
}
def Sym_TileOp : Sym_CompositeMove<"tile"> {
  let summary = "Repeats the whole tensor along each axis";
  let notes = ["reps >= 0: how often, along each axis"];
  let formula = "tile(x, reps)";
  let gradient = "dx = sum of g over the copies";
  let shapes = "[…] → each size times its entry of reps";
  let example = "T[batch, 3]; reps=[1, 2]";
  let description = "Missing leading entries of `reps` are 1; more entries than axes make new leading axes.";
  let arguments = (ins Sym_Tensor:$x, Sym_Ints:$reps);
}
def Sym_SqueezeOp : Sym_CompositeMove<"squeeze"> {
  let summary = "Drops axes of size 1: those of `axis`, or all";
  let notes = ["axis: the axes of size 1 that go; all of them when absent"];
  let formula = "squeeze(x, axis)";
  let gradient = "dx = reshape(g, shape of x)";
  let shapes = "[…] → […] without axes of size 1";
  let example = "T[batch, 1, 3]; axis=1";
  let arguments = (ins Sym_Tensor:$x, OptionalAttr<Sym_Axes>:$axis);
}
def Sym_ExpandDimsOp : Sym_CompositeMove<"expand_dims"> {
  let summary = "Inserts axes of size 1, at the places they have in the result";
  let notes = ["axis: where the new axes stand in the result"];
  let formula = "expand_dims(x, axis)";
  let gradient = "dx = reshape(g, shape of x)";
  let shapes = "[…] → […] with axes of size 1";
  let example = "T[batch, 3]; axis=1";
  let arguments = (ins Sym_Tensor:$x, Sym_Axes:$axis);
}
def Sym_ReverseOp : Sym_CompositeMove<"reverse"> {
  let summary = "Turns axes around; without `axis`, all";
  let notes = ["axis: the axes that are turned around; all of them when absent"];
  let formula = "flip(x, axis)";
  let gradient = "dx = flip(g, axis)";
  let shapes = "[…] → […]";
  let example = "T[batch, 3]; axis=1";
  let arguments = (ins Sym_Tensor:$x, OptionalAttr<Sym_Axes>:$axis);
}
def Sym_RollOp : Sym_CompositeMove<"roll"> {
  let summary = "Moves elements along axes, those that leave come in on the other side";
  let notes = ["shift: how far, or how far along each axis", "axis: the axes; the flattened tensor when absent"];
  let formula = "roll(x, shift, axis)";
  let gradient = "dx = roll(g, -shift, axis)";
  let shapes = "[…] → […]";
  let example = "T[batch, 4]; shift=1, axis=1";
  let description = "Without `axis`, along the flattened tensor.";
  let arguments = (ins Sym_Tensor:$x, Sym_Ints:$shift, OptionalAttr<Sym_Axes>:$axis);
}
#endif
