//===- Loss.td - Losses ------------------------------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Every loss has a derivative of its own, taken before the loss decomposes, so that the
// backward pass is one expression of the operands.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_LOSS
#define SYM_LOSS

include "dialects/sym/SymBase.td"

class Sym_Loss<string mnemonic> : Sym_PublicOp<mnemonic, [
    DeclareOpInterfaceMethods<DifferentiableOpInterface>, DeclareOpInterfaceMethods<DecomposableOpInterface>]>,
    Sym_Inferred {
  string reductionDescription = [{`reduction` is "mean", "sum" or "none".}];
  let description = reductionDescription;
}

defvar lossReduction = (ins
    DefaultValuedAttr<Sym_LossReduction, "::symc::sym::LossReduction::mean">:$reduction);

/// A loss of an element x of the prediction and y of the target: its value and the derivatives by both, as
/// expressions of Tensors.
class Sym_ElementLoss<string mnemonic, list<string> names, code value, code dx, code dy, dag extra = (ins)>
    : Sym_Loss<mnemonic> {
  let shapes = "two of […] → [], with reduction none […]";
  let example = "T[batch, 3], T[batch, 3]";
  let arguments = !con(!dag(ins, [Sym_FloatTensor, Sym_FloatTensor], names), extra, lossReduction);
  let description = "The mean is over all elements. " # reductionDescription;
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(::mlir::MLIRContext *, ::std::optional<::mlir::Location> loc,
        ::mlir::ValueRange operands, ::mlir::DictionaryAttr attributes, ::mlir::OpaqueProperties properties,
        ::mlir::RegionRange regions, ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      return infer(Adaptor(operands, attributes, properties, regions), loc, types);
    }
    ::llvm::LogicalResult $cppClass::infer(Adaptor a, ::std::optional<::mlir::Location> loc,
                                           ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      return inferElementLoss(a.getOperands(), a.getReduction(), loc, types);
    }
    ::llvm::SmallVector<::mlir::Value> $cppClass::decompose(::mlir::OpBuilder &b) {
      Tensor x{b, getLoc(), getOperand(0)}, y{b, getLoc(), getOperand(1)};
      return {reduceLoss(}] # value # [{, getReduction()).value};
    }
    ::llvm::SmallVector<::mlir::Value> $cppClass::buildVjp(::mlir::OpBuilder &b, ::mlir::ValueRange cotangents) {
      Tensor x{b, getLoc(), getOperand(0)}, y{b, getLoc(), getOperand(1)};
      Tensor g = lossCotangent(x.with(cotangents[0]), x.value.getType(), getReduction());
      return {(g * (}] # dx # [{)).value, (g * (}] # dy # [{)).value};
    }
  }];
}

def Sym_MseOp : Sym_ElementLoss<"mse", ["prediction", "target"], "square(x - y)", "2.0 * (x - y)", "2.0 * (y - x)"> {
  let summary = "Squared error";
  let formula = "mean((prediction - target)**2)";
  let gradient = "dprediction = g * 2 * (prediction - target) / n, dtarget = -dprediction";
}
def Sym_MaeOp : Sym_ElementLoss<"mae", ["prediction", "target"], "abs(x - y)", "sign(x - y)", "sign(y - x)"> {
  let summary = "Absolute error";
  let formula = "mean(abs(prediction - target))";
  let gradient = "dprediction = g * sign(prediction - target) / n, dtarget = -dprediction";
}
def Sym_HuberOp : Sym_ElementLoss<"huber", ["prediction", "target"], "huber(x - y, getDelta())",
                                  "clamp(x - y, getDelta())", "clamp(y - x, getDelta())",
                                  (ins DefaultValuedAttr<Sym_NotNegative, "1.0">:$delta)> {
  let summary = "Squared error near 0, absolute error farther than delta";
  let notes = ["delta >= 0: the error from which on it grows linearly"];
  let formula = "mean(where(abs(d) <= delta, d**2 / 2, delta * (abs(d) - delta / 2))), d = prediction - target";
  let gradient = "dprediction = g * clip(d, -delta, delta) / n, dtarget = -dprediction";
}
def Sym_SigmoidCrossEntropyOp : Sym_ElementLoss<"sigmoid_cross_entropy", ["logits", "labels"],
    "maximum(x, 0.0) - x * y + log1p(exp(-abs(x)))", "sigmoid(x) - y", "-x"> {
  let summary = "Cross entropy of independent labels and the sigmoids of logits";
  let formula = "mean(softplus(logits) - logits * labels)";
  let gradient = "dlogits = g * (sigmoid(logits) - labels) / n, dlabels = -g * logits / n";
}
def Sym_HingeOp : Sym_ElementLoss<"hinge", ["prediction", "target"], "maximum(1.0 - x * y, 0.0)",
    "where(x * y < 1.0, -y, 0.0)", "where(x * y < 1.0, -x, 0.0)"> {
  let summary = "Hinge loss for targets of -1 and 1";
  let formula = "mean(maximum(1 - prediction * target, 0))";
  let gradient = "dprediction = -g * target / n where prediction * target < 1, else 0; dtarget alike";
}

