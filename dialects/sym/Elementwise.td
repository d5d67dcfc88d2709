//===- Elementwise.td - Elementwise operators --------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_ELEMENTWISE
#define SYM_ELEMENTWISE

include "dialects/sym/ElementwiseBase.td"

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

def Sym_AddOp : Sym_Binary<"add", "x + y", "dout", "dout", Sym_NumberTensor, [Commutative]> {
  let summary = "Sum";
  let formula = "x + y";
  let gradient = "dx = g, dy = g";
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}
def Sym_SubOp : Sym_Binary<"sub", "x - y", "dout", "-dout"> {
  let summary = "Difference";
  let formula = "x - y";
  let gradient = "dx = g, dy = -g";
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}
def Sym_MulOp : Sym_Binary<"mul", "x * y", "dout * y", "dout * x", Sym_NumberTensor, [Commutative]> {
  let summary = "Product";
  let formula = "x * y";
  let gradient = "dx = g * y, dy = g * x";
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}
def Sym_DivOp : Sym_Binary<"div", "x / y", "dout / y", "-dout * out / y", Sym_FloatTensor> {
  let summary = "Quotient";
  let formula = "x / y";
  let gradient = "dx = g / y, dy = -g * out / y";
  let description = "On integers use `floor_div`, or `cast` first.";
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}
def Sym_FloorDivOp : Sym_Binary<"floor_div", "floorDiv(x, y)", "zero", "zero"> {
  let summary = "Quotient rounded down";
  let formula = "x // y";
  let gradient = "dx = 0, dy = 0";
  let description = "As NumPy's, also for infinite divisors; an integer divided by 0 gives 0.";
}
def Sym_ModOp : Sym_Binary<"mod", "mod(x, y)", "dout", "-dout * floorDiv(x, y)"> {
  let summary = "Remainder with the sign of the divisor";
  let formula = "x % y";
  let gradient = "dx = g, dy = -g * (x // y)";
  let description = "`x == (x // y) * y + x % y`; the remainder of an integer by 0 is 0.";
}
def Sym_PowOp : Sym_Binary<"pow", "pow(x, y)", "powGradient(dout, x, y)",
                           "exponentGradient(dout, out, x)"> {
  let summary = "Power";
  let formula = "x**y";
  let gradient = "dx = g * y * x**(y - 1), dy = g * out * log(x), which is 0 at x = 0";
  let description = [{
    C's pow: the power of a negative base is NaN unless the exponent is an integer, and `0**0` is 1. With a literal
    integer as exponent this is a product; of floating numbers one of at most 8 factors, so that roundings stay few. On
    integers a negative exponent gives the quotient 1/x**-y cut to an integer.
  }];
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}
def Sym_MinimumOp : Sym_Binary<"minimum", "minimum(x, y)", "where(x < y, dout, where(equal(x, y), 0.5 * dout, 0.0))",
                               "where(y < x, dout, where(equal(x, y), 0.5 * dout, 0.0))", Sym_NumberTensor, [Commutative]> {
  let summary = "The smaller of two";
  let formula = "minimum(x, y)";
  let gradient = "dx = g where x < y, g / 2 where x = y, else 0; dy alike";
  let description = "NaN when one of the two is NaN.";
}
def Sym_MaximumOp : Sym_Binary<"maximum", "maximum(x, y)", "where(x > y, dout, where(equal(x, y), 0.5 * dout, 0.0))",
                               "where(y > x, dout, where(equal(x, y), 0.5 * dout, 0.0))", Sym_NumberTensor, [Commutative]> {
  let summary = "The larger of two";
  let formula = "maximum(x, y)";
  let gradient = "dx = g where x > y, g / 2 where x = y, else 0; dy alike";
  let description = "NaN when one of the two is NaN.";
}
def Sym_NegOp : Sym_Unary<"neg", "-x", "-dout", Sym_NumberTensor> {
  let summary = "Negation";
  let formula = "-x";
  let gradient = "dx = -g";
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}
def Sym_AbsOp : Sym_Unary<"abs", "abs(x)", "dout * sign(x)", Sym_NumberTensor> {
  let summary = "Absolute value";
  let formula = "abs(x)";
  let gradient = "dx = g * sign(x), which is 0 at 0";
}
def Sym_SignOp : Sym_Unary<"sign", "sign(x)", "zero", Sym_NumberTensor> {
  let summary = "-1, 0 or 1";
  let formula = "sign(x)";
  let gradient = "dx = 0";
  let description = "NaN where x is NaN.";
}
def Sym_SquareOp : Sym_Unary<"square", "x * x", "dout * (2.0 * x)", Sym_NumberTensor> {
  let summary = "Square";
  let formula = "x**2";
  let gradient = "dx = g * 2 * x";
}
def Sym_ReciprocalOp : Sym_Unary<"reciprocal", "1.0 / x", "-dout * square(out)"> {
  let summary = "Reciprocal";
  let formula = "1 / x";
  let gradient = "dx = -g * out**2";
}
def Sym_ClipOp : Sym_Elementwise<"clip", ["x"], "clip(x, getMin(), getMax())",
                                 ["clipGradient(dout, x, getMin(), getMax())"], []> {
  let summary = "The nearest value within bounds";
  let notes = ["min: what is smaller becomes this", "max: what is larger becomes this"];
  let formula = "minimum(maximum(x, min), max)";
  let gradient = "dx = g where min < x < max, g / 2 at a bound, else 0";
  let example = "T[batch, 3]; min=1, max=2";
  let description = "Either bound may be absent. NaN stays NaN.";
  let arguments = (ins Sym_NumberTensor:$x, OptionalAttr<Sym_Bound>:$min, OptionalAttr<Sym_Bound>:$max);
  let results = (outs Sym_NumberTensor:$out);
  let assemblyFormat = "operands attr-dict `:` type($x) `->` type($out)";
}

