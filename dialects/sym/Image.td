//===- Image.td - Ops that rearrange images ----------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_IMAGE
#define SYM_IMAGE

include "dialects/sym/SymBase.td"

class Sym_ImageOp<string mnemonic> : Sym_PublicOp<mnemonic, [DeclareOpInterfaceMethods<DecomposableOpInterface>]>,
                                     Sym_Inferred;

def Sym_ResizeMethodEnum : Sym_Enum<"ResizeMethod", "How a pixel between others is made", [
    I32EnumAttrCase<"bilinear", 0>, I32EnumAttrCase<"nearest", 1>, I32EnumAttrCase<"bicubic", 2>]>;
def Sym_ResizeMethod : Sym_EnumAttr<Sym_ResizeMethodEnum, "resize_method"> { let assemblyFormat = "`<` $value `>`"; }
def Sym_ResizeCoordinatesEnum : Sym_Enum<"ResizeCoordinates", "Where in the image a pixel of the result stands", [
    I32EnumAttrCase<"half_pixel", 0>, I32EnumAttrCase<"align_corners", 1>, I32EnumAttrCase<"asymmetric", 2>]>;
def Sym_ResizeCoordinates : Sym_EnumAttr<Sym_ResizeCoordinatesEnum, "resize_coordinates"> {
  let assemblyFormat = "`<` $value `>`";
}
def Sym_ResizeOp : Sym_ImageOp<"resize"> {
  let summary = "Images of another size";
  let notes = ["size >= 1: the number of pixels of each axis, or one for all axes",
               "method: how a pixel is made of its neighbours", "coordinates: where pixels of the result stand in x",
               "antialias: wider kernels where an axis becomes shorter"];
  let formula = "out[n, i, j, c] = sum over p, q of weight(i, p) * weight(j, q) * x[n, p, q, c]";
  let gradient = "dx = g spread with the weights of the interpolation";
  let shapes = "[n, …, channels] → [n, size…, channels]";
  let example = "T[batch, 4, 4, 2]; size=[6, 8]";
  let description = [{
    x is [batch, length, channels], [batch, height, width, channels] or [batch, depth, height, width, channels]; one
    `size` stands for all axes. Each axis is resized by itself. With in and out pixels, pixel i of the result stands at
    (i + 0.5) * in / out - 0.5 with "half_pixel", i * in / out with "asymmetric" and i * (in - 1) / (out - 1) with
    "align_corners" (0 where out is 1).

    "nearest" takes pixel floor((i + 0.5) * in / out), floor(i * in / out) and floor(i * (in - 1) / (out - 1) + 0.5).
    "bilinear" and "bicubic" weigh the pixels at a distance d: max(0, 1 - |d|), and Keys' cubic with a = -0.5, as
    TensorFlow, JAX and PIL have it. Weights of pixels outside of the image are dropped and those left are divided by
    their sum, so that "bilinear" repeats the border. With `antialias`, where the image shrinks, d is divided by the
    step from pixel to pixel, in / out, or (in - 1) / (out - 1) with "align_corners". "nearest" has no antialiasing.
  }];
  let arguments = (ins Sym_FloatTensor:$x, Sym_Ints:$size,
      DefaultValuedAttr<Sym_ResizeMethod, "::symc::sym::ResizeMethod::bilinear">:$method,
      DefaultValuedAttr<Sym_ResizeCoordinates, "::symc::sym::ResizeCoordinates::half_pixel">:$coordinates,
      DefaultValuedAttr<Sym_Bool, "false">:$antialias);
}

//===----------------------------------------------------------------------===//
// What it decomposes into (Resample.cpp)
//===----------------------------------------------------------------------===//

def Sym_ResampleOp : Sym_Op<"resample", [DeclareOpInterfaceMethods<DecomposableOpInterface>,
                                         DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "x resized along one axis; with `transposed` the cotangent of what was resized to the size of x";
  let arguments = (ins Sym_FloatTensor:$x, I64Attr:$axis, Sym_ResizeMethod:$method, Sym_ResizeCoordinates:$coordinates,
                   DefaultValuedAttr<BoolAttr, "false">:$antialias, DefaultValuedAttr<BoolAttr, "false">:$transposed);
  let results = (outs Sym_FloatTensor:$out);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
def Sym_TapsOp : Sym_Op<"taps", [Sym_WithoutArithmetic, DeclareOpInterfaceMethods<InferTypeOpInterface>,
                                 DeclareOpInterfaceMethods<ElementOpInterface>]>, Sym_Inferred {
  let summary = "Pixels of x, [n, pixel, rest], at places [out, tap] that are known to be inside: [n, out, tap, rest]";
  let arguments = (ins Sym_Tensor:$x, Sym_IntTensor:$places);
  let results = (outs Sym_Tensor:$out);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
class Sym_BlockMove<string mnemonic> : Sym_ImageOp<mnemonic> {
  let arguments = (ins Sym_Tensor:$x, Sym_I64:$block_size);
}
def Sym_SpaceToDepthOp : Sym_BlockMove<"space_to_depth"> {
  let summary = "The pixels of each block as channels of one pixel";
  let notes = ["block_size in [1, 32768]: the side of the square that becomes channels"];
  let formula = "out[n, i, j, (p * block_size + q) * channels + c] = x[n, i * block_size + p, j * block_size + q, c]";
  let gradient = "dx = depth_to_space(g, block_size)";
  let shapes = "[n, h, w, c] → [n, h / block_size, w / block_size, c * block_size**2]";
  let example = "T[batch, 4, 4, 2]; block_size=2";
}
def Sym_DepthToSpaceOp : Sym_BlockMove<"depth_to_space"> {
  let summary = "The channels of each pixel as a block of pixels";
  let notes = ["block_size in [1, 32768]: the side of the square that channels become"];
  let formula = "out[n, i * block_size + p, j * block_size + q, c] = x[n, i, j, (p * block_size + q) * channels + c]";
  let gradient = "dx = space_to_depth(g, block_size)";
  let shapes = "[n, h, w, c] → [n, h * block_size, w * block_size, c / block_size**2]";
  let example = "T[batch, 2, 2, 8]; block_size=2";
}
#endif
