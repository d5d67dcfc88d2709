//===- Structure.td - Modules and fused regions ----------------*- tablegen -*-===//
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
                   DefaultValuedAttr<F64Attr, "0.0">:$weight_decay, DefaultValuedAttr<I64Attr, "1">:$accumulate_steps,
                   OptionalAttr<StrArrayAttr>:$remat);
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
def Sym_YieldOp : Op<Sym_Dialect,
                     "yield", [Pure, Terminator, ReturnLike, ParentOneOf<["FusedOp", "ScanOp", "WhileOp", "CondOp"]>]> {
  let summary = "Ends a fused region or a body";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}
#endif
