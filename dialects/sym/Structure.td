//===- Structure.td - Modules and fused regions ------------*- tablegen -*-===//
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

/// Slots have names of their own, which arguments and results of functions say; functions may be called like them.
class Sym_SlotOp<string mnemonic> : Op<Sym_Dialect, mnemonic> {
  dag slotArguments = (ins SymbolNameAttr:$slot, TypeAttrOf<Sym_Tensor>:$type, Sym_InitAttr:$init,
                       OptionalAttr<ElementsAttr>:$data, DefaultValuedAttr<BoolAttr, "true">:$trainable,
                       DefaultValuedAttr<StrAttr, "\"\"">:$doc);
  let arguments = slotArguments;
  let assemblyFormat = "$slot `:` $type `init` $init attr-dict";
  let hasVerifier = 1;
}
def Sym_ParameterOp : Sym_SlotOp<"parameter"> {
  let summary = "A parameter of the model; `data` when init is data, `measured` when it is a number of the training data";
  let arguments = !con(slotArguments, (ins UnitAttr:$measured));
}
def Sym_StateOp : Sym_SlotOp<"state"> {
  let summary = "A tensor of the optimizer's state, or of a stream's, which `resets` says";
  let arguments = !con(slotArguments, (ins UnitAttr:$resets));
}

// What a file may say of each is in TrainOptions.h.
def Sym_OptimizerEnum : Sym_Enum<"OptimizerKind", "How parameters are updated", [
    I32EnumAttrCase<"sgd", 0>, I32EnumAttrCase<"adagrad", 1>, I32EnumAttrCase<"rmsprop", 2>,
    I32EnumAttrCase<"adadelta", 3>, I32EnumAttrCase<"adam", 4>, I32EnumAttrCase<"adamw", 5>,
    I32EnumAttrCase<"adamax", 6>, I32EnumAttrCase<"nadam", 7>, I32EnumAttrCase<"lion", 8>, I32EnumAttrCase<"lamb", 9>,
    I32EnumAttrCase<"lbfgs", 10>]>;
def Sym_Optimizer : Sym_EnumAttr<Sym_OptimizerEnum, "optimizer"> { let assemblyFormat = "$value"; }
def Sym_ScheduleEnum : Sym_Enum<"ScheduleKind", "How the learning rate changes", [
    I32EnumAttrCase<"constant", 0>, I32EnumAttrCase<"step", 1>, I32EnumAttrCase<"exponential", 2>,
    I32EnumAttrCase<"cosine", 3>, I32EnumAttrCase<"linear_warmup", 4>, I32EnumAttrCase<"piecewise", 5>,
    I32EnumAttrCase<"polynomial", 6>]>;
def Sym_Schedule : Sym_EnumAttr<Sym_ScheduleEnum, "schedule"> { let assemblyFormat = "`<` $value `>`"; }

def Sym_TrainOp : Op<Sym_Dialect, "train"> {
  let summary = "How the model is trained; options by the names and in the units of the graph format";
  let arguments = (ins Sym_Optimizer:$optimizer, DictionaryAttr:$options,
                   DefaultValuedAttr<Sym_Schedule, "::symc::sym::ScheduleKind::constant">:$schedule,
                   OptionalAttr<DictionaryAttr>:$schedule_options, OptionalAttr<F64Attr>:$clip_global_norm,
                   DefaultValuedAttr<F64Attr, "0.0">:$weight_decay, DefaultValuedAttr<I64Attr, "1">:$accumulate_steps,
                   OptionalAttr<StrArrayAttr>:$remat);
  let assemblyFormat = "$optimizer $options attr-dict";
}

def Sym_FusionKind : Sym_Enum<"FusionKind", "What a fused region is built around", [
    I32EnumAttrCase<"elementwise", 0>, I32EnumAttrCase<"reduction", 1>, I32EnumAttrCase<"contraction", 2>,
    I32EnumAttrCase<"opaque", 3>]>;
def Sym_FusionKindAttr : Sym_EnumAttr<Sym_FusionKind, "fusion_kind"> { let assemblyFormat = "`<` $value `>`"; }

def Sym_FusedOp : Op<Sym_Dialect, "fused", [Pure, IsolatedFromAbove, SingleBlock, RecursiveMemoryEffects]> {
  let summary = "A region that becomes one kernel";
  let arguments = (ins Sym_FusionKindAttr:$kind, Variadic<Sym_Tensor>:$inputs);
  let results = (outs Variadic<Sym_Tensor>:$outs);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}
def Sym_YieldOp : Op<Sym_Dialect,
                     "yield", [Pure, Terminator, ReturnLike]> {
  let summary = "Ends a fused region or a body";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
  let hasVerifier = 1;
}
#endif
