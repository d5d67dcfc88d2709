//===- SymBase.td - Dialect, types and attribute kinds of sym *- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_BASE
#define SYM_BASE

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/sym/SymInterfaces.td"

def Sym_Dialect : Dialect {
  let name = "sym";
  let cppNamespace = "::symc::sym";
  let summary = "Tensor operators of model graphs, with shapes in symbolic dimensions";
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasCanonicalizer = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

//===----------------------------------------------------------------------===//
// Tensors. The name of a constraint is what OpSchema.inc tells the importer, which
// checks operands against it before it builds an op.
//===----------------------------------------------------------------------===//

defvar floats = [F16, BF16, F32, F64];
defvar integers = [I8, I16, I32, I64, UI8, UI16, UI32, UI64];
def Sym_Tensor : RankedTensorOf<floats # integers # [I1]>;
def Sym_NumberTensor : RankedTensorOf<floats # integers>;
def Sym_FloatTensor : RankedTensorOf<floats>;
def Sym_IntTensor : RankedTensorOf<integers>;
def Sym_BoolTensor : RankedTensorOf<[I1]>;

//===----------------------------------------------------------------------===//
// Attribute kinds. How JSON becomes an attribute is decided by the kind alone
// (lib/Frontend/AttributeReader.cpp), never by the op.
//===----------------------------------------------------------------------===//

def Sym_I64 : ConfinedAttr<I64Attr, []> {
  let summary = "an integer";
  let returnType = "int64_t";
  let convertFromStorage = "$_self.getInt()";
}
def Sym_F64 : ConfinedAttr<F64Attr, []> {
  let summary = "a number";
  let returnType = "double";
  let convertFromStorage = "$_self.getValueAsDouble()";
}
/// A number, or the string "inf" or "-inf", which JSON has no number for.
def Sym_Order : ConfinedAttr<F64Attr, []> {
  let summary = "a number, 'inf' or '-inf'";
  let returnType = "double";
  let convertFromStorage = "$_self.getValueAsDouble()";
}
/// What becomes an element: the number as it was written, for the element type of the op's first result.
def Sym_Number : Attr<CPred<"::symc::Number::classof($_self)">, "a number"> {
  let storageType = "::mlir::TypedAttr";
  let returnType = "::mlir::TypedAttr"; // a symc::Number
  let convertFromStorage = "$_self";
  let constBuilderCall = "::symc::numberAttr($_builder, $0)";
}
/// A number within a range: a symc::NumberRange. One that must not be 0 must not be rounded to it either.
class Sym_In<Attr kind, string numberRange> : ConfinedAttr<kind, []> {
  let summary = kind.summary;
  string range = numberRange;
}
class Sym_F64In<string range> : Sym_In<Sym_F64, range>;
def Sym_Finite : Sym_F64In<"Finite">;
def Sym_FiniteNotZero : Sym_F64In<"FiniteNotZero">;
def Sym_NotNegative : Sym_F64In<"NotNegative">;
def Sym_FiniteNotNegative : Sym_F64In<"FiniteNotNegative">;
def Sym_OrderNotNan : Sym_In<Sym_Order, "NotNan">;
def Sym_Bound : Sym_In<Sym_Number, "NotNan">;
def Sym_Bool : ConfinedAttr<BoolAttr, []> { let summary = "true or false"; }
def Sym_Str : ConfinedAttr<StrAttr, []> { let summary = "a string"; }
/// An integer or a list of integers, stored as a list.
def Sym_Axes : ConfinedAttr<DenseI64ArrayAttr, []> { let summary = "an axis or a list of axes"; }
def Sym_Ints : ConfinedAttr<DenseI64ArrayAttr, []> { let summary = "an integer or a list of integers"; }
/// Integers with `null` entries, which are units.
def Sym_OpenInts : TypedArrayAttrBase<AnyAttrOf<[I64Attr, UnitAttr]>, "a list of integers and nulls"> {
  let returnType = "::symc::OpenInts";
  let convertFromStorage = "::symc::openInts($_self)";
  let constBuilderCall = "::symc::openIntsAttr($_builder.getContext(), $0)";
}
/// `[[before, after], …]`, flattened.
def Sym_PadWidth : ConfinedAttr<DenseI64ArrayAttr, []> { let summary = "a list of pairs [before, after]"; }
def Sym_DType : ConfinedAttr<TypeAttr, []> { let summary = "the name of an element type"; }
/// One that may be left out; the op knows what it is then, and the schema and the pages show it.
class Sym_DTypeOr<string dtype> : OptionalAttr<Sym_DType> { string shownDefault = "\"" # dtype # "\""; }
/// The name of an activation op, checked by the importer against the ops with the Sym_Activation trait.
def Sym_ActivationName : ConfinedAttr<StrAttr, []> { let summary = "the name of an activation"; }
/// The name of a function of the file, which the importer looks up.
def Sym_Function : ConfinedAttr<StrAttr, []> { let summary = "the name of a function"; }

class Sym_Attr<string name, string attrMnemonic> : AttrDef<Sym_Dialect, name> { let mnemonic = attrMnemonic; }

def Sym_DimsAttr : Sym_Attr<"Dims", "dims"> {
  let summary = "One size an axis, as an expression in the symbolic dimensions";
  let description = [{
    The encoding of a tensor type with symbolic axes, and the `shape` attributes of ops. Each is in
    canonical form (Dim.h): `#sym.dims<batch, 2*len + 1>`. In a `shape` attribute `-1` stands for the axis to infer.
  }];
  let parameters = (ins ArrayRefParameter<"::symc::Dim">:$exprs);
  let hasCustomAssemblyFormat = 1;
}
/// A list of integers and names of dimensions; one `-1` may be inferred.
def Sym_Shape : ConfinedAttr<Sym_DimsAttr, []> { let summary = "a list of sizes: integers, names of dimensions, -1"; }
/// The same where nothing can be inferred.
def Sym_Sizes : ConfinedAttr<Sym_DimsAttr, [AttrConstraint<CPred<"::symc::areSizes($_self)">>]> {
  let summary = "a list of sizes: integers, names of dimensions";
}

/// Bounds of slices: integers, which count from the end where they are negative, sizes, and `null` entries, which are units.
def Sym_OpenBounds
    : TypedArrayAttrBase<AnyAttrOf<[I64Attr, UnitAttr, Sym_DimsAttr]>, "a list of integers, sizes and nulls"> {
  let returnType = "::symc::OpenBounds";
  let convertFromStorage = "::symc::openBounds($_self)";
  let constBuilderCall = "::symc::openBoundsAttr($_builder.getContext(), $0)";
}

def Sym_DimBoundAttr : Sym_Attr<"DimBound", "dim_bound"> {
  let summary = "The values that a symbolic dimension may take";
  let parameters = (ins StringRefParameter<"">:$name, "int64_t":$min, "int64_t":$max, "int64_t":$multipleOf);
  let assemblyFormat = "`<` $name `,` struct($min, $max, $multipleOf) `>`";
}

def Sym_PaddingKind : I32EnumAttr<"PaddingKind", "How windows meet the border", [
    I32EnumAttrCase<"valid", 0>, I32EnumAttrCase<"same", 1>, I32EnumAttrCase<"explicit_", 2, "explicit">]> {
  let cppNamespace = "::symc::sym";
  let genSpecializedAttr = 0;
}
def Sym_PaddingAttr : Sym_Attr<"Padding", "padding"> {
  let summary = "\"valid\", \"same\" or [[before, after], …] for the window axes";
  let parameters = (ins EnumParameter<Sym_PaddingKind>:$kind, OptionalArrayRefParameter<"int64_t">:$amounts);
  let assemblyFormat = "`<` $kind (`,` `[` $amounts^ `]`)? `>`";
  let constBuilderCall = "::symc::sym::PaddingAttr::get($_builder.getContext(), $0, {})";
}

def Sym_InitKind : I32EnumAttr<"InitKind", "Initialiser; the values of symc_init in lib/Support/Program.h", [
    I32EnumAttrCase<"zeros", 0>, I32EnumAttrCase<"constant", 1>, I32EnumAttrCase<"uniform", 2>,
    I32EnumAttrCase<"normal", 3>, I32EnumAttrCase<"truncated_normal", 4>, I32EnumAttrCase<"orthogonal", 5>,
    I32EnumAttrCase<"identity", 6>, I32EnumAttrCase<"data", 7>]> {
  let cppNamespace = "::symc::sym";
  let genSpecializedAttr = 0;
}
def Sym_InitAttr : Sym_Attr<"Init", "init"> {
  let summary = "How a parameter starts: a kind and its two numbers as in lib/Support/Program.h";
  let parameters = (ins EnumParameter<Sym_InitKind>:$kind, APFloatParameter<"">:$a, APFloatParameter<"">:$b);
  let builders = [AttrBuilder<(ins "::symc::sym::InitKind":$kind, CArg<"double", "0">:$a, CArg<"double", "0">:$b),
      [{ return $_get($_ctxt, kind, ::llvm::APFloat(a), ::llvm::APFloat(b)); }]>];
  let hasCustomAssemblyFormat = 1;
}

class Sym_Enum<string name, string summary, list<I32EnumAttrCase> cases> : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::symc::sym";
  let genSpecializedAttr = 0;
}
class Sym_EnumAttr<I32EnumAttr enum, string mnemonic> : EnumAttr<Sym_Dialect, enum, mnemonic>;

def Sym_LossReductionEnum : Sym_Enum<"LossReduction", "How a loss reduces its elements or examples", [
    I32EnumAttrCase<"mean", 0>, I32EnumAttrCase<"sum", 1>, I32EnumAttrCase<"none", 2>]>;
def Sym_LossReduction : Sym_EnumAttr<Sym_LossReductionEnum, "reduction">;

def Sym_LayoutEnum : Sym_Enum<"Layout", "Order of the axes of an image and its kernel: NHWC with HWIO, NCHW with OIHW", [
    I32EnumAttrCase<"NHWC", 0>, I32EnumAttrCase<"NCHW", 1>]>;
def Sym_Layout : Sym_EnumAttr<Sym_LayoutEnum, "layout"> { let assemblyFormat = "`<` $value `>`"; }

def Sym_ContractForm : Sym_Enum<"ContractForm", "Which contraction a kernel.contract is",
                                [I32EnumAttrCase<"matmul", 0>, I32EnumAttrCase<"conv2d", 1>,
                                 I32EnumAttrCase<"conv2d_input", 2>, I32EnumAttrCase<"conv2d_filter", 3>]>;
def Sym_ContractFormAttr : Sym_EnumAttr<Sym_ContractForm, "contract_form"> { let assemblyFormat = "$value"; }

def Sym_RoleEnum : Sym_Enum<"Role", "What an argument or result of a function is to the model", [
    // Arguments. `check` is where a kernel or program notes the check that fails.
    I32EnumAttrCase<"input", 0>, I32EnumAttrCase<"parameter", 1>, I32EnumAttrCase<"state", 2>,
    I32EnumAttrCase<"step", 3>, I32EnumAttrCase<"seed", 4>, I32EnumAttrCase<"check", 5>,
    // Results. An `update` is the next value of the parameter or state of its name, `totals` are the sums over examples that
    // the metric of its name is made of over a data set, and a `measure` is what the parameter of its name is set to before
    // training.
    I32EnumAttrCase<"output", 6>, I32EnumAttrCase<"entry", 7>, I32EnumAttrCase<"loss", 8>,
    I32EnumAttrCase<"metric", 9>, I32EnumAttrCase<"gradient", 10>, I32EnumAttrCase<"update", 11>,
    I32EnumAttrCase<"totals", 12>, I32EnumAttrCase<"measure", 13>]>;
def Sym_Role : Sym_EnumAttr<Sym_RoleEnum, "role"> { let assemblyFormat = "`<` $value `>`"; }

def Sym_StreamAttr : Sym_Attr<"Stream", "stream"> {
  let summary = "The random numbers that an op draws: those of this name";
  let description = [{
    The importer gives an op the full name of its node; what is copied to a call, loop or branch gets that one's name in
    front. Each name has numbers of its own, and equal names, as those of a derivative, have the same ones.
  }];
  let parameters = (ins StringRefParameter<"">:$name);
  let assemblyFormat = "`<` $name `>`";
  let extraClassDeclaration = [{
    /// The number that the name stands for: its CRC-32.
    uint32_t getNumber() const;
    /// For the parts of a composite: the first that draws has the composite's stream, which is part 0, any other one of
    /// its own. No node has such a name.
    StreamAttr part(unsigned number) const;
    /// The stream of a copy that stands in `scope`.
    StreamAttr within(::llvm::StringRef scope) const;
  }];
  /// An attribute that no file writes.
  bit fromNode = 1;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

/// Ops are free of side effects: what fails at run time is a check that ends the call.
class Sym_Op<string mnemonic, list<Trait> traits = []> : Op<Sym_Dialect, mnemonic, traits # [Pure]>;

def Sym_NumbersFit : NativeOpTrait<"NumbersFit"> { let cppNamespace = "::symc"; }
/// An op that moves, chooses or converts elements and computes nothing with them: f16 stays f16.
def Sym_WithoutArithmetic : NativeOpTrait<"WithoutArithmetic"> { let cppNamespace = "::symc"; }

/// An op whose floating operands may have different element types.
def Sym_MixedElementTypes : NativeOpTrait<"MixedElementTypes"> { let cppNamespace = "::symc"; }

/// An op whose result is operand 0 in its memory.
def Sym_RenamesMemory : NativeOpTrait<"RenamesMemory"> { let cppNamespace = "::symc"; }

/// An op that graph files can name. `formula`, `gradient`, `shapes` and `example` go to its generated page.
class Sym_PublicOp<string mnemonic, list<Trait> traits = []>
    : Sym_Op<mnemonic, traits # [DeclareOpInterfaceMethods<InferTypeOpInterface>, Sym_NumbersFit]> {
  string formula = "";
  string gradient = "";
  /// The shapes of operands and results.
  string shapes = "";
  /// What its attributes are, and what they may be where their kind does not say it: `rate in [0, 1): …`, `units >= 1: …`.
  /// Those of a name that says the same everywhere stand in Sym_CommonNotes.
  list<string> notes = [];
  /// A call that the page shows and tests run: types of operands, then attributes, `T[batch, 4], i64[2]; axis=1`. T is
  /// each element type that the operand takes, an operand that begins with `=` an expression. Ops that broadcast have one
  /// without being told.
  string example = "";
  /// The attributes with which a layer makes its parameters, as an expression has them.
  string layer = "";
  bit importable = 1;
  /// Operands are broadcast to a common shape by the importer.
  bit broadcasts = 0;
  /// Can be named by `activation` attributes.
  bit activation = 0;
  /// A node with one name has the first of several results.
  bit firstAlone = 0;
  let results = (outs Sym_Tensor:$out);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Sym_CommonNotes {
  list<string> notes = [
    "activation: what is applied to the result",
    "dilations >= 1: from element to element of a window, of each axis or of all",
    "dtype: the element type of the result",
    "epsilon: is added to the variance, so that nothing is divided by 0",
    "filters >= 1: channels of the result; needed where no kernel is given",
    "groups >= 1: into how many parts the channels are divided, each with filters of its own",
    "ignore_index: the label of examples that do not count",
    "keepdims: reduced axes stay, with size 1",
    "kernel_size >= 1: that of a window, of each axis or of all; needed where no kernel is given",
    "layout: channels last and kernels HWIO, or channels behind the batch and kernels OIHW",
    "padding: none, or as much as makes ⌈in / stride⌉ windows, or what is added before and after each axis",
    "pool_size >= 1: that of a window, of each axis or of all",
    "reduction: what becomes of the losses",
    "return_sequences: the result has all steps, not the last one alone",
    "reverse: time runs from the last step to the first",
    "shape: that of the result",
    "strides >= 1: from window to window, of each axis or of all",
    "units >= 1: features of the result; needed where no kernel is given",
    "use_bias: whether the layer has a bias when it makes its parameters"];
}

/// A second base of ops whose shape function is `infer` in the family's .cpp.
class Sym_Inferred {
  code extraClassDeclaration = [{
    static ::llvm::LogicalResult infer(Adaptor a, ::std::optional<::mlir::Location> loc,
                                       ::llvm::SmallVectorImpl<::mlir::Type> &types);
  }];
  code extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(::mlir::MLIRContext *, ::std::optional<::mlir::Location> loc,
        ::mlir::ValueRange operands, ::mlir::DictionaryAttr attributes, ::mlir::OpaqueProperties properties,
        ::mlir::RegionRange regions, ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      return infer(Adaptor(operands, attributes, properties, regions), loc, types);
    }
  }];
}

/// A layer of products, sums and an activation.
class Sym_Layer<string mnemonic> : Sym_PublicOp<mnemonic, [DeclareOpInterfaceMethods<DecomposableOpInterface>,
                                                           DeclareOpInterfaceMethods<LayerOpInterface>]> {
  let gradient = "that of the products, sums and activation which it stands for";
}
/// A second base of layers that share their code: the shape function and the parameters are templates over the ops in the
/// family's .cpp.
class Sym_LayerFamily {
  code extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(::mlir::MLIRContext *, ::std::optional<::mlir::Location> loc,
        ::mlir::ValueRange operands, ::mlir::DictionaryAttr attributes, ::mlir::OpaqueProperties properties,
        ::mlir::RegionRange regions, ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      return inferLayer<$cppClass>(loc, Adaptor(operands, attributes, properties, regions), types);
    }
    ::mlir::FailureOr<::llvm::SmallVector<::symc::LayerParameter>> $cppClass::getLayerParameters(
        ::mlir::Location loc, ::mlir::DictionaryAttr attributes, ::llvm::ArrayRef<::mlir::RankedTensorType> operands) {
      return layerParameters<$cppClass>(loc, attributes, operands);
    }
  }];
}
#endif
