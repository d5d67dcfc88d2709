//===- KernelTable.cpp - The kernels of a module --------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/KernelTable.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OperationSupport.h"

using namespace mlir;
using namespace symc;

static bool sameKernel(sym::FusedOp a, sym::FusedOp b) {
  return a.getKind() == b.getKind() && a.getInputs().getTypes() == b.getInputs().getTypes() &&
         a.getOuts().getTypes() == b.getOuts().getTypes() &&
         OperationEquivalence::isRegionEquivalentTo(&a.getBody(), &b.getBody(),
                                                    OperationEquivalence::Flags::IgnoreLocations);
}

func::FuncOp KernelTable::get(sym::FusedOp region) {
  for (auto [other, kernel] : known)
    if (sameKernel(other, region))
      return kernel;
  func::FuncOp kernel = build(region);
  known.push_back({region, kernel});
  return kernel;
}

func::FuncOp KernelTable::getCopy(Location loc, Type type) {
  func::FuncOp &kernel = copies[type];
  if (kernel)
    return kernel;
  OpBuilder b(module.getContext());
  kernel = create(loc, {type}, {type}, sym::FusionKind::elementwise);
  b.setInsertionPointToStart(&kernel.getBody().front());
  Value value = kernel::ReadOp::create(b, loc, type, kernel.getArgument(0));
  kernel::WriteOp::create(b, loc, value, kernel.getArgument(1));
  return kernel;
}

StringAttr KernelTable::getGlobal(Location loc, ElementsAttr value) {
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  return kernel::GlobalOp::create(b, loc, freeName("constant", globals), value).getSymNameAttr();
}

std::string KernelTable::freeName(StringRef stem, unsigned &count) {
  std::string name;
  do
    name = (stem + Twine(count++)).str();
  while (module.lookupSymbol(name));
  return name;
}

func::FuncOp KernelTable::create(Location loc, TypeRange inputs, TypeRange outputs, sym::FusionKind kind) {
  OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
  SmallVector<Type> tensors(inputs), types;
  llvm::append_range(tensors, outputs);
  for (Type type : tensors)
    types.push_back(bufferType(type));
  auto kernel = func::FuncOp::create(b, loc, freeName("k", kernels), b.getFunctionType(types, {}));
  kernel.setPrivate();
  kernel->setAttr(kKernelAttr, b.getUnitAttr());
  kernel->setAttr(kFusionKindAttr, sym::FusionKindAttr::get(b.getContext(), kind));
  for (auto [i, type] : llvm::enumerate(tensors))
    kernel.setArgAttr(i, kDimsAttr, sym::DimsAttr::get(b.getContext(), dimsOf(type)));
  b.setInsertionPointToEnd(kernel.addEntryBlock());
  func::ReturnOp::create(b, loc);
  return kernel;
}

func::FuncOp KernelTable::build(sym::FusedOp region) {
  Location loc = region.getLoc();
  func::FuncOp kernel = create(loc, region.getInputs().getTypes(), region.getOuts().getTypes(), region.getKind());
  OpBuilder b = OpBuilder::atBlockBegin(&kernel.getBody().front());
  IRMapping map;
  for (auto [argument, buffer] : llvm::zip(region.getBody().getArguments(), kernel.getArguments()))
    map.map(argument, kernel::ReadOp::create(b, loc, argument.getType(), buffer).getResult());
  for (Operation &op : region.getBody().front().without_terminator())
    b.clone(op, map);
  Operation *yield = region.getBody().front().getTerminator();
  for (auto [i, value] : llvm::enumerate(yield->getOperands()))
    kernel::WriteOp::create(b, loc, map.lookup(value), kernel.getArgument(region.getInputs().size() + i));
  return kernel;
}
