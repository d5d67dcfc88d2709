//===- Structure.td - Modules, regions and kernels -------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_STRUCTURE
#define SYM_STRUCTURE

include "mlir/IR/SymbolInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "dialects/sym/SymBase.td"

class Sym_SlotOp<string mnemonic> : Op<Sym_Dialect, mnemonic, [Symbol]> {
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<Sym_Tensor>:$type, Sym_InitAttr:$init,
                   OptionalAttr<ElementsAttr>:$data, DefaultValuedAttr<BoolAttr, "true">:$trainable,
                   DefaultValuedAttr<StrAttr, "\"\"">:$doc);
  let assemblyFormat = "$sym_name `:` $type `init` $init attr-dict";
}
def Sym_ParameterOp : Sym_SlotOp<"parameter"> { let summary = "A parameter of the model; `data` when init is data"; }
def Sym_StateOp : Sym_SlotOp<"state"> { let summary = "A tensor of the optimizer's state"; }

def Sym_TrainOp : Op<Sym_Dialect, "train"> {
  let summary = "How the model is trained; options by the names and in the units of the graph format";
  let arguments = (ins StrAttr:$optimizer, DictionaryAttr:$options, OptionalAttr<StrAttr>:$schedule,
                   OptionalAttr<DictionaryAttr>:$schedule_options, OptionalAttr<F64Attr>:$clip_global_norm,
                   DefaultValuedAttr<F64Attr, "0.0">:$weight_decay, DefaultValuedAttr<I64Attr, "1">:$accumulate_steps);
  let assemblyFormat = "$optimizer $options attr-dict";
}

def Sym_FusionKind : Sym_Enum<"FusionKind", "What a fused region is built around", [
    I32EnumAttrCase<"elementwise", 0>, I32EnumAttrCase<"reduction", 1>, I32EnumAttrCase<"contraction", 2>,
    I32EnumAttrCase<"opaque", 3>]>;
def Sym_FusionKindAttr : Sym_EnumAttr<Sym_FusionKind, "fusion_kind"> { let assemblyFormat = "$value"; }

def Sym_FusedOp : Op<Sym_Dialect, "fused", [Pure, IsolatedFromAbove, SingleBlock, RecursiveMemoryEffects]> {
  let summary = "A region that becomes one kernel";
  let arguments = (ins Sym_FusionKindAttr:$kind, Variadic<Sym_Tensor>:$inputs);
  let results = (outs Variadic<Sym_Tensor>:$outs);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}
