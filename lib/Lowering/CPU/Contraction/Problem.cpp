//===- Problem.cpp - A kernel.contract about to be emitted -------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Contraction/Problem.h"

using namespace mlir;
using namespace symc;
using namespace symc::contraction;

Buffer Problem::buffer(Value memref, ArrayRef<Dim> dims) {
  Buffer result;
  result.pointer = shell.buffer(memref);
  result.element = cast<MemRefType>(memref.getType()).getElementType();
  result.isBool = result.element.isInteger(1);
  if (auto integer = dyn_cast<IntegerType>(result.element))
    result.element = IntegerType::get(element.getContext(), std::max(8u, integer.getWidth()));
  result.dims.assign(dims.begin(), dims.end());
  Value stride = code.c(1);
  for (Dim dim : dims) {
    std::optional<int64_t> size = constantValue(dim);
    result.sizes.push_back(size ? code.c(*size) : shell.size(dim));
  }
  for (Value size : llvm::reverse(result.sizes)) {
    result.strides.insert(result.strides.begin(), stride);
    stride = code.mul(stride, size);
  }
  return result;
}

Problem::Problem(kernel::ContractOp op, func::FuncOp kernel, KernelShell &shell, Code &code, const Isa &isa)
    : op(op), kernel(kernel), shell(shell), code(code), isa(isa) {
  element = cast<MemRefType>(op.getA().getType()).getElementType();
  if (auto integer = dyn_cast<IntegerType>(element)) // signless inside bodies
    element = IntegerType::get(op.getContext(), integer.getWidth());
  lanes = isa.lanes(element);
  vector = VectorType::get(lanes, element);
  SmallVector<ArrayRef<Dim>> dims;
  for (Attribute attribute : op.getDims())
    dims.push_back(cast<sym::DimsAttr>(attribute).getExprs());
  a = buffer(op.getA(), dims[0]);
  b = buffer(op.getB(), dims[1]);
  for (auto [i, extra] : llvm::enumerate(op.getExtras()))
    extras.push_back(buffer(extra, dims[3 + i]));
  for (Value out : op.getOuts())
    outs.push_back(buffer(out, dims[2]));
}

std::optional<Window> symc::contraction::windowOf(kernel::ContractOp op) {
  bool filter = op.getForm() == sym::ContractForm::conv2d_filter,
       input = op.getForm() == sym::ContractForm::conv2d_input;
  auto dims = [&](unsigned i) { return cast<sym::DimsAttr>(op.getDims()[i]).getExprs(); };
  ArrayRef<Dim> image = dims(input ? 2 : 0), kernel = dims(filter ? 2 : 1),
                convolved = dims(filter  ? 1
                                 : input ? 0
                                         : 2);
  Window window;
  bool constant = true;
  auto read = [&](Dim dim) {
    std::optional<int64_t> value = constantValue(dim);
    constant &= value.has_value();
    return value.value_or(0);
  };
  window.height = read(image[1]);
  window.width = read(image[2]);
  window.channels = read(image[3]);
  window.outHeight = read(convolved[1]);
  window.outWidth = read(convolved[2]);
  window.filters = read(convolved[3]);
  window.kernelHeight = read(kernel[0]);
  window.kernelWidth = read(kernel[1]);
  if (auto strides = op.getStrides()) {
    window.strideY = (*strides)[0];
    window.strideX = (*strides)[1];
  }
  if (auto dilations = op.getDilations()) {
    window.dilationY = (*dilations)[0];
    window.dilationX = (*dilations)[1];
  }
  if (auto padding = op.getPadding()) {
    window.top = read(padding->getExprs()[0]);
    window.left = read(padding->getExprs()[2]);
  }
  window.groups = op.getGroups();
  return constant ? std::optional(window) : std::nullopt;
}
