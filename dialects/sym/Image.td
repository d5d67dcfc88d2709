//===- Image.td - Ops that rearrange images --------------------*- tablegen -*-===//
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
    I32EnumAttrCase<"bilinear", 0>, I32EnumAttrCase<"nearest", 1>]>;
def Sym_ResizeMethod : Sym_EnumAttr<Sym_ResizeMethodEnum, "resize_method">;
def Sym_ResizeOp : Sym_ImageOp<"resize"> {
  let summary = "Images of another height and width";
  let formula = "out[n, i, j, c] = x at ((i + 0.5) * height / size[0] - 0.5, (j + 0.5) * width / size[1] - 0.5)";
  let gradient = "dx = g spread with the weights of the interpolation";
  let description = [{
    x is [batch, height, width, channels]. Pixels have their centres at halves; `bilinear` interpolates between the two
    nearest pixels along each axis, also where the image shrinks (no antialiasing), and repeats the border.
  }];
  let arguments = (ins Sym_FloatTensor:$x, Sym_Ints:$size,
                   DefaultValuedAttr<Sym_ResizeMethod, "::symc::sym::ResizeMethod::bilinear">:$method);
}
class Sym_BlockMove<string mnemonic> : Sym_ImageOp<mnemonic> {
  let arguments = (ins Sym_Tensor:$x, Sym_I64:$block_size);
}
def Sym_SpaceToDepthOp : Sym_BlockMove<"space_to_depth"> {
  let summary = "The pixels of each block as channels of one pixel";
  let formula = "out[n, i, j, (p * block_size + q) * channels + c] = x[n, i * block_size + p, j * block_size + q, c]";
  let gradient = "dx = depth_to_space(g, block_size)";
}
def Sym_DepthToSpaceOp : Sym_BlockMove<"depth_to_space"> {
  let summary = "The channels of each pixel as a block of pixels";
  let formula = "out[n, i * block_size + p, j * block_size + q, c] = x[n, i, j, (p * block_size + q) * channels + c]";
  let gradient = "dx = space_to_depth(g, block_size)";
}
#endif