def Sym_YieldOp : Op<Sym_Dialect, "yield", [Pure, Terminator, ReturnLike,
    ParentOneOf<["FusedOp", "ContractOp", "ScanOp", "WhileOp", "CondOp"]>]> {
  let summary = "Ends a fused region, an epilogue or a body";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

def Sym_ReadOp : Op<Sym_Dialect, "read", [Pure]> {
  let summary = "The contents of a kernel's buffer as a tensor";
  let arguments = (ins AnyMemRef:$buffer);
  let results = (outs Sym_Tensor:$out);
  let assemblyFormat = "$buffer attr-dict `:` type($buffer) `->` type($out)";
}
def Sym_WriteOp : Op<Sym_Dialect, "write"> {
  let summary = "Puts a tensor into a kernel's buffer";
  let arguments = (ins Sym_Tensor:$value, Arg<AnyMemRef, "", [MemWrite]>:$buffer);
  let assemblyFormat = "$value `,` $buffer attr-dict `:` type($value) `,` type($buffer)";
}

def Sym_AllocOp : Op<Sym_Dialect, "alloc"> {
  let summary = "A buffer of the arena; lives from its first to its last use in a call";
  let arguments = (ins Sym_DimsAttr:$dims);
  let results = (outs Res<AnyMemRef, "", [MemAlloc]>:$out);
  let assemblyFormat = "$dims attr-dict `:` type($out)";
}
def Sym_ViewOp : Op<Sym_Dialect, "view", [Pure]> {
  let summary = "The same memory under another shape";
  let arguments = (ins AnyMemRef:$buffer);
  let results = (outs AnyMemRef:$out);
  let assemblyFormat = "$buffer attr-dict `:` type($buffer) `to` type($out)";
}
def Sym_GlobalOp : Op<Sym_Dialect, "global", [Symbol]> {
  let summary = "The bytes of a constant";
  let arguments = (ins SymbolNameAttr:$sym_name, ElementsAttr:$value);
  let assemblyFormat = "$sym_name $value attr-dict";
}
def Sym_GetGlobalOp : Op<Sym_Dialect, "get_global", [Pure]> {
  let summary = "The buffer of a constant";
  let arguments = (ins FlatSymbolRefAttr:$name);
  let results = (outs AnyMemRef:$out);
  let assemblyFormat = "$name attr-dict `:` type($out)";
}

def Sym_SpaceOp : Op<Sym_Dialect, "space", [Pure]> {
  let summary = "Sizes without memory: the operand that gives a linalg.generic loops that no buffer has";
  let arguments = (ins Sym_DimsAttr:$dims);
  let results = (outs AnyMemRef:$out);
  let assemblyFormat = "$dims attr-dict `:` type($out)";
}
def Sym_CheckOp : Op<Sym_Dialect, "check"> {
  let summary = "Records a failed check: unless `ok`, writes {code, value, bound} to the kernel's check argument";
  let description = [{
    In scalar bodies. What the body goes on to compute is discarded after a failure, but must not fault: an index is
    replaced by a valid one first. `code` is from internCheck (lib/Lowering/CPU/Kernels.h).
  }];
  let arguments = (ins I1:$ok, I64:$value, I64:$bound, Arg<MemRefOf<[I64]>, "", [MemWrite]>:$buffer, I64Attr:$code);
  let assemblyFormat = "$ok `,` $value `,` $bound `into` $buffer attr-dict `:` type($buffer)";
}
def Sym_KernelCallOp : Op<Sym_Dialect, "kernel_call"> {
  let summary = "Calls a function of the kernel library, see OpaqueKernelOpInterface";
  let arguments = (ins StrAttr:$name, Variadic<AnyMemRef>:$buffers, Sym_DimsAttr:$integers);
  let assemblyFormat = "$name `(` $buffers `:` type($buffers) `)` `integers` $integers attr-dict";
}

def Sym_ContractForm : Sym_Enum<"ContractForm", "Which contraction a sym.contract is", [
    I32EnumAttrCase<"matmul", 0>, I32EnumAttrCase<"conv2d", 1>, I32EnumAttrCase<"conv2d_input", 2>,
    I32EnumAttrCase<"conv2d_filter", 3>]>;
def Sym_ContractFormAttr : Sym_EnumAttr<Sym_ContractForm, "contract_form"> { let assemblyFormat = "$value"; }

def Sym_ContractOp : Op<Sym_Dialect, "contract", [AttrSizedOperandSegments, IsolatedFromAbove, SingleBlock]> {
  let summary = "A contraction on buffers, with a scalar epilogue";
  let description = [{
    Destination-passing form of matmul and the convolutions, inside kernels. `a` and `b` are the operands of the sym op
    of that name (conv2d: image NHWC, kernel HWIO; conv2d_input: cotangent, kernel; conv2d_filter: image, cotangent).
    The epilogue takes the accumulated element and one element of each of `extras`, read at the affine map of that
    operand over the result's index space, and yields one element for each of `outs`, all of the result's shape.
    `dims` has the sizes of a, b, the result, and each of extras.
  }];
  let arguments = (ins Sym_ContractFormAttr:$form, AnyMemRef:$a, AnyMemRef:$b, Variadic<AnyMemRef>:$extras,
                   Variadic<AnyMemRef>:$outs, AffineMapArrayAttr:$maps, TypedArrayAttrBase<Sym_DimsAttr, "sizes">:$dims,
                   DefaultValuedAttr<BoolAttr, "false">:$transpose_a, DefaultValuedAttr<BoolAttr, "false">:$transpose_b,
                   OptionalAttr<DenseI64ArrayAttr>:$strides, OptionalAttr<DenseI64ArrayAttr>:$dilations,
                   OptionalAttr<Sym_DimsAttr>:$padding, DefaultValuedAttr<I64Attr, "1">:$groups);
  let regions = (region SizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    $form `ins` `(` $a `,` $b `:` type($a) `,` type($b) `)` (`extras` `(` $extras^ `:` type($extras) `)`)?
    `outs` `(` $outs `:` type($outs) `)` attr-dict-with-keyword $epilogue
  }];
}
#endif
