//===- Pooling.td - Reductions over sliding windows --------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Two element ops look at images (NHWC, with any number of axes for H and W) through windows:
// `windows` lists the elements of each window, `window_spread` the windows of each element. A
// pooling is a reduction over the axis that they add, and each is the transpose of the other;
// `window_sum` and `window_scatter` are the composites, closed under differentiation.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_POOLING
#define SYM_POOLING

include "dialects/sym/SymBase.td"

class Sym_Pool<string mnemonic, Type operand> : Sym_PublicOp<mnemonic, [
    DeclareOpInterfaceMethods<DecomposableOpInterface>, DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let shapes = "[n, …, channels] → [n, …, channels], a pixel for each window";
  let example = "T[batch, 6, 6, 2]; pool_size=2";
  let notes = ["strides >= 1: from window to window, of each axis or of all; pool_size when absent"];
  let arguments = (ins operand:$x, Sym_Ints:$pool_size, OptionalAttr<Sym_Ints>:$strides,
                   DefaultValuedAttr<Sym_PaddingAttr, "::symc::sym::PaddingKind::valid">:$padding,
                   DefaultValuedAttr<Sym_Layout, "::symc::sym::Layout::NHWC">:$layout);
}
def Sym_MaxPoolOp : Sym_Pool<"max_pool", Sym_NumberTensor> {
  let summary = "Largest element of each window of an image";
  let formula = "out[n, i, j, c] = max over p, q of x[n, i * stride + p, j * stride + q, c]";
  let gradient = "dx = g at the first largest element of each window";
  let description = [{
    x is [batch, length, channels], [batch, height, width, channels] or [batch, depth, height, width, channels]; with
    layout NCHW the channels stand behind the batch. `strides` are those of the windows, `pool_size` when left out; one
    integer stands for all axes. `padding` as in conv2d; it never wins.
  }];
}
def Sym_AvgPoolOp : Sym_Pool<"avg_pool", Sym_FloatTensor> {
  let summary = "Mean of each window of an image; padding does not count";
  let formula = "out[n, i, j, c] = mean over p, q of x[n, i * stride + p, j * stride + q, c]";
  let gradient = "dx = sum of g / n over the windows that hold the element";
  let description = "Windows as in max_pool.";
}

class Sym_GlobalPool<string mnemonic, Type operand> : Sym_PublicOp<mnemonic, [
    DeclareOpInterfaceMethods<DecomposableOpInterface>]> {
  let shapes = "[n, …, channels] → [n, channels]; keepdims keeps the axes between with size 1";
  let example = "T[batch, 4, 4, 2]";
  let arguments = (ins operand:$x, DefaultValuedAttr<Sym_Bool, "false">:$keepdims,
                   DefaultValuedAttr<Sym_Layout, "::symc::sym::Layout::NHWC">:$layout);
  let description = "Over all axes but the first and that of the channels.";
}
def Sym_GlobalAvgPoolOp : Sym_GlobalPool<"global_avg_pool", Sym_FloatTensor> {
  let summary = "Mean of each channel of an image";
  let formula = "mean(x, (1, 2))";
  let gradient = "that of mean";
}
def Sym_GlobalMaxPoolOp : Sym_GlobalPool<"global_max_pool", Sym_NumberTensor> {
  let summary = "Largest element of each channel of an image";
  let formula = "max(x, (1, 2))";
  let gradient = "that of max";
}

//===----------------------------------------------------------------------===//
// Windows. The position of an element in its window is row-major; `index`, where given, keeps
// one position of each window. `padding` is before and after each axis: top, bottom, left, right.
// Without `dilations` the elements of a window are neighbours.
//===----------------------------------------------------------------------===//

class Sym_WindowOp<string mnemonic, list<Trait> traits> : Sym_Op<mnemonic, traits> {
  let arguments = (ins Sym_NumberTensor:$x, Optional<Sym_IntTensor>:$index, DenseI64ArrayAttr:$sizes,
                   DenseI64ArrayAttr:$strides, Sym_DimsAttr:$padding, OptionalAttr<DenseI64ArrayAttr>:$dilations);
  let results = (outs Sym_Tensor:$out);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
def Sym_WindowsOp : Sym_WindowOp<"windows", [DeclareOpInterfaceMethods<ElementOpInterface>,
                                            DeclareOpInterfaceMethods<SizeRequirementsOpInterface>]> {
  let summary = "Elements of each window: [n, out height, out width, position, channel], `fill` in the padding";
  let arguments = (ins Sym_NumberTensor:$x, Optional<Sym_IntTensor>:$index, DenseI64ArrayAttr:$sizes,
                   DenseI64ArrayAttr:$strides, Sym_DimsAttr:$padding, F64Attr:$fill,
                   OptionalAttr<DenseI64ArrayAttr>:$dilations);
}
def Sym_WindowSpreadOp : Sym_WindowOp<"window_spread", [DeclareOpInterfaceMethods<ElementOpInterface>]> {
  let summary = "Values of the windows that hold an element: [n, height, width, windows, channel], 0 where there is none";
  let description = [{
    Without the axis of windows when an element is in one window at most. `x` has the sizes of what `windows` gives, and
    each element its own value, or lacks the axis of positions: then all elements of a window have its value.
  }];
}
def Sym_WindowSumOp : Sym_WindowOp<"window_sum", [DeclareOpInterfaceMethods<DecomposableOpInterface>,
                                                  DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "Sum of each window, or its element at `index`";
}
def Sym_WindowScatterOp : Sym_WindowOp<"window_scatter", [DeclareOpInterfaceMethods<DecomposableOpInterface>,
                                                          DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "Adds the value of each window to all its elements, or to that at `index`";
}
#endif
