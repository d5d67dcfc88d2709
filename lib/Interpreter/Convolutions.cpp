//===- Convolutions.cpp - Convolutions in any number of axes --------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Products.h"

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

namespace {
/// How windows of a kernel lie in an image.
struct Geometry {
  SmallVector<int64_t> strides, dilations, before; // an axis of the window each
  int64_t groups = 1;
};

/// One term of a convolution: elements of the image (NHWC), the kernel (HWIO) and the result that meet.
using Meeting = llvm::function_ref<void(int64_t image, int64_t kernel, int64_t result)>;
} // namespace

/// All terms, in row-major order of the result, then of the kernel.
static void forEachTerm(ArrayRef<int64_t> image, ArrayRef<int64_t> kernel, ArrayRef<int64_t> result, const Geometry &g,
                        Meeting body) {
  size_t axes = g.strides.size();
  if (g.groups == 0) // of no channels
    return;
  int64_t filtersPerGroup = kernel[axes + 1] / g.groups, channels = kernel[axes];
  Sizes taps(kernel.take_front(axes + 1)), at(image);
  auto number = [](ArrayRef<int64_t> sizes, ArrayRef<int64_t> place) {
    int64_t n = 0;
    for (auto [i, size] : llvm::zip_equal(place, sizes))
      n = n * size + i;
    return n;
  };
  forEachPlace(result, [&](Place to, int64_t out) {
    int64_t filter = to[axes + 1], group = filter / filtersPerGroup;
    at[0] = to[0];
    forEachPlace(taps, [&](Place tap, int64_t) {
      for (size_t axis = 0; axis < axes; ++axis) {
        at[axis + 1] = to[axis + 1] * g.strides[axis] + tap[axis] * g.dilations[axis] - g.before[axis];
        if (at[axis + 1] < 0 || at[axis + 1] >= image[axis + 1])
          return;
      }
      at[axes + 1] = group * channels + tap[axes];
      Sizes element(tap);
      element.push_back(filter);
      body(number(image, at), number(kernel, element), out);
    });
  });
}

namespace {
/// The three tensors of a convolution, of which the sums of products of the two others make one.
struct Terms {
  const Array &image, &kernel, &result; // sizes alone of the one that is made
  const Geometry &g;
};
} // namespace

/// `meet` adds a term to the totals of the elements of `out`.
template <class F> static Array summed(Scope &s, Array out, const Terms &terms, F meet) {
  std::vector<Total> totals(out.count());
  forEachTerm(terms.image.sizes, terms.kernel.sizes, terms.result.sizes, terms.g,
              [&](int64_t x, int64_t k, int64_t y) { meet(totals, x, k, y); });
  Total::putAll(s, out, totals);
  return out;
}

static Array correlate(Scope &s, const Array &image, const Array &kernel, Sizes sizes, const Geometry &g) {
  Array out(image.element, std::move(sizes));
  return summed(s, out, {image, kernel, out, g},
                [&](auto &totals, int64_t x, int64_t k, int64_t y) { totals[y].add(image, x, kernel, k); });
}

/// The transpose: what each element of the image gets from a cotangent of the result.
static Array spread(Scope &s, const Array &result, const Array &kernel, Sizes sizes, const Geometry &g) {
  Array out(result.element, std::move(sizes));
  return summed(s, out, {out, kernel, result, g},
                [&](auto &totals, int64_t x, int64_t k, int64_t y) { totals[x].add(result, y, kernel, k); });
}

//===----------------------------------------------------------------------===//
// Primitives
//===----------------------------------------------------------------------===//

template <class Op> static Geometry geometryOf(Op op, Scope &s) {
  Geometry g{SmallVector<int64_t>(op.getStrides()),
             SmallVector<int64_t>(op.getDilations()),
             {},
             static_cast<int64_t>(op.getGroups())};
  for (size_t axis = 0; axis < g.strides.size(); ++axis)
    g.before.push_back(s.size(op.getPadding().getExprs()[2 * axis]));
  return g;
}

