//===- Elementwise.td - Elementwise operators ------------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// An elementwise op is one def: name, scalar body, derivative, documentation.
// In `body`, x and y (and the attributes by their getters) are Scalars, see Expr.h;
// in `dx` and `dy`, dout, x, y and out are Tensors.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_ELEMENTWISE
#define SYM_ELEMENTWISE

include "dialects/sym/SymBase.td"

/// `operand` is the constraint on operands, `boolean` tells whether the result is of bool.
class Sym_Elementwise<string mnemonic, list<Trait> traits> : Sym_PublicOp<mnemonic, traits # [
    Elementwise, DeclareOpInterfaceMethods<ScalarBodyOpInterface>]> {
  let assemblyFormat = "operands attr-dict `:` type($x)";
  let broadcasts = 1;
}

class Sym_Unary<string mnemonic, code body, code dx, Type operand = Sym_FloatTensor, list<Trait> traits = []>
    : Sym_Elementwise<mnemonic, traits # [SameOperandsAndResultType, DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let arguments = (ins operand:$x);
  let results = (outs operand:$out);
  let extraClassDefinition = [{
    ::mlir::Value $cppClass::buildScalarBody(::mlir::OpBuilder &b, ::mlir::Location loc, ::mlir::ValueRange args) {
      Scalar x{b, loc, args[0], getX().getType().getElementType()};
      return (}] # body # [{).value;
    }
    ::llvm::SmallVector<::mlir::Value> $cppClass::buildVjp(::mlir::OpBuilder &b, ::mlir::ValueRange cotangents) {
      Tensor dout{b, getLoc(), cotangents[0]}, x{b, getLoc(), getX()}, out{b, getLoc(), getOut()};
      (void)dout, (void)x, (void)out;
      return {(}] # dx # [{).value};
    }
  }];
}

class Sym_Binary<string mnemonic, code body, code dx, code dy, Type operand = Sym_NumberTensor, list<Trait> traits = []>
    : Sym_Elementwise<mnemonic, traits # [SameOperandsAndResultType, DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let arguments = (ins operand:$x, operand:$y);
  let results = (outs operand:$out);
  let extraClassDefinition = [{
    ::mlir::Value $cppClass::buildScalarBody(::mlir::OpBuilder &b, ::mlir::Location loc, ::mlir::ValueRange args) {
      Scalar x{b, loc, args[0], getX().getType().getElementType()}, y{b, loc, args[1], x.type};
      return (}] # body # [{).value;
    }
    ::llvm::SmallVector<::mlir::Value> $cppClass::buildVjp(::mlir::OpBuilder &b, ::mlir::ValueRange cotangents) {
      Tensor dout{b, getLoc(), cotangents[0]}, x{b, getLoc(), getX()}, y{b, getLoc(), getY()}, out{b, getLoc(), getOut()};
      (void)dout, (void)x, (void)y, (void)out;
      return {(}] # dx # [{).value, (}] # dy # [{).value};
    }
  }];
}

/// A comparison: operands of one type, result of bool, no derivative.
class Sym_Compare<string mnemonic, code body, Type operand = Sym_NumberTensor, list<Trait> traits = []>
    : Sym_Elementwise<mnemonic, traits # [AllTypesMatch<["x", "y"]>]> {
  let arguments = (ins operand:$x, operand:$y);
  let results = (outs Sym_BoolTensor:$out);
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(::mlir::MLIRContext *context, ::std::optional<::mlir::Location>,
        ::mlir::ValueRange operands, ::mlir::DictionaryAttr, ::mlir::OpaqueProperties, ::mlir::RegionRange,
        ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      types.push_back(withElement(operands[0].getType(), ::mlir::IntegerType::get(context, 1)));
      return ::mlir::success();
    }
    ::mlir::Value $cppClass::buildScalarBody(::mlir::OpBuilder &b, ::mlir::Location loc, ::mlir::ValueRange args) {
      Scalar x{b, loc, args[0], getX().getType().getElementType()}, y{b, loc, args[1], x.type};
      return (}] # body # [{).value;
    }
  }];
  let assemblyFormat = "operands attr-dict `:` type($x) `->` type($out)";
}

def Sym_AddOp : Sym_Binary<"add", "x + y", "dout", "dout", Sym_NumberTensor, [Commutative]> {
  let summary = "Sum";
  let formula = "x + y";
  let gradient = "dx = g, dy = g";
  let hasFolder = 0;
}
def Sym_SubOp : Sym_Binary<"sub", "x - y", "dout", "-dout"> {
  let summary = "Difference";
  let formula = "x - y";
  let gradient = "dx = g, dy = -g";
}
def Sym_MulOp : Sym_Binary<"mul", "x * y", "dout * y", "dout * x", Sym_NumberTensor, [Commutative]> {
  let summary = "Product";
  let formula = "x * y";
  let gradient = "dx = g * y, dy = g * x";
}
def Sym_DivOp : Sym_Binary<"div", "x / y", "dout / y", "-dout * out / y", Sym_FloatTensor> {
  let summary = "Quotient";
  let formula = "x / y";
  let gradient = "dx = g / y, dy = -g * out / y";
}
def Sym_NegOp : Sym_Unary<"neg", "-x", "-dout", Sym_NumberTensor> {
  let summary = "Negation";
  let formula = "-x";
  let gradient = "dx = -g";
}
def Sym_ExpOp : Sym_Unary<"exp", "exp(x)", "dout * out"> {
  let summary = "Exponential";
  let formula = "e**x";
  let gradient = "dx = g * out";
}
def Sym_SquareOp : Sym_Unary<"square", "x * x", "dout * (2.0 * x)", Sym_NumberTensor> {
  let summary = "Square";
  let formula = "x**2";
  let gradient = "dx = g * 2 * x";
}
def Sym_TanhOp : Sym_Unary<"tanh", "tanh(x)", "dout * (1.0 - out * out)"> {
  let summary = "Hyperbolic tangent";
  let formula = "tanh(x)";
  let gradient = "dx = g * (1 - out**2)";
  let activation = 1;
}
def Sym_SigmoidOp : Sym_Unary<"sigmoid", "1.0 / (1.0 + exp(-x))", "dout * out * (1.0 - out)"> {
  let summary = "Logistic function";
  let formula = "1 / (1 + exp(-x))";
  let gradient = "dx = g * out * (1 - out)";
  let activation = 1;
}
def Sym_GreaterOp : Sym_Compare<"greater", "greater(x, y)"> {
  let summary = "x > y";
  let formula = "x > y";
}
#endif
