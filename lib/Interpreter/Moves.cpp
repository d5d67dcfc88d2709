//===- Moves.cpp - Constants, and elements in other places ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Rules.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

//===----------------------------------------------------------------------===//
// What families share
//===----------------------------------------------------------------------===//

Array interpreter::taken(const Array &x, Sizes sizes, llvm::function_ref<int64_t(Place)> source) {
  Array out(x.element, std::move(sizes));
  forEachPlace(out.sizes, [&](Place place, int64_t i) {
    if (int64_t j = source(place); j >= 0)
      out.copy(i, x, j);
  });
  return out;
}

Array interpreter::transposed(const Array &x, ArrayRef<int64_t> axes) {
  Sizes sizes, place(x.sizes.size(), 0);
  for (int64_t axis : axes)
    sizes.push_back(x.sizes[axis]);
  return taken(x, sizes, [&](Place to) {
    for (auto [i, axis] : llvm::enumerate(axes))
      place[axis] = to[i];
    return x.at(place);
  });
}

Array interpreter::broadcast(const Array &x, ArrayRef<int64_t> sizes) {
  size_t added = sizes.size() - x.sizes.size();
  Sizes place(x.sizes.size(), 0);
  return taken(x, Sizes(sizes), [&](Place to) {
    for (size_t axis = 0; axis < x.sizes.size(); ++axis)
      place[axis] = x.sizes[axis] == 1 ? 0 : to[axis + added];
    return x.at(place);
  });
}

Array interpreter::imageToNHWC(const Array &x, sym::Layout layout) {
  if (layout == sym::Layout::NHWC)
    return x;
  Sizes axes{0};
  for (int64_t axis = 2; axis < x.rank(); ++axis)
    axes.push_back(axis);
  axes.push_back(1);
  return transposed(x, axes);
}

