//===- Window.cpp - Windows that slide over the axes of an image ----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Window.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

FailureOr<SmallVector<int64_t>> symc::perAxis(std::optional<Location> loc, StringRef name, ArrayRef<int64_t> values,
                                              size_t axes) {
  if (values.size() != 1 && values.size() != axes)
    return LogicalResult(emitOptionalError(loc, "S0306: '", name, "' has ", values.size(), " entries, but there ",
                                           axes == 1 ? "is one window axis" : "are ",
                                           axes == 1 ? "" : std::to_string(axes) + " window axes"));
  // The bound keeps products of two of them from overflowing.
  constexpr int64_t largest = 1 << 30;
  for (int64_t value : values)
    if (value < 1 || value > largest)
      return LogicalResult(emitOptionalError(loc, "S0306: '", name, "' must be ", value < 1 ? "1 or more" : "at most ",
                                             value < 1 ? "" : std::to_string(largest), ", not ", value));
  SmallVector<int64_t> result(values);
  result.resize(axes, values[0]);
  return result;
}

WindowAttributes symc::windowAttributes(OpBuilder &b, ArrayRef<WindowAxis> windows) {
  SmallVector<int64_t> sizes, strides, dilations;
  Dims padding;
  for (const WindowAxis &axis : windows) {
    sizes.push_back(axis.size);
    strides.push_back(axis.stride);
    dilations.push_back(axis.dilation);
    padding.append({axis.before, axis.after});
  }
  bool dilated = llvm::any_of(dilations, [](int64_t dilation) { return dilation != 1; });
  return {b.getDenseI64ArrayAttr(sizes), b.getDenseI64ArrayAttr(strides), DimsAttr::get(b.getContext(), padding),
          dilated ? b.getDenseI64ArrayAttr(dilations) : DenseI64ArrayAttr()};
}

Windows WindowAttributes::axes() const {
  Windows windows;
  for (int64_t i = 0; i < sizes.size(); ++i)
    windows.push_back({sizes[i],
                       strides[i],
                       dilations ? dilations[i] : 1,
                       {},
                       {},
                       padding.getExprs()[2 * i],
                       padding.getExprs()[2 * i + 1]});
  return windows;
}

FailureOr<size_t> symc::windowAxes(std::optional<Location> loc, StringRef op, Type image) {
  int64_t rank = cast<RankedTensorType>(image).getRank();
  if (rank >= 3 && rank <= 5)
    return rank - 2;
  return LogicalResult(
      emitOptionalError(loc, "S0302: ", op, " needs an image with 3 to 5 dimensions, not ", printType(image)));
}

/// max(0, e) for e in (-bound, bound), without a maximum: floordiv tells the sign.
static Dim positivePart(Dim e, int64_t bound) {
  if (std::optional<int64_t> value = constantValue(e))
    return constantDim(e.getContext(), std::max<int64_t>(*value, 0));
  return e * (e + bound).floorDiv(bound);
}

/// Where TensorFlow's "same" puts its padding: half before, the odd one after.
static void padSame(WindowAxis &axis) {
  Dim total = (axis.out - 1) * axis.stride + axis.extent() - axis.in;
  // With windows at least as large as their stride no padding is negative; those of one element need none.
  if (axis.extent() == 1)
    total = constantDim(axis.in.getContext(), 0);
  else if (axis.extent() < axis.stride)
    total = positivePart(total, axis.stride);
  else if (std::optional<int64_t> value = constantValue(total))
    total = constantDim(axis.in.getContext(), std::max<int64_t>(*value, 0)); // of an empty axis
  axis.before = total.floorDiv(2);
  axis.after = total - axis.before;
}

/// The explicit amounts, checked.
static LogicalResult checkPadding(std::optional<Location> loc, PaddingAttr padding, size_t axes) {
  if (padding.getKind() != PaddingKind::explicit_)
    return success();
  if (padding.getAmounts().size() != 2 * axes)
    return emitOptionalError(loc, "S0306: 'padding' has ", padding.getAmounts().size() / 2,
                             " pairs [before, after], but there are ", axes, " window axes");
  for (int64_t amount : padding.getAmounts())
    if (amount < 0)
      return emitOptionalError(loc, "S0306: 'padding' must not be negative, not ", amount);
  return success();
}

FailureOr<Windows> symc::makeWindows(std::optional<Location> loc, Type image, ArrayRef<Dim> in, ArrayRef<int64_t> sizes,
                                     ArrayRef<int64_t> strides, ArrayRef<int64_t> dilations, PaddingAttr padding) {
  if (failed(checkPadding(loc, padding, in.size())))
    return failure();
  Windows windows;
  for (size_t i = 0; i < in.size(); ++i) {
    WindowAxis axis{sizes[i], strides[i], dilations[i], in[i], {}, {}, {}};
    MLIRContext *context = in[i].getContext();
    if (padding.getKind() == PaddingKind::same) {
      axis.out = axis.in.ceilDiv(axis.stride);
      padSame(axis);
      windows.push_back(axis);
      continue;
    }
    bool valid = padding.getKind() == PaddingKind::valid;
    axis.before = constantDim(context, valid ? 0 : padding.getAmounts()[2 * i]);
    axis.after = constantDim(context, valid ? 0 : padding.getAmounts()[2 * i + 1]);
    Dim room = axis.in - axis.extent() + axis.before + axis.after;
    std::optional<int64_t> value = constantValue(room);
    if (value && *value < 0)
      return LogicalResult(emitOptionalError(loc, "S0301: a window of ", axis.extent(), " does not fit into the ",
                                             *value + axis.extent(), valid ? "" : " (with padding)",
                                             " elements along an axis of the image ", printType(image)));
    axis.out = room.floorDiv(axis.stride) + 1;
    windows.push_back(axis);
  }
  return windows;
}