//===----------------------------------------------------------------------===//
// Functions of reals
//===----------------------------------------------------------------------===//

def Sym_ExpOp : Sym_Unary<"exp", "exp(x)", "dout * out"> {
  let summary = "Exponential";
  let formula = "exp(x)";
  let gradient = "dx = g * out";
}
def Sym_Expm1Op : Sym_Unary<"expm1", "expm1(x)", "dout * exp(x)"> {
  let summary = "Exponential minus one, exact near 0";
  let formula = "expm1(x)";
  let gradient = "dx = g * exp(x)";
}
def Sym_LogOp : Sym_Unary<"log", "log(x)", "dout / x"> {
  let summary = "Natural logarithm";
  let formula = "log(x)";
  let gradient = "dx = g / x";
}
def Sym_Log1pOp : Sym_Unary<"log1p", "log1p(x)", "dout / (x + 1.0)"> {
  let summary = "Logarithm of one plus x, exact near 0";
  let formula = "log1p(x)";
  let gradient = "dx = g / (x + 1)";
}
def Sym_SqrtOp : Sym_Unary<"sqrt", "sqrt(x)", "0.5 * dout / out"> {
  let hasFolder = 1;
  let summary = "Square root";
  let formula = "sqrt(x)";
  let gradient = "dx = g / (2 * out)";
}
def Sym_RsqrtOp : Sym_Unary<"rsqrt", "1.0 / sqrt(x)", "-0.5 * dout * out / x"> {
  let summary = "Reciprocal of the square root";
  let formula = "1 / sqrt(x)";
  let gradient = "dx = -g * out / (2 * x)";
}
def Sym_CbrtOp : Sym_Unary<"cbrt", "cbrt(x)", "dout / (3.0 * square(out))"> {
  let summary = "Cube root, of negative numbers too";
  let formula = "cbrt(x)";
  let gradient = "dx = g / (3 * out**2)";
}
def Sym_SinOp : Sym_Unary<"sin", "sin(x)", "dout * cos(x)"> {
  let summary = "Sine";
  let formula = "sin(x)";
  let gradient = "dx = g * cos(x)";
}
def Sym_CosOp : Sym_Unary<"cos", "cos(x)", "-dout * sin(x)"> {
  let summary = "Cosine";
  let formula = "cos(x)";
  let gradient = "dx = -g * sin(x)";
}
def Sym_TanOp : Sym_Unary<"tan", "tan(x)", "dout * (1.0 + square(out))"> {
  let summary = "Tangent";
  let formula = "tan(x)";
  let gradient = "dx = g * (1 + out**2)";
}
def Sym_AsinOp : Sym_Unary<"asin", "asin(x)", "dout / sqrt((1.0 - x) * (1.0 + x))"> {
  let summary = "Inverse sine";
  let formula = "arcsin(x)";
  let gradient = "dx = g / sqrt(1 - x**2)";
}
def Sym_AcosOp : Sym_Unary<"acos", "acos(x)", "-dout / sqrt((1.0 - x) * (1.0 + x))"> {
  let summary = "Inverse cosine";
  let formula = "arccos(x)";
  let gradient = "dx = -g / sqrt(1 - x**2)";
}
// Behind the bound the square may overflow; what stands there is differentiated again everywhere, at 0 too.
def Sym_AtanOp : Sym_Unary<"atan", "atan(x)", "settled(abs(x) < 1e9, dout / (1.0 + square(x)), "
                                              "dout / maximum(abs(x), 1.0) / maximum(abs(x), 1.0))"> {
  let summary = "Inverse tangent";
  let formula = "arctan(x)";
  let gradient = "dx = g / (1 + x**2)";
}
def Sym_Atan2Op : Sym_Binary<"atan2", "atan2(x, y)", "dout * overSquares(y, x, y)",
                             "-dout * overSquares(x, x, y)", Sym_FloatTensor> {
  let summary = "Angle of the point (y, x), as NumPy's arctan2(x, y)";
  let formula = "arctan2(x, y)";
  let gradient = "dx = g * y / (x**2 + y**2), dy = -g * x / (x**2 + y**2)";
}
def Sym_SinhOp : Sym_Unary<"sinh", "sinh(x)", "dout * cosh(x)"> {
  let summary = "Hyperbolic sine";
  let formula = "sinh(x)";
  let gradient = "dx = g * cosh(x)";
}
def Sym_CoshOp : Sym_Unary<"cosh", "cosh(x)", "dout * sinh(x)"> {
  let summary = "Hyperbolic cosine";
  let formula = "cosh(x)";
  let gradient = "dx = g * sinh(x)";
}
def Sym_TanhOp : Sym_Unary<"tanh", "tanh(x)", "dout * (1.0 - square(out))"> {
  let summary = "Hyperbolic tangent";
  let formula = "tanh(x)";
  let gradient = "dx = g * (1 - out**2)";
  let activation = 1;
}
def Sym_AsinhOp : Sym_Unary<"asinh", "asinh(x)", "settled(abs(x) < 1e9, dout / sqrt(square(x) + 1.0), "
                                                 "dout / maximum(abs(x), 1.0))"> {
  let summary = "Inverse hyperbolic sine";
  let formula = "arcsinh(x)";
  let gradient = "dx = g / sqrt(x**2 + 1)";
}
def Sym_AcoshOp : Sym_Unary<"acosh", "acosh(x)", "dout / (sqrt(x - 1.0) * sqrt(x + 1.0))"> {
  let summary = "Inverse hyperbolic cosine";
  let formula = "arccosh(x)";
  let gradient = "dx = g / sqrt(x**2 - 1)";
}
def Sym_AtanhOp : Sym_Unary<"atanh", "atanh(x)", "dout / ((1.0 - x) * (1.0 + x))"> {
  let summary = "Inverse hyperbolic tangent";
  let formula = "arctanh(x)";
  let gradient = "dx = g / (1 - x**2)";
}
def Sym_ErfOp : Sym_Unary<"erf", "erf(x)", "1.1283791670955126 * dout * exp(-square(x))"> {
  let summary = "Error function";
  let formula = "2 / sqrt(pi) * integral of exp(-t**2) from 0 to x";
  let gradient = "dx = g * 2 / sqrt(pi) * exp(-x**2)";
}
def Sym_ErfcOp : Sym_Unary<"erfc", "erfc(x)", "-1.1283791670955126 * dout * exp(-square(x))"> {
  let summary = "1 - erf(x), exact for large x";
  let formula = "1 - erf(x)";
  let gradient = "dx = -g * 2 / sqrt(pi) * exp(-x**2)";
}
def Sym_FloorOp : Sym_Unary<"floor", "floor(x)", "zero"> {
  let summary = "Largest integer not above x";
  let formula = "floor(x)";
  let gradient = "dx = 0";
}
def Sym_CeilOp : Sym_Unary<"ceil", "ceil(x)", "zero"> {
  let summary = "Smallest integer not below x";
  let formula = "ceil(x)";
  let gradient = "dx = 0";
}
def Sym_RoundOp : Sym_Unary<"round", "round(x)", "zero"> {
  let summary = "Nearest integer, halves to the even one";
  let formula = "round(x)";
  let gradient = "dx = 0";
}
def Sym_TruncOp : Sym_Unary<"trunc", "trunc(x)", "zero"> {
  let summary = "Integer part";
  let formula = "trunc(x)";
  let gradient = "dx = 0";
}

