//===- Evaluator.cpp - Elements of a kernel's tensors ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/SymToLinalg/Evaluator.h"
#include "dialects/sym/Expr.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace symc;

Value Memory::size(Location loc, AffineExpr expr) {
  OpBuilder start = OpBuilder::atBlockBegin(&kernel.getBody().front());
  return materializeDim(start, loc, kernel, expr);
}

Value Evaluator::element(Value tensor, ValueRange index) {
  std::pair<void *, std::vector<void *>> key{tensor.getAsOpaquePointer(), {}};
  for (Value i : index)
    key.second.push_back(i.getAsOpaquePointer());
  Value &value = known[key];
  if (!value) {
    Value computed = compute(tensor, index);
    known[key] = computed; // `value` may have moved
    return computed;
  }
  return value;
}

Value Evaluator::compute(Value tensor, ValueRange index) {
  auto buffer = memory.buffers.find(tensor);
  if (buffer != memory.buffers.end())
    return load(buffer->second, index);
  Operation *op = tensor.getDefiningOp();
  if (auto body = dyn_cast<ScalarBodyOpInterface>(op)) {
    SmallVector<Value> arguments;
    for (Value operand : op->getOperands())
      arguments.push_back(element(operand, index));
    return body.buildScalarBody(b, loc, arguments);
  }
  if (auto reshape = dyn_cast<sym::ReshapeOp>(op))
    return reshaped(reshape, index);
  if (auto reduction = dyn_cast<ReductionOpInterface>(op))
    return finished(reduction, index);
  if (auto splat = dyn_cast<sym::ConstantOp>(op))
    return constant(splat);
  ElementBuilder e{b, loc, [&](unsigned operand, ValueRange at) { return element(op->getOperand(operand), at); },
                   [&](AffineExpr expr) { return memory.size(loc, expr); },
                   [&](Value ok, Value value, Value bound, std::string message) {
                     int64_t code = internCheck(memory.kernel->getParentOfType<ModuleOp>(), message);
                     kernel::CheckOp::create(b, loc, ok, value, bound, checkArgument(memory.kernel),
                                             b.getI64IntegerAttr(code));
                   }};
  return cast<ElementOpInterface>(op).buildElement(e, index);
}

Value Evaluator::load(Value buffer, ValueRange index) {
  if (onLoad)
    if (Value value = onLoad(buffer, index))
      return value;
  return memref::LoadOp::create(b, loc, buffer, index);
}

Value Evaluator::constant(sym::ConstantOp op) {
  auto value = cast<DenseElementsAttr>(op.getValue());
  return arith::ConstantOp::create(b, loc, bodyNumber(value.getSplatValue<TypedAttr>()));
}

/// A reduction's result at an index that may hold the reduced axes as size 1.
Value Evaluator::finished(ReductionOpInterface reduction, ValueRange index) {
  SmallVector<Value> at(index);
  if (reduction.keepsAxes()) {
    at.clear();
    for (auto [axis, i] : llvm::enumerate(index))
      if (!llvm::is_contained(reduction.getReducedAxes(), static_cast<int64_t>(axis)))
        at.push_back(i);
  }
  SmallVector<Value> accumulator;
  for (Value buffer : memory.accumulators.at(reduction))
    accumulator.push_back(load(buffer, at));
  return reduction.buildFinish(b, loc, accumulator);
}

