//===- ExpressionIndexing.cpp - x[1:3, None] as operations ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Frontend/ExpressionEvaluator.h"

using namespace mlir;
using namespace symc;

AttributeArgument ExprBuilder::sizes(StringRef name, uint32_t i, ArrayRef<Dim> sizes) {
  AttributeArgument out{view(name), rangeOf(i), {}};
  out.value.kind = Literal::List;
  out.value.range = rangeOf(i);
  for (Dim size : sizes) {
    Literal item;
    item.kind = Literal::Size;
    item.range = out.value.range;
    item.size = size;
    out.value.items.push_back(item);
  }
  return out;
}

AttributeArgument ExprBuilder::bounds(StringRef name, uint32_t i, ArrayRef<std::optional<Dim>> bounds) {
  AttributeArgument out{view(name), rangeOf(i), {}};
  out.value.kind = Literal::List;
  out.value.range = rangeOf(i);
  for (std::optional<Dim> bound : bounds) {
    Literal item;
    std::optional<int64_t> number = bound ? constantValue(*bound) : std::nullopt;
    item.kind = number ? Literal::Integer : bound ? Literal::Size : Literal::Null;
    item.range = out.value.range;
    item.integer = number.value_or(0);
    item.size = bound.value_or(Dim());
    out.value.items.push_back(item);
  }
  return out;
}

/// A bound of a slice, or an index, along a dimension of `size`: an integer or an expression in the dimensions; nothing
/// where it is left out.
bool ExprBuilder::wantBound(uint32_t i, Dim size, std::optional<Dim> &bound) {
  const Part &part = parts[i];
  bound = std::nullopt;
  if (part.kind == Part::None)
    return true;
  if (part.kind == Part::Number && !part.isReal) {
    bound = constantDim(context.context, part.integer);
  } else if (part.kind == Part::Size) {
    bound = part.size;
  } else {
    if (part.kind == Part::Tensor)
      error(i, code::ExprIndex, "a tensor cannot be an index", "use gather");
    else if (part.kind != Part::Bad)
      error(i, code::ExprIndex, said(i) + " is not an index",
            part.kind == Part::Pending ? "sums and products of sizes are, and '//' and '%' by a constant"
                                       : "an index is an integer, a slice, '...' or None");
    return false;
  }
  std::optional<int64_t> extent = constantValue(size), number = constantValue(*bound);
  std::optional<int64_t> behind = constantValue(*bound - size);
  bool outside = extent && number ? *number < -*extent || *number > *extent : behind && *behind > 0;
  if (!outside)
    return true;
  error(i, code::IndexOutOfRange,
        "the bound " + (number ? std::to_string(*number) : quoted(textOf(i))) + " is outside a dimension of size " +
            printDim(size),
        "nothing is clamped silently");
  return false;
}

/// An index of a tensor: a slice, and another shape where an entry adds an axis or takes one away.
class ExprBuilder::TensorIndex {
public:
  TensorIndex(ExprBuilder &builder, uint32_t i, Value value)
      : builder(builder), i(i), value(value), dims(dimsOf(value)), entries(builder.expression.partsOf(builder.node(i))),
        start(dims.size()), stop(dims.size()), step(dims.size()) {}

  Part build();

private:
  bool checkEntries();
  bool take(uint32_t entry);
  bool takeSlice(uint32_t entry);
  bool takeElement(uint32_t entry);
  Part slice();
  Part reshape(Value sliced);

  void keepAxes(size_t count) {
    for (; count-- > 0; ++axis)
      shape.push_back({axis, true});
  }
  const Part &part(uint32_t entry) const { return builder.parts[entry]; }

  ExprBuilder &builder;
  uint32_t i;
  Value value;
  Dims dims;
  Slice<uint32_t> entries; // behind the tensor
  size_t used = 0;         // the axes that entries speak of
  size_t axis = 0;         // that the next entry speaks of
  OpenBounds start, stop, step;
  // What becomes of the sliced axes, in order: -1 a new axis, otherwise the axis and whether it stays.
  SmallVector<std::pair<int64_t, bool>> shape;
  bool slices = false, reshapes = false;
};

Part ExprBuilder::TensorIndex::build() {
  if (!checkEntries())
    return Part();
  for (size_t k = 1; k < entries.size(); ++k)
    if (!take(entries[k]))
      return Part();
  keepAxes(dims.size() - axis);
  Part out;
  out.kind = Part::Tensor;
  out.values = {value};
  if (slices)
    out = slice();
  return reshapes && out.kind == Part::Tensor ? reshape(out.values[0]) : out;
}

