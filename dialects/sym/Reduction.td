//===- Reduction.td - Reductions over axes -----------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Primitive reductions are lowered as they are; the others decompose into them, after the
// derivatives are taken: each has a VJP of its own that is shorter or more exact than that
// of its parts.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_REDUCTION
#define SYM_REDUCTION

include "dialects/sym/SymBase.td"

/// A public reduction with `axis` (absent: all axes) and `keepdims`. In `element`, the result's element type, x is the
/// operand's.
class Sym_Reduction<string mnemonic, Type operand, code element, list<Trait> traits> : Sym_PublicOp<mnemonic, traits> {
  let shapes = "[…] → […] without the axes, which keepdims keeps with size 1";
  let notes = ["axis: the axes that are reduced; all of them when absent"];
  let example = "T[batch, 4]; axis=1";
  let arguments = (ins operand:$x, OptionalAttr<Sym_Axes>:$axis, DefaultValuedAttr<Sym_Bool, "false">:$keepdims);
  code inferDefinition = [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(::mlir::MLIRContext *context,
        ::std::optional<::mlir::Location> loc, ::mlir::ValueRange operands, ::mlir::DictionaryAttr attributes,
        ::mlir::OpaqueProperties properties, ::mlir::RegionRange regions,
        ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      Adaptor a(operands, attributes, properties, regions);
      ::mlir::Type x = elementOf(a.getX());
      return inferReduction(loc, a.getX().getType(), a.getAxis(), a.getKeepdims(), }] # element # [{, types);
    }
  }];
  let extraClassDefinition = inferDefinition;
}

class Sym_PrimitiveReduction<string mnemonic, Type operand, code element, list<Trait> traits = []>
    : Sym_Reduction<mnemonic, operand, element, traits # [DeclareOpInterfaceMethods<ReductionOpInterface>]> {
  code axesDefinition = [{
    ::llvm::SmallVector<int64_t> $cppClass::getReducedAxes() { return reducedAxes(getAxis(), getX()); }
    bool $cppClass::keepsAxes() { return getKeepdims(); }
  }];
}

/// The accumulator is one value of the element type: `combine` of the Scalars x and y, from `neutral` on (infinities
/// stand for the ends of an integer type).
class Sym_Fold<string mnemonic, Type operand, code neutral, code combine, list<Trait> traits = []>
    : Sym_PrimitiveReduction<mnemonic, operand, "x", traits> {
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
  let extraClassDefinition = inferDefinition # axesDefinition # [{
    ::llvm::SmallVector<::mlir::Value> $cppClass::buildNeutral(::mlir::OpBuilder &b, ::mlir::Location loc) {
      return {neutralValue(b, loc, elementOf(getX()), }] # neutral # [{)};
    }
    ::llvm::SmallVector<::mlir::Value> $cppClass::buildLift(::mlir::OpBuilder &, ::mlir::Location,
        ::mlir::Value element, ::mlir::Value) {
      return {element};
    }
    ::llvm::SmallVector<::mlir::Value> $cppClass::buildCombine(::mlir::OpBuilder &b, ::mlir::Location loc,
        ::mlir::ValueRange left, ::mlir::ValueRange right) {
      Scalar x{b, loc, left[0], elementOf(getX())}, y{b, loc, right[0], x.type};
      return {(}] # combine # [{).value};
    }
    ::mlir::Value $cppClass::buildFinish(::mlir::OpBuilder &, ::mlir::Location, ::mlir::ValueRange accumulator) {
      return accumulator[0];
    }
    ::mlir::OpFoldResult $cppClass::fold(FoldAdaptor) {
      return foldsToOperand(getX(), getResult()) ? getX() : ::mlir::OpFoldResult();
    }
    ::llvm::LogicalResult $cppClass::canonicalize($cppClass op, ::mlir::PatternRewriter &rewriter) {
      return dropUnitAxes(op, rewriter);
    }
  }];
}
class Sym_DifferentiableFold<string mnemonic, code neutral, code combine>
    : Sym_Fold<mnemonic, Sym_NumberTensor, neutral, combine, [DeclareOpInterfaceMethods<DifferentiableOpInterface>]>;

