//===- Passes.td - Passes of the autodiff stage ------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// In the order of the stage; lib/Autodiff/Pipeline.cpp says why each stands where it does.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_AUTODIFF_PASSES_TD
#define SYMC_AUTODIFF_PASSES_TD

include "mlir/Pass/PassBase.td"

def PinVariablesPass : Pass<"sym-pin-variables", "mlir::ModuleOp"> {
  let summary = "Keeps what sym.grad differentiates by apart from all other values";
  let description = [{
    A derivative is by a value, so that it must not become the same as another one before the derivative is taken: as an
    input of a function that is called with one value twice, or as the result of an op that is its operand in the end.
    Such values go through a reshape to their own sizes.
  }];
}

def InlineCallsPass : Pass<"sym-inline-calls", "mlir::ModuleOp"> {
  let summary = "Copies private functions to where they are called, and erases them";
  let description = [{
    Functions of the file are functions until here. Derivatives, shapes and fusion see through what was a call.
  }];
}

def EntryPointsPass : Pass<"sym-entry-points", "mlir::ModuleOp"> {
  let summary = "Clones @model into the functions of the library";
  let description = [{
    @predict always; @loss, @gradients, @train_step and @evaluate where the graph says how it is trained; and one a name
    of `entry_points`; @statistics where layers have parameters that are measured before training. @model is gone.
    Functions that do not train have the ops of inference (dropout is its input), and @train_step also returns what ops
    change by themselves (the averages of batch_norm).
  }];
  let options = [ListOption<"functions", "functions", "std::string",
                            "Those to make; all that the model can have when left out">];
}

def ExpandGradientsPass : Pass<"sym-expand-gradients", "mlir::ModuleOp"> {
  let summary = "Replaces sym.grad by the ops of the derivative";
  let description = [{
    In the order of the ops, those in bodies before their loop: a derivative of derivatives finds these as ops. What is
    new is named after the node of sym.grad.
  }];
}

def GradientsPass : Pass<"sym-gradients", "mlir::ModuleOp"> {
  let summary = "Makes @gradients return the gradients of its loss";
  let description = [{
    One a trainable parameter, of zeros where the parameter has no path of derivatives to the loss.
  }];
}

def TrainStepPass : Pass<"sym-train-step", "mlir::ModuleOp"> {
  let summary = "Gives @train_step its updates";
  let description = [{
    The gradients of its loss, clipped and accumulated as sym.train says, then the optimizer's step, whose state is
    declared by sym.state. A result that is an `update` is the new value of the parameter or state of its name.
  }];
}

def WidenArithmeticPass : Pass<"sym-widen-arithmetic", "mlir::ModuleOp"> {
  let summary = "Lets ops on f16 and bf16 compute in f32";
  let description = [{
    An op becomes the op on f32 between two casts, so that its result is rounded once, whatever it is fused with. Ops that
    only move elements, loops and branches stay.
  }];
}

def DecomposePass : Pass<"sym-decompose", "mlir::ModuleOp"> {
  let summary = "Expands composite ops until only primitive ones are left";
  let description = [{
    By `DecomposableOpInterface`, inner ones too. A part that is larger than any operand or result, and larger than
    63 bits, is an error of the graph.
  }];
}

def StreamsPass : Pass<"sym-streams", "mlir::ModuleOp"> {
  let summary = "Makes entry points with a stream take one step of it";
  let description = [{
    Of the function of all steps, whose results say `sym.stream`: types lose the axis of time, a scan over time becomes its
    body, and what it carries, what windows look back at and the number of the step are states that reset. An op that
    needs later steps, or all of them together, is an error of the graph.
  }];
}

def LoopProductsPass : Pass<"sym-loop-products", "mlir::ModuleOp"> {
  let summary = "Takes products of matrices out of loops where they can wait or come first";
  let description = [{
    Of a scan: the product of a scanned row and an invariant becomes a row of one product in front of the loop, with the
    same bits; a stack of such products of what is stacked too becomes one product behind it; and so does a carry to which
    every iteration adds the product of two matrices, or the sum over something stacked, and which nothing else reads: the
    gradient of a weight. An invariant whose rows run along what a product sums over is transposed in front of the loop,
    where kernels would do so in every iteration. What the loop does not need any more goes when it is simplified.
  }];
}

def OrderPrintsPass : Pass<"sym-order-prints", "mlir::ModuleOp"> {
  let summary = "Chains the prints of a function in the order of its ops";
  let description = [{
    What is printed, and what a loop or branch with prints in it reads, waits for the print before it (`sym.after`). So the
    stages that follow, which know nothing of order but what is computed from what, keep the prints in theirs, and no two of
    them are common subexpressions.
  }];
}

def SignaturesPass : Pass<"sym-signatures", "mlir::ModuleOp"> {
  let summary = "Gives every function the arguments that it uses";
  let description = [{
    What is not used is dropped, except for inputs that alone give a symbolic dimension; reads of the step counter and
    of the seed become arguments. sym.train is gone.
  }];
}

#endif // SYMC_AUTODIFF_PASSES_TD
