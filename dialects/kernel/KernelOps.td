//===- KernelOps.td - Programs and kernels on buffers ------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The executable form of a model, target-neutral. A program is a function of buffers: calls of
// kernels in their order, loops and branches around them. A kernel is a function that programs
// call; what it does is first said on tensors (read, sym ops, write), then by nest, contract and
// library_call on its buffers.
//
//===----------------------------------------------------------------------===//
#ifndef KERNEL_OPS
#define KERNEL_OPS

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/kernel/KernelEnums.td"
include "dialects/sym/SymBase.td"

def Kernel_Dialect : Dialect {
  let name = "kernel";
  let cppNamespace = "::symc::kernel";
  let dependentDialects = ["::symc::sym::SymDialect"];
  let useDefaultAttributePrinterParser = 1;
}

class Kernel_Op<string mnemonic, list<Trait> traits = []> : Op<Kernel_Dialect, mnemonic, traits>;

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

def Kernel_AllocOp : Kernel_Op<"alloc"> {
  let summary = "A buffer of the arena; lives from its first to its last use in a call";
  let arguments = (ins Sym_DimsAttr:$dims);
  let results = (outs Res<AnyMemRef, "", [MemAlloc]>:$out);
  let assemblyFormat = "$dims attr-dict `:` type($out)";
}
def Kernel_ViewOp : Kernel_Op<"view", [Pure]> {
  let summary = "The same memory under another shape";
  let arguments = (ins AnyMemRef:$buffer);
  let results = (outs AnyMemRef:$out);
  let assemblyFormat = "$buffer attr-dict `:` type($buffer) `to` type($out)";
}
def Kernel_RowOp : Kernel_Op<"row", [Pure]> {
  let summary = "Row `index` of a stack, whose rows have the sizes `dims`";
  let arguments = (ins AnyMemRef:$stack, Index:$index, Sym_DimsAttr:$dims);
  let results = (outs AnyMemRef:$out);
  let assemblyFormat = "$stack `[` $index `]` $dims attr-dict `:` type($stack) `to` type($out)";
}
def Kernel_GlobalOp : Kernel_Op<"global", [Symbol]> {
  let summary = "The bytes of a constant";
  let arguments = (ins SymbolNameAttr:$sym_name, ElementsAttr:$value);
  let assemblyFormat = "$sym_name $value attr-dict";
}
def Kernel_GetGlobalOp : Kernel_Op<"get_global", [Pure]> {
  let summary = "The buffer of a constant";
  let arguments = (ins FlatSymbolRefAttr:$name);
  let results = (outs AnyMemRef:$out);
  let assemblyFormat = "$name attr-dict `:` type($out)";
}

//===----------------------------------------------------------------------===//
// Programs: func.call of kernels, and these
//===----------------------------------------------------------------------===//

