//===- ExpressionIndexing.cpp - x[1:3, None] as operations ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Frontend/ExpressionEvaluator.h"

using namespace mlir;
using namespace symc;

AttributeArgument ExprBuilder::sizes(StringRef name, uint32_t i, ArrayRef<AffineExpr> sizes) {
  AttributeArgument out{view(name), rangeOf(i), {}};
  out.value.kind = Literal::List;
  out.value.range = rangeOf(i);
  for (AffineExpr size : sizes) {
    Literal item;
    item.kind = Literal::Size;
    item.range = out.value.range;
    item.size = size;
    out.value.items.push_back(item);
  }
  return out;
}

AttributeArgument ExprBuilder::bounds(StringRef name, uint32_t i, ArrayRef<std::optional<int64_t>> bounds) {
  AttributeArgument out{view(name), rangeOf(i), {}};
  out.value.kind = Literal::List;
  out.value.range = rangeOf(i);
  for (std::optional<int64_t> bound : bounds) {
    Literal item;
    item.kind = bound ? Literal::Integer : Literal::Null;
    item.range = out.value.range;
    item.integer = bound.value_or(0);
    out.value.items.push_back(item);
  }
  return out;
}

/// A bound of a slice along a dimension of `size`: an integer, or a size that differs from it by a constant; nothing
/// where it is left out or is the size itself.
bool ExprBuilder::wantBound(uint32_t i, AffineExpr size, std::optional<int64_t> &bound) {
  const Part &part = parts[i];
  bound = std::nullopt;
  if (part.kind == Part::None)
    return true;
  if (part.kind == Part::Number && !part.isReal) {
    bound = part.integer;
  } else if (part.kind == Part::Size) {
    std::optional<int64_t> constant = constantValue(Size(part.size) - size);
    if (!constant || *constant > 0) {
      error(i, code::SymbolicSize,
            "the bound " + quoted(textOf(i)) + " of a dimension of size " + printDim(size) +
                " is not known at compile time",
            "a bound is an integer; -1 counts from the end");
      return false;
    }
    if (*constant != 0)
      bound = *constant;
    return true;
  } else {
    if (part.kind == Part::Tensor)
      error(i, code::ExprIndex, "a tensor cannot be an index", "use gather");
    else if (part.kind != Part::Bad)
      error(i, code::ExprIndex, said(i) + " is not an index", "an index is an integer, a slice, '...' or None");
    return false;
  }
  std::optional<int64_t> extent = constantValue(size);
  if (extent && (*bound < -*extent || *bound > *extent)) {
    error(i, code::IndexOutOfRange,
          "the bound " + std::to_string(*bound) + " is outside a dimension of size " + std::to_string(*extent),
          "nothing is clamped silently");
    return false;
  }
  return true;
}

Part ExprBuilder::evaluateIndex(uint32_t i) {
  Part out;
  Slice<uint32_t> entries = expression.partsOf(node(i));
  uint32_t x = entries[0];
  if (parts[x].kind == Part::Bad)
    return out;
  if (parts[x].kind != Part::Tensor || parts[x].values.size() != 1) {
    error(x, code::ExprOperand, "only a tensor has elements, not " + quoted(textOf(x)));
    return out;
  }
  Value value = parts[x].values[0];
  Dims dims = dimsOf(value);
  size_t rank = dims.size(), used = 0, ellipses = 0;
  for (size_t k = 1; k < entries.size(); ++k) {
    ellipses += parts[entries[k]].kind == Part::Ellipsis;
    used += parts[entries[k]].kind != Part::Ellipsis && parts[entries[k]].kind != Part::None;
    if (ellipses > 1) {
      error(entries[k], code::ExprIndex, "an index has at most one '...'");
      return out;
    }
  }
  if (used > rank) {
    error(i, code::ExprIndex,
          std::to_string(used) + " indices, but " + printType(value.getType()) + " has rank " + std::to_string(rank));
    return out;
  }
  OpenInts start(rank), stop(rank), step(rank);
  // What becomes of the sliced axes, in order: -1 a new axis, otherwise the axis and whether it stays.
  SmallVector<std::pair<int64_t, bool>> shape;
  size_t axis = 0;
  bool slices = false, reshapes = false;
  for (size_t k = 1; k < entries.size(); ++k) {
    uint32_t entry = entries[k];
    const Part &part = parts[entry];
    if (part.kind == Part::Ellipsis) {
      for (size_t skipped = rank - used; skipped-- > 0; ++axis)
        shape.push_back({axis, true});
    } else if (part.kind == Part::None) {
      shape.push_back({-1, true});
      reshapes = true;
    } else if (part.kind == Part::Slice) {
      if (!wantBound(child(entry, 0), dims[axis], start[axis]) || !wantBound(child(entry, 1), dims[axis], stop[axis]))
        return out;
      const Part &stride = parts[child(entry, 2)];
      if (stride.kind == Part::Number && !stride.isReal && stride.integer != 0) {
        step[axis] = stride.integer;
      } else if (stride.kind != Part::None) {
        if (stride.kind != Part::Bad)
          error(child(entry, 2), code::ExprIndex, "the step of a slice is an integer other than 0");
        return out;
      }
      slices |= start[axis] || stop[axis] || step[axis];
      shape.push_back({axis++, true});
    } else {
      std::optional<int64_t> index;
      if (!wantBound(entry, dims[axis], index))
        return out;
      std::optional<int64_t> extent = constantValue(dims[axis]);
      // The largest integer is no index: what it is one of would have one more element.
      if (!index || *index == INT64_MAX || (extent && *index >= *extent)) {
        error(entry, code::IndexOutOfRange,
              "the index " + textOf(entry) + " is outside a dimension of size " + printDim(dims[axis]));
        return out;
      }
      start[axis] = index;
      if (*index != -1)
        stop[axis] = *index + 1;
      slices = reshapes = true;
      shape.push_back({axis++, false});
    }
  }
  for (; axis < rank; ++axis)
    shape.push_back({axis, true});
  out.kind = Part::Tensor;
  out.values = {value};
  if (slices) {
    Operand operands[] = {tensorOperand(x, value)};
    SmallVector<AttributeArgument> attributes{bounds("start", i, start), bounds("stop", i, stop)};
    if (llvm::any_of(step, [](std::optional<int64_t> s) { return s.has_value(); }))
      attributes.push_back(bounds("step", i, step));
    out = makeOp(i, "slice", operands, attributes, !reshapes);
    if (out.kind != Part::Tensor)
      return out;
  }
  if (!reshapes)
    return out;
  Dims sliced = dimsOf(out.values[0]), target;
  for (auto [from, stays] : shape)
    if (stays)
      target.push_back(from < 0 ? constantDim(context.context, 1) : sliced[from]);
  Operand operands[] = {tensorOperand(x, out.values[0])};
  return makeOp(i, "reshape", operands, {sizes("shape", i, target)});
}
