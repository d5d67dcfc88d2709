//===- Metrics.h - Ready-made metrics ------------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_METRICS_H
#define SYMC_DIALECTS_SYM_METRICS_H

#include "dialects/sym/SymOps.h"

namespace symc {

/// What a loss compares.
struct LossOperands {
  /// Classes have an axis of the scores, and targets that are numbers or distributions of them. Values and decisions
  /// are compared one by one; what is above a border stands for yes.
  enum Kind { Values, Decisions, Classes };
  Kind kind;
  mlir::Value scores, target;
  double scoreBorder = 0, targetBorder = 0; // of values and decisions
  int64_t axis = 0;                         // of classes
  std::optional<int64_t> ignoredLabel = {}; // of classes
};
/// Nothing for an op that is no loss.
std::optional<LossOperands> lossOperands(mlir::Operation *op);
/// The losses of the examples, before they are reduced, where they are cross entropies; else null.
mlir::Value crossEntropies(mlir::OpBuilder &b, mlir::Location loc, mlir::Operation *loss);

/// A scalar for the examples of a call; where a data set has another value than the mean over its batches, also the
/// `totals` to add up, in f64: [sum of losses, number of examples] of perplexity, of mean_iou two rows with a column
/// for each class, the sizes of the intersections and of the unions, and of precision, recall and f1 three: how often a
/// class is predicted rightly, predicted, and the label. Among decisions these have one column, of "yes". A mean over
/// the labels that are not ignored has [value times labels, labels], of a call without one [0, 0]: it has no part in
/// the mean over batches.
struct Metric {
  mlir::Value value, totals;
};
/// The totals of a value that is made of this loss alone; null where every call has a part in its mean.
mlir::Value lossTotals(mlir::OpBuilder &b, mlir::Location loc, mlir::Value total, mlir::Operation *loss);
llvm::SmallVector<llvm::StringRef> metricNames();
/// The metric of this name, one of metricNames, on the operands of a loss. Nothing where they are not of the kind that
/// it takes: `wanted` says which that is.
std::optional<Metric> buildMetric(mlir::OpBuilder &b, mlir::Location loc, llvm::StringRef name, mlir::Operation *loss,
                                  std::string &wanted);

} // namespace symc
#endif