SmallVector<SizeRequirement> symc::windowRequirements(Type image, ArrayRef<int64_t> extents, ArrayRef<Dim> padding) {
  SmallVector<SizeRequirement> requirements;
  for (size_t i = 0; i < extents.size(); ++i) {
    Dim in = dimOf(image, i + 1), before = padding[2 * i], after = padding[2 * i + 1];
    bool padded = constantValue(before) != 0 || constantValue(after) != 0;
    if (!constantValue(in))
      requirements.push_back({in + before + after, extents[i],
                              std::string("a window of {bound} does not fit into the {value}") +
                                  (padded ? " (with padding)" : "") + " elements along an axis of the image " +
                                  printType(image)});
  }
  return requirements;
}

FailureOr<Windows> symc::makeTransposedWindows(std::optional<Location> loc, ArrayRef<Dim> out, ArrayRef<int64_t> sizes,
                                               ArrayRef<int64_t> strides, ArrayRef<int64_t> dilations,
                                               PaddingAttr padding) {
  if (failed(checkPadding(loc, padding, out.size())))
    return failure();
  Windows windows;
  for (size_t i = 0; i < out.size(); ++i) {
    WindowAxis axis{sizes[i], strides[i], dilations[i], {}, out[i], {}, {}};
    MLIRContext *context = out[i].getContext();
    axis.before = axis.after = constantDim(context, 0);
    switch (padding.getKind()) {
    case PaddingKind::same:
      axis.in = axis.out * axis.stride;
      padSame(axis);
      break;
    case PaddingKind::valid:
      axis.in = axis.out * axis.stride + std::max<int64_t>(axis.extent() - axis.stride, 0);
      break;
    case PaddingKind::explicit_: {
      axis.before = constantDim(context, padding.getAmounts()[2 * i]);
      axis.after = constantDim(context, padding.getAmounts()[2 * i + 1]);
      Dim whole = (axis.out - 1) * axis.stride + axis.extent();
      axis.in = whole - axis.before - axis.after;
      if (std::optional<int64_t> value = constantValue(axis.in); (value && *value < 0) || isOverflown(axis.in))
        return LogicalResult(
            emitOptionalError(loc, "S0306: 'padding' takes more than the ", printDim(whole), " elements of axis ", i));
      break;
    }
    }
    windows.push_back(axis);
  }
  return windows;
}

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

static Value transposed(OpBuilder &b, Location loc, Value x, ArrayRef<int64_t> axes) {
  return TransposeOp::create(b, loc, x, b.getDenseI64ArrayAttr(axes));
}

Value symc::imageToNHWC(OpBuilder &b, Location loc, Value x, Layout layout) {
  int64_t rank = cast<RankedTensorType>(x.getType()).getRank();
  if (layout == Layout::NHWC)
    return x;
  SmallVector<int64_t> axes{0};
  llvm::append_range(axes, llvm::seq<int64_t>(2, rank));
  axes.push_back(1);
  return transposed(b, loc, x, axes);
}

Value symc::imageFromNHWC(OpBuilder &b, Location loc, Value x, Layout layout) {
  int64_t rank = cast<RankedTensorType>(x.getType()).getRank();
  if (layout == Layout::NHWC)
    return x;
  SmallVector<int64_t> axes{0, rank - 1};
  llvm::append_range(axes, llvm::seq<int64_t>(1, rank - 1));
  return transposed(b, loc, x, axes);
}

Value symc::kernelToHWIO(OpBuilder &b, Location loc, Value kernel, Layout layout) {
  int64_t rank = cast<RankedTensorType>(kernel.getType()).getRank();
  if (layout == Layout::NHWC)
    return kernel;
  SmallVector<int64_t> axes;
  llvm::append_range(axes, llvm::seq<int64_t>(2, rank));
  axes.append({1, 0});
  return transposed(b, loc, kernel, axes);
}

Dims symc::dimsToNHWC(ArrayRef<Dim> dims, Layout layout) {
  Dims result(dims);
  if (layout == Layout::NCHW)
    std::rotate(result.begin() + 1, result.begin() + 2, result.end());
  return result;
}

Dims symc::dimsFromNHWC(ArrayRef<Dim> dims, Layout layout) {
  Dims result(dims);
  if (layout == Layout::NCHW)
    std::rotate(result.begin() + 1, result.end() - 1, result.end());
  return result;
}
