//===- Window.h - Windows that slide over the axes of an image ----*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What convolutions and poolings share: sizes, strides and padding of windows, and the moves
// between the layouts of images and kernels.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_WINDOW_H
#define SYMC_DIALECTS_SYM_WINDOW_H

#include "dialects/sym/SymOps.h"

namespace symc {

/// One axis of a window. `in` is the image's size, `out` the number of windows.
struct WindowAxis {
  int64_t size, stride, dilation;
  Dim in, out, before, after;

  /// The distance between the first and the last element, plus one.
  int64_t extent() const { return (size - 1) * dilation + 1; }
  bool isPadded() const { return constantValue(before) != 0 || constantValue(after) != 0; }
  /// Each element is a window.
  bool isTrivial() const { return size == 1 && stride == 1 && !isPadded(); }
};
using Windows = llvm::SmallVector<WindowAxis, 3>;

/// The same as attributes of ops; without dilations where all are 1.
struct WindowAttributes {
  mlir::DenseI64ArrayAttr sizes, strides;
  sym::DimsAttr padding;
  mlir::DenseI64ArrayAttr dilations;

  /// Without the sizes of images.
  Windows axes() const;
};
WindowAttributes windowAttributes(mlir::OpBuilder &b, llvm::ArrayRef<WindowAxis> windows);

/// How many axes the windows of an image have, which has 3 to 5. Emits a located error otherwise.
mlir::FailureOr<size_t> windowAxes(std::optional<mlir::Location> loc, llvm::StringRef op, mlir::Type image);

/// `values` with one entry for all axes repeated. Emits an error where an entry is less than 1 or their number is
/// wrong.
mlir::FailureOr<llvm::SmallVector<int64_t>> perAxis(std::optional<mlir::Location> loc, llvm::StringRef name,
                                                    llvm::ArrayRef<int64_t> values, size_t axes);

/// The windows of an image with these sizes. Emits a located error where one is larger than the padded image.
mlir::FailureOr<Windows> makeWindows(std::optional<mlir::Location> loc, mlir::Type image, llvm::ArrayRef<Dim> in,
                                     llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> strides,
                                     llvm::ArrayRef<int64_t> dilations, sym::PaddingAttr padding);

/// Windows of these extents fit into the axes of an image, which has padding before and after each.
llvm::SmallVector<SizeRequirement> windowRequirements(mlir::Type image, llvm::ArrayRef<int64_t> extents,
                                                      llvm::ArrayRef<Dim> padding);

/// The windows of a transposed convolution: `out` is the size of its operand, `in` that of its result.
mlir::FailureOr<Windows> makeTransposedWindows(std::optional<mlir::Location> loc, llvm::ArrayRef<Dim> out,
                                               llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> strides,
                                               llvm::ArrayRef<int64_t> dilations, sym::PaddingAttr padding);

/// The elements of each window of an NHWC image, as sym.windows; `out` has the sizes of one element a window.
mlir::Value listWindows(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value index,
                        llvm::ArrayRef<Dim> out, const WindowAttributes &windows, double fill);
/// The transpose: an image of the sizes `image`, whose elements are sums over the windows that hold them, of `x` as
/// sym.window_spread takes it.
mlir::Value addWindows(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value index,
                       llvm::ArrayRef<Dim> image, const WindowAttributes &windows);

/// One of the primitive convolutions, of `x` (an image or a cotangent) and `y`, as its operands are.
template <class Primitive>
mlir::Value convolve(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value y,
                     llvm::ArrayRef<WindowAxis> windows, int64_t groups, llvm::ArrayRef<Dim> result) {
  llvm::SmallVector<int64_t> strides, dilations;
  Dims padding;
  for (const WindowAxis &axis : windows) {
    strides.push_back(axis.stride);
    dilations.push_back(axis.dilation);
    padding.append({axis.before, axis.after});
  }
  auto type = tensorType(result, llvm::cast<mlir::RankedTensorType>(x.getType()).getElementType());
  return Primitive::create(b, loc, type, x, y, b.getDenseI64ArrayAttr(strides), b.getDenseI64ArrayAttr(dilations),
                           sym::DimsAttr::get(b.getContext(), padding), b.getI64IntegerAttr(groups));
}

/// The sizes of a convolution's result as that of the primitive one that it becomes.
Dims primitiveResult(llvm::ArrayRef<WindowAxis> windows, llvm::ArrayRef<Dim> result);

/// `x` between the given layout of images and NHWC.
mlir::Value imageToNHWC(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, sym::Layout layout);
mlir::Value imageFromNHWC(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, sym::Layout layout);
/// Kernels OIHW of the layout NCHW become HWIO.
mlir::Value kernelToHWIO(mlir::OpBuilder &b, mlir::Location loc, mlir::Value kernel, sym::Layout layout);
/// Sizes of an image in the order of NHWC, and back.
Dims dimsToNHWC(llvm::ArrayRef<Dim> dims, sym::Layout layout);
Dims dimsFromNHWC(llvm::ArrayRef<Dim> dims, sym::Layout layout);

} // namespace symc
#endif