/// The i64 position of an extreme; `greater` says whether Scalar x beats y.
class Sym_ArgReduction<string mnemonic, code neutral, code beats>
    : Sym_PrimitiveReduction<mnemonic, Sym_NumberTensor, "::mlir::IntegerType::get(context, 64)",
                             [DeclareOpInterfaceMethods<SizeRequirementsOpInterface>]> {
  let notes = ["axis: the axes that are searched; the flattened tensor when absent"];
  let description = [{
    The first one of equals; NaN counts as the extreme. Without `axis` the position is that in the flattened tensor.
  }];
  let extraClassDefinition = axesDefinition # [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(::mlir::MLIRContext *context,
        ::std::optional<::mlir::Location> loc, ::mlir::ValueRange operands, ::mlir::DictionaryAttr attributes,
        ::mlir::OpaqueProperties properties, ::mlir::RegionRange regions,
        ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      Adaptor a(operands, attributes, properties, regions);
      return inferArgReduction(loc, getOperationName(), a.getX().getType(), a.getAxis(), a.getKeepdims(), types);
    }
    ::llvm::SmallVector<::mlir::Value> $cppClass::buildNeutral(::mlir::OpBuilder &b, ::mlir::Location loc) {
      return {neutralValue(b, loc, elementOf(getX()), }] # neutral # [{),
              neutralValue(b, loc, b.getI64Type(), HUGE_VAL)};
    }
    ::llvm::SmallVector<::symc::SizeRequirement> $cppClass::getSizeRequirements() {
      return argRequirements(getOperationName(), getX(), getReducedAxes());
    }
    ::llvm::SmallVector<::mlir::Value> $cppClass::buildLift(::mlir::OpBuilder &, ::mlir::Location,
        ::mlir::Value element, ::mlir::Value position) {
      return {element, position};
    }
    ::llvm::SmallVector<::mlir::Value> $cppClass::buildCombine(::mlir::OpBuilder &b, ::mlir::Location loc,
        ::mlir::ValueRange left, ::mlir::ValueRange right) {
      Scalar x{b, loc, left[0], elementOf(getX())}, y{b, loc, right[0], x.type};
      return combineExtremes(x, y, }] # beats # [{, left[1], right[1]);
    }
    ::mlir::Value $cppClass::buildFinish(::mlir::OpBuilder &, ::mlir::Location, ::mlir::ValueRange accumulator) {
      return accumulator[1];
    }
  }];
}

/// A reduction of reals that decomposes.
class Sym_CompositeReduction<string mnemonic> : Sym_Reduction<mnemonic, Sym_FloatTensor, "x",
    [DeclareOpInterfaceMethods<DifferentiableOpInterface>, DeclareOpInterfaceMethods<DecomposableOpInterface>]>;

def Sym_SumOp : Sym_DifferentiableFold<"sum", "0.0", "x + y"> {
  let summary = "Sum over axes";
  let formula = "sum(x, axis)";
  let gradient = "dx = g, spread over the axes";
}
def Sym_ProdOp : Sym_DifferentiableFold<"prod", "1.0", "x * y"> {
  let summary = "Product over axes";
  let formula = "prod(x, axis)";
  let gradient = "dx = g * product of the others";
}
def Sym_ProductOfOthersOp : Sym_Op<"product_of_others", [AllTypesMatch<["x", "out"]>,
                                                         DeclareOpInterfaceMethods<DecomposableOpInterface>]> {
  let summary = "For each element the product of the others along the axes: the derivative of prod";
  let arguments = (ins Sym_FloatTensor:$x, Sym_Axes:$axis);
  let results = (outs Sym_FloatTensor:$out);
  let assemblyFormat = "operands attr-dict `:` type($x)";
}
def Sym_MaxOp : Sym_DifferentiableFold<"max", "-HUGE_VAL", "maximum(x, y)"> {
  let summary = "Largest value over axes; NaN if there is one, -inf over nothing";
  let formula = "max(x, axis)";
  let gradient = "dx = g, shared equally by all elements that are the largest";
}
def Sym_MinOp : Sym_DifferentiableFold<"min", "HUGE_VAL", "minimum(x, y)"> {
  let summary = "Smallest value over axes; NaN if there is one, inf over nothing";
  let formula = "min(x, axis)";
  let gradient = "dx = g, shared equally by all elements that are the smallest";
}
def Sym_AnyOp : Sym_Fold<"any", Sym_BoolTensor, "0.0", "bitOr(x, y)"> {
  let summary = "Whether one is true; false over nothing";
  let formula = "any(x, axis)";
}
def Sym_AllOp : Sym_Fold<"all", Sym_BoolTensor, "1.0", "bitAnd(x, y)"> {
  let summary = "Whether all are true; true over nothing";
  let formula = "all(x, axis)";
}
def Sym_ArgmaxOp : Sym_ArgReduction<"argmax", "-HUGE_VAL", "y > x"> {
  let summary = "Position of the largest value";
  let formula = "argmax(x, axis)";
}
def Sym_ArgminOp : Sym_ArgReduction<"argmin", "HUGE_VAL", "y < x"> {
  let summary = "Position of the smallest value";
  let formula = "argmin(x, axis)";
}

