//===- ReverseMode.h - Reverse-mode differentiation ---------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_AUTODIFF_REVERSEMODE_H
#define SYMC_AUTODIFF_REVERSEMODE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Value.h"

namespace symc {

/// Builds, where `b` stands, the derivative of the sum of `loss` by each of `wrt`; null where there is no path of
/// derivatives. `loss`, `wrt` and everything between them are in one block, and `b` stands behind `loss` in it. The
/// code may hold derivatives already. A composite op without a derivative of its own is replaced by its parts, `loss`
/// then by its new value. Fails with a located error for an op without derivative that the loss depends on.
mlir::FailureOr<llvm::SmallVector<mlir::Value>> gradients(mlir::OpBuilder &b, mlir::Value &loss,
                                                          llvm::ArrayRef<mlir::Value> wrt);

/// While it lives, tells with every error who asks for the derivative.
class DerivativeNote : public mlir::ScopedDiagnosticHandler {
public:
  DerivativeNote(mlir::Location loc, std::string note);
};

} // namespace symc
#endif
