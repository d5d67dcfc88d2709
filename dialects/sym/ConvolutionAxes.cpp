//===- ConvolutionAxes.cpp - Convolutions of one and three axes -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// They become convolutions of two axes. A line is an image of height 1. Of a volume the depth
// goes where it costs least: into the batch, where windows are one plane deep; before the two
// others as one, where only the depth has windows; else each plane of the result gets the planes
// under its window as channels: [n, d, h, w, c] becomes [n * out depth, h, w, depth of kernel * c].
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/Window.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

/// A volume whose planes are rows: windows are along the depth alone.
static bool isDeep(ArrayRef<WindowAxis> windows) {
  return !windows[0].isTrivial() && windows[1].isTrivial() && windows[2].isTrivial();
}

Dims symc::primitiveResult(ArrayRef<WindowAxis> windows, ArrayRef<Dim> result) {
  if (windows.size() == 1)
    return {result[0], constantDim(result[0].getContext(), 1), result[1], result[2]};
  if (windows.size() == 2)
    return Dims(result);
  if (isDeep(windows))
    return {result[0], result[1], result[2] * result[3], result[4]};
  return {result[0] * result[1], result[2], result[3], result[4]};
}

namespace {
/// A convolution and the one of two axes that it becomes.
struct Folding {
  OpBuilder &b;
  Location loc;
  int64_t groups;
  Dims image, kernel, result;
  Windows windows;
  Dims planes, flatKernel, flatResult; // image, kernel and result of that of two axes
  Windows flatWindows;
  bool gathers = false; // planes are channels

  template <class Op>
  Folding(OpBuilder &b, Op op, Value image, Value kernel, Value result)
      : b(b), loc(op.getLoc()), groups(op.getGroups()), image(dimsOf(image)), kernel(dimsOf(kernel)),
        result(dimsOf(result)) {
    ArrayRef<Dim> padding = op.getPadding().getExprs();
    for (size_t i = 0; i < op.getStrides().size(); ++i)
      windows.push_back({*constantValue(this->kernel[i]), op.getStrides()[i], op.getDilations()[i], this->image[i + 1],
                         this->result[i + 1], padding[2 * i], padding[2 * i + 1]});
    flatResult = primitiveResult(windows, this->result);
    if (windows.size() == 1)
      foldLine();
    else
      foldVolume();
  }

  Value toPlanes(Value x) {
    if (gathers)
      x = listWindows(b, loc, reshape(b, loc, x, grouped()), {}, groupedWindows(), depthWindows(), 0);
    return reshape(b, loc, x, planes);
  }
  Value fromPlanes(Value x) {
    if (gathers) {
      Dims listed = groupedWindows();
      listed.insert(listed.end() - 1, kernel[0]);
      x = addWindows(b, loc, reshape(b, loc, x, listed), {}, grouped(), depthWindows());
    }
    return reshape(b, loc, x, image);
  }
  Value toFlatKernel(Value x) {
    if (gathers)
      x = TransposeOp::create(b, loc, x, b.getDenseI64ArrayAttr({1, 2, 0, 3, 4}));
    return reshape(b, loc, x, flatKernel);
  }
  Value fromFlatKernel(Value x) {
    if (gathers) {
      x = reshape(b, loc, x, {kernel[1], kernel[2], kernel[0], kernel[3], kernel[4]});
      x = TransposeOp::create(b, loc, x, b.getDenseI64ArrayAttr({2, 0, 1, 3, 4}));
    }
    return reshape(b, loc, x, kernel);
  }
  Value toFlatResult(Value x) { return reshape(b, loc, x, flatResult); }

private:
  Dim size(int64_t value) { return constantDim(b.getContext(), value); }
  WindowAxis trivial(Dim extent) { return {1, 1, 1, extent, extent, size(0), size(0)}; }

  void foldLine() {
    planes = {image[0], size(1), image[1], image[2]};
    flatKernel = {size(1), kernel[0], kernel[1], kernel[2]};
    flatWindows = {trivial(size(1)), windows[0]};
  }
  void foldVolume() {
    if (isDeep(windows)) {
      planes = {image[0], image[1], image[2] * image[3], image[4]};
      flatKernel = {kernel[0], size(1), kernel[3], kernel[4]};
      flatWindows = {windows[0], trivial(planes[2])};
      return;
    }
    gathers = !windows[0].isTrivial();
    planes = {image[0] * result[1], image[2], image[3], image[4] * kernel[0]};
    flatKernel = {kernel[1], kernel[2], kernel[0] * kernel[3], kernel[4]};
    flatWindows = {windows[1], windows[2]};
  }

  /// The image with an axis for groups, so that the planes of a channel's group stand together.
  Dims grouped() {
    Dims dims = image;
    if (groups != 1) {
      dims.back() = size(groups);
      dims.push_back(image.back().floorDiv(groups));
    }
    return dims;
  }
  Dims groupedWindows() {
    Dims dims = grouped();
    dims[1] = result[1];
    return dims;
  }
  WindowAttributes depthWindows() {
    Windows all(grouped().size() - 2, trivial(size(1)));
    all[0] = windows[0];
    return windowAttributes(b, all);
  }
};
} // namespace

SmallVector<Value> ConvolutionOp::decompose(OpBuilder &b) {
  if (getStrides().size() == 2)
    return {};
  Folding f(b, *this, getA(), getB(), getOut());
  Value out = convolve<ConvolutionOp>(b, getLoc(), f.toPlanes(getA()), f.toFlatKernel(getB()), f.flatWindows, f.groups,
                                      f.flatResult);
  return {reshape(b, getLoc(), out, f.result)};
}

SmallVector<Value> ConvolutionInputOp::decompose(OpBuilder &b) {
  if (getStrides().size() == 2)
    return {};
  Folding f(b, *this, getOut(), getB(), getA());
  return {f.fromPlanes(convolve<ConvolutionInputOp>(b, getLoc(), f.toFlatResult(getA()), f.toFlatKernel(getB()),
                                                    f.flatWindows, f.groups, f.planes))};
}

SmallVector<Value> ConvolutionFilterOp::decompose(OpBuilder &b) {
  if (getStrides().size() == 2)
    return {};
  Folding f(b, *this, getA(), getOut(), getB());
  // The planes are gathered again, when the cotangent is there: kept, they would take the depth of the kernel times the
  // memory of the image.
  Value x = f.gathers ? AfterOp::create(b, getLoc(), getA(), getB()).getResult() : getA();
  return {f.fromFlatKernel(convolve<ConvolutionFilterOp>(b, getLoc(), f.toPlanes(x), f.toFlatResult(getB()),
                                                         f.flatWindows, f.groups, f.flatKernel))};
}
