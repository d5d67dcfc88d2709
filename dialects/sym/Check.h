//===- Check.h - Checks that shape functions share ----------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_CHECK_H
#define SYMC_DIALECTS_SYM_CHECK_H

#include "dialects/sym/Expr.h"

namespace symc {

inline int64_t rankOf(mlir::Value tensor) { return llvm::cast<mlir::RankedTensorType>(tensor.getType()).getRank(); }

/// As a graph file writes it, with as few digits as tell it.
std::string printNumber(double value);
/// All operands (null ones left out) have the element type of the first.
mlir::LogicalResult checkElements(std::optional<mlir::Location> loc, llvm::StringRef op, mlir::ValueRange operands);
/// `tensor` has `rank` axes; `what` is written as in "the kernel of conv2d".
mlir::LogicalResult checkRank(std::optional<mlir::Location> loc, const llvm::Twine &what, mlir::Type tensor,
                              int64_t rank);
/// `tensor` has these sizes.
/// `hint` ends the message.
mlir::LogicalResult checkShape(std::optional<mlir::Location> loc, const llvm::Twine &what, mlir::Type tensor,
                               llvm::ArrayRef<Dim> dims, llvm::StringRef hint = "");
/// `axis` counted from the front, if it is one of `rank` axes.
mlir::FailureOr<int64_t> checkAxis(std::optional<mlir::Location> loc, int64_t axis, int64_t rank);

} // namespace symc
#endif