/// A loss of examples: it sums over `axis`, then reduces the examples.
class Sym_ClassLoss<string mnemonic> : Sym_Loss<mnemonic> {
  let description = "The mean is over the examples, that is all axes but `axis`. " # reductionDescription;
}
/// Of losses whose labels are numbers of classes.
defvar labelDescription = [{A label out of range is a status at run time. An example whose label is `ignore_index` counts
neither in the sum nor in the mean, its own loss and its gradient are 0, and the label need be no class; the mean over no
example is NaN. }];
def Sym_SoftmaxCrossEntropyOp : Sym_ClassLoss<"softmax_cross_entropy"> {
  let summary = "Cross entropy of label distributions and the softmax of logits";
  let notes = ["axis: the axis of the classes"];
  let formula = "mean(-sum(labels * log_softmax(logits, axis), axis))";
  let gradient = "dlogits = g / n * (softmax(logits) * sum(labels) - labels), dlabels = -g / n * log_softmax(logits)";
  let shapes = "two of […] → [], with reduction none […] without axis";
  let example = "T[batch, 4], T[batch, 4]";
  let arguments = !con((ins Sym_FloatTensor:$logits, Sym_FloatTensor:$labels, DefaultValuedAttr<Sym_I64, "-1">:$axis),
                       lossReduction);
}
def Sym_SparseSoftmaxCrossEntropyOp : Sym_ClassLoss<"sparse_softmax_cross_entropy"> {
  let summary = "Cross entropy of class numbers and the softmax of logits";
  let notes = ["axis: the axis of the classes"];
  let formula = "mean(-log_softmax(logits, axis)[labels])";
  let gradient = "dlogits = g / n * (softmax(logits) - one_hot(labels))";
  let shapes = "[…], […] without axis → [], with reduction none […] without axis";
  let example = "T[batch, 4], i64[batch]";
  let description = !strconcat("`labels` has the shape of `logits` without `axis`. ", labelDescription, reductionDescription);
  let arguments = !con((ins Sym_FloatTensor:$logits, Sym_IntTensor:$labels, DefaultValuedAttr<Sym_I64, "-1">:$axis,
                        OptionalAttr<Sym_I64>:$ignore_index), lossReduction);
}
def Sym_NllOp : Sym_ClassLoss<"nll"> {
  let summary = "Negative logarithm of the probability of the right class";
  let formula = "mean(-log_probabilities[labels])";
  let gradient = "dlog_probabilities = -g / n * one_hot(labels)";
  let shapes = "[…, classes], […] → [], with reduction none […]";
  let example = "T[batch, 4], i64[batch]";
  let description = !strconcat("Classes are the last axis. ", labelDescription, reductionDescription);
  let arguments = !con((ins Sym_FloatTensor:$log_probabilities, Sym_IntTensor:$labels,
                        OptionalAttr<Sym_I64>:$ignore_index), lossReduction);
}
def Sym_KlDivergenceOp : Sym_ClassLoss<"kl_divergence"> {
  let summary = "Kullback-Leibler divergence of distributions";
  let notes = ["axis: the axis of the classes"];
  let formula = "mean(sum(p * log(p / q), axis)), where p = 0 adds 0";
  let gradient = "dp = g / n * (log(p / q) + 1), dq = -g / n * p / q";
  let shapes = "two of […] → [], with reduction none […] without axis";
  let example = "T[batch, 4], T[batch, 4]";
  let arguments = !con((ins Sym_FloatTensor:$p, Sym_FloatTensor:$q, DefaultValuedAttr<Sym_I64, "-1">:$axis),
                       lossReduction);
}
#endif