bool ExprBuilder::TensorIndex::checkEntries() {
  size_t ellipses = 0;
  for (size_t k = 1; k < entries.size(); ++k) {
    Part::Kind kind = part(entries[k]).kind;
    ellipses += kind == Part::Ellipsis;
    used += kind != Part::Ellipsis && kind != Part::None;
    if (ellipses > 1) {
      builder.error(entries[k], code::ExprIndex, "an index has at most one '...'");
      return false;
    }
  }
  if (used <= dims.size())
    return true;
  builder.error(i, code::ExprIndex,
                std::to_string(used) + " indices, but " + printType(value.getType()) + " has rank " +
                    std::to_string(dims.size()));
  return false;
}

bool ExprBuilder::TensorIndex::take(uint32_t entry) {
  switch (part(entry).kind) {
  case Part::Ellipsis:
    keepAxes(dims.size() - used);
    return true;
  case Part::None:
    shape.push_back({-1, true});
    reshapes = true;
    return true;
  case Part::Slice:
    return takeSlice(entry);
  default:
    return takeElement(entry);
  }
}

bool ExprBuilder::TensorIndex::takeSlice(uint32_t entry) {
  if (!builder.wantBound(builder.child(entry, 0), dims[axis], start[axis]) ||
      !builder.wantBound(builder.child(entry, 1), dims[axis], stop[axis]))
    return false;
  const Part &stride = part(builder.child(entry, 2));
  if (stride.kind == Part::Number && !stride.isReal && stride.integer != 0) {
    step[axis] = constantDim(builder.context.context, stride.integer);
  } else if (stride.kind != Part::None) {
    if (stride.kind != Part::Bad)
      builder.error(builder.child(entry, 2), code::ExprIndex, "the step of a slice is an integer other than 0");
    return false;
  }
  slices |= start[axis] || stop[axis] || step[axis];
  keepAxes(1);
  return true;
}

/// A slice of one element, whose axis goes.
bool ExprBuilder::TensorIndex::takeElement(uint32_t entry) {
  std::optional<Dim> index;
  if (!builder.wantBound(entry, dims[axis], index))
    return false;
  std::optional<int64_t> number = index ? constantValue(*index) : std::nullopt;
  std::optional<int64_t> behind = index ? constantValue(*index - dims[axis]) : std::nullopt;
  // The largest integer is no index: what it is one of would have one more element.
  if (!index || number == INT64_MAX || (behind && *behind >= 0)) {
    builder.error(entry, code::IndexOutOfRange,
                  "the index " + builder.textOf(entry) + " is outside a dimension of size " + printDim(dims[axis]));
    return false;
  }
  // What is behind an element that counts from the end may count from the front, so that a symbolic one always does.
  if (!number && isNonNegative(*index * -1))
    index = dims[axis] + *index;
  start[axis] = index;
  if (number != -1)
    stop[axis] = *index + 1;
  slices = reshapes = true;
  shape.push_back({axis++, false});
  return true;
}

Part ExprBuilder::TensorIndex::slice() {
  Operand operands[] = {builder.tensorOperand(entries[0], value)};
  SmallVector<AttributeArgument> attributes{builder.bounds("start", i, start), builder.bounds("stop", i, stop)};
  if (llvm::any_of(step, [](std::optional<Dim> s) { return s.has_value(); }))
    attributes.push_back(builder.bounds("step", i, step));
  return builder.makeOp(i, "slice", operands, attributes, !reshapes);
}

Part ExprBuilder::TensorIndex::reshape(Value sliced) {
  Dims from = dimsOf(sliced), target;
  for (auto [source, stays] : shape)
    if (stays)
      target.push_back(source < 0 ? constantDim(builder.context.context, 1) : from[source]);
  Operand operands[] = {builder.tensorOperand(entries[0], sliced)};
  return builder.makeOp(i, "reshape", operands, {builder.sizes("shape", i, target)});
}

Part ExprBuilder::evaluateIndex(uint32_t i) {
  uint32_t x = child(i, 0);
  if (parts[x].kind == Part::Bad)
    return Part();
  if (parts[x].kind != Part::Tensor || withoutUnnamed(parts[x].values).size() != 1) {
    error(x, code::ExprOperand, "only a tensor has elements, not " + quoted(textOf(x)));
    return Part();
  }
  return TensorIndex(*this, i, parts[x].values[0]).build();
}
