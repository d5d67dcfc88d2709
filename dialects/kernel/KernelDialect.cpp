//===- KernelDialect.cpp - Programs and kernels on buffers ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/kernel/KernelOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace symc;
using namespace symc::kernel;

#include "dialects/kernel/KernelDialect.cpp.inc"
#include "dialects/kernel/KernelEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/kernel/KernelAttributes.cpp.inc"

void KernelDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/kernel/KernelOps.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/kernel/KernelAttributes.cpp.inc"
      >();
}

void LoopOp::build(OpBuilder &b, OperationState &state, sym::DimsAttr trips, bool reverse, Value count,
                   ValueRange inits) {
  Type index = b.getIndexType();
  SmallVector<Type> results{index};
  llvm::append_range(results, inits.getTypes());
  if (trips)
    state.addAttribute(getTripsAttrName(state.name), trips);
  if (reverse)
    state.addAttribute(getReverseAttrName(state.name), b.getBoolAttr(true));
  if (count)
    state.addOperands(count);
  state.addOperands(inits);
  state.addAttribute(getOperandSegmentSizesAttrName(state.name),
                     b.getDenseI32ArrayAttr({count ? 1 : 0, static_cast<int32_t>(inits.size())}));
  state.addTypes(results);
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(state.addRegion(), {}, results, SmallVector<Location>(results.size(), state.location));
}

LogicalResult LoopOp::verifyRegions() {
  SmallVector<Type> carried{IndexType::get(getContext())};
  llvm::append_range(carried, getInits().getTypes());
  if (getBody().getArgumentTypes() != TypeRange(carried) || (*this)->getResultTypes() != TypeRange(carried))
    return emitOpError("arguments of the body or results differ from what is carried");
  auto next = dyn_cast<NextOp>(getBody().front().getTerminator());
  if (!next || next.getBuffers().getTypes() != getInits().getTypes())
    return emitOpError("its body hands on other types than those that are carried");
  return success();
}

#define GET_OP_CLASSES
#include "dialects/kernel/KernelOps.cpp.inc"