def Sym_MeanOp : Sym_CompositeReduction<"mean"> {
  let summary = "Mean over axes; NaN over nothing";
  let formula = "sum(x, axis) / n";
  let gradient = "dx = g / n, spread over the axes";
}
def Sym_LogsumexpOp : Sym_CompositeReduction<"logsumexp"> {
  let summary = "Logarithm of the sum of exponentials, without overflow";
  let formula = "log(sum(exp(x), axis))";
  let gradient = "dx = g * exp(x - out), 0 where out is -inf";
}
class Sym_Spread<string mnemonic> : Sym_CompositeReduction<mnemonic> {
  let arguments = (ins Sym_FloatTensor:$x, OptionalAttr<Sym_Axes>:$axis, DefaultValuedAttr<Sym_Bool, "false">:$keepdims,
                   DefaultValuedAttr<Sym_I64, "0">:$ddof);
}
def Sym_VarOp : Sym_Spread<"var"> {
  let summary = "Variance over axes, from the deviations";
  let notes = ["axis: the axes that are reduced; all of them when absent",
               "ddof: the sum of squares is divided by n - ddof"];
  let formula = "sum((x - mean(x, axis))**2, axis) / maximum(n - ddof, 0)";
  let gradient = "dx = g * 2 * (x - mean(x)) / maximum(n - ddof, 0)";
}
def Sym_StdOp : Sym_Spread<"std"> {
  let summary = "Standard deviation over axes";
  let notes = ["axis: the axes that are reduced; all of them when absent",
               "ddof: the sum of squares is divided by n - ddof"];
  let formula = "sqrt(var(x, axis, ddof))";
  let gradient = "dx = g * (x - mean(x)) / (maximum(n - ddof, 0) * out), 0 where out is 0";
}
def Sym_NormOp : Sym_CompositeReduction<"norm"> {
  let summary = "Vector norm over axes";
  let notes = ["axis: the axes that are reduced; all of them when absent",
               "ord: which norm: 1 is the sum of absolute values, 2 the Euclidean one, inf the largest"];
  let formula = "sum(abs(x)**ord, axis)**(1 / ord)";
  let gradient = "dx = g * sign(x) * (abs(x) / out)**(ord - 1), 0 where x or out is 0; for inf and -inf as max and min";
  let description = [{
    `ord` is any number; `inf` and `-inf` (in JSON `"inf"` and `"-inf"`) are the largest and the smallest absolute
    value, 0 counts what is not 0. Never the spectral norm of a matrix.
  }];
  let arguments = (ins Sym_FloatTensor:$x, DefaultValuedAttr<Sym_OrderNotNan, "2.0">:$ord, OptionalAttr<Sym_Axes>:$axis,
                   DefaultValuedAttr<Sym_Bool, "false">:$keepdims);
}

//===----------------------------------------------------------------------===//
// Normalised exponentials
//===----------------------------------------------------------------------===//