Array interpreter::imageFromNHWC(const Array &x, sym::Layout layout) {
  if (layout == sym::Layout::NHWC)
    return x;
  Sizes axes{0, x.rank() - 1};
  for (int64_t axis = 1; axis + 1 < x.rank(); ++axis)
    axes.push_back(axis);
  return transposed(x, axes);
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

static Array constant(sym::ConstantOp op, Scope &s) {
  Array out = s.zeros(op.getOut());
  auto elements = cast<DenseElementsAttr>(op.getValue());
  int64_t i = 0;
  if (out.isReal()) {
    for (APFloat value : elements.getValues<APFloat>()) {
      bool losesInfo;
      value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
      out.reals[i++] = value.convertToDouble();
    }
    return out;
  }
  bool isUnsigned = out.element.isUnsignedInteger() || out.element.isInteger(1);
  for (const APInt &value : elements.getValues<APInt>())
    out.set(i++, isUnsigned ? static_cast<Wide>(value.getZExtValue()) : static_cast<Wide>(value.getSExtValue()));
  return out;
}

void interpreter::setNumber(Array &out, int64_t i, TypedAttr number) {
  if (auto real = dyn_cast<FloatAttr>(number))
    return out.set(i, real.getValueAsDouble());
  APInt value = cast<IntegerAttr>(number).getValue();
  bool isUnsigned = out.element.isUnsignedInteger() || out.element.isInteger(1);
  out.set(i, isUnsigned ? static_cast<Wide>(value.getZExtValue()) : static_cast<Wide>(value.getSExtValue()));
}

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

/// out[i] = x[offsets + i * steps]
static Array cropped(Scope &s, const Array &x, ArrayRef<int64_t> offsets, ArrayRef<int64_t> steps, Sizes sizes) {
  Sizes from(x.sizes);
  return taken(x, std::move(sizes), [&](Place place) -> int64_t {
    for (size_t axis = 0; axis < from.size(); ++axis) {
      from[axis] = offsets[axis] + place[axis] * steps[axis];
      if (from[axis] < 0 || from[axis] >= x.sizes[axis]) {
        s.fail("a slice leaves the tensor");
        return -1;
      }
    }
    return x.at(from);
  });
}

static Array crop(sym::CropOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Sizes sizes = s.sizes(op.getSizes().getExprs()), offsets = s.sizes(op.getOffsets().getExprs());
  for (int64_t axis = 0; axis < x.rank(); ++axis)
    if (op.getNeeded() && x.sizes[axis] < (*op.getNeeded())[axis]) {
      s.fail("a slice leaves the tensor");
      return Array();
    }
  return cropped(s, x, offsets, op.getSteps(), sizes);
}

/// Where a slice starts that begins at `bound` of an axis with so many elements: a negative number counts from the end,
/// and so does an expression that is 0 or less whatever the dimensions are.
static int64_t startAt(Scope &s, Dim bound, int64_t size) {
  int64_t start = s.size(bound);
  bool fromEnd = bound.isConstant() ? start < 0 : isNonNegative(bound * -1);
  return fromEnd ? start + size : start;
}

/// As many elements as the type says.
static Array slice(sym::SliceOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Sizes offsets, steps, sizes = s.sizes(op.getOut().getType());
  for (int64_t axis = 0; axis < x.rank(); ++axis) {
    std::optional<int64_t> step = op.getStep() ? (*op.getStep())[axis] : std::nullopt;
    std::optional<Dim> start = op.getStart() ? (*op.getStart())[axis] : std::nullopt;
    int64_t size = x.sizes[axis];
    steps.push_back(step.value_or(1));
    offsets.push_back(start ? startAt(s, *start, size) : steps.back() > 0 ? 0 : size - 1);
  }
  return cropped(s, x, offsets, steps, sizes);
}

static Array place(sym::PlaceOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Array out = s.zeros(op.getOut());
  TypedAttr outside = Number(op.getValue()).as(out.element);
  for (int64_t i = 0, n = out.count(); i < n; ++i)
    setNumber(out, i, outside);
  Sizes offsets = s.sizes(op.getOffsets().getExprs()), to(x.sizes);
  forEachPlace(x.sizes, [&](Place from, int64_t i) {
    for (size_t axis = 0; axis < to.size(); ++axis)
      to[axis] = offsets[axis] + from[axis] * op.getSteps()[axis];
    out.copy(out.at(to), x, i);
  });
  return out;
}

static Array pad(sym::PadOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Array out = s.zeros(op.getOut());
  ArrayRef<int64_t> widths = op.getPadWidth();
  Sizes from(x.sizes);
  forEachPlace(out.sizes, [&](Place to, int64_t i) {
    bool inside = true;
    for (int64_t axis = 0; axis < x.rank(); ++axis) {
      int64_t at = to[axis] - widths[2 * axis], last = x.sizes[axis] - 1;
      bool beyond = at < 0 || at > last;
      inside &= !beyond;
      if (op.getMode() == sym::PadMode::edge)
        at = std::clamp<int64_t>(at, 0, last);
      else if (op.getMode() == sym::PadMode::reflect)
        at = at < 0 ? -at : at > last ? 2 * last - at : at;
      if (!inside && op.getMode() != sym::PadMode::constant && (at < 0 || at > last)) {
        s.fail("padding reaches farther than the tensor");
        return;
      }
      from[axis] = at;
    }
    if (inside || op.getMode() != sym::PadMode::constant)
      out.copy(i, x, x.at(from));
    else
      setNumber(out, i, Number(op.getConstantValues()).as(out.element));
  });
  return out;
}

/// Elements moved along an axis, those that leave coming in on the other side.
static Array rolled(const Array &x, int64_t shift, int64_t axis) {
  Sizes from(x.sizes);
  return taken(x, x.sizes, [&](Place place) {
    llvm::copy(place, from.begin());
    from[axis] = llvm::mod(place[axis] - llvm::mod(shift, x.sizes[axis]), x.sizes[axis]);
    return x.at(from);
  });
}

static Array roll(sym::RollOp op, Scope &s) {
  const Array &x = s[op.getX()];
  ArrayRef<int64_t> shifts = op.getShift();
  if (!op.getAxis()) {
    int64_t shift = 0;
    for (int64_t part : shifts)
      shift += part;
    return x.count() ? rolled(x.withSizes({x.count()}), shift, 0).withSizes(x.sizes) : x;
  }
  Array out = x;
  for (auto [i, axis] : llvm::enumerate(*op.getAxis()))
    out = x.count() ? rolled(out, shifts[shifts.size() == 1 ? 0 : i], fromFront(axis, x.rank())) : out;
  return out;
}

template <class Op> static Array triangle(Op op, Scope &s, bool lower) {
  const Array &x = s[op.getX()];
  return taken(x, x.sizes, [&](Place place) {
    int64_t diagonal = place.back() - place[place.size() - 2], k = op.getK();
    return (lower ? diagonal <= k : diagonal >= k) ? x.at(place) : -1;
  });
}

static Array reverse(sym::ReverseOp op, Scope &s) {
  const Array &x = s[op.getX()];
  llvm::BitVector axes = axesOf(op.getAxis(), x.rank());
  Sizes from(x.sizes);
  return taken(x, x.sizes, [&](Place place) {
    for (int64_t axis = 0; axis < x.rank(); ++axis)
      from[axis] = axes.test(axis) ? x.sizes[axis] - 1 - place[axis] : place[axis];
    return x.at(from);
  });
}

static Array tile(sym::TileOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Sizes sizes = s.sizes(op.getOut().getType()), from(x.sizes);
  size_t added = sizes.size() - x.sizes.size();
  return taken(x, sizes, [&](Place place) {
    for (size_t axis = 0; axis < from.size(); ++axis)
      from[axis] = place[axis + added] % x.sizes[axis];
    return x.at(from);
  });
}

//===----------------------------------------------------------------------===//
// Several operands or results
//===----------------------------------------------------------------------===//

/// Copies `part` to where it begins along an axis of `whole`; with `back`, the other way round.
static void moveAlong(Array &whole, Array &part, int64_t axis, int64_t offset, bool back = false) {
  Sizes at(whole.sizes);
  forEachPlace(part.sizes, [&](Place place, int64_t i) {
    llvm::copy(place, at.begin());
    at[axis] += offset;
    if (back)
      part.copy(i, whole, whole.at(at));
    else
      whole.copy(whole.at(at), part, i);
  });
}

static Array concat(sym::ConcatOp op, Scope &s) {
  Array out = s.zeros(op.getOut());
  int64_t axis = fromFront(op.getAxis(), out.rank()), offset = 0;
  for (Value input : op.getInputs()) {
    Array part = s[input];
    moveAlong(out, part, axis, offset);
    offset += part.sizes[axis];
  }
  return out;
}

static Array stack(sym::StackOp op, Scope &s) {
  Array out = s.zeros(op.getOut());
  int64_t axis = fromFront(op.getAxis(), out.rank()), offset = 0;
  for (Value input : op.getInputs()) {
    Array part = s[input];
    part.sizes.insert(part.sizes.begin() + axis, 1);
    moveAlong(out, part, axis, offset++);
  }
  return out;
}

static Results split(sym::SplitOp op, Scope &s) {
  Array x = s[op.getX()];
  int64_t axis = fromFront(op.getAxis(), x.rank()), offset = 0;
  Results parts;
  for (Value out : op.getOuts()) {
    parts.push_back(s.zeros(out));
    moveAlong(x, parts.back(), axis, offset, /*back=*/true);
    offset += parts.back().sizes[axis];
  }
  return parts;
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

/// The same elements under the sizes of the result.
template <class Op> static Array renamed(Op op, Scope &s) {
  return s[op.getX()].withSizes(s.sizes(op.getOut().getType()));
}

void interpreter::addMoveRules(Rules &rules) {
  rules.addExact(constant);
  rules.addExact(crop);
  rules.addExact(slice);
  rules.addExact(place);
  rules.addExact(pad);
  rules.addExact(roll);
  rules.addExact(reverse);
  rules.addExact(tile);
  rules.addExact(concat);
  rules.addExact(stack);
  rules.addExact(renamed<sym::ReshapeOp>);
  rules.addExact(renamed<sym::SqueezeOp>);
  rules.addExact(renamed<sym::ExpandDimsOp>);
  rules.add<sym::SplitOp>(split, Computes::Exactly);
  rules.add<sym::SizeOp>(
      [](sym::SizeOp op, Scope &s) {
        Array out = s.zeros(op.getOut());
        out.set(0, s.size(op.getSize().getExprs().front()));
        return out;
      },
      Computes::Exactly);
  rules.add<sym::BroadcastToOp>(
      [](sym::BroadcastToOp op, Scope &s) { return broadcast(s[op.getX()], s.sizes(op.getOut().getType())); },
      Computes::Exactly);
  rules.add<sym::TransposeOp>(
      [](sym::TransposeOp op, Scope &s) {
        const Array &x = s[op.getX()];
        Sizes axes;
        for (int64_t axis = 0; axis < x.rank(); ++axis)
          axes.push_back(op.getAxes() ? fromFront((*op.getAxes())[axis], x.rank()) : x.rank() - 1 - axis);
        return transposed(x, axes);
      },
      Computes::Exactly);
  rules.add<sym::RotateOp>(
      [](sym::RotateOp op, Scope &s) {
        return s[op.getX()].count() ? rolled(s[op.getX()], op.getShift(), op.getAxis()) : s[op.getX()];
      },
      Computes::Exactly);
  rules.add<sym::TrilOp>([](sym::TrilOp op, Scope &s) { return triangle(op, s, true); }, Computes::Exactly);
  rules.add<sym::TriuOp>([](sym::TriuOp op, Scope &s) { return triangle(op, s, false); }, Computes::Exactly);
}
