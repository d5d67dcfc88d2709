//===- ElementwiseBase.td - How elementwise operators are defined *- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// An elementwise op is one def: name, scalar body, derivatives, documentation.
// In a body, operands are Scalars, see Expr.h; in derivatives dout, out and the operands
// are Tensors and `zero` says that there is no cotangent. Both see the op's attributes
// through its getters.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_ELEMENTWISE_BASE
#define SYM_ELEMENTWISE_BASE

include "dialects/sym/SymBase.td"

/// `operands` are the names of the operands. Without `derivatives` (one an operand) there is no VJP.
class Sym_Elementwise<string mnemonic, list<string> operands, code body, list<code> derivatives, list<Trait> traits>
    : Sym_PublicOp<mnemonic, traits # [Elementwise, DeclareOpInterfaceMethods<ScalarBodyOpInterface>] #
        !if(!empty(derivatives), []<Trait>, [DeclareOpInterfaceMethods<DifferentiableOpInterface>])> {
  let broadcasts = 1;
  let shapes = !if(!eq(!size(operands), 1), "[…] → […]", "operands are broadcast to […], the shape of the result");
  code bodyDefinition = [{
    ::mlir::Value $cppClass::buildScalarBody(::mlir::OpBuilder &b, ::mlir::Location loc, ::mlir::ValueRange args) {
      auto arg = args.begin();
      auto operand = (*this)->operand_begin();
  }] # !foldl("", operands, text, name, text # "Scalar " # name # "{b, loc, *arg++, elementOf(*operand++)};\n") # [{
      return (}] # body # [{).value;
    }
  }];
  code vjpDefinition = !if(!empty(derivatives), "", [{
    ::llvm::SmallVector<::mlir::Value> $cppClass::buildVjp(::mlir::OpBuilder &b, ::mlir::ValueRange cotangents) {
      auto operand = (*this)->operand_begin();
      Tensor dout{b, getLoc(), cotangents[0]}, out{b, getLoc(), getOut()}, zero{b, getLoc(), {}};
      (void)dout, (void)out, (void)zero;
  }] # !foldl("", operands, text, name,
              text # "Tensor " # name # "{b, getLoc(), *operand++};\n(void)" # name # ";\n") # [{
      return {(}] # !interleave(derivatives, ").value, (") # [{).value};
    }
  }]);
  let extraClassDefinition = bodyDefinition # vjpDefinition;
}

class Sym_Unary<string mnemonic, code body, code dx, Type operand = Sym_FloatTensor>
    : Sym_Elementwise<mnemonic, ["x"], body, [dx], [SameOperandsAndResultType]> {
  let arguments = (ins operand:$x);
  let results = (outs operand:$out);
  let assemblyFormat = "operands attr-dict `:` type($x)";
}
class Sym_Binary<string mnemonic, code body, code dx, code dy, Type operand = Sym_NumberTensor, list<Trait> traits = []>
    : Sym_Elementwise<mnemonic, ["x", "y"], body, [dx, dy], traits # [SameOperandsAndResultType]> {
  let arguments = (ins operand:$x, operand:$y);
  let results = (outs operand:$out);
  let assemblyFormat = "operands attr-dict `:` type($x)";
}
/// On integers or bools, without derivative.
class Sym_BitUnary<string mnemonic, code body, Type operand>
    : Sym_Elementwise<mnemonic, ["x"], body, [], [SameOperandsAndResultType]> {
  let arguments = (ins operand:$x);
  let results = (outs operand:$out);
  let assemblyFormat = "operands attr-dict `:` type($x)";
}
class Sym_BitBinary<string mnemonic, code body, Type operand, list<Trait> traits = []>
    : Sym_Elementwise<mnemonic, ["x", "y"], body, [], traits # [SameOperandsAndResultType]> {
  let arguments = (ins operand:$x, operand:$y);
  let results = (outs operand:$out);
  let assemblyFormat = "operands attr-dict `:` type($x)";
}
/// Results are of bool.
class Sym_Predicate<string mnemonic, list<string> operands, code body, list<Trait> traits>
    : Sym_Elementwise<mnemonic, operands, body, [], traits> {
  let results = (outs Sym_BoolTensor:$out);
  let assemblyFormat = "operands attr-dict `:` type($x) `->` type($out)";
  let extraClassDefinition = bodyDefinition # [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(::mlir::MLIRContext *context, ::std::optional<::mlir::Location>,
        ::mlir::ValueRange operands, ::mlir::DictionaryAttr, ::mlir::OpaqueProperties, ::mlir::RegionRange,
        ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      types.push_back(withElement(operands[0].getType(), ::mlir::IntegerType::get(context, 1)));
      return ::mlir::success();
    }
  }];
}
class Sym_Test<string mnemonic, code body> : Sym_Predicate<mnemonic, ["x"], body, []> {
  let arguments = (ins Sym_FloatTensor:$x);
}
class Sym_Compare<string mnemonic, code body, Type operand = Sym_NumberTensor>
    : Sym_Predicate<mnemonic, ["x", "y"], body, [AllTypesMatch<["x", "y"]>]> {
  let arguments = (ins operand:$x, operand:$y);
}
#endif
