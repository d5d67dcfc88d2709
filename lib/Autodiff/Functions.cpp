//===- Functions.cpp - Arguments and results of model functions -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Autodiff/Functions.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace symc;

SmallVector<FunctionResult> symc::resultsOf(func::FuncOp function) {
  SmallVector<FunctionResult> results;
  Operation *terminator = function.front().getTerminator();
  for (auto [i, value] : llvm::enumerate(terminator->getOperands()))
    results.push_back({value, function.getResultAttrDict(i)});
  return results;
}

void symc::setResults(func::FuncOp function, ArrayRef<FunctionResult> results) {
  SmallVector<Value> values;
  SmallVector<DictionaryAttr> attributes;
  for (const FunctionResult &result : results) {
    values.push_back(result.value);
    attributes.push_back(result.attributes ? result.attributes : DictionaryAttr::get(function.getContext()));
  }
  function.front().getTerminator()->setOperands(values);
  // First the type: the setter of the attributes checks their number against it.
  function.removeResAttrsAttr();
  function.setFunctionType(
      FunctionType::get(function.getContext(), function.getArgumentTypes(), ValueRange(values).getTypes()));
  function.setAllResultAttrs(attributes);
}

static bool isFrameValue(std::optional<sym::Role> role) { return role == sym::Role::step || role == sym::Role::seed; }

BlockArgument symc::addArgument(func::FuncOp function, Type type, sym::Role role, StringRef name) {
  unsigned index = function.getNumArguments();
  while (role == sym::Role::state && index > 0 && isFrameValue(roleOf(function, index - 1)))
    --index;
  (void)function.insertArgument(index, type, named(function.getContext(), name, role), function.getLoc());
  return function.getArgument(index);
}

BlockArgument symc::addState(func::FuncOp function, std::string name, Type type, sym::InitAttr init, ElementsAttr data,
                             bool resets) {
  auto module = function->getParentOfType<ModuleOp>();
  auto isTaken = [&](auto slot) { return slot.getSlot() == name; };
  while (llvm::any_of(module.getOps<sym::ParameterOp>(), isTaken) ||
         llvm::any_of(module.getOps<sym::StateOp>(), isTaken))
    name += ".state";
  OpBuilder declarations(function);
  sym::StateOp::create(declarations, function.getLoc(), declarations.getStringAttr(name), TypeAttr::get(type), init,
                       data, declarations.getBoolAttr(false), declarations.getStringAttr(""),
                       resets ? declarations.getUnitAttr() : UnitAttr());
  return addArgument(function, type, sym::Role::state, name);
}

BlockArgument symc::frameArgument(func::FuncOp function, Type type, sym::Role role) {
  StringRef name = sym::stringifyRole(role);
  BlockArgument argument = findArgument(function, role, name);
  return argument ? argument : addArgument(function, type, role, name);
}

void symc::eraseDeadOps(func::FuncOp function) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.front())))
    if (isOpTriviallyDead(&op))
      op.erase();
}
