//===- Effect.td - Ops that return their operand and act ---*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_EFFECT
#define SYM_EFFECT

include "dialects/sym/SymBase.td"

def Sym_AssertOp : Sym_PublicOp<"assert", [
    Sym_WithoutArithmetic, DeclareOpInterfaceMethods<DecomposableOpInterface>,
    DeclareOpInterfaceMethods<ElementOpInterface>, DeclareOpInterfaceMethods<DifferentiableOpInterface>]>, Sym_Inferred {
  let summary = "x, if the condition holds";
  let notes = ["message: what the status of a failed call says"];
  let formula = "x";
  let gradient = "dx = g";
  let shapes = "x […], condition of any shape → […]";
  let example = "T[batch, 3], bool[]; message='not now'";
  let description = [{
    A call that uses an element of the result has a status, and changes nothing, unless all elements of the condition are
    true. `message` is what the status says.
  }];
  let arguments = (ins Sym_Tensor:$x, Sym_BoolTensor:$condition, DefaultValuedAttr<Sym_Str, "\"\"">:$message);
}

def Sym_PrintOp : Sym_PublicOp<"print", [
    Sym_WithoutArithmetic, Sym_RenamesMemory, DeclareOpInterfaceMethods<DifferentiableOpInterface>]>, Sym_Inferred {
  let summary = "x, which is shown as well";
  let notes = ["label: what stands in front of the values; the name of the node when absent"];
  let formula = "x";
  let gradient = "dx = g";
  let shapes = "x […] → […]";
  let example = "T[batch, 3]; label='x'";
  let description = [{
    A call that uses the result hands x to the hook `print` of the options of its instance, with `label`, which is the name
    of the node where it is left out. Prints follow each other in the order of the program, in loops once an iteration, and
    change no bit of any result.
  }];
  let arguments = (ins Sym_Tensor:$x, DefaultValuedAttr<Sym_Str, "\"\"">:$label);
}
#endif
