//===- Layers.h - What layers share -------------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_LAYERS_H
#define SYMC_DIALECTS_SYM_LAYERS_H

#include "dialects/sym/SymOps.h"

namespace symc {

/// uniform in ±√(6 / (fan in + fan out)).
mlir::Attribute glorotUniform(mlir::MLIRContext *context, double fanIn, double fanOut);
/// The op that an `activation` attribute names, on `x`; `x` without one.
mlir::Value applyActivation(mlir::OpBuilder &b, mlir::Location loc, std::optional<llvm::StringRef> name, mlir::Value x);
mlir::LogicalResult checkActivation(std::optional<mlir::Location> loc, std::optional<llvm::StringRef> name,
                                    mlir::Type element);
/// The size of an axis that a parameter's type depends on.
mlir::FailureOr<int64_t> staticSize(std::optional<mlir::Location> loc, mlir::Type tensor, unsigned axis);
/// A layer that makes parameters has a floating input.
mlir::LogicalResult checkLayerInput(mlir::Location loc, llvm::StringRef op,
                                    llvm::ArrayRef<mlir::RankedTensorType> operands);

/// The attributes of a layer whose op does not exist yet: an adaptor without operands.
template <class Op>
mlir::FailureOr<typename Op::Adaptor> attributesOf(mlir::Location loc, mlir::DictionaryAttr attributes) {
  typename Op::Properties properties;
  mlir::OperationName(Op::getOperationName(), loc.getContext())
      .populateDefaultProperties(mlir::OpaqueProperties(&properties));
  if (failed(Op::setPropertiesFromAttr(properties, attributes, [&] { return mlir::emitError(loc, "S0312: "); })))
    return mlir::failure();
  return typename Op::Adaptor(mlir::ValueRange(), attributes, properties);
}

} // namespace symc
#endif