class Sym_Softmax<string mnemonic> : Sym_PublicOp<mnemonic, [
    DeclareOpInterfaceMethods<DifferentiableOpInterface>, DeclareOpInterfaceMethods<DecomposableOpInterface>]> {
  let shapes = "[…] → […]";
  let example = "T[batch, 4]";
  let arguments = (ins Sym_FloatTensor:$x, DefaultValuedAttr<Sym_Axes, "{-1}">:$axis);
  let results = (outs Sym_FloatTensor:$out);
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(::mlir::MLIRContext *context,
        ::std::optional<::mlir::Location> loc, ::mlir::ValueRange operands, ::mlir::DictionaryAttr attributes,
        ::mlir::OpaqueProperties properties, ::mlir::RegionRange regions,
        ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      Adaptor a(operands, attributes, properties, regions);
      types.push_back(a.getX().getType());
      auto type = ::llvm::cast<::mlir::RankedTensorType>(a.getX().getType());
      return ::mlir::success(::mlir::succeeded(normalizeAxes(loc, a.getAxis(), type.getRank())));
    }
  }];
}
def Sym_SoftmaxOp : Sym_Softmax<"softmax"> {
  let summary = "Exponentials divided by their sum over an axis";
  let notes = ["axis: the axes over which the result adds up to 1"];
  let formula = "exp(x) / sum(exp(x), axis, keepdims=True)";
  let gradient = "dx = out * (g - sum(g * out, axis, keepdims=True))";
  let activation = 1;
}
def Sym_LogSoftmaxOp : Sym_Softmax<"log_softmax"> {
  let summary = "Logarithm of softmax, exact where softmax underflows";
  let notes = ["axis: the axes over which exponentials are added"];
  let formula = "x - logsumexp(x, axis, keepdims=True)";
  let gradient = "dx = g - exp(out) * sum(g, axis, keepdims=True)";
  let activation = 1;
}

//===----------------------------------------------------------------------===//
// Running sums and products
//===----------------------------------------------------------------------===//

class Sym_Scan<string mnemonic, dag extra> : Sym_PublicOp<mnemonic, [DeclareOpInterfaceMethods<DifferentiableOpInterface>,
                                                          DeclareOpInterfaceMethods<OpaqueKernelOpInterface>]> {
  let shapes = "[…] → […]; [number of elements] without axis";
  let example = "T[batch, 4]; axis=1";
  let arguments = !con((ins Sym_NumberTensor:$x, OptionalAttr<Sym_I64>:$axis), extra);
  let description = "Without `axis`, over the flattened tensor.";
}
def Sym_CumsumOp : Sym_Scan<"cumsum", (ins DefaultValuedAttr<Sym_Bool, "false">:$reverse,
                                       DefaultValuedAttr<Sym_Bool, "false">:$exclusive)> {
  let summary = "Running sum along an axis";
  let notes = ["axis: along which it adds; the flattened tensor when absent",
               "reverse: from the last element to the first", "exclusive: without the element itself"];
  let formula = "out[i] = sum over j <= i of x[j]; j >= i with reverse, j = i left out with exclusive";
  let gradient = "dx = cumsum of g in the other direction";
}
def Sym_CumprodOp : Sym_Scan<"cumprod", (ins)> {
  let summary = "Running product along an axis";
  let notes = ["axis: along which it multiplies; the flattened tensor when absent"];
  let formula = "out[i] = product over j <= i of x[j]";
  let gradient = "dx[k] = sum over i >= k of g[i] * product over j <= i, j != k, of x[j]";
}
def Sym_RecurrenceOp : Sym_Op<"recurrence", [AllTypesMatch<["factor", "term", "out"]>,
                                             DeclareOpInterfaceMethods<DifferentiableOpInterface>,
                                             DeclareOpInterfaceMethods<OpaqueKernelOpInterface>]> {
  let summary = "A linear recurrence along an axis";
  let description = [{
    out[i] = term[i] + factor[i] * out[i - 1], with `reverse` out[i + 1]; the first is its term, its factor is not read.
    Its derivatives are recurrences too, and so those of cumprod and prod are sums of products to any order: nothing is
    divided, and zeros among the factors do not disturb.
  }];
  let arguments = (ins Sym_FloatTensor:$factor, Sym_FloatTensor:$term, Sym_I64:$axis, Sym_Bool:$reverse);
  let results = (outs Sym_FloatTensor:$out);
  let assemblyFormat = "operands attr-dict `:` type($factor)";
}
#endif
