//===- SymInterfaces.td - What passes know about ops -------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_INTERFACES
#define SYM_INTERFACES

include "mlir/IR/OpBase.td"

def ScalarBodyOpInterface : OpInterface<"ScalarBodyOpInterface"> {
  let cppNamespace = "::symc";
  let description = [{
    An elementwise op: all operands and the result have the same shape. Emits its value for one element; the arguments
    are scalars or vectors of one length, ui8 as signless i8.
  }];
  let methods = [InterfaceMethod<"", "::mlir::Value", "buildScalarBody",
    (ins "::mlir::OpBuilder &":$b, "::mlir::Location":$loc, "::mlir::ValueRange":$args)>];
}

def ElementOpInterface : OpInterface<"ElementOpInterface"> {
  let cppNamespace = "::symc";
  let description = [{
    An op whose result element is a function of its index and of elements of the operands that it reads through
    `e.read(operand, index)`: moves (transpose, slice, gather …), generators (iota, random) and the like.
  }];
  let methods = [InterfaceMethod<"", "::mlir::Value", "buildElement",
    (ins "::symc::ElementBuilder &":$e, "::llvm::ArrayRef<::symc::Index>":$index)>];
}

def ReductionOpInterface : OpInterface<"ReductionOpInterface"> {
  let cppNamespace = "::symc";
  let description = [{
    A reduction of operand 0 over some axes. The accumulator is a tuple of scalars (argmax: value and index).
    `combine` is associative and commutative up to rounding. All methods take scalars or vectors of one length.
  }];
  let methods = [
    InterfaceMethod<"Sorted, non-negative reduced axes of operand 0.", "::llvm::SmallVector<int64_t>", "getReducedAxes">,
    InterfaceMethod<"Whether reduced axes stay, with size 1.", "bool", "keepsAxes">,
    InterfaceMethod<"The accumulator over nothing (scalars).", "::llvm::SmallVector<::mlir::Value>", "buildNeutral",
      (ins "::mlir::OpBuilder &":$b, "::mlir::Location":$loc)>,
    InterfaceMethod<"The accumulator of one element; `position` is its i64 row-major index among the reduced ones.",
      "::llvm::SmallVector<::mlir::Value>", "buildLift",
      (ins "::mlir::OpBuilder &":$b, "::mlir::Location":$loc, "::mlir::Value":$element, "::mlir::Value":$position)>,
    InterfaceMethod<"", "::llvm::SmallVector<::mlir::Value>", "buildCombine",
      (ins "::mlir::OpBuilder &":$b, "::mlir::Location":$loc, "::mlir::ValueRange":$left, "::mlir::ValueRange":$right)>,
    InterfaceMethod<"The result element.", "::mlir::Value", "buildFinish",
      (ins "::mlir::OpBuilder &":$b, "::mlir::Location":$loc, "::mlir::ValueRange":$accumulator)>];
}

def DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::symc";
  let description = [{
    An op with a vector-Jacobian product. `cotangents` has one value a result (null: zero); the answer has one cotangent
    an operand, of the operand's type, or null for none (integer operands, zero derivative).
  }];
  let methods = [InterfaceMethod<"", "::llvm::SmallVector<::mlir::Value>", "buildVjp",
    (ins "::mlir::OpBuilder &":$b, "::mlir::ValueRange":$cotangents)>];
}

def ControlFlowOpInterface : OpInterface<"ControlFlowOpInterface"> {
  let cppNamespace = "::symc";
  let description = [{
    A loop or a branch: an op whose bodies are isolated, so that what they read is an operand. Operands that the bodies
    see unchanged, the invariants, are the last arguments of each.
  }];
  let methods = [
    InterfaceMethod<"How many values go from one iteration to the next; they are the first results.", "unsigned",
                    "getCarryCount", (ins), "", "return 0;">,
    InterfaceMethod<"Whether bodies run more than once, and begin with the argument of the iteration's number.", "bool",
                    "isLoop", (ins), "", "return false;">,
    InterfaceMethod<"Whether what the body of this number yields is what results are made of.", "bool", "yieldsResults",
                    (ins "unsigned":$region), "", "return true;">,
    InterfaceMethod<"The number of the operand that this argument of the bodies stands for.", "::std::optional<unsigned>",
                    "operandOfArgument", (ins "unsigned":$argument)>,
    InterfaceMethod<"The invariants.", "::mlir::MutableOperandRange", "getInvariantsMutable">];
}

def DifferentiableRegionOpInterface : OpInterface<"DifferentiableRegionOpInterface"> {
  let cppNamespace = "::symc";
  let description = [{
    A control-flow op with a vector-Jacobian product. `cotangents` has one value a result (null: zero), `active` a bit an
    operand: whether its cotangent is asked for. The derivative stands where `b` stands; the op that takes this one's
    place, and keeps for the derivative what is not computed again, stands in front of this one.
  }];
  let methods = [InterfaceMethod<"", "::mlir::FailureOr<::symc::RegionVjp>", "buildRegionVjp",
    (ins "::mlir::OpBuilder &":$b, "::mlir::ValueRange":$cotangents, "const ::llvm::BitVector &":$active,
         "::symc::Differentiator":$differentiate)>];
}

