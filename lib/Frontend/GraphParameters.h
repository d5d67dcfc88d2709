//===- GraphParameters.h - The inputs and parameters of a module ----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_GRAPHPARAMETERS_H
#define SYMC_FRONTEND_GRAPHPARAMETERS_H

#include "lib/Frontend/GraphPart.h"

namespace symc {

/// A parameter of the module, declared or made by a layer.
struct ParameterSlot {
  std::string name;
  mlir::RankedTensorType type;
  mlir::Attribute init;
  bool trainable;
  std::string doc;
  TextRange range;
  mlir::BlockArgument argument;
  uint32_t order = 0;        // of made ones: the node's number
  bool frozen = false;       // not trainable since `freeze` says so
  bool kept = false;         // `freeze` names it: no op changes it either
  mlir::Attribute data = {}; // elements, where init is `data`
  bool measured = false;     // a number of the training data
};

/// The arguments of the model: inputs, then parameters, declared ones before made ones.
class ParameterTable : GraphPart {
public:
  using GraphPart::GraphPart;

  /// Enters what the file declares.
  void declare();
  /// Adds a parameter that a layer makes; null after reporting that another one has its name.
  mlir::BlockArgument make(ParameterSlot slot);

  const std::vector<ParameterSlot> &all() const { return slots; }
  /// Whether a derivative of the loss reaches a trainable parameter, or one that `freeze` took.
  bool isReached(mlir::Value loss, bool frozen) const;
  void freeze(const TrainDecl &train);
  /// Settles which declared parameters are filled from the training data, and says which statistics move though the
  /// weights of their layer are frozen. To be called when all that the model does is built.
  void settleStatistics();

  void sortMade();
  /// Builds sym.parameter for each.
  void emit();

private:
  Reporter::More meantBy(std::string_view pattern) const;
  void settleMeasured(mlir::Operation *op, bool isNested,
                      llvm::ArrayRef<std::pair<unsigned, ParameterSlot *>> operands);
  void remarkMoving(const ParameterSlot &weight, llvm::ArrayRef<const ParameterSlot *> moving);

  std::vector<ParameterSlot> slots;
  llvm::StringMap<TextRange> made; // by name: their layers
};

} // namespace symc

#endif // SYMC_FRONTEND_GRAPHPARAMETERS_H
