//===- Convolution.cpp - Convolutional layers -----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// All of them are one of the three primitive convolutions, on NHWC and HWIO.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/Layers.h"
#include "dialects/sym/Window.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

namespace {
/// What a convolutional layer's operands and attributes amount to.
struct Geometry {
  size_t axes; // of the window
  Dims image;  // NHWC
  Dims kernel; // HWIO
  Windows windows;
  int64_t groups;
  Dims result; // NHWC
};

/// What tells the layers from each other.
struct Kind {
  const char *name;
  size_t axes;
  bool transposed, depthwise;
};
template <class Op> constexpr Kind kKind{};
template <> constexpr Kind kKind<Conv1dOp>{"conv1d", 1, false, false};
template <> constexpr Kind kKind<Conv2dOp>{"conv2d", 2, false, false};
template <> constexpr Kind kKind<Conv3dOp>{"conv3d", 3, false, false};
template <> constexpr Kind kKind<DepthwiseConv2dOp>{"depthwise_conv2d", 2, false, true};
template <> constexpr Kind kKind<ConvTranspose2dOp>{"conv_transpose2d", 2, true, false};
} // namespace

/// Sizes of a kernel in the order of HWIO; those of a depthwise one are [h, w, channels, multiplier].
static Dims kernelDims(Type kernel, const Kind &kind, Layout layout) {
  Dims dims = dimsOf(kernel);
  if (layout == Layout::NCHW) {
    std::rotate(dims.begin(), dims.begin() + 2, dims.end());
    if (!kind.depthwise)
      std::swap(dims[kind.axes], dims[kind.axes + 1]);
  }
  return dims;
}

/// Attributes that a depthwise convolution does not have.
template <class A> static auto groupsOf(A op, int) -> decltype(static_cast<int64_t>(op.getGroups())) {
  return op.getGroups();
}
template <class A> static int64_t groupsOf(A, ...) { return 1; }
template <class A> static auto filtersOf(A op, int) -> decltype(op.getFilters(), std::optional<int64_t>()) {
  return op.getFilters() ? std::optional<int64_t>(*op.getFilters()) : std::nullopt;
}
template <class A> static std::optional<int64_t> filtersOf(A, ...) { return std::nullopt; }
/// As written, or 1, which is the default.
template <class A> static auto multiplierOf(A op, int) -> decltype(op.getDepthMultiplier(), int64_t()) {
  return op.getDepthMultiplier();
}
template <class A> static int64_t multiplierOf(A, ...) { return 1; }

