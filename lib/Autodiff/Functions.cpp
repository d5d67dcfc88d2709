//===- Functions.cpp - Arguments and results of model functions -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Autodiff/Functions.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace symc;

static StringRef text(StringAttr attribute) { return attribute ? attribute.getValue() : StringRef(); }

StringRef symc::argumentName(func::FuncOp function, unsigned index) {
  return text(function.getArgAttrOfType<StringAttr>(index, "sym.name"));
}
StringRef symc::argumentKind(func::FuncOp function, unsigned index) {
  return text(function.getArgAttrOfType<StringAttr>(index, "sym.kind"));
}
StringRef symc::resultKind(func::FuncOp function, unsigned index) {
  return text(function.getResultAttrOfType<StringAttr>(index, "sym.kind"));
}
StringRef symc::resultName(func::FuncOp function, unsigned index) {
  return text(function.getResultAttrOfType<StringAttr>(index, "sym.name"));
}

DictionaryAttr symc::named(MLIRContext *context, StringRef name, StringRef kind) {
  Builder b(context);
  return b.getDictionaryAttr(
      {b.getNamedAttr("sym.name", b.getStringAttr(name)), b.getNamedAttr("sym.kind", b.getStringAttr(kind))});
}

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

BlockArgument symc::addArgument(func::FuncOp function, Type type, StringRef name, StringRef kind) {
  unsigned index = function.getNumArguments();
  // State comes before the step counter and the seed.
  while (kind == "state" && index > 0 &&
         (argumentKind(function, index - 1) == "step" || argumentKind(function, index - 1) == "seed"))
    --index;
  (void)function.insertArgument(index, type, named(function.getContext(), name, kind), function.getLoc());
  return function.getArgument(index);
}

BlockArgument symc::findArgument(func::FuncOp function, StringRef name, StringRef kind) {
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (argumentKind(function, i) == kind && argumentName(function, i) == name)
      return function.getArgument(i);
  return {};
}

void symc::eraseDeadOps(func::FuncOp function) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.front())))
    if (isOpTriviallyDead(&op))
      op.erase();
}