//===----------------------------------------------------------------------===//
// Comparisons, logic, bits
//===----------------------------------------------------------------------===//

def Sym_IsNanOp : Sym_Test<"is_nan", "isNan(x)"> { let summary = "Is NaN"; let formula = "isnan(x)"; }
def Sym_IsInfOp : Sym_Test<"is_inf", "isInf(x)"> { let summary = "Is infinite"; let formula = "isinf(x)"; }
def Sym_IsFiniteOp : Sym_Test<"is_finite", "isFinite(x)"> {
  let summary = "Is neither infinite nor NaN";
  let formula = "isfinite(x)";
}
def Sym_EqualOp : Sym_Compare<"equal", "equal(x, y)", Sym_Tensor> { let summary = "x = y"; let formula = "x == y"; }
def Sym_NotEqualOp : Sym_Compare<"not_equal", "notEqual(x, y)", Sym_Tensor> {
  let summary = "x differs from y";
  let formula = "x != y";
}
def Sym_LessOp : Sym_Compare<"less", "x < y"> { let summary = "x < y"; let formula = "x < y"; }
def Sym_LessEqualOp : Sym_Compare<"less_equal", "x <= y"> { let summary = "x <= y"; let formula = "x <= y"; }
def Sym_GreaterOp : Sym_Compare<"greater", "x > y"> { let summary = "x > y"; let formula = "x > y"; }
def Sym_GreaterEqualOp : Sym_Compare<"greater_equal", "x >= y"> { let summary = "x >= y"; let formula = "x >= y"; }

