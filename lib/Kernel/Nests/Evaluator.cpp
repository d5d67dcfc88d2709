//===- Evaluator.cpp - Elements of a kernel's tensors ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/Nests/Evaluator.h"
#include "dialects/sym/Expr.h"
#include "dialects/sym/NodeNames.h"
#include "dialects/sym/Requirements.h"
#include "dialects/sym/Shape.h"
#include "lib/Kernel/Nests/Pieces.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace symc;

Value Evaluator::element(Value tensor, ArrayRef<Index> index) {
  Key key{tensor.getAsOpaquePointer()};
  for (const Index &i : index)
    i.appendKey(key);
  if (auto known = elements.find(key); known != elements.end())
    return known->second;
  Value value = compute(tensor, index);
  elements[key] = value;
  return value;
}

Value Evaluator::materialize(const LinearForm &form) {
  Key key;
  Index(form).appendKey(key);
  if (auto known = values.find(key); known != values.end())
    return known->second;
  auto size = [&](Dim expr) {
    OpBuilder start = OpBuilder::atBlockBegin(&memory.kernel.getBody().front());
    return materializeDim(start, loc, memory.kernel, expr);
  };
  Value sum;
  auto add = [&](Value term) { sum = sum ? arith::AddIOp::create(b, loc, sum, term).getResult() : term; };
  for (auto [loop, coef] : llvm::enumerate(form.coefs))
    if (constantValue(coef) != 0) {
      Value iteration = source.loop(loop);
      add(isOne(coef) ? iteration : arith::MulIOp::create(b, loc, iteration, size(coef)).getResult());
    }
  if (!sum || constantValue(form.base) != 0)
    add(size(form.base));
  values[key] = sum;
  return sum;
}

Value Evaluator::compute(Value tensor, ArrayRef<Index> index) {
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
  if (auto reduction = dyn_cast<ReductionOpInterface>(op))
    return finished(reduction, index);
  if (auto splat = dyn_cast<sym::ConstantOp>(op))
    return constant(splat);
  ElementBuilder e{b, loc, [&](unsigned operand, ArrayRef<Index> at) { return element(op->getOperand(operand), at); },
                   [&](const LinearForm &form) { return materialize(form); },
                   [&](Value ok, Value value, Value bound, std::string message) {
                     bool saysNode = isa<sym::AssertOp>(op) && !op->hasAttr(kChecksSize); // an assertion of the file
                     if (StringRef node = nodeName(op->getLoc()); !node.empty() && !saysNode)
                       message += ", in node '" + node.str() + "'";
                     int64_t code = internCheck(memory.kernel->getParentOfType<ModuleOp>(), message);
                     kernel::CheckOp::create(b, loc, ok, value, bound, checkArgument(memory.kernel),
                                             b.getI64IntegerAttr(code));
                   }};
  if (auto reshape = dyn_cast<sym::ReshapeOp>(op))
    return reshaped(reshape, e, index);
  if (Value value = inOnePiece(op, e, index))
    return value;
  return cast<ElementOpInterface>(op).buildElement(e, index);
}

Value Evaluator::load(Value buffer, ArrayRef<Index> index) {
  if (Value value = source.read(buffer, index))
    return value;
  SmallVector<Value> at;
  for (const Index &i : index)
    at.push_back(i.form() ? materialize(*i.form()) : i.computed());
  return memref::LoadOp::create(b, loc, buffer, at);
}

Value Evaluator::constant(sym::ConstantOp op) {
  auto value = cast<DenseElementsAttr>(op.getValue());
  return arith::ConstantOp::create(b, loc, bodyNumber(value.getSplatValue<TypedAttr>()));
}

/// A reduction's result at an index that may hold the reduced axes as size 1.
Value Evaluator::finished(ReductionOpInterface reduction, ArrayRef<Index> index) {
  Indices at;
  for (auto [axis, i] : llvm::enumerate(index))
    if (!reduction.keepsAxes() || !llvm::is_contained(reduction.getReducedAxes(), static_cast<int64_t>(axis)))
      at.push_back(i);
  SmallVector<Value> accumulator;
  for (Value buffer : memory.accumulators.at(reduction))
    accumulator.push_back(load(buffer, at));
  return reduction.buildFinish(b, loc, accumulator);
}

/// Axes of size 1 come and go; anything else goes through the row-major position.
Value Evaluator::reshaped(sym::ReshapeOp reshape, ElementBuilder &e, ArrayRef<Index> index) {
  Dims from = dimsOf(reshape.getX()), to = dimsOf(reshape.getOut());
  auto isUnit = [](Dim size) { return isOne(size); };
  Dims fromCore(llvm::make_filter_range(from, std::not_fn(isUnit))),
      toCore(llvm::make_filter_range(to, std::not_fn(isUnit)));
  Indices source;
  if (sameDims(fromCore, toCore)) {
    Indices core;
    for (auto [size, i] : llvm::zip_equal(to, index))
      if (!isOne(size))
        core.push_back(i);
    size_t next = 0;
    for (Dim size : from)
      source.push_back(isOne(size) ? e.number(0) : core[next++]);
    return element(reshape.getX(), source);
  }
  Index place = e.number(0);
  for (auto [size, i] : llvm::zip_equal(to, index))
    place = e.add(e.mul(place, size), i);
  Value position = e.value(place);
  source.resize(from.size());
  for (size_t axis = from.size(); axis-- > 0;) {
    Value size = e.dim(from[axis]);
    source[axis] = axis ? arith::RemUIOp::create(b, loc, position, size).getResult() : position;
    position = arith::DivUIOp::create(b, loc, position, size);
  }
  return element(reshape.getX(), source);
}

/// An element of pieces side by side where all iterations of a loop stay inside of one of them; null elsewhere.
Value Evaluator::inOnePiece(Operation *op, ElementBuilder &e, ArrayRef<Index> index) {
  std::optional<Pieces> pieces = source.size ? Pieces::of(op) : std::nullopt;
  const LinearForm *form = pieces ? index[pieces->axis].form() : nullptr;
  if (!form)
    return {};
  std::optional<unsigned> loop = (*form - LinearForm::size(form->base)).asLoop();
  if (!loop)
    return {};
  const Pieces::Piece *piece = pieces->holding(form->base, form->base + source.size(*loop));
  if (!piece)
    return {};
  if (!piece->input) {
    auto place = cast<sym::PlaceOp>(op);
    return literal(zeroElement(e, elementOf(place.getOut())), place.getValue()).value;
  }
  Indices local(index);
  local[pieces->axis] = *form - LinearForm::size(piece->begin);
  return element(piece->input, local);
}
