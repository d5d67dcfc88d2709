//===- ControlFlow.td - Loops and branches -----------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The regions are isolated: what they read is an operand, and each operand has its block
// argument. So whoever takes a body apart, differentiates it or fuses in it sees all of it.
// Every body of a loop begins with the argument of the iteration's number, tensor<i64>.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_CONTROLFLOW
#define SYM_CONTROLFLOW

include "dialects/sym/SymBase.td"

class Sym_ControlOp<string mnemonic, list<Trait> traits = []>
    : Sym_Op<mnemonic, [IsolatedFromAbove, SingleBlock, ControlFlowOpInterface,
                        DeclareOpInterfaceMethods<DifferentiableRegionOpInterface>] # traits> {
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Sym_ScanOp : Sym_ControlOp<"scan", [AttrSizedOperandSegments]> {
  let summary = "A loop over axis 0 of some operands";
  let description = [{
    `(carries…, elements…) = body(i, carries…, slices of xs at i…, invariants…)` for i in 0 … trips - 1, or the other way
    round with `reverse`. Results are the carries at the end and, for what else the body yields, the stack of it over
    axis 0, where iteration i writes row i. With `count` only i < count run, and the other rows are undefined. With
    `recompute` the derivative computes an iteration again instead of keeping what it has computed.
  }];
  let arguments = (ins Sym_DimsAttr:$trips, DefaultValuedAttr<BoolAttr, "false">:$reverse, Variadic<Sym_Tensor>:$inits,
                   Variadic<Sym_Tensor>:$xs, Optional<Sym_IntTensor>:$count, Variadic<Sym_Tensor>:$invariants,
                   UnitAttr:$recompute);
  let results = (outs Variadic<Sym_Tensor>:$outs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $trips (`carry` `(` $inits^ `:` type($inits) `)`)? (`over` `(` $xs^ `:` type($xs) `)`)?
    (`count` `(` $count^ `:` type($count) `)`)? (`with` `(` $invariants^ `:` type($invariants) `)`)?
    attr-dict-with-keyword (`->` type($outs)^)? $body
  }];
  let extraClassDeclaration = [{
    ::symc::Dim getTripCount() { return getTrips().getExprs()[0]; }
    unsigned getCarryCount() { return getInits().size(); }
    bool isLoop() { return true; }
    ::std::optional<unsigned> operandOfArgument(unsigned argument) {
      if (argument == 0)
        return ::std::nullopt;
      // The count has no argument.
      return argument - (argument <= getInits().size() + getXs().size() || !getCount());
    }
    /// The arguments of the body by what they stand for.
    ::mlir::BlockArgument getIteration() { return getBody().getArgument(0); }
    ::mlir::Block::BlockArgListType getCarryArguments() { return getBody().getArguments().slice(1, getCarryCount()); }
    ::mlir::Block::BlockArgListType getElementArguments() {
      return getBody().getArguments().slice(1 + getCarryCount(), getXs().size());
    }
    ::mlir::Block::BlockArgListType getInvariantArguments() {
      return getBody().getArguments().take_back(getInvariants().size());
    }
    ::mlir::Operation *getYield() { return getBody().front().getTerminator(); }
  }];
}

def Sym_WhileOp : Sym_ControlOp<"while", [AttrSizedOperandSegments]> {
  let summary = "A loop that runs as long as a condition holds";
  let description = [{
    `condition(i, carries…, invariants…)` yields a bool; as long as it holds, and i < max_iterations where that is given,
    `(carries…, elements…) = body(i, carries…, invariants…)`. Results are the carries at the end, the stacks of the
    elements, which need max_iterations and whose rows behind the last iteration are undefined, and the number of
    iterations.
  }];
  let arguments = (ins OptionalAttr<Sym_I64>:$max_iterations, Variadic<Sym_Tensor>:$inits,
                   Variadic<Sym_Tensor>:$invariants);
  let results = (outs Variadic<Sym_Tensor>:$outs, Sym_IntTensor:$count);
  let regions = (region SizedRegion<1>:$condition, SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`carry` `(` $inits^ `:` type($inits) `)`)? (`with` `(` $invariants^ `:` type($invariants) `)`)?
    `count` `:` type($count) attr-dict-with-keyword (`->` type($outs)^)? $condition `do` $body
  }];
  let extraClassDeclaration = [{
    unsigned getCarryCount() { return getInits().size(); }
    bool isLoop() { return true; }
    bool yieldsResults(unsigned region) { return region != 0; }
    ::std::optional<unsigned> operandOfArgument(unsigned argument) {
      return argument ? ::std::optional(argument - 1) : ::std::nullopt;
    }
    ::mlir::Operation *getYield() { return getBody().front().getTerminator(); }
  }];
}

def Sym_CondOp : Sym_ControlOp<"cond"> {
  let summary = "One of two branches, as a predicate says";
  let description = "Only the branch that is chosen is computed; both take all operands and yield the same types.";
  let arguments = (ins Sym_BoolTensor:$predicate, Variadic<Sym_Tensor>:$inputs);
  let results = (outs Variadic<Sym_Tensor>:$outs);
  let regions = (region SizedRegion<1>:$true_branch, SizedRegion<1>:$false_branch);
  let assemblyFormat = [{
    $predicate `:` type($predicate) (`with` `(` $inputs^ `:` type($inputs) `)`)? attr-dict-with-keyword
    (`->` type($outs)^)? $true_branch `else` $false_branch
  }];
  let extraClassDeclaration = [{
    ::std::optional<unsigned> operandOfArgument(unsigned argument) { return argument + 1; } // behind the predicate
    ::mlir::MutableOperandRange getInvariantsMutable() { return getInputsMutable(); }
  }];
}

