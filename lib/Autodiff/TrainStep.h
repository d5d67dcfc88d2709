//===- TrainStep.h - Gradients of parameters and their updates ----*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_AUTODIFF_TRAINSTEP_H
#define SYMC_AUTODIFF_TRAINSTEP_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <string>

namespace symc {

struct ParameterGradient {
  std::string name;
  mlir::Value parameter;
  mlir::Value gradient; // null: the loss does not reach the parameter
};

/// Gradients of the loss by all trainable parameters, in file order. The function's loss is updated
/// when differentiation replaced it.
mlir::FailureOr<llvm::SmallVector<ParameterGradient>> parameterGradients(mlir::OpBuilder &b,
                                                                         mlir::func::FuncOp function);

} // namespace symc
#endif