/// Axes of size 1 come and go; anything else goes through the row-major position.
Value Evaluator::reshaped(sym::ReshapeOp reshape, ValueRange index) {
  Dims from = dimsOf(reshape.getX()), to = dimsOf(reshape.getOut());
  auto isUnit = [](AffineExpr size) { return isOne(size); };
  Dims fromCore(llvm::make_filter_range(from, std::not_fn(isUnit))),
      toCore(llvm::make_filter_range(to, std::not_fn(isUnit)));
  SmallVector<Value> source;
  if (sameDims(fromCore, toCore)) {
    SmallVector<Value> core;
    for (auto [size, i] : llvm::zip_equal(to, index))
      if (!isOne(size))
        core.push_back(i);
    size_t next = 0;
    for (AffineExpr size : from)
      source.push_back(isOne(size) ? zero() : core[next++]);
    return element(reshape.getX(), source);
  }
  Value position = zero();
  for (auto [size, i] : llvm::zip_equal(to, index)) {
    position = arith::MulIOp::create(b, loc, position, memory.size(loc, size));
    position = arith::AddIOp::create(b, loc, position, i);
  }
  source.resize(from.size());
  for (size_t axis = from.size(); axis-- > 0;) {
    Value size = memory.size(loc, from[axis]);
    source[axis] = axis ? arith::RemUIOp::create(b, loc, position, size).getResult() : position;
    position = arith::DivUIOp::create(b, loc, position, size);
  }
  return element(reshape.getX(), source);
}

//===----------------------------------------------------------------------===//
// linalg.generic
//===----------------------------------------------------------------------===//

/// Takes an input off a generic.
static void dropInput(linalg::GenericOp generic, unsigned input) {
  SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
  maps.erase(maps.begin() + input);
  generic.getBody()->eraseArgument(input);
  generic.getInputsMutable().erase(input);
  generic.setIndexingMapsAttr(Builder(generic.getContext()).getAffineMapArrayAttr(maps));
}

linalg::GenericOp GenericBuilder::create(OpBuilder &b, Location loc, Memory &memory, ArrayRef<AffineExpr> domain,
                                         ArrayRef<utils::IteratorType> iterators, ValueRange outs,
                                         ArrayRef<AffineMap> outMaps, Body body) {
  // All buffers of the domain's sizes are inputs to begin with; those not read at the loops' index go again.
  SmallVector<Value> inputs;
  for (BlockArgument argument : memory.kernel.getArguments())
    if (isa<MemRefType>(argument.getType()) && !llvm::is_contained(outs, argument) &&
        sameDims(dimsOfArgument(memory.kernel, argument.getArgNumber()), domain))
      inputs.push_back(argument);
  SmallVector<int64_t> shape;
  for (AffineExpr size : domain)
    shape.push_back(constantValue(size).value_or(ShapedType::kDynamic));
  auto dims = sym::DimsAttr::get(b.getContext(), domain);
  Value space = kernel::SpaceOp::create(b, loc, MemRefType::get(shape, b.getI1Type()), dims);
  inputs.push_back(space);
  AffineMap identity = b.getMultiDimIdentityMap(domain.size());
  SmallVector<AffineMap> maps(inputs.size(), identity);
  llvm::append_range(maps, outMaps);
  auto generic = linalg::GenericOp::create(
      b, loc, inputs, outs, maps, iterators, [&](OpBuilder &inner, Location, ValueRange arguments) {
        SmallVector<Value> index;
        for (unsigned i = 0; i < domain.size(); ++i)
          index.push_back(linalg::IndexOp::create(inner, loc, i));
        Evaluator evaluator(inner, loc, memory);
        evaluator.onLoad = [&](Value buffer, ValueRange at) -> Value {
          auto *input = llvm::find(inputs, buffer);
          return input != inputs.end() && at == ValueRange(index) ? arguments[input - inputs.begin()] : Value();
        };
        SmallVector<Value> results = body(inner, evaluator, index, arguments.take_back(outs.size()));
        linalg::YieldOp::create(inner, loc, results);
      });
  generic->setAttr(kDomainAttr, dims);
  for (unsigned input = inputs.size() - 1; input-- > 0;)
    if (generic.getBody()->getArgument(input).use_empty())
      dropInput(generic, input);
  // The space is needed only when nothing else gives all loops.
  if (generic.getNumDpsInputs() > 1 || llvm::is_contained(outMaps, identity)) {
    dropInput(generic, generic.getNumDpsInputs() - 1);
    space.getDefiningOp()->erase();
  }
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(*generic.getBody())))
    if (isOpTriviallyDead(&op))
      op.erase();
  return generic;
}