/// Checks `op`, an adaptor or an op, and finds its sizes.
template <class A> static FailureOr<Geometry> analyze(std::optional<Location> loc, const Kind &kind, A op) {
  Type x = op.getX().getType(), kernel = op.getKernel().getType();
  std::string layer = kind.name;
  if (failed(checkRank(loc, "the input of " + layer, x, kind.axes + 2)) ||
      failed(checkRank(loc, "the kernel of " + layer, kernel, kind.axes + 2)))
    return failure();
  Geometry g{kind.axes, dimsToNHWC(dimsOf(x), op.getLayout()), kernelDims(kernel, kind, op.getLayout()), {}, 1, {}};
  SmallVector<int64_t> sizes;
  for (size_t i = 0; i < kind.axes; ++i) {
    std::optional<int64_t> size = constantValue(g.kernel[i]);
    if (!size)
      return LogicalResult(
          emitOptionalError(loc, "S0308: the kernel of ", layer, " must have a known size, not ", printType(kernel)));
    sizes.push_back(*size);
  }
  if (failed(perAxis(loc, "kernel size", sizes, kind.axes)))
    return failure();
  if (op.getKernelSize()) {
    FailureOr<SmallVector<int64_t>> given = perAxis(loc, "kernel_size", *op.getKernelSize(), kind.axes);
    if (failed(given))
      return failure();
    if (*given != sizes)
      return LogicalResult(
          emitOptionalError(loc, "S0315: 'kernel_size' differs from the kernel, which is ", printType(kernel)));
  }

  if (kind.depthwise) {
    std::optional<int64_t> channels = constantValue(g.kernel[kind.axes]);
    if (!channels)
      return LogicalResult(
          emitOptionalError(loc, "S0308: the kernel of ", layer, " must have a known size, not ", printType(kernel)));
    if (int64_t written = multiplierOf(op, 0); written != 1 && constantValue(g.kernel[kind.axes + 1]) != written)
      return LogicalResult(
          emitOptionalError(loc, "S0315: 'depth_multiplier' is ", written, ", but the kernel is ", printType(kernel)));
    g.groups = *channels;
    g.kernel[kind.axes + 1] = g.kernel[kind.axes] * g.kernel[kind.axes + 1];
    g.kernel[kind.axes] = constantDim(x.getContext(), 1);
  } else {
    g.groups = groupsOf(op, 0);
  }
  Dim in = g.kernel[kind.axes] * g.groups, out = g.kernel[kind.axes + 1];
  std::optional<int64_t> outputs = constantValue(out);
  if (!kind.depthwise && (g.groups < 1 || (outputs && *outputs % g.groups != 0)))
    return LogicalResult(emitOptionalError(loc, "S0306: 'groups' must divide the ", printDim(out), " ",
                                           kind.transposed ? "channels" : "filters", ", and ", g.groups, " does not"));
  if (kind.transposed)
    std::swap(in, out);
  if (in != g.image.back())
    return LogicalResult(emitOptionalError(
        loc, "S0301: the kernel ", printType(kernel), " of ", layer, " takes ", printDim(in), " channels",
        g.groups > 1 && !kind.depthwise ? " (in " + std::to_string(g.groups) + " groups)" : "", ", but the input ",
        printType(x), " has ", printDim(g.image.back())));
  if (std::optional<int64_t> filters = filtersOf(op, 0); filters && constantValue(out) != *filters)
    return LogicalResult(
        emitOptionalError(loc, "S0315: 'filters' is ", *filters, ", but the kernel is ", printType(kernel)));

  FailureOr<SmallVector<int64_t>> strides = perAxis(loc, "strides", op.getStrides(), kind.axes);
  FailureOr<SmallVector<int64_t>> dilations = perAxis(loc, "dilations", op.getDilations(), kind.axes);
  if (failed(strides) || failed(dilations))
    return failure();
  ArrayRef<Dim> space = ArrayRef(g.image).slice(1, kind.axes);
  FailureOr<Windows> windows = kind.transposed
                                   ? makeTransposedWindows(loc, space, sizes, *strides, *dilations, op.getPadding())
                                   : makeWindows(loc, x, space, sizes, *strides, *dilations, op.getPadding());
  if (failed(windows))
    return failure();
  g.windows = *windows;

  if (op.getBias() && !op.getUseBias())
    return LogicalResult(emitOptionalError(loc, "S0315: a bias is given, but 'use_bias' is false"));
  if (op.getBias() && failed(checkShape(loc, "the bias of " + layer, op.getBias().getType(), {out})))
    return failure();
  if (failed(checkActivation(loc, op.getActivation(), cast<RankedTensorType>(x).getElementType())))
    return failure();
  g.result.push_back(g.image.front());
  for (const WindowAxis &axis : g.windows)
    g.result.push_back(kind.transposed ? axis.in : axis.out);
  g.result.push_back(out);
  return g;
}

