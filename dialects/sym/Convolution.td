//===- Convolution.td - Convolutional layers ---------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_CONVOLUTION
#define SYM_CONVOLUTION

include "dialects/sym/SymBase.td"

class Sym_ConvAttributes<dag first> {
  dag arguments = !con(first, (ins DefaultValuedAttr<Sym_Ints, "{1}">:$strides,
      DefaultValuedAttr<Sym_PaddingAttr, "::symc::sym::PaddingKind::valid">:$padding,
      DefaultValuedAttr<Sym_Ints, "{1}">:$dilations, DefaultValuedAttr<Sym_I64, "1">:$groups,
      DefaultValuedAttr<Sym_Layout, "::symc::sym::Layout::NHWC">:$layout,
      DefaultValuedAttr<Sym_Bool, "true">:$use_bias, OptionalAttr<Sym_ActivationName>:$activation));
}
defvar Sym_ConvOperands = (ins Sym_NumberTensor:$x, Sym_NumberTensor:$kernel, Optional<Sym_NumberTensor>:$bias);

class Sym_Conv<string mnemonic> : Sym_Layer<mnemonic>, Sym_LayerFamily {
  let formula = "out = activation(correlate(x, kernel) + bias)";
  let arguments = Sym_ConvAttributes<!con(Sym_ConvOperands,
      (ins OptionalAttr<Sym_I64>:$filters, OptionalAttr<Sym_Ints>:$kernel_size))>.arguments;
}
def Sym_Conv1dOp : Sym_Conv<"conv1d"> {
  let summary = "Cross-correlation along one axis";
  let shapes = "[n, length, c], [size, c / groups, f], [f] → [n, length, f]";
  let example = "T[batch, 8, 2], T[3, 2, 4], T[4]; padding='same'";
  let layer = "filters=4, kernel_size=3";
  let description = [{
    x is [batch, length, channels], kernel [size, channels / groups, filters]; with layout NCHW [batch, channels,
    length] and [filters, channels / groups, size]. Otherwise as conv2d.
  }];
}
def Sym_Conv2dOp : Sym_Conv<"conv2d"> {
  let summary = "Cross-correlation of images";
  let shapes = "[n, height, width, c], [height, width, c / groups, f], [f] → [n, height, width, f]";
  let example = "T[batch, 6, 6, 2], T[3, 3, 2, 4], T[4]; strides=2, padding='same'";
  let layer = "filters=4, kernel_size=3, padding='same', activation='relu'";
  let description = [{
    x is [batch, height, width, channels], kernel [height, width, channels / groups, filters]; with layout NCHW [batch,
    channels, height, width] and [filters, channels / groups, height, width]. `padding` is "valid" (none), "same"
    (⌈in / stride⌉ windows, the odd pixel at the end) or [[top, bottom], [left, right]]. One integer stands for all axes.
    The kernel and the bias may be left out as in dense; then `filters` and `kernel_size` are asked for.
  }];
}
def Sym_Conv3dOp : Sym_Conv<"conv3d"> {
  let summary = "Cross-correlation of volumes";
  let shapes = "[n, depth, height, width, c], [depth, height, width, c / groups, f], [f] → [n, depth, height, width, f]";
  let example = "T[batch, 4, 4, 4, 2], T[2, 2, 2, 2, 3], T[3]";
  let layer = "filters=3, kernel_size=2";
  let description = [{
    x is [batch, depth, height, width, channels], kernel [depth, height, width, channels / groups, filters]; with layout
    NCHW [batch, channels, depth, height, width] and [filters, channels / groups, depth, height, width]. Otherwise as
    conv2d.
  }];
}
def Sym_DepthwiseConv2dOp : Sym_Layer<"depthwise_conv2d">, Sym_LayerFamily {
  let summary = "Cross-correlation of each channel with kernels of its own";
  let notes = ["depth_multiplier >= 1: channels of the result for each channel of x"];
  let formula = "out = activation(correlate(x[…, c], kernel[…, c, m]) + bias), channel c * multiplier + m";
  let shapes = "[n, height, width, c], [height, width, c, m], [c * m] → [n, height, width, c * m]";
  let example = "T[batch, 6, 6, 2], T[3, 3, 2, 2], T[4]";
  let layer = "kernel_size=3";
  let description = [{
    kernel is [height, width, channels, multiplier] (with layout NCHW [channels, multiplier, height, width]), bias
    [channels * multiplier]. Otherwise as conv2d.
  }];
  let arguments = (ins Sym_NumberTensor:$x, Sym_NumberTensor:$kernel, Optional<Sym_NumberTensor>:$bias,
      OptionalAttr<Sym_Ints>:$kernel_size, DefaultValuedAttr<Sym_I64, "1">:$depth_multiplier,
      DefaultValuedAttr<Sym_Ints, "{1}">:$strides,
      DefaultValuedAttr<Sym_PaddingAttr, "::symc::sym::PaddingKind::valid">:$padding,
      DefaultValuedAttr<Sym_Ints, "{1}">:$dilations,
      DefaultValuedAttr<Sym_Layout, "::symc::sym::Layout::NHWC">:$layout,
      DefaultValuedAttr<Sym_Bool, "true">:$use_bias, OptionalAttr<Sym_ActivationName>:$activation);
}
def Sym_ConvTranspose2dOp : Sym_Layer<"conv_transpose2d">, Sym_LayerFamily {
  let summary = "Transposed convolution: the derivative of conv2d as a layer, which enlarges images";
  let formula = "out = activation(derivative of correlate for its image, at x + bias)";
  let shapes = "[n, height, width, c], [height, width, f / groups, c], [f] → [n, height, width, f]";
  let example = "T[batch, 3, 3, 2], T[3, 3, 4, 2], T[4]; strides=2, padding='same'";
  let layer = "filters=4, kernel_size=3, strides=2, padding='same'";
  let description = [{
    kernel is [height, width, filters / groups, channels] (with layout NCHW [channels, filters / groups, height, width]).
    The size is in * stride for "same", in * stride + max(size - stride, 0) for "valid", and with amounts of padding
    (in - 1) * stride + size less the padding.
  }];
  let arguments = Sym_ConvAttributes<!con(Sym_ConvOperands,
      (ins OptionalAttr<Sym_I64>:$filters, OptionalAttr<Sym_Ints>:$kernel_size))>.arguments;
}
#endif