def Sym_UndefinedOp : Sym_Op<"undefined"> {
  let summary = "A value that nothing may depend on: what the branch that was not taken would have kept";
  let results = (outs Sym_Tensor:$out);
  let assemblyFormat = "attr-dict `:` type($out)";
}

def Sym_AfterOp : Sym_Op<"after", [Sym_WithoutArithmetic, Sym_RenamesMemory, AllTypesMatch<["x", "out"]>]> {
  let summary = "x, to be had when `event` is: what is computed from it is not computed before";
  let arguments = (ins Sym_Tensor:$x, Sym_Tensor:$event);
  let results = (outs Sym_Tensor:$out);
  let assemblyFormat = "$x `,` $event attr-dict `:` type($x) `,` type($event)";
}

//===----------------------------------------------------------------------===//
// What graph files write: functions by their names, and one list of operands. The importer
// (lib/Frontend/GraphControl.cpp) makes the ops above of it, and a call a copy of the function.
//===----------------------------------------------------------------------===//

/// The fields of Sym_PublicOp that the schema and the pages read, of what is no op by itself.
class Sym_FunctionForm<string mnemonic> {
  string opName = mnemonic;
  string summary = "";
  string description = "";
  string formula = "";
  string gradient = "";
  string shapes = "";
  list<string> notes = [];
  string example = "";
  /// Those that the example names, `f(a, b) = a + b, a * b; g(a) = a`.
  string functions = "";
  bit importable = 1;
  bit broadcasts = 0;
  bit activation = 0;
  bit firstAlone = 0;
  dag arguments = (ins);
  dag results = (outs Variadic<Sym_Tensor>:$outs);
}

def Sym_CallForm : Sym_FunctionForm<"call"> {
  let summary = "The results of a function of the file";
  let notes = ["function: the function of the file that is called"];
  let description = [{
    In an expression also `f(x)`. A function sees its own inputs, the parameters and the constants of the file; what its
    layers make is named after the node that calls it (`NODE/fc1/kernel`).
  }];
  let formula = "function(inputs…)";
  let gradient = "that of the function at g";
  let shapes = "those of the function";
  let example = "f32[batch, 3]; function='f'";
  let functions = "f(a) = a * tanh(a)";
  let arguments = (ins Variadic<Sym_Tensor>:$inputs, Sym_Function:$function);
}

def Sym_CondForm : Sym_FunctionForm<"cond"> {
  let summary = "One of two functions, as a predicate says";
  let notes = ["true_fn: the function that runs when the predicate is true",
               "false_fn: the function that runs when it is false"];
  let description = [{
    Only the function that is chosen runs. Both take the operands behind the predicate and give results of the same types.
    `where` chooses element by element.
  }];
  let formula = "true_fn(inputs…) if predicate else false_fn(inputs…)";
  let gradient = "that of the function that was chosen at g, 0 by what only the other one reads";
  let shapes = "predicate [], operands of any shapes → those of both functions";
  let example = "bool[], f32[batch, 3]; true_fn='f', false_fn='g'";
  let functions = "f(a) = a * a; g(a) = -a";
  let arguments = (ins Sym_BoolTensor:$predicate, Variadic<Sym_Tensor>:$inputs, Sym_Function:$true_fn,
                   Sym_Function:$false_fn);
}

def Sym_WhileForm : Sym_FunctionForm<"while"> {
  let summary = "A function over and over, as long as another one says so";
  let notes = ["cond: the function that says whether it goes on",
               "body: the function that is one iteration",
               "max_iterations >= 0: how many there are at most; derivatives need it"];
  let description = [{
    `cond` and `body` take all operands; `cond` gives a bool, `body` the next operands, of the same types. With
    `max_iterations` there are at most so many, and the loop has a derivative.
  }];
  let formula = "while cond(carries…): carries = body(carries…)";
  let gradient = "that of body at g, from the last iteration to the first; needs max_iterations";
  let shapes = "carries of any shapes → the same";
  let example = "f32[3]; cond='more', body='step', max_iterations=5";
  let functions = "more(h) = sum(h) < 10.0; step(h) = h + h";
  let arguments = (ins Variadic<Sym_Tensor>:$carries, Sym_Function:$cond, Sym_Function:$body,
                   OptionalAttr<Sym_I64>:$max_iterations);
}

def Sym_ScanForm : Sym_FunctionForm<"scan"> {
  let summary = "A loop over axis 0 of its operands";
  let notes = ["body: the function that is one iteration",
               "carries >= 0: how many of the first operands are carried",
               "reverse: from the last row to the first"];
  let description = [{
    The first `carries` operands are carried from one iteration to the next, the others scanned: iteration i gets their
    i-th rows. `body` gives the next carries, then rows of what is stacked. Results are the carries at the end, then the
    stacks; with `reverse` it goes from the last row to the first, and row i of a stack still belongs to row i of the
    operands. Layers in `body` make their parameters once for all iterations (`NODE/body/fc1/kernel`).
  }];
  let formula = "for i in range(n): carries, stacks[i] = body(carries…, rows[i]…)";
  let gradient = "that of body at g, from the last iteration to the first";
  let shapes = "carries of any shapes, then [n, …] of equal n → the carries, then [n, …] for each row that body gives";
  let example = "f32[3], f32[batch, 3]; body='step', carries=1";
  let functions = "step(h, r) = tanh(h + r), h * r";
  let arguments = (ins Variadic<Sym_Tensor>:$inputs, Sym_Function:$body, Sym_I64:$carries,
                   DefaultValuedAttr<Sym_Bool, "false">:$reverse);
}
#endif