def Sym_LogicalAndOp : Sym_BitBinary<"logical_and", "bitAnd(x, y)", Sym_BoolTensor, [Commutative]> {
  let summary = "Both";
  let formula = "logical_and(x, y)";
}
def Sym_LogicalOrOp : Sym_BitBinary<"logical_or", "bitOr(x, y)", Sym_BoolTensor, [Commutative]> {
  let summary = "One or both";
  let formula = "logical_or(x, y)";
}
def Sym_LogicalXorOp : Sym_BitBinary<"logical_xor", "bitXor(x, y)", Sym_BoolTensor, [Commutative]> {
  let summary = "One, not both";
  let formula = "logical_xor(x, y)";
}
def Sym_LogicalNotOp : Sym_BitUnary<"logical_not", "bitNot(x)", Sym_BoolTensor> {
  let summary = "Not";
  let formula = "logical_not(x)";
  let hasFolder = 1;
}
def Sym_BitAndOp : Sym_BitBinary<"bit_and", "bitAnd(x, y)", Sym_IntTensor, [Commutative]> {
  let summary = "And of the bits";
  let formula = "bitwise_and(x, y)";
}
def Sym_BitOrOp : Sym_BitBinary<"bit_or", "bitOr(x, y)", Sym_IntTensor, [Commutative]> {
  let summary = "Or of the bits";
  let formula = "bitwise_or(x, y)";
}
def Sym_BitXorOp : Sym_BitBinary<"bit_xor", "bitXor(x, y)", Sym_IntTensor, [Commutative]> {
  let summary = "Exclusive or of the bits";
  let formula = "bitwise_xor(x, y)";
}
def Sym_BitNotOp : Sym_BitUnary<"bit_not", "bitNot(x)", Sym_IntTensor> {
  let summary = "Each bit inverted";
  let formula = "invert(x)";
}
def Sym_ShiftLeftOp : Sym_BitBinary<"shift_left", "shiftLeft(x, y)", Sym_IntTensor> {
  let summary = "Bits moved up by y";
  let formula = "left_shift(x, y)";
  let description = "0 when y is negative or not below the number of bits.";
}
def Sym_ShiftRightOp : Sym_BitBinary<"shift_right", "shiftRight(x, y)", Sym_IntTensor> {
  let summary = "Bits moved down by y; the sign stays on signed types";
  let formula = "right_shift(x, y)";
  let description = "0, or -1 for negative x, when y is negative or not below the number of bits.";
}