def DecomposableOpInterface : OpInterface<"DecomposableOpInterface"> {
  let cppNamespace = "::symc";
  let description = [{
    A composite op: builds its results from simpler ops. An op that is primitive as it stands (a matmul of two matrices)
    builds nothing and answers with no value.
  }];
  let methods = [InterfaceMethod<"", "::llvm::SmallVector<::mlir::Value>", "decompose",
    (ins "::mlir::OpBuilder &":$b)>];
}

def InferenceOpInterface : OpInterface<"InferenceOpInterface"> {
  let cppNamespace = "::symc";
  let description = "An op that behaves otherwise when the model is not training (dropout, batch_norm).";
  let methods = [InterfaceMethod<"Values that replace the results in inference mode.",
    "::llvm::SmallVector<::mlir::Value>", "buildInference", (ins "::mlir::OpBuilder &":$b)>];
}

def RandomOpInterface : OpInterface<"RandomOpInterface"> {
  let cppNamespace = "::symc";
  let description = [{
    An op that draws random numbers. The importer sets its stream. What it is decomposed into, its derivative among that,
    draws from this stream, and from `part(1)` and so on of it what is to be independent of that.
  }];
  let methods = [
    InterfaceMethod<"", "::symc::sym::StreamAttr", "getStreamAttr">,
    InterfaceMethod<"", "void", "setStreamAttr", (ins "::symc::sym::StreamAttr":$stream)>];
}

def StatefulOpInterface : OpInterface<"StatefulOpInterface"> {
  let cppNamespace = "::symc";
  let description = "An op whose parameters change with every training step by themselves (the averages of batch_norm).";
  let methods = [InterfaceMethod<"The operands that change, by number, and their new values, made of these operands.",
    "::llvm::SmallVector<::std::pair<unsigned, ::mlir::Value>>", "buildUpdates",
    (ins "::mlir::OpBuilder &":$b, "::mlir::ValueRange":$operands)>];
}

def MeasuredOpInterface : OpInterface<"MeasuredOpInterface"> {
  let cppNamespace = "::symc";
  let description = [{
    An op with operands that are numbers of the training data (standardize). Parameters that it made for them are measured
    before the first step of training.
  }];
  let methods = [InterfaceMethod<"These operands, by number, and their values for the examples of one call, in f64.",
    "::llvm::SmallVector<::std::pair<unsigned, ::mlir::Value>>", "buildMeasures", (ins "::mlir::OpBuilder &":$b)>];
}

def SizeRequirementsOpInterface : OpInterface<"SizeRequirementsOpInterface"> {
  let cppNamespace = "::symc";
  let description = [{
    An op that asks more of symbolic sizes than their equality, which is checked at run time before a function runs. What
    holds by the bounds of the dimensions may be among them.
  }];
  let methods = [InterfaceMethod<"", "::llvm::SmallVector<::symc::SizeRequirement>", "getSizeRequirements">];
}

def ContractionOpInterface : OpInterface<"ContractionOpInterface"> {
  let cppNamespace = "::symc";
  let description = [{
    A contraction of operands 0 and 1 that is lowered to kernel.contract. One that is decomposable too is primitive when
    `decompose` builds nothing.
  }];
  let methods =
      [InterfaceMethod<"", "::symc::sym::ContractForm", "getContractForm">,
       InterfaceMethod<
           "The kernel.contract's transpose_a, transpose_b, strides, dilations, padding and groups, where they "
           "are not the defaults.",
           "::mlir::NamedAttrList", "getContractAttributes">];
}

def OpaqueKernelOpInterface : OpInterface<"OpaqueKernelOpInterface"> {
  let cppNamespace = "::symc";
  let description = [{
    An op done by a function of the kernel library (runtime/kernels):
    `void symc_k_NAME_f64(void *const *buffers, const int64_t *integers)`. `buffers` are the operands and then the
    results, dense and row-major, a results' buffer with undefined contents; `integers` are those of
    `getKernelIntegers`, evaluated at run time. It is called once, on one thread, and keeps no state.
  }];
  let methods = [
    InterfaceMethod<"Name of the function for the op's element type, e.g. symc_k_cholesky_f32.", "std::string",
      "getKernelName">,
    InterfaceMethod<"Sizes and flags that the function takes.", "::llvm::SmallVector<::symc::Dim>",
      "getKernelIntegers">];
}

def LayerOpInterface : OpInterface<"LayerOpInterface"> {
  let cppNamespace = "::symc";
  let description = [{
    A layer that makes the parameters that its node leaves out. Called before the op exists: `attributes` are the
    node's, `operands` the types of the operands given, null for one that is left out in front of others. The answer has
    one entry for each missing operand that is to be made, by the operand's name.
  }];
  let methods = [StaticInterfaceMethod<"", "::mlir::FailureOr<::llvm::SmallVector<::symc::LayerParameter>>",
    "getLayerParameters", (ins "::mlir::Location":$loc, "::mlir::DictionaryAttr":$attributes,
    "::llvm::ArrayRef<::mlir::RankedTensorType>":$operands)>];
}
#endif