def Kernel_LoopOp : Kernel_Op<"loop", [AttrSizedOperandSegments, SingleBlock, RecursiveMemoryEffects]> {
  let summary = "A loop over steps of a program";
  let description = [{
    Runs its body for iteration 0, 1, … as long as there are fewer than `trips`, and than the number in the buffer
    `count`, where these are given, and until a `kernel.leave_unless` leaves it. The body's arguments are the row of the
    iteration, which counts backwards with `reverse`, and the buffers that are carried: `kernel.next` names those of the
    next iteration. Results are the number of iterations that ran to their end, and the buffers carried at that time.
  }];
  let arguments = (ins OptionalAttr<Sym_DimsAttr>:$trips, DefaultValuedAttr<BoolAttr, "false">:$reverse,
      Arg<Optional<AnyMemRef>, "", [MemRead]>:$count, Variadic<AnyMemRef>:$inits);
  let results = (outs Index:$iterations, Variadic<AnyMemRef>:$outs);
  let regions = (region SizedRegion<1>:$body);
  let hasRegionVerifier = 1;
  let assemblyFormat = [{
    (`trips` $trips^)? (`count` `(` $count^ `:` type($count) `)`)? (`carry` `(` $inits^ `:` type($inits) `)`)?
    attr-dict-with-keyword `->` type(results) $body
  }];
  let builders = [OpBuilder<(ins "::symc::sym::DimsAttr":$trips, "bool":$reverse, "::mlir::Value":$count,
      "::mlir::ValueRange":$inits)>];
  let extraClassDeclaration = [{
    ::mlir::BlockArgument getRow() { return getBody().getArgument(0); }
    ::mlir::Block::BlockArgListType getCarried() { return getBody().getArguments().drop_front(); }
  }];
}
def Kernel_NextOp : Kernel_Op<"next", [Terminator, Pure, HasParent<"LoopOp">]> {
  let summary = "Ends an iteration: the buffers carried to the next one";
  let arguments = (ins Variadic<AnyMemRef>:$buffers);
  let assemblyFormat = "attr-dict ($buffers^ `:` type($buffers))?";
}
/// Which steps run: what leaves a loop writes it, so that nothing takes such an op for one that only reads its flag.
def Kernel_Control : Resource<"::symc::kernel::ControlResource">;
def Kernel_LeaveUnlessOp : Kernel_Op<"leave_unless", [HasParent<"LoopOp">, MemoryEffects<[MemWrite<Kernel_Control>]>]> {
  let summary = "Leaves the loop, before what follows in this iteration, when the bool in the buffer is false";
  let arguments = (ins Arg<AnyMemRef, "", [MemRead]>:$flag);
  let assemblyFormat = "$flag attr-dict `:` type($flag)";
}
def Kernel_IfOp : Kernel_Op<"if", [SingleBlock, RecursiveMemoryEffects, NoTerminator]> {
  let summary = "One of two parts of a program, as the bool in the buffer says";
  let arguments = (ins Arg<AnyMemRef, "", [MemRead]>:$flag);
  let regions = (region SizedRegion<1>:$then, SizedRegion<1>:$otherwise);
  let assemblyFormat = "$flag attr-dict-with-keyword `:` type($flag) $then `else` $otherwise";
}
def Kernel_StoreIndexOp : Kernel_Op<"store_index"> {
  let summary = "Writes a number of a loop to a buffer, as an i64";
  let arguments = (ins Index:$index, Arg<MemRefOf<[I64]>, "", [MemWrite]>:$buffer);
  let assemblyFormat = "$index `,` $buffer attr-dict `:` type($buffer)";
}
/// What the caller is shown, and in which order.
def Kernel_Printer : Resource<"::symc::kernel::PrinterResource">;
def Kernel_PrintOp : Kernel_Op<"print", [MemoryEffects<[MemWrite<Kernel_Printer>]>]> {
  let summary = "Hands a buffer, which holds a tensor of the type `tensor`, to the caller's hook `print`";
  let arguments = (ins StrAttr:$label, Arg<AnyMemRef, "", [MemRead]>:$buffer, TypeAttrOf<Sym_Tensor>:$tensor);
  let assemblyFormat = "$label `,` $buffer `as` $tensor attr-dict `:` type($buffer)";
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

def Kernel_ReadOp : Kernel_Op<"read"> {
  let summary = "The contents of a kernel's buffer as a tensor";
  let description = "At the kernel's begin: all reads of a kernel stand before its writes.";
  let arguments = (ins Arg<AnyMemRef, "", [MemRead]>:$buffer);
  let results = (outs Sym_Tensor:$out);
  let assemblyFormat = "$buffer attr-dict `:` type($buffer) `->` type($out)";
}
def Kernel_WriteOp : Kernel_Op<"write"> {
  let summary = "Puts a tensor into a kernel's buffer";
  let arguments = (ins Sym_Tensor:$value, Arg<AnyMemRef, "", [MemWrite]>:$buffer);
  let assemblyFormat = "$value `,` $buffer attr-dict `:` type($value) `,` type($buffer)";
}

def Kernel_LinearAttr : AttrDef<Kernel_Dialect, "Linear"> {
  let mnemonic = "linear";
  let summary = "A sum of the iterations of loops, each times a size, and a size";
  let description = [{
    One coefficient a loop, then what is added: `#kernel.linear<[batch, 1] + 3>` is `batch * i + j + 3` in the loops i
    and j. As the place of an access it counts the elements of a buffer.
  }];
  let parameters = (ins ArrayRefParameter<"::symc::Dim">:$coefs, "::symc::Dim":$base);
  let hasCustomAssemblyFormat = 1;
}
def Kernel_BoundAttr : AttrDef<Kernel_Dialect, "Bound"> {
  let mnemonic = "bound";
  let summary = "The iterations of a loop end at `end`, in the loops around it, as well as at the loop's size";
  let parameters = (ins "unsigned":$loop, "::symc::kernel::LinearAttr":$end);
  let assemblyFormat = "`<` $loop `,` $end `>`";
}
def Kernel_IteratorAttr : EnumAttr<Kernel_Dialect, Kernel_Iterator, "iterator"> { let assemblyFormat = "`<` $value `>`"; }

def Kernel_NestOp : Kernel_Op<"nest", [AttrSizedOperandSegments, SingleBlock, RecursiveMemoryEffects]> {
  let summary = "Loops over elements of a kernel's buffers";
  let description = [{
    Computes its body for every point of `domain`, a size a loop. The body's arguments are the iterations of the loops,
    then the elements of `reads` at their places; where an element is not at a linear place the body has a memref.load.
    It yields one element for each of `writes`, which go to their places when all reads of the point are done.

    With `reduction` loops the elements of all their iterations are combined, beginning with `neutral`: reduction r, of as
    many accumulators as combiner r yields, takes the next ones of what the body yields. A combiner's arguments are
    these accumulators and as many elements. It is associative and commutative up to rounding: how elements are grouped
    is the target's, and a function of sizes alone.
  }];
  let arguments = (ins Arg<Variadic<AnyMemRef>, "", [MemRead]>:$reads, Arg<Variadic<AnyMemRef>, "", [MemWrite]>:$writes,
      Sym_DimsAttr:$domain, TypedArrayAttrBase<Kernel_IteratorAttr, "iterator kinds">:$iterators,
      TypedArrayAttrBase<Kernel_LinearAttr, "places">:$places, OptionalAttr<Kernel_BoundAttr>:$bound,
      OptionalAttr<ArrayAttr>:$neutral);
  let regions = (region SizedRegion<1>:$body, VariadicRegion<SizedRegion<1>>:$combiners);
  let hasRegionVerifier = 1;
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    unsigned getNumLoops() { return getDomain().getExprs().size(); }
    bool isReduction(unsigned loop) {
      return ::mlir::cast<IteratorAttr>(getIterators()[loop]).getValue() == Iterator::reduction;
    }
    LinearAttr getPlace(unsigned access) { return ::mlir::cast<LinearAttr>(getPlaces()[access]); }
    ::mlir::BlockArgument getElement(unsigned read) { return getBody().getArgument(getNumLoops() + read); }
    ::mlir::OperandRange getYielded() { return getBody().front().getTerminator()->getOperands(); }
  }];
}
def Kernel_CheckOp : Kernel_Op<"check"> {
  let summary = "Records a failed check: unless `ok`, writes {code, value, bound} to the kernel's check argument";
  let description = [{
    In scalar bodies. What the body goes on to compute is discarded after a failure, but must not fault: an index is
    replaced by a valid one first. `code` is from internCheck (lib/Kernel/Kernels.h).
  }];
  let arguments = (ins I1:$ok, I64:$value, I64:$bound, Arg<MemRefOf<[I64]>, "", [MemWrite]>:$buffer, I64Attr:$code);
  let assemblyFormat = "$ok `,` $value `,` $bound `into` $buffer attr-dict `:` type($buffer)";
}
def Kernel_LibraryCallOp : Kernel_Op<"library_call", [AttrSizedOperandSegments]> {
  let summary = "Calls a function of the kernel library, see OpaqueKernelOpInterface";
  let arguments = (ins StrAttr:$name, Arg<Variadic<AnyMemRef>, "", [MemRead]>:$inputs,
      Arg<Variadic<AnyMemRef>, "", [MemWrite]>:$outs, Sym_DimsAttr:$integers);
  let assemblyFormat = [{
    $name (`ins` `(` $inputs^ `:` type($inputs) `)`)? `outs` `(` $outs `:` type($outs) `)` `integers` $integers attr-dict
  }];
}
def Kernel_ContractOp : Kernel_Op<"contract", [AttrSizedOperandSegments, IsolatedFromAbove, SingleBlock]> {
  let summary = "A contraction on buffers, with a scalar epilogue";
  let description = [{
    Destination-passing form of matmul and the convolutions, inside kernels. `a` and `b` are the operands of the sym op
    of that name (conv2d: image NHWC, kernel HWIO; conv2d_input: cotangent, kernel; conv2d_filter: image, cotangent).
    The epilogue takes the accumulated element and one element of each of `extras`, and yields one element for each of
    `outs`, all of the result's shape. Axis i of an extra is read at the index of the result's axis `axes[extra][i]`, or
    at 0 where that is -1.
    `dims` has the sizes of a, b, the result, and each of extras.
  }];
  let arguments = (ins Sym_ContractFormAttr:$form, Arg<AnyMemRef, "", [MemRead]>:$a, Arg<AnyMemRef, "", [MemRead]>:$b,
      Arg<Variadic<AnyMemRef>, "", [MemRead]>:$extras, Arg<Variadic<AnyMemRef>, "", [MemWrite]>:$outs,
      TypedArrayAttrBase<DenseI64ArrayAttr, "axes of the result">:$axes, TypedArrayAttrBase<Sym_DimsAttr, "sizes">:$dims,
      DefaultValuedAttr<BoolAttr, "false">:$transpose_a, DefaultValuedAttr<BoolAttr, "false">:$transpose_b,
      OptionalAttr<DenseI64ArrayAttr>:$strides, OptionalAttr<DenseI64ArrayAttr>:$dilations,
      OptionalAttr<Sym_DimsAttr>:$padding, DefaultValuedAttr<I64Attr, "1">:$groups);
  let regions = (region SizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    $form `ins` `(` $a `,` $b `:` type($a) `,` type($b) `)` (`extras` `(` $extras^ `:` type($extras) `)`)?
    `outs` `(` $outs `:` type($outs) `)` attr-dict-with-keyword $epilogue
  }];
}
def Kernel_YieldOp : Kernel_Op<"yield", [Pure, Terminator, ReturnLike, ParentOneOf<["ContractOp", "NestOp"]>]> {
  let summary = "Ends an epilogue, a body or a combiner";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}
#endif