template <class Op>
static LogicalResult inferLayer(std::optional<Location> loc, typename Op::Adaptor op, SmallVectorImpl<Type> &types) {
  constexpr Kind kind = kKind<Op>;
  if (failed(checkElements(loc, kind.name, op.getOperands())))
    return failure();
  FailureOr<Geometry> g = analyze(loc, kind, op);
  if (failed(g))
    return failure();
  types.push_back(tensorType(dimsFromNHWC(g->result, op.getLayout()), elementOf(op.getX())));
  return success();
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

template <class Op>
static FailureOr<SmallVector<LayerParameter>> layerParameters(Location loc, DictionaryAttr attributes,
                                                              ArrayRef<RankedTensorType> operands) {
  constexpr Kind kind = kKind<Op>;
  auto op = attributesOf<Op>(loc, attributes);
  if (failed(op))
    return failure();
  SmallVector<LayerParameter> made;
  if (operands.size() >= 2)
    return made; // a layer that is given its kernel makes nothing
  if (failed(checkLayerInput(loc, kind.name, operands)) ||
      failed(checkRank(loc, Twine("the input of ") + kind.name, operands[0], kind.axes + 2)))
    return failure();
  Layout layout = op->getLayout();
  MLIRContext *context = loc.getContext();
  Type element = operands[0].getElementType();
  int64_t biases = 0;
  FailureOr<int64_t> channels = staticSize(loc, operands[0], layout == Layout::NHWC ? kind.axes + 1 : 1);
  if (failed(channels))
    return failure();
  if (!op->getKernelSize())
    return emitError(loc, "S0311: ") << kind.name << " needs 'kernel_size' or a kernel";
  FailureOr<SmallVector<int64_t>> sizes = perAxis(loc, "kernel_size", *op->getKernelSize(), kind.axes);
  if (failed(sizes))
    return failure();
  int64_t inputs, outputs; // the last two axes of HWIO
  if constexpr (kind.depthwise) {
    inputs = *channels, outputs = op->getDepthMultiplier();
    if (outputs < 1)
      return emitError(loc, "S0306: 'depth_multiplier' must be 1 or more, not ") << outputs;
    if (llvm::MulOverflow(inputs, outputs, biases))
      return emitError(loc, "S0306: 'depth_multiplier' is too large: ") << outputs;
  } else {
    int64_t groups = groupsOf(*op, 0);
    std::optional<int64_t> filters = filtersOf(*op, 0);
    if (!filters)
      return emitError(loc, "S0311: ") << kind.name << " needs 'filters' or a kernel";
    if (*filters < 1)
      return emitError(loc, "S0306: 'filters' must be 1 or more, not ") << *filters;
    if (groups < 1 || *filters % groups != 0 || *channels % groups != 0)
      return emitError(loc, "S0306: 'groups' must divide the ")
             << *channels << " channels and the " << *filters << " filters, and " << groups << " does not";
    inputs = (kind.transposed ? *filters : *channels) / groups;
    outputs = kind.transposed ? *channels : *filters;
    biases = *filters;
  }
  double field = 1;
  for (int64_t size : *sizes)
    field *= static_cast<double>(size);
  SmallVector<int64_t> shape;
  if (layout == Layout::NCHW && !kind.depthwise)
    shape = {outputs, inputs};
  else if (layout == Layout::NCHW)
    shape = {inputs, outputs};
  shape.append(*sizes);
  if (layout == Layout::NHWC)
    shape.append({inputs, outputs});
  made.push_back({"kernel", RankedTensorType::get(shape, element),
                  glorotUniform(context, field * static_cast<double>(inputs), field * static_cast<double>(outputs))});
  if (op->getUseBias())
    made.push_back({"bias", RankedTensorType::get({biases}, element), InitAttr::get(context, InitKind::zeros)});
  return made;
}

//===----------------------------------------------------------------------===//
// Decomposition
//===----------------------------------------------------------------------===//

template <class Op> static SmallVector<Value> decomposeLayer(Op op, OpBuilder &b) {
  constexpr Kind kind = kKind<Op>;
  Location loc = op.getLoc();
  Layout layout = op.getLayout();
  Geometry g = *analyze(std::nullopt, kind, op);
  Value x = imageToNHWC(b, loc, op.getX(), layout), kernel = op.getKernel();
  if (kind.depthwise && layout == Layout::NCHW)
    kernel = TransposeOp::create(b, loc, kernel, b.getDenseI64ArrayAttr({2, 3, 0, 1}));
  else if (!kind.depthwise)
    kernel = kernelToHWIO(b, loc, kernel, layout);
  Value out;
  if (kind.transposed)
    out = convolve<ConvolutionInputOp>(b, loc, x, kernel, g.windows, g.groups, g.result);
  else
    out = convolve<ConvolutionOp>(b, loc, x, reshape(b, loc, kernel, g.kernel), g.windows, g.groups, g.result);
  // A volume in the sizes of the primitive, whose kernel takes in what follows it.
  out = reshape(b, loc, out, kind.axes == 3 ? primitiveResult(g.windows, g.result) : g.result);
  if (op.getBias())
    out = AddOp::create(b, loc, out, broadcastLike(b, loc, op.getBias(), out.getType()));
  auto activated = [&](Value x) { return applyActivation(b, loc, op.getActivation(), x); };
  if (layout == Layout::NHWC)
    return {reshape(b, loc, activated(out), g.result)};
  return {activated(imageFromNHWC(b, loc, reshape(b, loc, out, g.result), layout))};
}

SmallVector<Value> Conv1dOp::decompose(OpBuilder &b) { return decomposeLayer(*this, b); }
SmallVector<Value> Conv2dOp::decompose(OpBuilder &b) { return decomposeLayer(*this, b); }
SmallVector<Value> Conv3dOp::decompose(OpBuilder &b) { return decomposeLayer(*this, b); }
SmallVector<Value> DepthwiseConv2dOp::decompose(OpBuilder &b) { return decomposeLayer(*this, b); }
SmallVector<Value> ConvTranspose2dOp::decompose(OpBuilder &b) { return decomposeLayer(*this, b); }

#define GET_OP_CLASSES
#include "dialects/sym/Convolution.cpp.inc"