static Array filterGradient(sym::ConvolutionFilterOp op, Scope &s) {
  const Array &image = s[op.getA()], &cotangent = s[op.getB()];
  Array out = s.zeros(op.getOut());
  return summed(s, out, {image, out, cotangent, geometryOf(op, s)},
                [&](auto &totals, int64_t x, int64_t k, int64_t y) { totals[k].add(image, x, cotangent, y); });
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

int64_t interpreter::paddingBefore(sym::PaddingAttr padding, size_t axis, int64_t in, int64_t out, int64_t stride,
                                   int64_t extent) {
  switch (padding.getKind()) {
  case sym::PaddingKind::valid:
    return 0;
  case sym::PaddingKind::same:
    return std::max<int64_t>((out - 1) * stride + extent - in, 0) / 2;
  case sym::PaddingKind::explicit_:
    return padding.getAmounts()[2 * axis];
  }
  llvm_unreachable("all kinds are above");
}

/// The geometry of a layer whose windows lie in `image` and give `result`, both NHWC.
template <class Op>
static Geometry layerGeometry(Op op, ArrayRef<int64_t> image, ArrayRef<int64_t> kernel, ArrayRef<int64_t> result) {
  Geometry g;
  for (size_t axis = 0; axis + 2 < image.size(); ++axis) {
    int64_t stride = entryOf(op.getStrides(), axis), dilation = entryOf(op.getDilations(), axis);
    int64_t before = paddingBefore(op.getPadding(), axis, image[axis + 1], result[axis + 1], stride,
                                   (kernel[axis] - 1) * dilation + 1);
    g.strides.push_back(stride);
    g.dilations.push_back(dilation);
    g.before.push_back(before);
  }
  return g;
}

/// The kernel in HWIO; that of a depthwise layer is [h, w, channels, multiplier].
static Array kernelToHWIO(const Array &kernel, sym::Layout layout, bool isDepthwise) {
  if (layout == sym::Layout::NHWC)
    return kernel;
  Sizes axes;
  for (int64_t axis = 2; axis < kernel.rank(); ++axis)
    axes.push_back(axis);
  if (isDepthwise)
    axes.append({0, 1});
  else
    axes.append({1, 0});
  return transposed(kernel, axes);
}

static Sizes sizesInNHWC(Sizes sizes, sym::Layout layout) {
  if (layout == sym::Layout::NCHW)
    std::rotate(sizes.begin() + 1, sizes.begin() + 2, sizes.end());
  return sizes;
}

template <class Op> static Array finished(Op op, Scope &s, Array out) {
  addBias(s, out, op.getBias());
  out = imageFromNHWC(out, op.getLayout());
  applyActivation(s, out, op.getActivation());
  return out;
}

template <class Op> static Array convolution(Op op, Scope &s) {
  Array image = imageToNHWC(s[op.getX()], op.getLayout());
  Array kernel = kernelToHWIO(s[op.getKernel()], op.getLayout(), false);
  Sizes sizes = sizesInNHWC(s.sizes(op.getOut().getType()), op.getLayout());
  Geometry g = layerGeometry(op, image.sizes, kernel.sizes, sizes);
  g.groups = op.getGroups();
  return finished(op, s, correlate(s, image, kernel, sizes, g));
}

static Array depthwise(sym::DepthwiseConv2dOp op, Scope &s) {
  Array image = imageToNHWC(s[op.getX()], op.getLayout());
  Array kernel = kernelToHWIO(s[op.getKernel()], op.getLayout(), true);
  Sizes sizes = sizesInNHWC(s.sizes(op.getOut().getType()), op.getLayout()), k = kernel.sizes;
  Geometry g = layerGeometry(op, image.sizes, k, sizes);
  g.groups = k[2];
  return finished(op, s, correlate(s, image, kernel.withSizes({k[0], k[1], 1, k[2] * k[3]}), sizes, g));
}

static Array transposedConvolution(sym::ConvTranspose2dOp op, Scope &s) {
  Array x = imageToNHWC(s[op.getX()], op.getLayout());
  Array kernel = kernelToHWIO(s[op.getKernel()], op.getLayout(), false);
  Sizes sizes = sizesInNHWC(s.sizes(op.getOut().getType()), op.getLayout());
  Geometry g = layerGeometry(op, sizes, kernel.sizes, x.sizes);
  g.groups = op.getGroups();
  return finished(op, s, spread(s, x, kernel, sizes, g));
}

void interpreter::addConvolutionRules(Rules &rules) {
  rules.add<sym::ConvolutionOp>([](sym::ConvolutionOp op, Scope &s) {
    return correlate(s, s[op.getA()], s[op.getB()], s.sizes(op.getOut().getType()), geometryOf(op, s));
  });
  rules.add<sym::ConvolutionInputOp>([](sym::ConvolutionInputOp op, Scope &s) {
    return spread(s, s[op.getA()], s[op.getB()], s.sizes(op.getOut().getType()), geometryOf(op, s));
  });
  rules.add<sym::ConvolutionFilterOp>(filterGradient);
  rules.add<sym::Conv1dOp>(convolution<sym::Conv1dOp>);
  rules.add<sym::Conv2dOp>(convolution<sym::Conv2dOp>);
  rules.add<sym::Conv3dOp>(convolution<sym::Conv3dOp>);
  rules.add<sym::DepthwiseConv2dOp>(depthwise);
  rules.add<sym::ConvTranspose2dOp>(transposedConvolution);
}