//===----------------------------------------------------------------------===//
// Choice and conversion
//===----------------------------------------------------------------------===//

class Sym_Choice<string mnemonic>
    : Sym_Elementwise<mnemonic, ["condition", "x", "y"], "where(condition, x, y)",
                      ["zero", "settledLike(*this, where(condition, dout, 0.0))",
                       "settledLike(*this, where(condition, 0.0, dout))"],
                      [Sym_WithoutArithmetic, AllTypesMatch<["x", "y", "out"]>]> {
  let summary = "Elements of x where the condition holds, of y elsewhere";
  let formula = "where(condition, x, y)";
  let gradient = "dx = where(condition, g, 0), dy = where(condition, 0, g)";
  let example = "bool[batch, 3], T[batch, 3], T[batch, 3]";
  let arguments = (ins Sym_BoolTensor:$condition, Sym_Tensor:$x, Sym_Tensor:$y);
  let assemblyFormat = "operands attr-dict `:` type($condition) `,` type($x)";
}
def Sym_WhereOp : Sym_Choice<"where"> { let hasFolder = 1; }
def Sym_SelectOp : Sym_Choice<"select"> { let hasCanonicalizeMethod = 1; }

def Sym_CastOp : Sym_Elementwise<"cast", ["x"], "convert(x, getDtype())", ["castGradient(dout, x)"],
                                  [Sym_WithoutArithmetic]> {
  let summary = "Conversion to another element type";
  let formula = "x.astype(dtype)";
  let gradient = "dx = cast of g to the type of x, between floating types";
  let example = "T[batch, 3]; dtype='f64'";
  let description = [{
    A float becomes an integer by dropping its fraction; what lies outside the integer type becomes its nearest value,
    NaN becomes 0. Integers keep their low bits. A value becomes true when it is not 0.
  }];
  let arguments = (ins Sym_Tensor:$x, Sym_DType:$dtype);
  let assemblyFormat = "operands attr-dict `:` type($x) `->` type($out)";
  let hasFolder = 1;
}

/// Decomposes, into nothing, after derivatives are taken.
def Sym_StopGradientOp : Sym_PublicOp<"stop_gradient", [SameOperandsAndResultType, Sym_WithoutArithmetic,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>, DeclareOpInterfaceMethods<DecomposableOpInterface>]> {
  let summary = "x, taken as a constant by derivatives";
  let formula = "x";
  let gradient = "dx = 0";
  let shapes = "[…] → […]";
  let example = "T[batch, 3]";
  let arguments = (ins Sym_Tensor:$x);
  let extraClassDefinition = [{
    ::llvm::SmallVector<::mlir::Value> $cppClass::decompose(::mlir::OpBuilder &) { return {getX()}; }
    ::llvm::SmallVector<::mlir::Value> $cppClass::buildVjp(::mlir::OpBuilder &, ::mlir::ValueRange) {
      return {::mlir::Value()};
    }
  }];
}
#endif
